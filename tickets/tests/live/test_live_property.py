"""Random changes of tickets, roles and accounts: each role receives exactly the events that `visible_to` allows."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from agents import services as accounts
from agents.models import Agent
from tickets import services
from tickets.live import hints, log, socket
from tickets.live import hub as hubs
from tickets.live.hub import Hub, hub
from tickets.models import Customer, Event, Ticket
from tickets.tests.listening import Listener, do, run
from tickets.topic_alerts.services import create_alert

pytestmark = pytest.mark.django_db(transaction=True)
ROLES = ["agent", "agent", "senior_agent", "team_lead", "manager", "admin"]
STEPS = 40
Move = Callable[["House"], Awaitable[None] | None]


@pytest.fixture(autouse=True)
def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the hub look only on request and delivers presence at once, so that each message has a known cause."""
    real = hints.publish

    async def listen(self: Hub) -> None:
        self.position = await hubs.in_thread(log.head)
        self._ready.set()

    async def publish(message: dict[str, Any]) -> None:
        if message["type"] == "presence":
            hub().hint(message)
        else:
            await real(message)

    monkeypatch.setattr(Hub, "_listen", listen)
    monkeypatch.setattr(hints, "publish", publish)
    monkeypatch.setattr(socket, "WITHIN", 0)  # many pings


class Desk:
    """An agent and, if connected, the agent's socket."""

    def __init__(self, who: Agent) -> None:
        self.who = who
        self.listener: Listener | None = None
        self.left_at = 0
        self.at: str | None = None  # the ticket that they look at

    async def come(self, **hello: Any) -> Listener:
        self.listener = Listener()
        await self.listener.enter(self.who, **hello)
        return self.listener

    async def go(self) -> None:
        assert self.listener is not None
        self.left_at = await do(log.head)
        await self.listener.go()
        self.listener = None


