"""The live-events socket: which events each client receives, and that none is missed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import Agent
from tickets import services
from tickets.live import hub as hubs
from tickets.live import log
from tickets.models import Customer, Event, Ticket
from tickets.tests.listening import Listener, do, listening, run
from tickets.topic_alerts.services import create_alert

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("by_hints_alone")]


@pytest.fixture
def ticket(customer: Customer) -> Ticket:
    data = services.TicketData(subject="Where is it?", channel="email", customer_id=customer.pk, initial_message="Hi.")
    return services.create_ticket(None, data)


def told(messages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["type"], one["ticket"]) for one in messages]


# --- What is told ------------------------------------------------------------------------------------------------------
def test_reply_is_sent_to_sockets_at_once(senior: Agent, ticket: Ticket) -> None:
    async def scene() -> None:
        async with listening(senior) as one:
            message = await do(services.post_message, senior, ticket.pk, "On its way.")
            event = await one.hear()
            assert (event["type"], event["ticket"], event["by"]) == ("message", str(ticket.pk), str(senior.pk))
            assert event["message_id"] == str(message.pk) and event["from_agent"] and event["status"] == "pending"
            event = await one.hear()
            assert (event["type"], event["changes"], event["status"]) == ("updated", ["status"], "pending")
            assert event["sequence"] == one.told[-2]["sequence"] + 1

    run(scene)


def test_socket_receives_each_kind_of_event_without_ticket_texts(
    senior: Agent, lead: Agent, customer: Customer
) -> None:
    async def scene() -> None:
        async with listening(senior) as one:
            data = services.TicketData("Lost", "chat", customer_id=customer.pk, initial_message="My secret words.")
            ticket = await do(services.create_ticket, lead, data)
            await do(services.add_note, lead, ticket.pk, "She called.")
            values = {"assigned_to": senior.pk, "subject": "Mary Smith", "priority": "urgent", "add_tags": ["vip"]}
            await do(services.update_ticket, lead, ticket.pk, values)
            await do(services.announce, Event.Kind.DRAFT, ticket.pk, draft_id=ticket.pk)
            events = await one.settled()
        kinds = ["created", "message", "note", "assigned", "updated", "draft"]
        assert [event["type"] for event in events] == kinds
        assert events[0]["priority"] == "normal" and events[0]["channel"] == "chat" and events[0]["assigned_to"] is None
        assert events[3]["assigned_to"] == str(senior.pk)
        assert events[4]["changes"] == ["priority", "subject", "tags"] and events[4]["priority"] == "urgent"
        assert not any(word in str(events) for word in ("secret", "Mary", "called", "Lost", "vip"))

    run(scene)


def test_changed_ranking_is_sent_to_all_sockets(agent: Agent, senior: Agent, lead: Agent) -> None:
    async def scene() -> None:
        async with listening(senior) as one, listening(agent) as other:
            await do(create_alert, lead, "recall", team=True)
            for listener in (one, other):
                event = await listener.hear()
                assert (event["type"], event["because"], event["by"]) == ("order", "topic_alerts", str(lead.pk))
                assert "ticket" not in event and "recall" not in str(event)

    run(scene)


def test_rolled_back_change_sends_no_event(senior: Agent, ticket: Ticket) -> None:
    def fail() -> None:
        from django.db import transaction

        with transaction.atomic():
            services.add_note(senior, ticket.pk, "No.")
            transaction.set_rollback(True)

    async def scene() -> None:
        async with listening(senior) as one:
            await do(fail)
            assert await one.settled() == []

    run(scene)


def test_reassigned_ticket_is_sent_as_removed(agent: Agent, lead: Agent, ticket: Ticket) -> None:
    async def scene() -> None:
        async with listening(agent) as one:
            await do(services.update_ticket, lead, ticket.pk, {"assigned_to": agent.pk})
            assert told(await one.settled()) == [("assigned", str(ticket.pk))]
            await do(services.update_ticket, lead, ticket.pk, {"assigned_to": lead.pk})
            (gone,) = await one.settled()
            assert gone["type"] == "removed" and gone.keys() == {"type", "sequence", "ticket", "at"}
            await do(services.add_note, lead, ticket.pk, "Mine now.")
            assert await one.settled() == []

    run(scene)


# --- Nothing is missed -------------------------------------------------------------------------------------------------
def test_reconnecting_client_gets_missed_events(senior: Agent, agent: Agent, lead: Agent, ticket: Ticket) -> None:
    async def scene() -> None:
        async with listening(senior) as one:
            since = one.told[0]["sequence"]
        for number in range(30):
            await do(services.add_note, lead, ticket.pk, f"Note {number}.")
        await do(services.update_ticket, lead, ticket.pk, {"assigned_to": agent.pk})
        async with listening(senior, hello={"since": since}) as one:
            assert [event["type"] for event in await one.settled()] == ["note"] * 30 + ["assigned"]
            assert [event["sequence"] for event in one.told[1:32]] == list(range(since + 1, since + 32))
            await do(services.add_note, lead, ticket.pk, "Live again.")
            assert (await one.hear_until("note"))["sequence"] == since + 32
        async with listening(agent, hello={"since": since}) as one:
            assert len(await one.settled()) == 32  # as it is theirs now, what happened to it is theirs to know

    run(scene)


@pytest.mark.parametrize("why", ["too many", "too old", "of another database"])
def test_client_away_too_long_gets_a_reset(
    why: str, senior: Agent, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = log.head()
    services.add_note(senior, ticket.pk, "One.")
    services.add_note(senior, ticket.pk, "Two.")
    if why == "too many":
        monkeypatch.setattr(log, "MOST", 1)
    elif why == "too old":
        log.place()
        Event.objects.update(created_at=timezone.now() - timedelta(hours=25))
        assert log.prune() > 0
    else:
        since += 1000

    async def scene() -> None:
        async with listening(senior, hello={"since": since}) as one:
            assert await one.settled() == [{"type": "reset", "sequence": one.told[0]["sequence"]}]

    run(scene)


def test_event_during_connect_is_sent_once(senior: Agent, ticket: Ticket) -> None:
    """Clients connect while other threads write; each receives every event after its start, in order."""
    log.place()

    async def write() -> None:
        for number in range(40):
            await do(services.add_note, senior, ticket.pk, f"Note {number}.")

    async def come(late: int) -> list[int]:
        while await do(Event.objects.count) < before + 4 * late:
            pass
        one = Listener()
        await one.enter(senior, since=start)
        numbers: list[int] = []
        while not numbers or numbers[-1] < start + 40:
            numbers.append((await one.hear())["sequence"])
        await one.go()
        return numbers

    start, before = log.head(), Event.objects.count()

    async def scene() -> None:
        heard = await asyncio.gather(*(come(late) for late in range(8)), write())
        for numbers in heard[:-1]:
            assert numbers == list(range(start + 1, start + 41))

    run(scene)


def test_without_redis_changes_are_written_and_sent_later(
    senior: Agent, ticket: Ticket, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }
    monkeypatch.setattr(hubs, "LISTEN_EVERY", 0.05)

    async def scene() -> None:
        async with listening(senior) as one:
            await do(services.post_message, senior, ticket.pk, "On its way.")
            assert (await one.hear())["type"] == "message"

    run(scene)
