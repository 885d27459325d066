"""Who looks at a ticket: told to those who may see it, for half a minute, and never stored."""

from typing import Any
from uuid import uuid4

import pytest
import time_machine

from agents import services as accounts
from agents.models import Agent
from tickets import services
from tickets.live import hub as hubs
from tickets.live import watching
from tickets.live.hub import hub
from tickets.models import Customer, Event, Ticket
from tickets.tests.listening import do, listening, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def by_hints_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told here is told because somebody was woken, not because it was time to look."""
    monkeypatch.setattr(hubs, "LISTEN_EVERY", 60)


@pytest.fixture
def ticket(customer: Customer) -> Ticket:
    data = services.TicketData(subject="Where is it?", channel="email", customer_id=customer.pk)
    return services.create_ticket(None, data)


def who(message: dict[str, Any]) -> list[tuple[str, str]]:
    assert message["type"] == "presence", message
    return [(one["name"], one["state"]) for one in message["agents"]]


def test_who_looks_and_types_is_told_to_those_who_may_see_it(
    agent: Agent, senior: Agent, lead: Agent, ticket: Ticket
) -> None:
    async def scene() -> None:
        async with listening(agent) as junior, listening(senior) as other, listening(lead) as one:
            await one.say(type="viewing", ticket=str(ticket.pk))
            assert who(await one.hear()) == [("Lea Lead", "viewing")]
            assert who(await other.hear()) == [("Lea Lead", "viewing")]
            await other.say(type="typing", ticket=str(ticket.pk))
            assert who(await other.hear()) == [("Lea Lead", "viewing"), ("Sena Senior", "typing")]
            assert who(await one.hear_until("presence")) != []
            await one.say(type="left")
            while who(message := await other.hear_until("presence")) != [("Sena Senior", "typing")]:
                assert message["ticket"] == str(ticket.pk)
            assert await junior.settled() == []  # it is not their ticket
            await junior.say(type="viewing", ticket=str(ticket.pk))
            assert (await junior.hear())["type"] == "error"
        assert not await do(Event.objects.filter(kind="presence").exists)

    run(scene)


def test_who_goes_away_is_gone(senior: Agent, lead: Agent, ticket: Ticket) -> None:
    async def scene() -> None:
        async with listening(senior) as other:
            async with listening(lead) as one:
                await one.say(type="viewing", ticket=str(ticket.pk))
                assert who(await other.hear()) == [("Lea Lead", "viewing")]
            assert who(await other.hear()) == []

    run(scene)


def test_somebody_with_two_windows_is_there_until_both_are_closed(senior: Agent, lead: Agent, ticket: Ticket) -> None:
    async def scene() -> None:
        async with listening(senior) as other:
            async with listening(lead) as first:
                async with listening(lead) as second:
                    for one in (first, second):
                        await one.say(type="viewing", ticket=str(ticket.pk))
                        await one.hear_until("presence")
                    await other.hear_until("presence")
                assert await other.settled() == []
            assert who(await other.hear()) == []

    run(scene)


def test_half_a_minute_without_a_word_is_gone_even_if_nobody_says_so(
    senior: Agent, lead: Agent, ticket: Ticket
) -> None:
    async def scene() -> None:
        async with listening(senior) as other:
            there = await do(watching.note, ticket.pk, lead, "viewing")  # by a process that dies now
            hub().hint({"type": "presence", "ticket": str(ticket.pk), "agents": there})
            assert who(await other.hear()) == [("Lea Lead", "viewing")]
            assert watching.present(there, there[0]["until"] - 1) == there
            there[0]["until"] -= watching.LASTS
            hub().tick()
            assert who(await other.hear()) == []

    run(scene)


def test_saying_so_again_is_not_told_again(senior: Agent, lead: Agent, ticket: Ticket) -> None:
    async def scene() -> None:
        async with listening(senior) as other, listening(lead) as one:
            for _ in range(3):
                await one.say(type="viewing", ticket=str(ticket.pk))
                await one.hear()
            assert len(await other.settled()) <= 1

    run(scene)


def test_a_key_and_an_unknown_ticket_are_told_why_not(service: Agent, senior: Agent, ticket: Ticket) -> None:
    _, secret = accounts.create_key(None, service.pk, name="SPA", scope="write")

    async def scene() -> None:
        async with listening(hello={"key": secret}) as program, listening(senior) as one:
            await program.say(type="viewing", ticket=str(ticket.pk))
            assert "Only people" in (await program.hear())["detail"]
            await one.say(type="viewing", ticket=str(uuid4()))
            assert "no such ticket" in (await one.hear())["detail"]
            hub().hint(
                {"type": "presence", "ticket": str(uuid4()), "agents": []}
            )  # nor does a hint of nonsense do harm
            assert await one.settled() == []

    run(scene)


def test_it_is_forgotten_by_the_clock(senior: Agent, lead: Agent, ticket: Ticket) -> None:
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False) as clock:
        watching.note(ticket.pk, lead, "viewing")
        clock.shift(20)
        assert len(watching.note(ticket.pk, senior, "typing")) == 2
        clock.shift(15)
        assert [one["name"] for one in watching.note(ticket.pk, senior, "typing")] == ["Sena Senior"]
        assert watching.forget(ticket.pk, senior.pk) == []


def test_without_redis_nobody_is_there_and_the_socket_stays(
    senior: Agent, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> Any:
        raise ConnectionError

    monkeypatch.setattr(watching, "_redis", gone)

    async def scene() -> None:
        async with listening(senior) as one:
            await one.say(type="viewing", ticket=str(ticket.pk))
            assert await one.settled() == []

    run(scene)
