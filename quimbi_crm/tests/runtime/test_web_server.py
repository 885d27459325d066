"""A stopping web process closes live sockets with 1012; keep-alive is longer than the polling interval."""

import asyncio
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.models import Agent
from agents.sign_in.authentication import issue_token
from quimbi_crm import web_server
from quimbi_crm.runtime import server_urls
from quimbi_crm.tests.served import Served, served
from script.benchmark.live_sockets import Client


@pytest.fixture
def server(transactional_db: None) -> Iterator[Served]:
    with served() as one:
        yield one


async def close_codes(port: int, token: str, server: Served, sockets: int) -> list[int]:
    clients = [Client(port, token) for _ in range(sockets)]
    for client in clients:
        await client.open()
    stopped = asyncio.get_running_loop().run_in_executor(None, server.stop)
    codes = [await close_code(client) for client in clients]
    await stopped
    return codes


async def close_code(client: Client) -> int:
    """Return the code of the close frame; raise `IncompleteReadError` if the connection ends without one."""
    while True:
        kind, length = await client.reader.readexactly(2)
        if length == 126:
            (length,) = struct.unpack(">H", await client.reader.readexactly(2))
        body = await client.reader.readexactly(length)
        if kind == 0x88:
            return int(struct.unpack(">H", body[:2])[0])


def test_live_sockets_close_with_1012_on_a_graceful_stop(server: Served, lead: Agent) -> None:
    codes = asyncio.run(close_codes(server.port, issue_token(lead), server, 5))
    assert codes == [1012] * 5


def test_keepalive_exceeds_one_minute_and_procfile_uses_the_settings() -> None:
    assert web_server.keepalive > 60
    assert web_server.graceful_timeout > web_server.FINISHING
    assert "-c python:quimbi_crm.web_server" in Path(server_urls.ROOT / "Procfile").read_text()
