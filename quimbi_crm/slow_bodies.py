"""Request bodies that do not come: each has a deadline, and one address may keep only so many of them waiting.

The address is the client's, also behind trusted proxies, which may pass a body on as slowly as it comes.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson
from django.conf import settings

from agents.common.addresses import counted_address_of

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApplication = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
TOO_SLOW = "The request's body did not come within {seconds} seconds; send it again."
TOO_MANY = "Too many requests from your address are waiting for their bodies; try again shortly."


class _BodyTooSlow(Exception):
    """The deadline has passed."""


def limit_slow_bodies(application: ASGIApplication) -> ASGIApplication:
    """Answer 408 if a body takes longer than REQUEST_BODY_SECONDS, 429 above SLOW_BODIES_PER_ADDRESS at a time."""
    waiting: Counter[str] = Counter()

    async def limited(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            return await application(scope, receive, send)
        address = counted_address_of(scope) or ""
        if waiting[address] >= settings.SLOW_BODIES_PER_ADDRESS:
            return await _answer(send, 429, TOO_MANY)
        body = _Body(receive, waiting, address)
        try:
            await application(scope, body.receive, send)
        except _BodyTooSlow:
            await _answer(send, 408, TOO_SLOW.format(seconds=settings.REQUEST_BODY_SECONDS))
        finally:
            body.stop_waiting()

    return limited


class _Body:
    """One request's body while it arrives."""

    def __init__(self, receive: Receive, waiting: "Counter[str]", address: str) -> None:
        self._receive, self._waiting, self._address = receive, waiting, address
        self._deadline = asyncio.get_running_loop().time() + settings.REQUEST_BODY_SECONDS
        self._is_coming = True
        waiting[address] += 1

    async def receive(self) -> Message:
        if not self._is_coming:
            return await self._receive()  # waits for the disconnect, without a deadline
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise _BodyTooSlow from None
        if message["type"] != "http.request" or not message.get("more_body", False):
            self.stop_waiting()
        return message

    def stop_waiting(self) -> None:
        if self._is_coming:
            self._is_coming = False
            self._waiting[self._address] -= 1
            if self._waiting[self._address] <= 0:
                del self._waiting[self._address]


def _has_body(scope: MutableMapping[str, Any]) -> bool:
    headers = dict(scope["headers"])
    return headers.get(b"content-length", b"0") not in (b"0", b"") or b"transfer-encoding" in headers


async def _answer(send: Send, status: int, sentence: str) -> None:
    """Answer and close the connection: the rest of the body must not be taken for the next request."""
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), (b"connection", b"close")]
    if status == 429:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps({"detail": sentence})})
