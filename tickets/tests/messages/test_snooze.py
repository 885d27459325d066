"""Snooze: a snoozed ticket leaves the queue and returns by itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from agents.models import Agent, AuditEntry
from agents.services import deactivate_agent
from agents.workload import open_ticket_count
from tickets import services, tasks
from tickets.models import Ticket
from tickets.ranking import counts
from tickets.services import PastEntry, PastTicket, save_histories
from tickets.signals import ticket_updated
from tickets.tests.factories import NOW, make_customer, make_ticket
from tickets.tests.oracle import assert_ranked

pytestmark = pytest.mark.django_db
Clients = Callable[[Agent], APIClient]
LATER = NOW + timedelta(hours=3)


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> datetime:
    time_machine.move_to(NOW, tick=False)
    return NOW


def snooze(client: APIClient, ticket: Ticket, **body: Any) -> Any:
    return client.post(f"/api/tickets/{ticket.pk}/snooze", body)


def ids(client: APIClient, **query: Any) -> list[str]:
    body = client.get("/api/tickets", query).json()
    assert body["total"] == len(body["tickets"]), query
    return [row["id"] for row in body["tickets"]]


def trail(ticket: Ticket) -> list[tuple[str, Any, str]]:
    entries = AuditEntry.objects.filter(subject_id=str(ticket.pk), action__contains="snooz").order_by("id")
    return [(entry.action, entry.changes, entry.reason) for entry in entries]


def test_snoozed_ticket_leaves_the_queue_and_is_in_the_snoozed_list(api: APIClient, senior: Agent) -> None:
    away, here = make_ticket(days=9), make_ticket(days=1)
    body = snooze(api, away, until=LATER.isoformat()).json()
    assert body["snoozed"] is True and body["snoozed_until"] == "2026-03-01T15:00:00Z"
    assert body["snoozed_until_reply"] is True and body["snoozed_by"] == str(senior.pk)
    assert ids(api) == [str(here.pk)]
    assert (
        ids(api, assigned_to="none") == ids(api, channel="email") == ids(api, topic_alerts="parcel") == [str(here.pk)]
    )
    assert ids(api, snoozed="true") == ids(api, snoozed="true", status="open") == [str(away.pk)]
    assert ids(api, snoozed="true", status="pending") == [] and ids(api, snoozed="false") == [str(here.pk)]
    row = api.get("/api/tickets?snoozed=true").json()["tickets"][0]
    assert row["snoozed_until"] == "2026-03-01T15:00:00Z" and row["snoozed_by"] == str(senior.pk)
    # A search looks everywhere unless it is told not to.
    assert ids(api, q="parcel") == [str(away.pk), str(here.pk)] and ids(api, q="parcel", snoozed="false") == [
        str(here.pk)
    ]
    assert api.get(f"/api/tickets/{away.pk}/score-breakdown").json()["rank"] is None
    assert api.get(f"/api/tickets/{here.pk}/score-breakdown").json()["rank"] == 1
    assert counts.total("open") == 1 and counts.total(counts.SNOOZED) == 1 and not counts.recount()


def test_snoozed_ticket_is_not_claimed_and_not_counted_as_workload(agent: Agent) -> None:
    away, here = make_ticket(days=9), make_ticket(days=1)
    services.snooze_ticket(None, away.pk, until=None)
    assert services.claim_next(agent) == here and services.claim_next(agent) is None
    mine = make_ticket(assigned_to=agent)
    assert open_ticket_count(Agent.objects.get(pk=agent.pk)) == 2
    services.snooze_ticket(agent, mine.pk, until=None)
    assert open_ticket_count(Agent.objects.get(pk=agent.pk)) == 1


def test_topic_alert_does_not_count_snoozed_ticket(api: APIClient) -> None:
    alert = api.post("/api/topic-alerts", {"keyword": "parcel"}).json()
    ticket = make_ticket()
    assert api.get("/api/topic-alerts").json()["topic_alerts"][0]["open_matches"] == 1, alert
    snooze(api, ticket)
    assert api.get("/api/topic-alerts").json()["topic_alerts"][0]["open_matches"] == 0


def test_snoozed_ticket_returns_at_its_time_without_a_worker(api: APIClient, agent: Agent, time_machine: Any) -> None:
    away, here = make_ticket(days=9), make_ticket(days=1)
    rank = away.rank_at
    snooze(api, away, until=LATER.isoformat())
    changed_at = Ticket.objects.get(pk=away.pk).updated_at
    time_machine.move_to(LATER - timedelta(seconds=1), tick=False)
    assert ids(api) == [str(here.pk)]
    time_machine.move_to(LATER, tick=False)
    shown = api.get(f"/api/tickets/{away.pk}").json()
    assert shown["snoozed"] is False and shown["snoozed_until"] is None and shown["snoozed_by"] is None
    assert ids(api) == [str(away.pk), str(here.pk)] and ids(api, snoozed="true") == []
    assert Ticket.objects.get(pk=away.pk).snoozed  # to read it stores nothing
    tasks.end_snoozes(timestamp=0)
    assert ids(api) == [str(away.pk), str(here.pk)] and ids(api, snoozed="true") == []
    back = Ticket.objects.get(pk=away.pk)
    assert (back.snoozed, back.rank_at, back.updated_at) == (False, rank, changed_at)
    assert trail(away)[-1][::2] == ("ticket.unsnoozed", "The time until which it was snoozed has come.")
    assert counts.total("open") == 2 and not counts.recount()


def test_lists_are_equal_before_and_after_the_worker_ends_due_snoozes(api: APIClient, time_machine: Any) -> None:
    """Filters, searches, topic alerts, pages and cursors give the same results before and after."""
    tickets = [make_ticket(days=number, text="parcel" if number % 2 else "mug") for number in range(1, 8)]
    for ticket in tickets[::3]:
        snooze(api, ticket, until=LATER.isoformat())
    still_away = make_ticket(days=20, text="parcel")
    snooze(api, still_away)
    time_machine.move_to(LATER, tick=False)
    queries: list[dict[str, Any]] = [
        {},
        {"topic_alerts": "mug"},
        {"topic_alerts": "mug,parcel"},
        {"channel": "email"},
        {"assigned_to": "none"},
        {"snoozed": "true"},
        {"snoozed": "true", "assigned_to": "none"},
        {"snoozed": "false"},
        {"q": "parcel"},
        {"q": "parcel", "snoozed": "false"},
        {"q": "parcel", "snoozed": "false", "order": "relevance"},
        {"q": "parcel", "snoozed": "true", "status": "all"},
        {"status": "pending"},
        {"unread": "true"},
    ]

    def answers() -> list[Any]:
        pages = [
            api.get("/api/tickets", {**query, "limit": 3, "page": page}) for query in queries for page in (1, 2, 3)
        ]
        assert {page.status_code for page in pages} == {200}
        return [(page.json()["total"], page.json()["tickets"]) for page in pages]

    before = answers()
    assert by_cursor(api) == ids(api) == [str(ticket.pk) for ticket in reversed(tickets)]
    assert counts.by_status(LATER) == {"open": 7, "snoozed": 1}
    tasks.end_snoozes(timestamp=0)
    assert answers() == before and counts.by_status(LATER) == {"open": 7, "snoozed": 1}


def by_cursor(client: APIClient) -> list[str]:
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        body = client.get("/api/tickets", {"limit": "2", **({"cursor": cursor} if cursor else {})}).json()
        found += [row["id"] for row in body["tickets"]]
        cursor = body["next_cursor"]
    return found


def test_rank_counts_due_snoozed_ticket_before_the_worker_ends_the_snooze(api: APIClient, time_machine: Any) -> None:
    away, here = make_ticket(days=9), make_ticket(days=1)
    alert = api.post("/api/topic-alerts", {"keyword": "parcel"}).json()
    snooze(api, away, until=LATER.isoformat())
    time_machine.move_to(LATER, tick=False)
    assert api.get(f"/api/tickets/{away.pk}/score-breakdown").json()["rank"] == 1
    assert api.get(f"/api/tickets/{here.pk}/score-breakdown").json()["rank"] == 2
    shown = {one["id"]: one["open_matches"] for one in api.get("/api/topic-alerts").json()["topic_alerts"]}
    assert shown[alert["id"]] == 2


@pytest.mark.parametrize("keywords", [[], ["parcel"], ["nowhere"]])
def test_next_ticket_may_be_due_snoozed_before_the_worker_ends_the_snooze(
    senior: Agent, time_machine: Any, keywords: list[str]
) -> None:
    away, _ = make_ticket(days=9), make_ticket(days=1)
    services.snooze_ticket(None, away.pk, until=LATER)
    time_machine.move_to(LATER, tick=False)
    assert services.peek_next(senior, keywords, snooze_over=True) == away
    assert Ticket.objects.get(pk=away.pk).snoozed
    assert services.claim_next(senior) == away


def test_claim_finds_ticket_whose_snooze_is_over(agent: Agent, time_machine: Any) -> None:
    away, _ = make_ticket(days=9), make_ticket(days=1)
    services.snooze_ticket(None, away.pk, until=LATER)
    time_machine.move_to(LATER, tick=False)
    assert services.claim_next(agent) == away


def test_worker_ends_due_snoozes_in_batches(api: APIClient, time_machine: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("tickets.services.snoozing.AT_ONCE", 2)
    due = [make_ticket() for _ in range(5)]
    later = make_ticket()
    for ticket in due:
        snooze(api, ticket, until=LATER.isoformat())
    snooze(api, later, until=(LATER + timedelta(days=1)).isoformat())
    time_machine.move_to(LATER, tick=False)
    tasks.end_snoozes(timestamp=0)
    assert set(Ticket.objects.filter(snoozed=False)) == set(due)
    tasks.end_snoozes(timestamp=0)
    assert [len(trail(ticket)) for ticket in due] == [2] * 5


def test_workload_counts_ticket_whose_snooze_is_over(agent: Agent) -> None:
    ticket = make_ticket(assigned_to=agent)
    services.snooze_ticket(agent, ticket.pk, until=LATER)  # years ago by the database's clock
    assert open_ticket_count(Agent.objects.get(pk=agent.pk)) == 1


@pytest.mark.parametrize(("terms", "back"), [({}, True), ({"until": LATER.isoformat(), "until_reply": False}, False)])
def test_customer_message_ends_snooze_unless_until_reply_is_false(
    api: APIClient, terms: dict[str, Any], back: bool
) -> None:
    ticket = make_ticket(status="pending")
    assert snooze(api, ticket, **terms).status_code == 200
    told: list[Any] = []

    def note(changes: Any, **kwargs: Any) -> None:
        told.append(changes)

    ticket_updated.connect(note)
    services.post_message(None, ticket.pk, "Any news?", from_agent=False)
    ticket_updated.disconnect(note)
    shown = api.get(f"/api/tickets/{ticket.pk}").json()
    assert shown["snoozed"] is not back and shown["status"] == "open"
    assert ("snoozed" in told[0]) is back
    # An agent's own message changes nothing about it.
    snooze(api, ticket)
    services.post_message(None, ticket.pk, "Not yet.", from_agent=True)
    assert api.get(f"/api/tickets/{ticket.pk}").json()["snoozed"] is True


def test_imported_customer_message_ends_snooze() -> None:
    ticket = make_ticket()
    services.snooze_ticket(None, ticket.pk, until=None)
    entry = PastEntry("Hello again", NOW, external_id="later")
    past = PastTicket(
        external_id=str(ticket.external_id),
        customer=services.CustomerData(external_id=ticket.customer.external_id),
        created_at=ticket.created_at,
        subject=ticket.subject,
        channel=ticket.channel,
        messages=[entry],
    )
    assert save_histories([past])[0].error is None
    assert not Ticket.objects.get(pk=ticket.pk).snoozed


@pytest.mark.parametrize(
    "change", [{"status": "closed"}, {"status": "open"}, {"assigned_to": "agent"}], ids=["close", "open", "assign"]
)
def test_status_or_assignment_change_ends_snooze(lead: Agent, agent: Agent, change: dict[str, Any]) -> None:
    ticket = make_ticket(status="pending", assigned_to=lead)
    services.snooze_ticket(lead, ticket.pk, until=LATER)
    values = {"assigned_to": agent.pk} if "assigned_to" in change else change
    services.update_ticket(lead, ticket.pk, values)
    assert not Ticket.objects.get(pk=ticket.pk).snoozed
    entry = AuditEntry.objects.filter(subject_id=str(ticket.pk)).latest("id")
    assert entry.changes["snoozed"] == [True, False] and not counts.recount()


def test_priority_tag_and_note_changes_keep_the_snooze(lead: Agent) -> None:
    ticket = make_ticket(assigned_to=lead)
    services.snooze_ticket(lead, ticket.pk, until=LATER)
    services.update_ticket(lead, ticket.pk, {"priority": "urgent", "status": "pending", "add_tags": ["wait"]})
    services.add_note(lead, ticket.pk, "Waiting for the carrier.")
    assert Ticket.objects.get(pk=ticket.pk).snoozed
    assert_ranked(ticket)


@pytest.mark.parametrize("way", ["hand back", "escalate", "deactivate", "send and close"])
def test_unassign_escalate_deactivate_and_close_end_the_snooze(way: str, agent: Agent, manager: Agent) -> None:
    ticket = make_ticket(assigned_to=agent)
    services.snooze_ticket(agent, ticket.pk, until=LATER)
    if way == "hand back":
        services.hand_back(agent, ticket.pk, "Off sick.")
    elif way == "escalate":
        services.escalate(agent, ticket.pk, "Too hard.")
    elif way == "deactivate":
        deactivate_agent(manager, agent.pk)
    else:
        services.post_message(agent, ticket.pk, "Done.", status="closed")
    now = Ticket.objects.get(pk=ticket.pk)
    assert (now.snoozed, now.snoozed_until, now.snoozed_by) == (False, None, None) and not counts.recount()


def test_repeated_snooze_and_unsnooze_change_nothing(api: APIClient) -> None:
    ticket = make_ticket()
    url = f"/api/tickets/{ticket.pk}/snooze"
    assert api.delete(url).status_code == 200 and trail(ticket) == []
    for _ in range(2):
        assert snooze(api, ticket, until=LATER.isoformat(), until_reply=False).status_code == 200
    assert trail(ticket) == [
        (
            "ticket.snoozed",
            {"snoozed": [False, True], "snoozed_until": [None, "2026-03-01T15:00:00+00:00"]},
            "Until 2026-03-01 15:00 UTC.",
        )
    ]
    assert snooze(api, ticket).json()["snoozed_until"] is None  # other terms replace them
    for _ in range(2):
        assert api.delete(url).json()["snoozed"] is False
    assert [entry[0] for entry in trail(ticket)] == ["ticket.snoozed", "ticket.snoozed", "ticket.unsnoozed"]


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"until": None, "until_reply": False}, "until", "Set until to a time"),
        ({"until": (NOW - timedelta(minutes=1)).isoformat()}, "until", "must be in the future"),
        ({"until": NOW.isoformat()}, "until", "must be in the future"),
        ({"until": (NOW + timedelta(days=90, seconds=1)).isoformat()}, "until", "at most 90 days"),
        ({"until": "tomorrow"}, "until", "format"),
        ({"until_reply": "perhaps"}, "until_reply", "boolean"),
    ],
)
def test_invalid_snooze_terms_are_400(api: APIClient, body: dict[str, Any], field: str, said: str) -> None:
    ticket = make_ticket()
    answer = snooze(api, ticket, **body)
    assert answer.status_code == 400 and said in answer.json()["errors"][field][0]
    assert isinstance(answer.json()["detail"], str) and not Ticket.objects.get(pk=ticket.pk).snoozed


def test_snooze_of_closed_or_changed_ticket_is_409(api: APIClient) -> None:
    closed, ticket = make_ticket(status="closed"), make_ticket()
    assert snooze(api, closed).status_code == 409
    assert snooze(api, closed).json()["detail"] == "The ticket is closed; reopen it first."
    seen = api.get(f"/api/tickets/{ticket.pk}")
    api.post(f"/api/tickets/{ticket.pk}/messages", {"content": "Hello?", "from_agent": False})
    Ticket.objects.filter(pk=ticket.pk).update(updated_at=NOW + timedelta(seconds=1))
    answer = api.post(f"/api/tickets/{ticket.pk}/snooze", {}, headers={"If-Match": seen.headers["ETag"]})
    assert answer.status_code == 409 and not Ticket.objects.get(pk=ticket.pk).snoozed
    assert api.get("/api/tickets?snoozed=true&status=closed").status_code == 400
    assert "snoozed" in api.get("/api/tickets?snoozed=perhaps").json()["errors"]


def test_snooze_of_an_invisible_ticket_is_404(agent: Agent, client_of: Clients) -> None:
    ticket = make_ticket()
    client = client_of(agent)
    assert snooze(client, ticket).status_code == 404
    assert client.delete(f"/api/tickets/{ticket.pk}/snooze").status_code == 404
    assert client.post(f"/api/tickets/{uuid4()}/snooze", {}).status_code == 404
    assert ids(client, snoozed="true") == []


def test_database_rejects_inconsistent_snooze_fields() -> None:
    ticket = make_ticket()
    for wrong in ({"snoozed": True}, {"snoozed_until": LATER}, {"snoozed_until_reply": True}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Ticket.objects.filter(pk=ticket.pk).update(**wrong)


def test_snooze_filter_uses_the_index_and_adds_no_query(api: APIClient, django_assert_num_queries: Any) -> None:
    for number in range(6):
        ticket = make_ticket()
        if number % 2:
            snooze(api, ticket, until=LATER.isoformat())
    for query in ("", "?snoozed=true", "?assigned_to=none", "?channel=email"):
        with django_assert_num_queries(3):
            assert api.get(f"/api/tickets{query}").json()["total"] == 3
    with CaptureQueriesContext(connection) as caught:
        api.get("/api/tickets")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM tickets_ticket WHERE status = 'open' AND NOT snoozed ORDER BY rank_at, id LIMIT 9"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "ticket_smart_order" in plan and "Sort" not in plan and "Filter" not in plan
    assert "NOT" in caught[-1]["sql"]


steps = st.lists(
    st.tuples(
        st.sampled_from(["snooze", "until reply", "wake", "customer", "agent", "close", "open", "urgent", "pass"]),
        st.integers(0, 2),
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_queue_has_unsnoozed_open_tickets_by_rank_after_any_changes(
    senior: Agent, time_machine: Any, steps: list[tuple[str, int]]
) -> None:
    from tickets.ranking.ticket_list import ListQuery, list_tickets

    time_machine.move_to(NOW, tick=False)
    customer = make_customer()
    tickets = [make_ticket(customer, days=number) for number in range(3)]
    clock, asleep = NOW, dict[int, tuple[datetime | None, bool]]()
    status = dict.fromkeys(range(3), "open")
    for what, number in steps:
        key = tickets[number].pk
        if what in ("snooze", "until reply") and status[number] != "closed":
            until = clock + timedelta(hours=2) if what == "snooze" else None
            services.snooze_ticket(senior, key, until=until, until_reply=until is None)
            asleep[number] = (until, until is None)
        elif what == "wake":
            services.unsnooze_ticket(senior, key)
            asleep.pop(number, None)
        elif what in ("customer", "agent"):
            services.post_message(senior, key, "A message", from_agent=what == "agent")
            status[number] = "pending" if what == "agent" else "open"
            if what == "customer" and number in asleep and asleep[number][1]:
                del asleep[number]
        elif what in ("close", "open"):
            wanted = "closed" if what == "close" else "open"
            if status[number] != wanted:
                asleep.pop(number, None)
            services.update_ticket(senior, key, {"status": wanted})
            status[number] = wanted
        elif what == "urgent":
            services.update_ticket(senior, key, {"priority": "urgent"})
        elif what == "pass":
            clock += timedelta(hours=1)
            time_machine.move_to(clock, tick=False)
            asleep = {n: terms for n, terms in asleep.items() if terms[0] is None or terms[0] > clock}
        queue = {tickets[n].pk for n in range(3) if status[n] == "open" and n not in asleep}
        found = list_tickets(senior, ListQuery(customer_id=customer.pk), clock)
        ranks = dict(Ticket.objects.filter(pk__in=queue).values_list("pk", "rank_at"))
        assert [row["id"] for row in found.tickets] == sorted(queue, key=lambda pk: (ranks[pk], pk))
        away = list_tickets(senior, ListQuery(customer_id=customer.pk, status="all", snoozed=True), clock)
        assert {row["id"] for row in away.tickets} == {tickets[n].pk for n in asleep}
    assert counts.recount() == {}
    for ticket in Ticket.objects.ranked().filter(customer=customer):
        assert_ranked(ticket)
