"""The overview counts drafts sent unchanged, edited and discarded, by tone and channel, beside the previous period."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from agents.models import Agent
from agents.tests.browsing import browser
from intelligence.models import DraftFeedback
from intelligence.pages.overview import drafts
from tickets.reports import Period
from tickets.tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> datetime:
    time_machine.move_to(NOW, tick=False)
    return NOW


def feedback(number: int, outcome: str, tone: str = "friendly", days: float = 1, channel: str = "email") -> None:
    DraftFeedback.objects.bulk_create(
        DraftFeedback(
            tone=tone,
            channel=channel,
            language="en",
            tag="refund",
            source="embedded",
            outcome=outcome,
            distance=0.5,
            created_at=NOW - timedelta(days=days),
        )
        for _ in range(number)
    )


def test_drafts_are_counted_by_tone_period_and_channel() -> None:
    feedback(3, "accepted")
    feedback(1, "edited", tone="concise")
    feedback(2, "discarded", days=10)
    feedback(5, "discarded", days=7, channel="sms")  # at this time of the day a week ago: before
    feedback(9, "accepted", days=40)
    found = drafts(Period(NOW, 7))
    assert found["friendly"].now == {"accepted": 3, "edited": 0, "discarded": 0}
    assert found["friendly"].before == {"accepted": 0, "edited": 0, "discarded": 7}
    assert found["concise"].total == 1
    assert drafts(Period(NOW, 7, "sms"))["friendly"].before["discarded"] == 5


def test_overview_page_and_csv_show_draft_outcomes(lead: Agent) -> None:
    client = browser(lead)
    assert "No data yet" in client.get("/overview").content.decode()
    feedback(3, "accepted")
    feedback(1, "discarded")
    feedback(1, "accepted", days=31)
    feedback(1, "edited", days=31)
    feedback(1, "edited", tone="=cmd()")
    page = client.get("/overview").content.decode()
    assert "3 of 5 were sent unchanged." in page
    assert "60\u00a0%" in page and "10 points" in page and "more than in the previous 30 days" in page
    answer: Any = client.get("/overview/drafts.csv")
    lines = b"".join(answer).decode().splitlines()
    assert lines[1:] == ['"Friendly",4,3,0,1,0.75,0.0,0.25', '"\'=cmd()",1,0,1,0,0.0,1.0,0.0']


def test_share_is_shown_as_unknown_without_drafts(lead: Agent) -> None:
    feedback(2, "accepted", days=31)
    page = browser(lead).get("/overview").content.decode()
    assert '<dt>Drafts sent unchanged</dt><dd class="big">–</dd>' in page
    feedback(1, "accepted")
    assert "100\u00a0%" in browser(lead).get("/overview").content.decode()
