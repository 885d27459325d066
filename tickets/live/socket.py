"""One open socket: its queue of messages, its last activity, and what the client may send."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from uuid import UUID, uuid4

from agents.models import Agent
from agents.sockets import Credential, Refused

HELLO_WITHIN = 10.0  # seconds for the client's first message
PING_EVERY = 25.0
SILENT_AFTER = 60.0
MOST_MESSAGES, WITHIN = 20, 10.0
MOST_BYTES = 4096
OUTBOX = 2000  # messages, more than one catch-up; a client with more unsent ones is too slow

SILENT, SLOW = 4408, 1013
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Close:
    """The message that ends the queue."""

    code: int
    reason: str


class Socket:
    """The hub's state of one connection; the consumer sends what is in `outbox`."""

    def __init__(self, address: str | None = None) -> None:
        self.address = address
        self.name = uuid4().hex  # unique among the sockets of all processes
        self.outbox: asyncio.Queue[bytes | Close] = asyncio.Queue()
        self.credential: Credential | None = None
        self.agent: Agent | None = None
        self.agent_id, self.role = NOBODY, ""
        self.watching: UUID | None = None
        self.closing = False
        self.heard_at = self.asked_at = 0.0
        self._position = 0
        self._kept: list[tuple[int | None, bytes]] | None = None  # events buffered while the client catches up
        self._said: deque[float] = deque(maxlen=MOST_MESSAGES)

    # --- Outgoing -----------------------------------------------------------------------------------------------------
    def put(self, what: bytes | Close) -> None:
        """Queue a message; a client that reads too slowly is disconnected and catches up when it reconnects."""
        if self.closing:
            return
        if isinstance(what, Close):
            self.closing = True
        elif self.outbox.qsize() >= OUTBOX:
            while not self.outbox.empty():
                self.outbox.get_nowait()
            return self.put(Close(SLOW, "You read too slowly; connect again and catch up."))
        self.outbox.put_nowait(what)

    def refuse(self, why: Refused) -> None:
        self.put(Close(why.code, why.sentence))

    def begin(self, agent: Agent, credential: Credential) -> None:
        """The client is authenticated and starts to catch up."""
        self.agent, self.agent_id, self.role, self.credential = agent, agent.pk, agent.role, credential
        self._kept = []

    def go_live(self, position: int) -> None:
        """The client has all events up to that position: send what arrived meanwhile, then new events at once."""
        kept, self._kept, self._position = self._kept or [], None, position
        for place, text in kept:
            self.deliver(place, text)

    def deliver(self, position: int | None, text: bytes) -> None:
        """Deliver an event unless the client has it already; messages without a position are always delivered."""
        if self._kept is not None:
            self._kept.append((position, text))
        elif position is None:
            self.put(text)
        elif position > self._position:
            self._position = position
            self.put(text)

    # --- Incoming -----------------------------------------------------------------------------------------------------
    def heard(self, now: float) -> bool:
        """The client sent something; `False` if it sends too much."""
        flood = len(self._said) == MOST_MESSAGES and now - self._said[0] < WITHIN
        self._said.append(now)
        self.heard_at = now
        return not flood

    def tick(self, now: float) -> None:
        """Ping the client; disconnect it if it is silent for too long or its credential has expired."""
        if self.closing:
            return
        if self.credential is None:
            if now - self.heard_at >= HELLO_WITHIN:
                self.put(Close(SILENT, "No hello within 10 seconds."))
        elif self.credential.ends_at <= time.time():
            self.refuse(Refused(Refused.UNKNOWN, "What opened this socket has expired; sign in again."))
        elif now - self.heard_at >= SILENT_AFTER:
            self.put(Close(SILENT, "Nothing was heard from you for 60 seconds."))
        elif now - max(self.heard_at, self.asked_at) >= PING_EVERY:
            self.asked_at = now
            self.put(b'{"type":"ping"}')
