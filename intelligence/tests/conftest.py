"""Fixtures shared by the intelligence tests."""

from collections.abc import Iterator

import pytest

from intelligence.tests.fake_ai import FakeAI


@pytest.fixture
def fake_ai() -> Iterator[FakeAI]:
    """Serve both fake AI services on a free port."""
    with FakeAI() as fake:
        yield fake
