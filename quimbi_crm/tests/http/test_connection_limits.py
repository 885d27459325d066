"""Connections whose head or body never arrives are closed, and do not block other clients."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger

from quimbi_crm.runtime.gunicorn_worker import LimitedProtocol
from quimbi_crm.slow_bodies import limit_slow_bodies

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Half: "
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"


async def answer_ok(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


class StubWorker:
    """The part of gunicorn's worker that a connection uses."""

    def __init__(self, application: Any, **values: Any) -> None:
        self.cfg = Config()
        for name, value in values.items():
            self.cfg.set(name, value)
        self.log, self.asgi, self.nr_conns, self.nr, self.alive = Logger(self.cfg), application, 0, 0, True
        self.state: dict[str, Any] = {}
        self.loop = asyncio.get_running_loop()
        self.max_requests = 1_000_000

    def notify(self) -> None:
        """Do nothing: there is no arbiter to notify."""


@contextlib.asynccontextmanager
async def serving(application: Any = answer_ok, **values: Any) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """Run a server on a free port; yield a function that opens a connection and sends the bytes."""
    worker = StubWorker(application, **values)
    server = await asyncio.get_running_loop().create_server(lambda: LimitedProtocol(worker), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    opened: list[Any] = []

    async def connect(data: bytes = b"") -> Any:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        opened.append(writer)
        writer.write(data)
        return reader

    try:
        yield connect
    finally:
        for writer in opened:
            writer.close()
        server.close()


async def status_of(reader: Any) -> int:
    """Return the response's status, or 0 if the connection was closed without one."""
    try:
        line = await reader.readline()
    except ConnectionError:
        return 0
    return int(line.split()[1]) if line else 0


@pytest.mark.parametrize("sent", [b"", HALF], ids=["nothing", "half a head"])
def test_connection_is_closed_when_the_request_head_is_late(settings: Any, sent: bytes) -> None:
    settings.REQUEST_HEAD_SECONDS = 0

    async def main() -> int:
        async with serving() as connect:
            return await status_of(await connect(sent))

    assert asyncio.run(main()) == 0


def test_silent_connections_do_not_block_other_clients(settings: Any) -> None:
    async def main() -> list[int]:
        async with serving() as connect:
            for _ in range(50):
                await connect(HALF)
            return [await status_of(await connect(GET)) for _ in range(5)]

    assert asyncio.run(main()) == [200] * 5


def test_request_head_deadline_applies_to_later_requests_of_a_connection(settings: Any) -> None:
    async def main() -> tuple[int, bytes]:
        async with serving(keepalive=600) as connect:
            reader = await connect(GET)
            status = await status_of(reader)
            await reader.readuntil(b"ok")
            settings.REQUEST_HEAD_SECONDS = 0
            transport = reader._transport
            transport.write(HALF)
            return status, await reader.read()

    assert asyncio.run(main()) == (200, b"")


def test_connections_per_address_are_limited(settings: Any) -> None:
    settings.CONNECTIONS_PER_ADDRESS = 2

    async def main() -> list[int]:
        async with serving() as connect:
            await connect(HALF), await connect(HALF)
            return [await status_of(await connect(GET))]

    assert asyncio.run(main()) == [0]


def test_connections_from_a_trusted_proxy_are_not_limited_per_address(settings: Any) -> None:
    settings.CONNECTIONS_PER_ADDRESS, settings.TRUSTED_PROXIES = 2, 1

    async def main() -> list[int]:
        async with serving() as connect:
            return [await status_of(await connect(GET)) for _ in range(4)]

    assert asyncio.run(main()) == [200] * 4


def test_connections_per_process_are_limited(settings: Any) -> None:
    async def main() -> list[int]:
        async with serving(worker_connections=2) as connect:
            await connect(HALF), await connect(HALF)
            return [await status_of(await connect(GET))]

    assert asyncio.run(main()) == [0]


# --- Bodies ------------------------------------------------------------------------------------------------------------
def scope(address: str = "203.0.113.7", forwarded: str = "", **more: Any) -> dict[str, Any]:
    headers = [(b"content-length", b"4")] + ([(b"x-forwarded-for", forwarded.encode())] if forwarded else [])
    return {"type": "http", "headers": headers, "client": (address, 1), **more}


async def statuses(scopes: list[dict[str, Any]]) -> list[int]:
    """Start requests whose bodies never arrive; return the statuses of those answered at once."""
    found: list[int] = []
    turns: asyncio.Queue[None] = asyncio.Queue()  # of each request: it waits for its body, or has its answer
    application = limit_slow_bodies(answer_ok)

    async def begun() -> Any:
        turns.put_nowait(None)
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            found.append(message["status"])
            turns.put_nowait(None)

    tasks = [asyncio.ensure_future(application(one, begun, send)) for one in scopes]
    for _ in tasks:
        await turns.get()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return found


def test_request_is_408_when_its_body_does_not_arrive(settings: Any) -> None:
    settings.REQUEST_BODY_SECONDS = 0

    async def main() -> int:
        async with serving(limit_slow_bodies(answer_ok)) as connect:
            return await status_of(await connect(POST + b"no"))

    assert asyncio.run(main()) == 408


def test_request_is_answered_when_its_body_arrives(settings: Any) -> None:
    async def main() -> int:
        async with serving(limit_slow_bodies(answer_ok)) as connect:
            return await status_of(await connect(POST + b"body"))

    assert asyncio.run(main()) == 200


@pytest.mark.parametrize(
    ("proxies", "scopes", "answers"),
    [
        (0, [scope()] * 3, [429]),
        (0, [scope("2001:db8:0:7::1"), scope("2001:db8:0:7::2"), scope("2001:db8:0:7::3")], [429]),
        (0, [scope(), scope(), scope("203.0.113.8")], []),
        (1, [scope("10.0.0.1", "203.0.113.7")] * 3, [429]),
        (1, [scope("10.0.0.1", f"203.0.113.{n}") for n in range(6)], []),
        (0, [scope(forwarded=f"203.0.113.{n}") for n in range(3)], [429]),
    ],
)
def test_slow_bodies_per_address_are_limited(
    settings: Any, proxies: int, scopes: list[dict[str, Any]], answers: list[int]
) -> None:
    """The address is the client's, also behind a trusted proxy; X-Forwarded-For from other clients is ignored."""
    settings.TRUSTED_PROXIES, settings.SLOW_BODIES_PER_ADDRESS = proxies, 2
    assert asyncio.run(statuses(scopes)) == answers
