"""WebSocket clients for tests: they call the consumer without a network."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import orjson
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client

from agents.models import Agent
from agents.sign_in.authentication import issue_token
from agents.tests.browsing import browser
from agents.tests.waiting import HANGS
from tickets.live.consumer import EventsConsumer
from tickets.live.hub import hub, in_thread

HOST = b"testserver"
OWN = b"http://testserver"


class Listener:
    """A client of the live-events socket."""

    def __init__(self, **headers: bytes) -> None:
        protocols = headers.pop("protocols", b"").decode().split()
        given = [(b"host", HOST), *((name.replace("_", "-").encode(), value) for name, value in headers.items())]
        scope = {"type": "websocket", "path": "/ws/events", "query_string": b"", "headers": given}
        scope |= {"subprotocols": protocols, "scheme": "ws", "client": ("127.0.0.1", 1)}
        self.line: Any = ApplicationCommunicator(EventsConsumer.as_asgi(), scope)  # type: ignore[no-untyped-call]
        self.told: list[dict[str, Any]] = []

    async def connect(self) -> dict[str, Any]:
        """Opens the connection and returns the consumer's answer to the handshake."""
        await self.line.send_input({"type": "websocket.connect"})
        answer: dict[str, Any] = await self.line.receive_output(timeout=HANGS)
        return answer

    async def enter(self, agent: Agent | None = None, **hello: Any) -> None:
        """Connects and sends `hello`, with a token of `agent` if an agent is given."""
        assert (await self.connect())["type"] == "websocket.accept"
        given = {"token": await in_thread(issue_token, agent)} if agent is not None else {}
        await self.say(type="hello", **given, **hello)
        welcome = await self.hear()
        assert welcome["type"] == "welcome", welcome

    async def say(self, **message: Any) -> None:
        await self.say_plainly(orjson.dumps(message).decode())

    async def say_plainly(self, text: str) -> None:
        await self.line.send_input({"type": "websocket.receive", "text": text})

    async def hear(self) -> dict[str, Any]:
        """Returns the next message; a close is returned as `{"type": "closed", "code": …}`."""
        output = await self.line.receive_output(timeout=HANGS)
        if output["type"] == "websocket.close":
            return {"type": "closed", "code": output["code"], "reason": output.get("reason", "")}
        message: dict[str, Any] = orjson.loads(output["text"])
        self.told.append(message)
        return message

    async def hear_until(self, kind: str) -> dict[str, Any]:
        while (message := await self.hear())["type"] != kind:
            pass
        return message

    async def settled(self) -> list[dict[str, Any]]:
        """Returns every message sent before the pong: looks for new events, then sends a ping."""
        await hub().look()
        await self.say(type="ping")
        told = []
        while (message := await self.hear())["type"] not in ("pong", "closed"):
            told.append(message)
        return [*told, message] if message["type"] == "closed" else told

    async def go(self) -> None:
        await self.line.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.line.wait(timeout=HANGS)


@asynccontextmanager
async def listening(
    agent: Agent | None = None, *, hello: dict[str, Any] | None = None, **headers: Any
) -> AsyncIterator[Listener]:
    """Yields a client that has sent `hello` and received `welcome`."""
    listener = Listener(**headers)
    await listener.enter(agent, **(hello or {}))
    try:
        yield listener
    finally:
        await listener.go()


@asynccontextmanager
async def another_process() -> AsyncIterator[Callable[[Coroutine[Any, Any, Any]], Awaitable[Any]]]:
    """Simulates a second web process with its own hub and event loop, connected through Redis; yields a function that runs a
    coroutine there.
    """
    loop = asyncio.new_event_loop()

    def live() -> None:
        loop.run_forever()
        loop.close()  # where no other loop runs: Redis's connections are closed with it

    thread = threading.Thread(target=live, daemon=True)
    thread.start()

    async def there(work: Coroutine[Any, Any, Any]) -> Any:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))

    async def stop() -> None:
        await hub().stop()

    try:
        yield there
    finally:
        await there(stop())
        loop.call_soon_threadsafe(loop.stop)
        await asyncio.to_thread(thread.join)


async def entered(agent: Agent, **hello: Any) -> Listener:
    """Returns a client that has sent `hello` in the current event loop; call `go` to disconnect it."""
    listener = Listener()
    await listener.enter(agent, **hello)
    return listener


def cookies(agent: Agent) -> bytes:
    """Returns the cookie header of a browser in which the agent is signed in."""
    return cookie_of(browser(agent))


def cookie_of(client: Client) -> bytes:
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}".encode()


async def do(work: Callable[..., Any], *args: Any, **fields: Any) -> Any:
    """Runs `work` in a thread, as a request would."""
    return await in_thread(lambda: work(*args, **fields))


def run(scene: Callable[[], Awaitable[None]]) -> None:
    """Runs the coroutine function in a new event loop and stops the hub afterwards."""

    async def played() -> None:
        try:
            await asyncio.wait_for(_awaited(scene), 60)
        finally:
            await hub().stop()

    asyncio.run(played())


async def _awaited(scene: Callable[[], Awaitable[None]]) -> None:
    await scene()
