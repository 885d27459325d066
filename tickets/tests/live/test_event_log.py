"""The event log: written with the change, read without gaps, pruned after a day, and available by polling."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from agents import services as accounts
from agents.models import Agent
from agents.tests.waiting import HANGS
from tickets import services, tasks
from tickets.live import log
from tickets.models import Customer, Event, Ticket
from tickets.tests.concurrency import at_once


def note(ticket: Ticket) -> None:
    services.announce(Event.Kind.UPDATED, ticket.pk, changes=["status"])


@pytest.mark.django_db(transaction=True)
def test_event_committed_late_is_not_missed(ticket: Ticket) -> None:
    """The reader passes the second event before the first transaction commits."""
    start = log.head()
    begun, read = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            services.announce(Event.Kind.NOTE, ticket.pk, which="slow")
            begun.set()
            assert read.wait(HANGS)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(HANGS)
    services.announce(Event.Kind.NOTE, ticket.pk, which="quick")
    first = log.after(start, 10)
    read.set()
    thread.join()
    second = log.after(first[-1].position, 10)
    assert [event.facts["which"] for event in first + second] == ["quick", "slow"]
    assert first[0].pk > second[0].pk and first[0].position < second[0].position


@pytest.mark.django_db(transaction=True)
def test_concurrent_readers_and_writers_give_each_event_one_position(ticket: Ticket) -> None:
    start = log.head()

    def work(number: int) -> list[int]:
        if number % 2:
            for _ in range(10):
                note(ticket)
            return []
        seen: list[int] = []
        for _ in range(10):
            seen += [event.position for event in log.after(seen[-1] if seen else start, 100)]
        return seen

    outcomes = at_once(work, 8)
    assert not [one for one in outcomes if isinstance(one, Exception)]
    final = [event.position for event in log.after(start, 100)]
    assert final == list(range(start + 1, start + 41))
    for seen in outcomes[::2]:
        assert seen == final[: len(seen)]


@pytest.mark.django_db
def test_rolled_back_change_leaves_no_event(ticket: Ticket, senior: Agent) -> None:
    before = Event.objects.count()
    with transaction.atomic():
        services.add_note(senior, ticket.pk, "No.")
        assert Event.objects.count() == before + 1
        transaction.set_rollback(True)
    assert Event.objects.count() == before


@pytest.mark.django_db
def test_failing_event_log_loses_no_reply(ticket: Ticket, senior: Agent) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_event ADD CONSTRAINT refuse CHECK (kind <> 'message') NOT VALID")
    message = services.post_message(senior, ticket.pk, "On its way.")
    ticket.refresh_from_db()
    assert ticket.messages.filter(pk=message.pk).exists() and ticket.status == "pending"
    assert list(Event.objects.order_by("-id").values_list("kind", flat=True)[:1]) == ["updated"]


@pytest.mark.django_db
def test_pruning_keeps_one_day_and_the_newest_event(ticket: Ticket) -> None:
    for _ in range(3):
        note(ticket)
    Event.objects.update(created_at=timezone.now() - timedelta(hours=25))
    log.place()
    top = log.head()
    note(ticket)
    log.prune()
    assert [event.position for event in log.after(0, 10)] == [top + 1]
    Event.objects.update(created_at=timezone.now() - timedelta(hours=25))
    log.prune()
    assert log.head() == top + 1  # numbers never begin again


@pytest.mark.django_db
def test_changed_sentiment_and_difficulty_write_an_event(ticket: Ticket) -> None:
    start = log.head()
    services.set_sentiment_and_difficulty(ticket.pk, sentiment=0.1, difficulty=0.5)
    services.set_sentiment_and_difficulty(ticket.pk, sentiment=0.1, difficulty=0.5)
    (event,) = log.after(start, 10)
    assert event.facts["changes"] == ["customer_sentiment", "estimated_difficulty"]


@pytest.mark.django_db
def test_changed_automatic_tags_write_an_event(ticket: Ticket) -> None:
    services.set_sentiment_and_difficulty(ticket.pk, sentiment=0.1, difficulty=0.5)
    start = log.head()
    for tags in (["refund"], ["refund"], None, []):
        services.set_sentiment_and_difficulty(ticket.pk, sentiment=0.1, difficulty=0.5, tags=tags)
    services.set_sentiment_and_difficulty(ticket.pk, sentiment=0.2, difficulty=0.5, tags=["refund"])
    changes = [event.facts["changes"] for event in log.after(start, 10)]
    assert changes == [["tags"], ["tags"], ["customer_sentiment", "tags"]]


# --- By polling --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_polling_returns_new_events_and_the_next_sequence(api: APIClient, ticket: Ticket, senior: Agent) -> None:
    log.place()
    start = api.get("/api/events").json()
    assert start["events"] == []
    services.add_note(senior, ticket.pk, "Called.")
    log.place()
    body = api.get("/api/events", {"since": start["sequence"]}).json()
    (event,) = body["events"]
    assert event.keys() == {"type", "sequence", "ticket", "at", "by", "note_id"}
    assert event["type"] == "note" and event["ticket"] == str(ticket.pk) and event["by"] == str(senior.pk)
    assert body["sequence"] == event["sequence"] == start["sequence"] + 1
    again = api.get("/api/events", {"since": body["sequence"]}).json()
    assert again == {"events": [], "sequence": body["sequence"]}


@pytest.mark.django_db
def test_polling_returns_only_events_of_visible_tickets(
    client_of: Callable[[Agent], APIClient], agent: Agent, lead: Agent, ticket: Ticket, customer: Customer
) -> None:
    theirs = services.create_ticket(
        lead, services.TicketData("Two", "email", customer_id=customer.pk, assigned_to=agent.pk)
    )
    log.place()
    events = client_of(agent).get("/api/events", {"since": 0}).json()["events"]
    assert [(event["type"], event["ticket"]) for event in events] == [("created", str(theirs.pk))]
    services.update_ticket(lead, theirs.pk, {"assigned_to": None})
    log.place()
    events = client_of(agent).get("/api/events", {"since": 0}).json()["events"]
    assert [(event["type"], event["ticket"]) for event in events] == [("removed", str(theirs.pk))]


@pytest.mark.django_db
def test_polling_returns_an_event_after_the_worker_placed_it(api: APIClient, ticket: Ticket) -> None:
    tasks.place_events(timestamp=0)
    start = api.get("/api/events").json()["sequence"]
    note(ticket)
    assert api.get("/api/events", {"since": start}).json() == {"events": [], "sequence": start}
    tasks.place_events(timestamp=0)
    assert [event["sequence"] for event in api.get("/api/events", {"since": start}).json()["events"]] == [start + 1]


@pytest.mark.django_db
@pytest.mark.parametrize("since", ["-1", "x", "1.5", str(2**63)])
def test_invalid_since_is_400(since: str, api: APIClient) -> None:
    answer = api.get("/api/events", {"since": since})
    assert answer.status_code == 400 and "since" in answer.json()["errors"]


@pytest.mark.django_db
def test_polling_too_far_behind_or_ahead_returns_a_reset(
    api: APIClient, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MOST", 2)
    for _ in range(3):
        note(ticket)
    top = log.head()
    reset = {"events": [{"type": "reset", "sequence": top}], "sequence": top}
    assert api.get("/api/events", {"since": top - 3}).json() == reset
    assert len(api.get("/api/events", {"since": top - 2}).json()["events"]) == 2
    assert api.get("/api/events", {"since": top + 1}).json() == reset


@pytest.mark.django_db
def test_sessions_and_api_keys_may_poll(senior: Agent, service: Agent) -> None:
    client = Client()
    client.force_login(senior, backend="agents.backends.RoleBackend")
    assert client.get("/api/events").status_code == 200
    _, secret = accounts.create_key(None, service.pk, name="SPA", scope="read")
    assert APIClient(headers={"x-api-key": secret}).get("/api/events").status_code == 200


@pytest.mark.django_db
def test_polling_costs_constant_queries(api: APIClient, ticket: Ticket, django_assert_num_queries: Any) -> None:
    log.place()
    start = log.head()
    for count in (0, 1, 40):
        for _ in range(count):
            note(ticket)
        log.place()
        with django_assert_num_queries(3):  # who asks, the ends, the events
            answer = api.get("/api/events", {"since": start})
        assert answer.status_code == 200