class House:
    """All agents, the random changes, and the messages that each agent must receive."""

    def __init__(self, seed: int, boss: Agent, people: list[Agent], customer: Customer) -> None:
        self.chance, self.boss, self.people, self.customer = Random(seed), boss, people, customer
        self.desks = [Desk(who) for who in people]
        self.tickets: list[UUID] = []
        self.there: dict[str, dict[str, str]] = {}  # by ticket: who looks, and how
        self.told: dict[str, list[dict[str, str]]] = {}
        self.changed_role: UUID | None = None
        for _ in range(5):
            self.create()

    # --- What happens -------------------------------------------------------------------------------------------------
    def anybody(self) -> Agent | None:
        return self.chance.choice([None, *self.people])

    def ticket(self) -> UUID:
        return self.chance.choice(self.tickets)

    def create(self) -> None:
        wanted = self.anybody()
        given = wanted.pk if wanted and Agent.objects.get(pk=wanted.pk).is_active else None
        data = services.TicketData("One", "email", customer_id=self.customer.pk, assigned_to=given)
        self.tickets.append(services.create_ticket(None, data).pk)

    def write(self) -> None:
        services.post_message(self.boss, self.ticket(), "Words.", from_agent=self.chance.random() < 0.5)

    def note(self) -> None:
        services.add_note(self.boss, self.ticket(), "Words.")

    def assign(self) -> None:
        wanted = self.anybody()
        given = wanted.pk if wanted and Agent.objects.get(pk=wanted.pk).is_active else None
        services.update_ticket(self.boss, self.ticket(), {"assigned_to": given})

    def snooze(self) -> None:
        ticket_id = self.ticket()
        if Ticket.objects.get(pk=ticket_id).snoozed:
            services.unsnooze_ticket(self.boss, ticket_id)
        else:
            services.snooze_ticket(self.boss, ticket_id, until=timezone.now() + timedelta(hours=1))

    def read(self) -> None:
        tags = self.chance.choice([["refund"], ["delay"], []])
        services.set_sentiment_and_difficulty(self.ticket(), sentiment=self.chance.random(), difficulty=0.5, tags=tags)

    def draft(self) -> None:
        services.announce(Event.Kind.DRAFT, self.ticket(), draft_id=uuid4())

    def order(self) -> None:
        create_alert(self.boss, f"word {uuid4().hex[:6]}", team=True)

    def change_role(self) -> None:
        who, role = Agent.objects.get(pk=self.chance.choice(self.people).pk), self.chance.choice(ROLES)
        self.changed_role = who.pk if role != who.role else None
        accounts.update_agent(self.boss, who.pk, {"role": role})

    def deactivate(self) -> None:
        accounts.deactivate_agent(self.boss, self.chance.choice(self.people).pk)

    async def come_back(self) -> None:
        """Reconnects an agent, reactivated if necessary; the agent catches up with current permissions."""
        for desk in self.desks:
            if desk.listener is None:
                await do(accounts.reactivate_agent, self.boss, desk.who.pk)
                desk.who = await do(Agent.objects.get, pk=desk.who.pk)
                listener = await desk.come(since=desk.left_at)
                assert kinds(await listener.settled()) == await do(self.due, desk.who, desk.left_at)
                return

    async def look_at(self) -> None:
        desk = self.chance.choice([desk for desk in self.desks if desk.listener])
        ticket_id, state = str(self.ticket()), self.chance.choice(["viewing", "typing"])
        assert desk.listener is not None
        await desk.listener.say(type=state, ticket=ticket_id)
        answer = await desk.listener.hear()
        if ticket_id not in await do(seen_by, desk.who):
            assert answer["type"] == "error"
            return
        self.move_away(desk)
        desk.at = ticket_id
        self.there.setdefault(ticket_id, {})[str(desk.who.pk)] = state
        assert answer == {"type": "presence", "ticket": ticket_id, "agents": self.watchers(ticket_id)}

    async def leave(self) -> None:
        desk = self.chance.choice([desk for desk in self.desks if desk.listener])
        assert desk.listener is not None
        await desk.listener.say(type="left")
        await desk.listener.say(type="ping")
        assert (await desk.listener.hear())["type"] == "pong"
        self.move_away(desk)

    def move_away(self, desk: Desk) -> None:
        if desk.at is not None:
            self.there[desk.at].pop(str(desk.who.pk), None)
        desk.at = None

    # --- What is told -------------------------------------------------------------------------------------------------
    def watchers(self, ticket_id: str) -> list[dict[str, str]]:
        names = {str(who.pk): who.name for who in self.people}
        rows = [{"id": pk, "name": names[pk], "state": state} for pk, state in self.there[ticket_id].items()]
        return sorted(rows, key=lambda row: (row["name"], row["id"]))

    def due(self, who: Agent, since: int) -> list[tuple[str, str | None]]:
        """Returns the events after the position that the agent may receive."""
        log.place()
        seen, told = seen_by(who), []
        for row in Event.objects.filter(position__gt=since).order_by("position"):
            if row.ticket_id is None or str(row.ticket_id) in seen:
                told.append((str(row.kind), str(row.ticket_id) if row.ticket_id else None))
            elif row.taken_from == who.pk:
                told.append(("removed", str(row.ticket_id)))
        return told

    async def step(self) -> None:
        since = await do(log.head)
        self.changed_role = None
        move: Any = self.chance.choice(MOVES)
        if move in (House.come_back, House.look_at, House.leave):
            await move(self)
        else:
            await do(move, self)
        await self.check(since)

    async def check(self, since: int) -> None:
        """Asserts that each agent received exactly the permitted messages and that inactive agents were disconnected."""
        present = {ticket: self.watchers(ticket) for ticket in self.there}
        news = {ticket: agents for ticket, agents in present.items() if agents != self.told.get(ticket, [])}
        self.told |= news
        await hub().look()
        gone = []
        for desk in [desk for desk in self.desks if desk.listener]:
            assert desk.listener is not None
            heard = await desk.listener.settled()
            now = await do(Agent.objects.get, pk=desk.who.pk)
            if not now.is_active:
                assert [(one["type"], one.get("code")) for one in heard] == [("closed", 4401)]
                gone.append(desk)
                continue
            reset = [("reset", None)] if self.changed_role == now.pk else []
            told = [one for one in heard if one["type"] != "presence"]
            assert kinds(told) == reset + await do(self.due, now, since)
            assert all(one.keys() == {"type", "sequence", "ticket", "at"} for one in told if one["type"] == "removed")
            seen = await do(seen_by, now)
            presence = {one["ticket"]: one["agents"] for one in heard if one["type"] == "presence"}
            assert presence == {ticket: agents for ticket, agents in news.items() if ticket in seen}
        for desk in gone:
            await desk.go()
            self.move_away(desk)
        if gone:
            self.changed_role = None
            await self.check(await do(log.head))


MOVES = [
    *[House.create, House.write, House.note, House.snooze, House.read, House.draft, House.order],
    *[House.assign, House.assign, House.assign, House.change_role, House.change_role, House.deactivate],
    *[House.come_back, House.look_at, House.look_at, House.look_at, House.leave],
]


def kinds(messages: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(one["type"], one.get("ticket")) for one in messages]


def seen_by(who: Agent) -> set[str]:
    now = Agent.objects.get(pk=who.pk)
    return {str(pk) for pk in Ticket.objects.visible_to(now).values_list("pk", flat=True)}


def check_catch_up(who: Agent) -> None:
    """Asserts that polling returns no event of a ticket that the agent may not see."""
    now = Agent.objects.get(pk=who.pk)
    seen = seen_by(now)
    log.place()
    bodies = log.catch_up(now, 0).bodies()
    assert {str(body["ticket"]) for body in bodies if body["type"] not in ("removed", "order")} <= seen
    assert not {str(body["ticket"]) for body in bodies if body["type"] == "removed"} & seen


@pytest.mark.parametrize("seed", range(3))
def test_sockets_get_no_event_of_an_invisible_ticket(
    seed: int, make_agent: Callable[..., Agent], customer: Customer
) -> None:
    house = House(seed, make_agent("admin"), [make_agent(role) for role in ROLES], customer)

    async def scene() -> None:
        for desk in house.desks:
            await desk.come()
        for _ in range(STEPS):
            await house.step()
        for desk in house.desks:
            if desk.listener is not None:
                await desk.go()
                await do(check_catch_up, desk.who)

    run(scene)
