"""Overview figures checked against small hand-made data: what counts, and on which day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from agents.models import Agent
from agents.roles import Capability, roles_with
from tickets import services
from tickets.models import Ticket
from tickets.reports import Figure, Group, Period, Report
from tickets.services import CustomerData, PastEntry, PastTicket, save_histories
from tickets.tests.factories import NOW, make_customer, make_ticket
from tickets.topic_alerts.services import create_alert

pytestmark = pytest.mark.django_db
H = timedelta(hours=1)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> datetime:
    time_machine.move_to(NOW, tick=False)
    return NOW


@pytest.fixture
def report(lead: Agent) -> Any:
    def build(**period: Any) -> Report:
        return Report(lead, Period(NOW, **{"days": 7, **period}))

    return build


def past(
    *entries: tuple[datetime, bool], notes: tuple[datetime, ...] = (), author: Agent | None = None, **fields: Any
) -> Ticket:
    """Creates a ticket with messages at the given times, each from the customer or (true) from an agent."""
    customer = fields.pop("customer", None) or make_customer()
    number = f"p{Ticket.objects.count()}"
    values = {"subject": "Parcel", "channel": "email", "created_at": entries[0][0] if entries else NOW - H, **fields}
    email = author.email if author else None
    outcome = save_histories(
        [
            PastTicket(
                external_id=number,
                customer=CustomerData(external_id=customer.external_id),
                messages=[PastEntry("Hello", at, from_agent=agent, author_email=email) for at, agent in entries],
                notes=[PastEntry("Noted", at, author_email=email) for at in notes],
                **values,
            )
        ]
    )[0]
    assert outcome.ticket is not None, outcome.error
    return outcome.ticket


def at(days: float, hours: float = 0) -> datetime:
    return NOW - timedelta(days=days) + hours * H


# --- First reply -------------------------------------------------------------------------------------------------------
def test_first_reply_time_is_from_first_message_to_first_agent_reply(report: Any) -> None:
    past((at(3), False), (at(3, 1), False), (at(3, 4), True), (at(3, 9), True))
    found = report()["first_replies"]
    assert found.now == Figure(1, 4 * 3600, 4 * 3600)
    assert found.by_day == {TODAY - timedelta(days=3): found.now}
    assert found.by_channel == {"email": found.now}


def test_notes_do_not_count_as_first_replies(report: Any) -> None:
    past((at(2), False), notes=(at(2, 1),))
    past((at(1), False))
    built = report()
    assert built["first_replies"].now == Figure(0)
    assert built["unanswered"] == Group(2, at(2))


def test_conversation_begun_by_agent_counts_from_first_customer_message(report: Any) -> None:
    past((at(2), True), (at(1), False), (at(1, 2), True))
    past((at(2), True), (at(1), False))
    past((at(2), True))
    built = report()
    assert built["first_replies"].now == Figure(1, 2 * 3600, 2 * 3600)
    assert built["unanswered"] == Group(1, at(1))


def test_first_reply_counts_on_the_day_and_in_the_range_of_the_reply(report: Any) -> None:
    past((at(9), False), (at(1), True))  # asked before the range, answered in it
    past((at(10), False), (at(9), True), (at(1), True))  # first answered before it
    found = report()["first_replies"]
    assert (found.now.count, found.before.count) == (1, 1)
    assert list(found.by_day) == [TODAY - timedelta(days=1)]


def test_previous_range_ends_at_the_current_time_of_day(report: Any) -> None:
    past((at(7, -1), False), closed_at=at(7, -0.5), status="closed")
    past((at(7, 1), False), closed_at=at(7, 2), status="closed")  # later that day than it is now
    built = report()
    assert built["arrivals"].before.count == built["resolutions"].before.count == 1


def test_first_replies_have_median_and_90th_percentile(report: Any) -> None:
    for hours in range(1, 12):
        past((at(2), False), (at(2, hours), True))
    found = report()["first_replies"].now
    assert (found.count, found.median, found.p90) == (11, 6 * 3600, 10 * 3600)


def test_scheduled_reply_is_not_counted_as_first_reply(report: Any, senior: Agent, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 10
    ticket = past((at(1), False))
    services.schedule_reply(senior, ticket.pk, "On its way.", undo_seconds=10)
    assert report()["first_replies"].now.count == 0


def test_report_covers_only_the_requested_channel(report: Any) -> None:
    past((at(1), False), (at(1, 1), True))
    past((at(1), False), (at(1, 3), True), channel="chat", status="closed", closed_at=at(0, -2))
    built = report(channel="chat")
    assert built["first_replies"].now == Figure(1, 3 * 3600, 3 * 3600)
    assert built["arrivals"].now.count == built["resolutions"].now.count == 1
    assert built["backlog"].open.count == 0 and built["unanswered"].count == 0


# --- Resolution --------------------------------------------------------------------------------------------------------
def test_reopened_ticket_is_resolved_when_closed_again(report: Any, senior: Agent, time_machine: Any) -> None:
    ticket = past((at(4), False))
    time_machine.move_to(at(3), tick=False)
    services.update_ticket(senior, ticket.pk, {"status": "closed"})
    time_machine.move_to(at(2), tick=False)
    services.update_ticket(senior, ticket.pk, {"status": "open"})
    time_machine.move_to(NOW, tick=False)
    assert report()["resolutions"].now == Figure(0)
    time_machine.move_to(at(1), tick=False)
    services.update_ticket(senior, ticket.pk, {"status": "closed"})
    time_machine.move_to(NOW, tick=False)
    found = report()["resolutions"]
    assert found.now == Figure(1, 3 * 86400, 3 * 86400)
    assert list(found.by_day) == [TODAY - timedelta(days=1)]


def test_ticket_closed_before_creation_has_unknown_resolution_time(report: Any) -> None:
    past((at(1), False), status="closed", closed_at=at(2))
    assert report()["resolutions"].now == Figure(1, None, None)


def test_report_days_are_in_the_configured_time_zone(report: Any, settings: Any) -> None:
    settings.TIME_ZONE = "America/New_York"
    past((datetime(2026, 2, 28, 3, tzinfo=UTC), False))  # the evening of the 27th there
    built = report()
    assert list(built["arrivals"].by_day) == [date(2026, 2, 27)]
    assert built.period.today == date(2026, 3, 1) and built.period.zone == "America/New_York"


def test_range_across_a_daylight_saving_change_has_all_its_days(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    period = Period(datetime(2026, 4, 1, 10, tzinfo=UTC), 7)
    assert len(set(period.every_day)) == 7 and period.every_day[-1] == date(2026, 4, 1)
    assert period.params["start"] == datetime(2026, 3, 25, 23, tzinfo=UTC)


# --- What waits now ----------------------------------------------------------------------------------------------------
def test_backlog_counts_open_and_awake_tickets(report: Any, senior: Agent) -> None:
    make_ticket(days=0.5, priority="urgent", customer_sentiment=0.1)
    make_ticket(days=2, priority="low", customer_sentiment=0.2)
    make_ticket(days=30, priority="low")
    make_ticket(days=5, status="pending")
    make_ticket(days=5, status="closed")
    asleep = make_ticket(days=5)
    services.snooze_ticket(senior, asleep.pk, until=NOW + H)
    found = report()["backlog"]
    assert found.by_age == {(0, "urgent"): 1, (1, "low"): 1, (4, "low"): 1}
    assert found.by_tone == {0: 1, 1: 1, None: 1}
    assert (found.open, found.pending.count, found.snoozed.count) == (Group(3, at(30)), 1, 1)


def test_ended_snooze_counts_before_the_worker_ends_it(report: Any) -> None:
    ticket = make_ticket(days=5)
    Ticket.objects.filter(pk=ticket.pk).update(snoozed=True, snoozed_until=NOW)
    assert report()["backlog"].open.count == 1


@pytest.mark.parametrize(
    ("days", "group"), [(0.99, 0), (1, 1), (2.99, 1), (3, 2), (7, 3), (13.99, 3), (14, 4), (999, 4)]
)
def test_age_groups_have_exact_boundaries(report: Any, days: float, group: int) -> None:
    make_ticket(days=days)
    assert report()["backlog"].by_age == {(group, "normal"): 1}


def test_value_at_risk_counts_each_customer_once(report: Any) -> None:
    whale = make_customer(churn=0.5, value="1000")
    for _ in range(3):
        make_ticket(whale)
    make_ticket(make_customer(churn=0.8, value="100"))
    make_ticket(make_customer(value="70"))
    make_ticket(make_customer(churn=0.9, value="999"), status="closed")
    found = report()["value"]
    assert {risk: (one.customers, one.value, one.at_risk) for risk, one in found.items()} == {
        1: (1, 1000, 500),
        2: (1, 100, pytest.approx(80)),
        None: (1, 70, None),
    }


# --- People and topics -------------------------------------------------------------------------------------------------
def test_workload_report_counts_each_agents_work(report: Any, agent: Agent, senior: Agent) -> None:
    ticket = past((at(2), False), (at(1), True), (at(1, 1), True), author=agent, assigned_to=agent.email)
    past((at(2), False), (at(9), True), author=agent)  # before the range
    past((at(3), False), status="closed", closed_at=at(1), assigned_to=agent.email)
    past((at(3), False), (at(2), True), notes=(at(1),), status="closed", closed_at=at(1))  # nobody that is known
    loads = {load.name: load for load in report()["loads"]}
    assert (loads[agent.name].open, loads[agent.name].answered, loads[agent.name].resolved) == (1, 1, 1)
    assert (loads[""].agent, loads[""].answered, loads[""].resolved) == (None, 1, 1)
    assert (loads[senior.name].open, loads[senior.name].capacity, loads[senior.name].answered) == (0, 20, 0)
    assert ticket.assigned_to_id == agent.pk


def test_deactivated_agents_work_stays_in_the_report(report: Any, agent: Agent, admin: Agent, make_agent: Any) -> None:
    past((at(2), False), (at(1), True), author=agent)
    gone = make_agent("agent", name="Never did anything")
    for one in (agent, gone):
        Agent.objects.filter(pk=one.pk).update(is_active=False)
    loads = {load.name: load for load in report()["loads"]}
    assert (loads[agent.name].active, loads[agent.name].capacity, loads[agent.name].answered) == (False, None, 1)
    assert gone.name not in loads


def test_topics_count_open_and_new_tickets(report: Any, lead: Agent, agent: Agent) -> None:
    create_alert(lead, "recall", team=True)
    create_alert(lead, "100%_sure")
    create_alert(agent, "not yours")
    make_ticket(text="A RECALL?", days=1)
    make_ticket(text="About the recall", days=1, status="closed")
    make_ticket(text="Old recall", days=40)
    make_ticket(text="Older recall", days=40, status="closed")
    make_ticket(text="A recall, and I am 100%_sure", days=2)
    topics = report()["topics"]
    found = {topic.keyword: topic for topic in topics.each}
    assert set(found) == {"recall", "100%_sure"}
    assert (found["recall"].open, found["recall"].by_day) == (
        3,
        {TODAY - timedelta(days=1): 2, TODAY - timedelta(days=2): 1},
    )
    assert (found["100%_sure"].open, found["100%_sure"].by_day) == (1, {TODAY - timedelta(days=2): 1})
    # Who mentions two words is one ticket of all of them together.
    assert (topics.together.open, topics.together.by_day) == (found["recall"].open, found["recall"].by_day)


# --- Who may, and how long it is kept ----------------------------------------------------------------------------------
def test_reports_are_only_for_team_leads_and_higher_roles(lead: Agent, senior: Agent) -> None:
    with pytest.raises(PermissionDenied, match="team lead"):
        Report(senior, Period(NOW))
    assert Report(lead, Period(NOW))["arrivals"].now.count == 0


def test_roles_that_read_reports_see_all_tickets() -> None:
    assert set(roles_with(Capability.REPORTS)) <= set(roles_with(Capability.SEE_ALL))


def test_slow_reports_are_cached_with_their_time(
    report: Any, lead: Agent, monkeypatch: pytest.MonkeyPatch, time_machine: Any
) -> None:
    from django.core.cache import cache

    cache.clear()
    monkeypatch.setattr("tickets.reports.report.SLOW", 0.0)
    assert report().fill()["arrivals"].now.count == 0
    make_ticket(days=1)
    later = Report(lead, Period(NOW + timedelta(seconds=30), 7)).fill()
    assert (later["arrivals"].now.count, later.period.now) == (0, NOW)
    assert report(channel="email").fill()["arrivals"].now.count == 1
    cache.clear()
    assert report().fill()["arrivals"].now.count == 1


def test_report_is_computed_if_the_cache_fails(report: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("tickets.reports.report.SLOW", 0.0)
    monkeypatch.setattr("django.core.cache.cache.get", broken)
    monkeypatch.setattr("django.core.cache.cache.set", broken)
    make_ticket(days=1)
    assert report().fill()["arrivals"].now.count == 1
