"""Presence on tickets: sent to agents who may see the ticket, valid for 30 seconds, never stored in the database."""

import asyncio
import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import OperationalError

from agents import services as accounts
from agents.common import shared_cache
from agents.models import Agent
from agents.tests.browsing import browser
from agents.tests.hanging import hanging_redis
from agents.tests.waiting import eventually
from agents.throttling import REQUESTS
from tickets import services
from tickets.live import hints, watching
from tickets.live import hub as hubs
from tickets.live.hub import Hub, hub
from tickets.models import Customer, Event, Ticket
from tickets.tests.listening import OWN, another_process, cookie_of, do, entered, listening, run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("by_hints_alone")]


@pytest.fixture
def ticket(customer: Customer) -> Ticket:
    data = services.TicketData(subject="Where is it?", channel="email", customer_id=customer.pk)
    return services.create_ticket(None, data)


def who(message: dict[str, Any]) -> list[tuple[str, str]]:
    assert message["type"] == "presence", message
    return [(one["name"], one["state"]) for one in message["agents"]]


def test_presence_is_sent_to_agents_who_may_see_the_ticket(
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


def test_presence_changes_are_sent_in_order(
    monkeypatch: pytest.MonkeyPatch, senior: Agent, lead: Agent, manager: Agent, ticket: Ticket
) -> None:
    async def scene() -> None:
        publish, told, both = hints.publish, 0, asyncio.Event()

        async def late_at_first(message: dict[str, Any]) -> None:
            nonlocal told
            told += 1
            if told == 1:
                with suppress(TimeoutError):
                    await asyncio.wait_for(both.wait(), 0.3)
            await publish(message)
            if told == 2:
                both.set()

        monkeypatch.setattr(hints, "publish", late_at_first)
        async with listening(manager) as third, listening(senior) as other, listening(lead) as one:
            await other.say(type="viewing", ticket=str(ticket.pk))
            while not await do(watching.viewers, [ticket.pk]):
                pass
            await one.say(type="typing", ticket=str(ticket.pk))
            for socket in (one, other):
                await socket.hear_until("presence")
            while who(await third.hear()) != [("Lea Lead", "typing"), ("Sena Senior", "viewing")]:
                pass
            assert [who(said) for said in await third.settled()] == []
            said = [who(said) for said in await other.settled() if said["type"] == "presence"]
            assert not said or said[-1] == [("Lea Lead", "typing"), ("Sena Senior", "viewing")]

    run(scene)


def test_disconnected_viewer_is_removed(senior: Agent, lead: Agent, ticket: Ticket) -> None:
    async def scene() -> None:
        async with listening(senior) as other:
            async with listening(lead) as one:
                await one.say(type="viewing", ticket=str(ticket.pk))
                assert who(await other.hear()) == [("Lea Lead", "viewing")]
            assert who(await other.hear()) == []

    run(scene)


def test_viewer_with_two_sockets_stays_until_both_are_closed(senior: Agent, lead: Agent, ticket: Ticket) -> None:
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


def test_viewer_of_a_dead_process_expires(senior: Agent, lead: Agent, ticket: Ticket) -> None:
    async def scene() -> None:
        async with listening(senior) as other:
            there = await do(watching.note, ticket.pk, lead, "viewing", "a")  # by a process that dies now
            hub().hint({"type": "presence", "ticket": str(ticket.pk), "agents": there})
            assert who(await other.hear()) == [("Lea Lead", "viewing")]
            assert watching.present(there, there[0]["until"] - 1) == there
            there[0]["until"] -= watching.LASTS
            hub().tick()
            assert who(await other.hear()) == []

    run(scene)


def test_repeated_presence_is_not_sent_again(senior: Agent, lead: Agent, ticket: Ticket) -> None:
    async def scene() -> None:
        async with listening(senior) as other, listening(lead) as one:
            for _ in range(3):
                await one.say(type="viewing", ticket=str(ticket.pk))
                await one.hear()
            assert len(await other.settled()) <= 1

    run(scene)


def test_api_key_and_unknown_ticket_get_an_error(service: Agent, senior: Agent, ticket: Ticket) -> None:
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


def test_presence_expires_after_its_lifetime(senior: Agent, lead: Agent, ticket: Ticket) -> None:
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False) as clock:
        watching.note(ticket.pk, lead, "viewing", "a")
        clock.shift(20)
        assert len(watching.note(ticket.pk, senior, "typing", "b")) == 2
        clock.shift(15)
        assert [one["name"] for one in watching.note(ticket.pk, senior, "typing", "b")] == ["Sena Senior"]
        clock.shift(-15)
        assert len(watching.viewers([ticket.pk])[ticket.pk]) == 1  # what was over is not only hidden
        assert watching.forget(ticket.pk, senior.pk, "b") == []


