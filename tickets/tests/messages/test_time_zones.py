"""Pages, snoozes, reports and CSV files use the reader's time zone; the API uses UTC."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from agents import mails
from agents.common.time_zones import zone_names
from agents.models import Agent
from agents.tests.browsing import browser
from agents.tests.factories import PASSWORD, make_agent
from tickets.models import Ticket
from tickets.pages.common import snooze_times
from tickets.reports import Period
from tickets.reports.times import arrivals
from tickets.tests.factories import make_customer, make_ticket

NIGHT = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)  # in Berlin 00:30 of the next day


@pytest.fixture
def berlin(senior: Agent) -> Agent:
    Agent.objects.filter(pk=senior.pk).update(time_zone="Europe/Berlin")
    senior.refresh_from_db()
    return senior


# --- Snoozes -----------------------------------------------------------------------------------------------------------
@given(st.sampled_from(zone_names()), st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)))
@example("Europe/Berlin", datetime(2026, 3, 28, 12, tzinfo=UTC))
@example("America/New_York", datetime(2026, 10, 31, 12, tzinfo=UTC))
@example("Pacific/Apia", datetime(2011, 12, 30, 5, tzinfo=UTC))  # tomorrow did not exist
def test_snooze_until_tomorrow_is_nine_oclock_on_the_next_local_date(name: str, now: datetime) -> None:
    zone = ZoneInfo(name)
    with timezone.override(zone):
        at = snooze_times.until("tomorrow", "", now)
    assert at is not None
    local, today = at.astimezone(UTC).astimezone(zone), now.astimezone(zone).date()
    if (local.date(), local.time()) != (today + timedelta(days=1), time(9)):
        before = (at.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
        assert before < datetime.combine(today + timedelta(days=1), time(9)) < local.replace(tzinfo=None)
    assert at > now


@pytest.mark.parametrize(
    ("typed", "utc"),
    [
        ("2026-07-02T09:00", "2026-07-02T07:00"),
        ("2026-03-29T02:30", "2026-03-29T01:00"),  # skipped: the first instant after the gap
        ("2026-10-25T02:30", "2026-10-25T00:30"),  # twice: the first
    ],
)
def test_typed_snooze_time_is_in_the_readers_time_zone(typed: str, utc: str) -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        found = snooze_times.until("at", typed, NIGHT)
    assert found is not None and f"{found.astimezone(UTC):%Y-%m-%dT%H:%M}" == utc


@pytest.mark.django_db
def test_snooze_from_the_page_is_nine_oclock_in_the_readers_time_zone(berlin: Agent, time_machine: Any) -> None:
    time_machine.move_to(NIGHT, tick=False)
    ticket = make_ticket(assigned_to=berlin)
    browser(berlin).post(f"/tickets/{ticket.pk}/snooze", {"until": "tomorrow"})
    assert Ticket.objects.get(pk=ticket.pk).snoozed_until == datetime(2026, 7, 3, 7, tzinfo=UTC)


# --- Reports and pages -------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "day"),
    [("UTC", date(2026, 7, 1)), ("Europe/Berlin", date(2026, 7, 2)), ("Pacific/Apia", date(2026, 7, 2))],
)
def test_report_days_are_in_the_readers_time_zone(name: str, day: date) -> None:
    make_ticket(created_at=NIGHT)
    with timezone.override(ZoneInfo(name)):
        period = Period(NIGHT + timedelta(hours=1), 7)
    assert period.today == day and {one: figure.count for one, figure in arrivals(period).by_day.items()} == {day: 1}


@pytest.mark.django_db
def test_overview_names_the_readers_time_zone(lead: Agent, time_machine: Any) -> None:
    time_machine.move_to(NIGHT, tick=False)
    Agent.objects.filter(pk=lead.pk).update(time_zone="Europe/Berlin")
    page = browser(lead).get("/overview").content.decode()
    assert "time zone Europe/Berlin" in page and "00:30" in page and "2026-07-02T00:30:00+02:00" in page


@pytest.mark.django_db
def test_pages_show_times_in_the_readers_time_zone(berlin: Agent, time_machine: Any) -> None:
    time_machine.move_to(NIGHT, tick=False)
    ticket = make_ticket(make_customer(), text="Hello", assigned_to=berlin, created_at=NIGHT)
    page = browser(berlin).get(f"/tickets/{ticket.pk}").content.decode()
    assert "2026-07-02T00:30:00+02:00" in page
    assert "00:30</time>" in browser(berlin).get("/").content.decode()
    assert timezone.get_current_timezone_name() == "UTC"  # nothing stays behind


@pytest.mark.django_db
def test_api_times_are_utc(
    berlin: Agent, client_of: Callable[[Agent], APIClient], settings: Any, time_machine: Any
) -> None:
    time_machine.move_to(NIGHT, tick=False)
    settings.TIME_ZONE = "Asia/Tokyo"
    ticket = make_ticket(assigned_to=berlin, created_at=NIGHT)
    client = client_of(berlin)
    assert client.get(f"/api/tickets/{ticket.pk}").json()["created_at"] == "2026-07-01T22:30:00Z"
    body = {"customer_email": "a@example.com", "placed_at": "2026-01-02T03:04:05", "total": 1, "lines": []}
    made = client.put("/api/orders/A-1", body, format="json")
    assert made.json()["placed_at"] == "2026-01-02T03:04:05Z"
    assert client.get("/api/agents/me").json()["created_at"].endswith("Z")


# --- The account's zone ------------------------------------------------------------------------------------------------
def sign_in(agent: Agent, **extra: str) -> Agent:
    Client().post("/accounts/login/", {"username": agent.email, "password": PASSWORD, **extra})
    return Agent.objects.get(pk=agent.pk)


@pytest.mark.django_db
def test_first_sign_in_stores_the_browser_time_zone_and_later_ones_keep_it() -> None:
    agent = make_agent("agent")
    assert sign_in(agent).time_zone is None
    assert sign_in(agent, time_zone="Mars/Olympus").time_zone is None
    assert sign_in(agent, time_zone="Pacific/Chatham").time_zone == "Pacific/Chatham"
    assert sign_in(agent, time_zone="Europe/Berlin").time_zone == "Pacific/Chatham"


@pytest.mark.django_db
def test_time_zone_chosen_on_the_profile_is_kept(agent: Agent) -> None:
    client = browser(agent)
    for chosen in ("America/New_York", ""):
        client.post("/accounts/profile/time-zone/", {"time_zone": chosen})
        assert Agent.objects.get(pk=agent.pk).time_zone == chosen
    answer = client.post("/accounts/profile/time-zone/", {"time_zone": "Nowhere"}, follow=True)
    assert "“Nowhere” is not a time zone" in answer.content.decode()
    assert sign_in(agent, time_zone="Europe/Berlin").time_zone == ""


@pytest.mark.django_db
def test_api_changes_own_time_zone_and_rejects_an_invalid_one(
    agent: Agent, client_of: Callable[[Agent], APIClient]
) -> None:
    client = client_of(agent)
    answer = client.patch(f"/api/agents/{agent.pk}", {"time_zone": "Asia/Tokyo"}, format="json")
    assert answer.status_code == 200 and answer.json()["time_zone"] == "Asia/Tokyo"
    answer = client.patch(f"/api/agents/{agent.pk}", {"time_zone": "Tokyo"}, format="json")
    assert answer.status_code == 400 and "time_zone" in answer.json()["errors"]


@pytest.mark.django_db
def test_invitation_expiry_is_in_the_recipients_time_zone(mailoutbox: Any) -> None:
    agent = make_agent("agent", time_zone="Europe/Berlin")
    mails.send_invitation(agent, "https://support.example.com/x", NIGHT)
    assert "2 Jul 2026, 00:30 (CEST)" in mailoutbox[0].body
