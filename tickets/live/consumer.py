"""`/ws/events`: the protocol of the live socket (docs/realtime.md). The hub decides what is sent."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
import structlog
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError

from agents.common.addresses import counted_address
from agents.common.json_text import dumps
from agents.sockets import By, Origin, Refused, enter, origin_of, request_of, spend
from tickets.live.hub import hub, in_redis, in_thread
from tickets.live.socket import MOST_BYTES, Close, Socket
from tickets.live.watching import State

log = structlog.get_logger(__name__)
PROTOCOL = "quimbi.events"
BEARER, KEY = "bearer.", "key."
MALFORMED, TOO_LARGE, BROKEN, FULL = 4400, 1009, 1011, 1013
STRANGER_FIRST = 'The first message is a JSON object such as {"type": "hello", "since": 17}.'
AWAY = "The database does not answer; try again shortly."
FAILED = "Something went wrong here and was noted; connect again."


class EventsConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One WebSocket connection. It joins no channel layer: the hub listens for all connections."""

    channel_layer_alias = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.socket = Socket()
        self.sender: asyncio.Task[None] | None = None
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.sender is not None:
                self.sender.cancel()
                self.socket.closing = True
                await hub().leave(self.socket)

    async def connect(self) -> None:
        self.request = request_of(self.scope)
        self.origin = origin_of(self.request)
        if self.origin is Origin.FOREIGN:
            await self.close()  # refused before it was accepted: the client gets a 403
            return
        offered = self.scope.get("subprotocols") or []
        self.token = _secret(offered, BEARER)
        self.key = _secret(offered, KEY)
        await self.accept(PROTOCOL if PROTOCOL in offered else None)
        self.socket.address = counted_address(self.request)
        self.sender = asyncio.create_task(self._send_out())
        if not hub().admit(self.socket):
            self.socket.put(Close(FULL, "This server has as many sockets as it takes; try again later."))

    async def _send_out(self) -> None:
        """Send queued messages one by one, so that a slow client delays nobody else."""
        with contextlib.suppress(OSError, RuntimeError):  # the client is gone, and `disconnect` follows
            while True:
                what = await self.socket.outbox.get()
                if isinstance(what, Close):
                    await self.close(what.code, what.reason)
                    return
                await self.send(text_data=what.decode())

    # --- Client messages ----------------------------------------------------------------------------------------------
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.socket.closing:
            return
        if not self.socket.heard(hub().clock()):
            return self.socket.put(Close(Refused.TOO_MANY, "More than 20 messages within 10 seconds."))
        if len(text_data.encode() if text_data is not None else bytes_data or b"") > MOST_BYTES:
            return self.socket.put(Close(TOO_LARGE, "A message has at most 4,096 bytes."))
        try:
            await self._answer(_object(text_data))
        except Exception:
            log.exception("live_socket_failed")
            self.socket.put(Close(BROKEN, FAILED))

    async def _answer(self, message: dict[str, Any] | None) -> None:
        if self.socket.credential is None:
            return await self._hello(message)
        handler = self.HANDLERS.get(str(message.get("type"))) if message is not None else None
        if handler is None or message is None:
            return self._complain(f"Say one of {', '.join(self.HANDLERS)}, as a JSON object with its type.")
        try:
            await handler(self, message)
        except DatabaseError:
            self._complain(AWAY)

    async def _hello(self, message: dict[str, Any] | None) -> None:
        """Authenticate the client and read the position that it knows."""
        if message is None or message.get("type", "hello") != "hello":
            return self.socket.put(Close(MALFORMED, STRANGER_FIRST))
        since, token, key = message.get("since"), message.get("token", self.token), message.get("key", self.key)
        if not _is_position(since) or not all(one is None or isinstance(one, str) for one in (token, key)):
            return self.socket.put(Close(MALFORMED, STRANGER_FIRST))
        try:
            agent, credential, spender = await in_thread(enter, self.request, self.origin, token, key)
            await in_redis(spend, spender)
            await hub().join(self.socket, agent, credential, since)
        except Refused as why:
            return self.socket.refuse(why)
        except (DatabaseError, TimeoutError):
            return self.socket.put(Close(FULL, AWAY))
        log.info("live_socket_joined", agent=str(agent.pk), by=str(credential.by))

    async def _ping(self, message: dict[str, Any]) -> None:
        self.socket.put(b'{"type":"pong"}')

    async def _pong(self, message: dict[str, Any]) -> None:
        """Nothing to do: receiving the pong is enough."""

    async def _watch(self, message: dict[str, Any]) -> None:
        agent, credential = self.socket.agent, self.socket.credential
        if agent is None or credential is None or credential.by is By.KEY:
            return self._complain("Only people look at tickets; an API key stands for a program.")
        try:
            ticket_id = UUID(str(message.get("ticket")))
        except ValueError:
            return self._complain("The ticket is an id.")
        if not await hub().watch(self.socket, agent, ticket_id, message["type"]):
            self._complain("There is no such ticket that you may see.")

    async def _leave(self, message: dict[str, Any]) -> None:
        await hub().stop_watching(self.socket)

    HANDLERS: dict[str, Callable[..., Any]] = {
        "ping": _ping,
        "pong": _pong,
        State.VIEWING: _watch,
        State.TYPING: _watch,
        "left": _leave,
    }

    def _complain(self, sentence: str) -> None:
        self.socket.put(dumps({"type": "error", "detail": sentence}))


def _secret(offered: list[str], prefix: str) -> str | None:
    """The credential of a browser's handshake: browsers cannot set headers, but they can name subprotocols."""
    return next((one.removeprefix(prefix) for one in offered if one.startswith(prefix)), None)


def _object(text: str | None) -> dict[str, Any] | None:
    try:
        value = orjson.loads(text or "")
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _is_position(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63)
