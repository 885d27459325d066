"""Fixtures of the tests of live updates."""

import pytest

from tickets.live import hub as hubs


@pytest.fixture
def by_hints_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disables the periodic check, so that messages are sent only because of hints."""
    monkeypatch.setattr(hubs, "LISTEN_EVERY", 60)
