"""The sockets of one process, and the one listener that reads events for all of them.

However many sockets are open, a change is read once. A hint wakes the listener, or it looks every few seconds; it reads the new
events with the assignees of their tickets, and the current figures for everybody who is connected, in one thread with one
connection, and sends each socket what its agent may know. It reads roles and credentials after the events: no agent is told
anything by a permission that they had before the event.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary, WeakValueDictionary

import structlog
from channels.layers import get_channel_layer
from django.db import connections

from agents.common.json_text import dumps
from agents.models import Agent
from agents.sockets import SIGN_IN, By, Credential, Refused, Standing, standing
from tickets.live import hints, log, watching
from tickets.live.socket import Close, Socket
from tickets.models import Ticket
from tickets.models.tickets import TicketQuerySet

T = TypeVar("T")
logger = structlog.get_logger(__name__)

MOST_SOCKETS = 2000  # in one process
MOST_STRANGERS = 200  # from one IP address, not signed in yet
MOST_OF_A_PERSON, MOST_OF_A_KEY = 10, 500
BATCH = 500  # events read at once
LISTEN_EVERY = 5.0  # seconds between two reads of the log without a hint
AFTER_TROUBLE, READY_WITHIN = 1.0, 10.0
BETWEEN_LOOKS = 0.05  # seconds, so that a burst of changes is read at once

# One for the listener, one for new sockets. More would take database connections that requests need.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="live")
# A thread for Redis alone, so that a hanging Redis delays no events; only one, to keep the order of messages.
_redis_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live-redis")


async def in_redis(work: Callable[..., T], *args: Any) -> T:
    """Run a function that uses Redis and not the database."""
    return await asyncio.get_running_loop().run_in_executor(_redis_thread, lambda: work(*args))


async def in_thread(work: Callable[..., T], *args: Any) -> T:
    """Run a function that uses the database, and release its connection."""

    def run() -> T:
        try:
            return work(*args)
        finally:
            connections.close_all()

    return await asyncio.get_running_loop().run_in_executor(_threads, run)


@dataclass(frozen=True)
class Found:
    """The result of one look at the event log."""

    events: list[Any]
    standing: Standing
    assignees: Mapping[str, UUID | None]  # assignee by watched ticket

    def add(self, others: Standing) -> None:
        self.standing.ended.update(others.ended)
        self.standing.roles.update(others.roles)


def _credentials(sockets: set[Socket]) -> set[Credential]:
    return {socket.credential for socket in sockets if socket.credential is not None}


def _read(position: int, credentials: set[Credential], watched: list[str]) -> Found:
    events = log.after(position, BATCH)
    assignees = {str(pk): agent for pk, agent in Ticket.objects.filter(pk__in=watched).values_list("pk", "assigned_to")}
    return Found(events, standing(credentials), assignees)


def _missed(agent_id: UUID, credential: Credential, since: int | None) -> log.CatchUp:
    """Events that a joining client missed, with its current permissions, as joining may take a while. Raises `Refused`."""
    agent = Agent.objects.filter(pk=agent_id).first()
    if agent is None or (why := standing([credential]).ended.get(credential)) is not None:
        raise why if agent is not None and why is not None else Refused(Refused.UNKNOWN, SIGN_IN)
    log.place()
    return log.catch_up(agent, since)


class Hub:
    """All sockets of this process. Everything except reading runs on the event loop, so no locks are needed."""

    def __init__(self) -> None:
        self.sockets: set[Socket] = set()
        self._begin()

    def _begin(self) -> None:
        self.position: int | None = None
        self.clock = time.monotonic
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake, self._ready = asyncio.Event(), asyncio.Event()
        self._ended_sessions: set[str] = set()
        self._watchers: dict[str, list[watching.Watcher]] = {}
        self._told: dict[str, list[Any]] = {}
        self._news: set[str] = set()  # tickets whose watchers changed
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        self._looked_at = float("-inf")

    # --- Joining and leaving ------------------------------------------------------------------------------------------
    def admit(self, socket: Socket) -> bool:
        """Accept a socket that has not authenticated yet; `False` if the process or its address has too many."""
        strangers = sum(one.credential is None and one.address == socket.address for one in self.sockets)
        if len(self.sockets) >= MOST_SOCKETS or strangers >= MOST_STRANGERS:
            return False
        socket.heard_at = self.clock()
        self.sockets.add(socket)
        if not self._tasks:
            self._start(self._listen(), self._hear(), self._keep_time())
        return True

    def _start(self, *work: Coroutine[Any, Any, None]) -> None:
        self._tasks |= {asyncio.create_task(one) for one in work}

    async def join(self, socket: Socket, agent: Agent, credential: Credential, since: int | None) -> None:
        """Start to send to the socket: the log's position, then missed events, then new ones.

        Raises `Refused`, and `TimeoutError` if the database does not answer.
        """
        mine = sum(one.credential is not None and one.credential.agent_id == agent.pk for one in self.sockets)
        if mine >= (MOST_OF_A_KEY if credential.by is By.KEY else MOST_OF_A_PERSON):
            raise Refused(Refused.TOO_MANY, "Too many sockets are open for this account.")
        # From here on the listener buffers new events for this socket while missed ones are read, so that none is lost.
        socket.begin(agent, credential)
        await asyncio.wait_for(self._ready.wait(), READY_WITHIN)
        missed = await in_thread(_missed, agent.pk, credential, since)
        socket.put(dumps(log.welcome_body(missed.head)))
        for body in missed.bodies():
            socket.put(dumps(body))
        socket.go_live(missed.head)

    async def leave(self, socket: Socket) -> None:
        """Remove the socket; without sockets the listener pauses."""
        self.sockets.discard(socket)
        await self.stop_watching(socket)
        if not self.sockets:
            await self.stop()

    async def stop(self) -> None:
        """End the tasks and discard what was read."""
        tasks = self._tasks
        self._begin()
        while tasks:  # a Redis client that is just connecting may swallow a cancellation
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=0.1)

    # --- Listening and reading ----------------------------------------------------------------------------------------
    async def _hear(self) -> None:
        """Receive hints of other processes. Without Redis the listener polls."""
        layer: Any = get_channel_layer()
        while True:
            name = ""
            try:
                name = await layer.new_channel()
                await layer.group_add(hints.GROUP, name)
                self._wake.set()  # for events that were announced before the subscription
                while True:
                    self.hint(await layer.receive(name))
            except Exception as error:  # noqa: BLE001  whatever fails, the ticket's page goes on  Redis may fail in any way or hold invalid data
                hints.complain(error)
                await asyncio.sleep(AFTER_TROUBLE)
            finally:
                with contextlib.suppress(Exception):
                    await layer.group_discard(hints.GROUP, name)

    def hint(self, message: dict[str, Any]) -> None:
        """Wake the listener: there is something to read."""
        if message["type"] == "presence":
            self._watchers[message["ticket"]] = message["agents"]
            self._news.add(message["ticket"])
        elif "ended" in message:
            self._ended_sessions.add(message["ended"])
        self._wake.set()

    async def _listen(self) -> None:
        while True:
            try:
                if self.position is None:
                    self.position = await in_thread(log.head)
                    self._ready.set()
                await asyncio.sleep(self._looked_at + BETWEEN_LOOKS - self.clock())
                await self.look()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), LISTEN_EVERY)
            except Exception as error:  # noqa: BLE001  whatever fails, the ticket's page goes on  the database may be down for a while; sockets stay open
                logger.warning("live_look_failed", error=type(error).__name__)
                await asyncio.sleep(AFTER_TROUBLE)

    async def look(self) -> None:
        """Read new events once for all sockets and deliver them."""
        self._wake.clear()
        news, self._news = self._news, set()
        ended, self._ended_sessions = self._ended_sessions, set()
        members = self._members()
        try:
            found = await in_thread(_read, self.position, _credentials(members), list(news))
            # A socket that joined during the read may have caught up only to an earlier position, so it also gets these
            # events. A socket that joins now catches up beyond them.
            late = self._members() - members
            if late:
                found.add(await in_thread(standing, _credentials(late)))
        except Exception:  # the next read delivers what this one did not
            self._news |= news
            self._ended_sessions |= ended
            raise
        for socket in members | late:
            self._check(socket, found.standing, ended)
        if found.events:
            self.position = found.events[-1].position
            self._tell_events(members | late, found)
        for ticket_id in news:
            self._tell_presence(members | late, ticket_id, found)
        self._looked_at = self.clock()
        if len(found.events) == BATCH:
            self._wake.set()

    def _members(self) -> set[Socket]:
        return {socket for socket in self.sockets if socket.credential is not None}

    def _check(self, socket: Socket, now: Standing, ended: set[str]) -> None:
        """Disconnect clients that lost access, and tell those whose role changed to reload."""
        one = socket.credential
        if one is None or socket.closing:
            return
        if one.by is By.SESSION and hints.digest(one.name) in ended:
            socket.refuse(Refused(Refused.UNKNOWN, "You have signed out."))
        elif one in now.ended:
            socket.refuse(now.ended[one])
        elif (role := now.roles.get(one.agent_id)) is not None and role != socket.role:
            socket.role = role
            socket.deliver(None, dumps(log.reset_body(self.position or 0)))

    def _tell_events(self, members: set[Socket], found: Found) -> None:
        for event in found.events:
            whole, removed = dumps(log.body(event)), dumps(log.removed_body(event))
            for socket in members:
                role = found.standing.roles.get(socket.agent_id)
                if role is None or socket.closing:
                    continue
                if log.is_everybodys(event) or TicketQuerySet.sees(role, socket.agent_id, event.assignee):
                    socket.deliver(event.position, whole)
                elif event.taken_from == socket.agent_id:
                    socket.deliver(event.position, removed)

    def _tell_presence(self, members: set[Socket], ticket_id: str, found: Found) -> None:
        """Send presence only if it changed: clients repeat their own often."""
        said, before = watching.alive(self._watchers.pop(ticket_id, [])), self._told.pop(ticket_id, [])
        if ticket_id not in found.assignees:  # the ticket does not exist
            return
        body, assignee = watching.body(ticket_id, said), found.assignees[ticket_id]
        if said:
            self._watchers[ticket_id], self._told[ticket_id] = said, body["agents"]
        if before == body["agents"]:
            return
        text = dumps(body)
        for socket in members:
            role = found.standing.roles.get(socket.agent_id)
            sees = role is not None and TicketQuerySet.sees(role, socket.agent_id, assignee)
            if sees and not socket.closing:
                socket.deliver(None, text)

    # --- Presence -----------------------------------------------------------------------------------------------------
    async def watch(self, socket: Socket, agent: Agent, ticket_id: UUID, state: str) -> bool:
        """The socket's agent opens the ticket; `False` if they may not see it. One ticket at a time."""
        if not await in_thread(_may_see, agent.pk, ticket_id):
            return False
        if socket.watching not in (None, ticket_id):
            await self.stop_watching(socket)
        socket.watching = ticket_id
        async with self._turn(ticket_id):
            said = await self._note(ticket_id, watching.note, ticket_id, agent, state, socket.name)
            if said is not None:
                socket.deliver(None, dumps(watching.body(str(ticket_id), said)))
        return True

    async def stop_watching(self, socket: Socket) -> None:
        """The socket closed its ticket; so did its agent, unless another of their sockets has it open."""
        ticket_id, socket.watching = socket.watching, None
        if ticket_id is not None:
            async with self._turn(ticket_id):
                await self._note(ticket_id, watching.forget, ticket_id, socket.agent_id, socket.name)

    def _turn(self, ticket_id: UUID) -> asyncio.Lock:
        """Wait for earlier notes: out of order, an agent who types would be shown as only viewing until their next message."""
        return self._turns.setdefault(ticket_id, asyncio.Lock())

    async def _note(self, ticket_id: UUID, work: Callable[..., list[watching.Watcher]], *args: Any) -> Any:
        """Store presence in Redis and tell all processes. Without Redis only presence is lost."""
        try:
            said = await in_redis(work, *args)
            await hints.publish({"type": "presence", "ticket": str(ticket_id), "agents": said})
        except Exception as error:  # noqa: BLE001  whatever fails, the ticket's page goes on
            hints.complain(error)
            return None
        return said

    # --- Timers -------------------------------------------------------------------------------------------------------
    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.tick()

    def tick(self) -> None:
        """Once a second: ping silent clients, drop dead ones, end expired sessions, forget old presence."""
        now = self.clock()
        for socket in list(self.sockets):
            socket.tick(now)
        for ticket_id, said in self._watchers.items():
            if len(watching.alive(said)) != len(said):
                self._news.add(ticket_id)
                self._wake.set()

    async def close_all(self, code: int) -> None:
        """Close all sockets when the process ends."""
        for socket in list(self.sockets):
            socket.put(Close(code, "The server restarts; connect again."))
        await asyncio.sleep(0.1)
        await self.stop()


def _may_see(agent_id: UUID, ticket_id: UUID) -> bool:
    agent = Agent.objects.filter(pk=agent_id).first()
    return agent is not None and Ticket.objects.visible_to(agent).filter(pk=ticket_id).exists()


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop: one per process, except in tests."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