# --- Several tabs, several processes -----------------------------------------------------------------------------------
def test_viewer_of_another_process_is_shown(senior: Agent, lead: Agent, ticket: Ticket) -> None:
    async def scene() -> None:
        async with another_process() as there, listening(senior) as other:
            far = await there(entered(lead))
            async with listening(lead) as here:
                await here.say(type="viewing", ticket=str(ticket.pk))
                assert who(await other.hear()) == [("Lea Lead", "viewing")]
                await there(far.say(type="typing", ticket=str(ticket.pk)))
                assert who(await other.hear()) == [("Lea Lead", "typing")]  # once, whatever the other tab does
                await there(far.go())
                assert who(await other.hear()) == [("Lea Lead", "viewing")]
            assert who(await other.hear()) == []

    run(scene)


def test_expired_typing_leaves_the_viewing_state(senior: Agent, lead: Agent, ticket: Ticket) -> None:
    async def scene() -> None:
        async with listening(senior) as other:
            await do(watching.note, ticket.pk, lead, "typing", "a")
            said = await do(watching.note, ticket.pk, lead, "viewing", "b")
            hub().hint({"type": "presence", "ticket": str(ticket.pk), "agents": said})
            assert who(await other.hear()) == [("Lea Lead", "typing")]
            next(one for one in said if one["state"] == "typing")["until"] -= watching.LASTS
            hub().tick()
            assert who(await other.hear()) == [("Lea Lead", "viewing")]

    run(scene)


@pytest.mark.parametrize("told_before", [False, True])
@pytest.mark.parametrize("ago", [1, None])
def test_hub_deletes_the_state_of_departed_viewers(
    told_before: bool, ago: int | None, lead: Agent, ticket: Ticket
) -> None:
    """Viewers leave by a message or by expiry, also by another machine's clock."""

    def said(until: float) -> dict[str, Any]:
        row = {"id": str(lead.pk), "name": lead.name, "state": "viewing", "until": until}
        return {"type": "presence", "ticket": str(ticket.pk), "agents": [row]}

    async def scene() -> None:
        alone = Hub()
        alone.position = 0
        if told_before:
            alone.hint(said(time.time() + 9))
            await alone.look()
            assert alone._watchers and alone._told
        gone = {"type": "presence", "ticket": str(ticket.pk), "agents": []}
        alone.hint(gone if ago is None else said(time.time() - ago))
        await alone.look()
        assert alone._watchers == {} and alone._told == {}
        alone.tick()
        assert not alone._wake.is_set()

    run(scene)


def test_events_after_a_failed_read_are_sent_by_the_next_read(
    senior: Agent, lead: Agent, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "AFTER_TROUBLE", 0.05)
    client, real = browser(lead), hubs._read
    failed: list[Any] = []

    def read(*args: Any) -> Any:
        if len(failed) < 2:
            failed.append(args)
            raise OperationalError
        return real(*args)

    async def scene() -> None:
        async with listening(senior) as other, listening(origin=OWN, cookie=cookie_of(client)) as one:
            said = await do(watching.note, ticket.pk, lead, "viewing", "a")
            session = client.cookies["sessionid"].value
            monkeypatch.setattr(hubs, "_read", read)
            hub().hint({"type": "presence", "ticket": str(ticket.pk), "agents": said})
            hub().hint({"type": "look", "ended": hints.digest(session)})
            assert who(await other.hear()) == [("Lea Lead", "viewing")]
            assert (await one.hear_until("closed"))["code"] == 4401
            assert len(failed) == 2

    run(scene)


# --- Without Redis -----------------------------------------------------------------------------------------------------
def test_socket_stays_open_without_presence_if_redis_is_unavailable(
    senior: Agent, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> Any:
        raise ConnectionError

    monkeypatch.setattr(shared_cache, "client", gone)

    async def scene() -> None:
        async with listening(senior) as one:
            await one.say(type="viewing", ticket=str(ticket.pk))
            assert await one.settled() == []

    run(scene)


def test_events_are_sent_while_redis_hangs(senior: Agent, lead: Agent, ticket: Ticket, settings: Any) -> None:
    async def scene() -> None:
        async with listening(senior) as other, listening(lead) as one, listening(lead) as two, listening(lead) as three:
            with hanging_redis() as redis:
                redis.be_the_cache(settings, patience=60)
                for tab in (one, two, three):
                    await tab.say(type="viewing", ticket=str(ticket.pk))
                await asyncio.to_thread(eventually, lambda: len(redis.taken) > 0)
                await do(services.add_note, senior, ticket.pk, "Called.")
                assert (await other.hear())["type"] == "note"  # within seconds
            for tab in (one, two, three):
                assert [message["type"] for message in await tab.settled()] == ["note"]
            assert len(redis.taken) == 1  # the others did not wait in their turn

    run(scene)


def test_only_one_request_waits_for_a_hanging_redis(senior: Agent, ticket: Ticket, settings: Any) -> None:
    with hanging_redis() as redis:
        redis.be_the_cache(settings, patience=0.2)
        for _ in range(5):
            assert watching.viewers([ticket.pk]) == {} and REQUESTS.wait(senior) == 0
            with pytest.raises(shared_cache.NotShared):
                watching.note(ticket.pk, senior, "viewing", "a")
        assert len(redis.taken) == 1
