"""What the tests of this floor share."""

from collections.abc import Iterator

import pytest

from intelligence.tests.fake_ai import FakeAI


@pytest.fixture
def fake_ai() -> Iterator[FakeAI]:
    """Both AI services at a free port."""
    with FakeAI() as fake:
        yield fake
