"""Measures live sockets: `python -m script.benchmark.live_sockets` opens 500 to one web process, and times changes to all.

It tells the memory of the process without and with them, the connections to the database, and how long it takes from the
moment a note is sent until the first, the median and the last socket has heard of it. The agents are of all roles that see the
ticket, with ten sockets each.
"""

import argparse
import asyncio
import base64
import os
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any

import orjson

from quimbi_crm.runtime import server_urls
from quimbi_crm.runtime.children import adopt_orphans
from quimbi_crm.runtime.supervision import handle_signals
from quimbi_crm.runtime.talk import RefusedError, say
from script.benchmark.client import Call, Connection
from script.benchmark.figures import milliseconds, p50, p95
from script.benchmark.memory import used_by
from script.benchmark.programs import Bench, Running, bench, free_port

DATABASE, EACH = "live", 10
PATIENCE = 20  # seconds for all sockets to receive the event
MEGABYTE = 1024 * 1024


class Client:
    """A minimal WebSocket client for the measurement: small unfragmented text messages."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.heard: dict[str, float] = {}  # arrival time by note id

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = ["GET /ws/events HTTP/1.1", f"Host: localhost:{self.port}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", ""]
        self.writer.write("\r\n".join(lines).encode())
        answer = await self.reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in answer.split(b"\r\n")[0]:
            raise RefusedError(f"The handshake was answered with {answer[:60]!r}.")
        self.say({"type": "hello", "token": self.token})
        while (await self.message())["type"] != "welcome":
            pass

    def say(self, what: dict[str, Any]) -> None:
        body, mask = orjson.dumps(what), os.urandom(4)
        length = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + struct.pack(">H", len(body))
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(body))
        self.writer.write(b"\x81" + length + mask + masked)

    async def message(self) -> dict[str, Any]:
        kind, length = await self.reader.readexactly(2)
        if length == 126:
            (length,) = struct.unpack(">H", await self.reader.readexactly(2))
        body = await self.reader.readexactly(length)
        if kind != 0x81:
            raise RefusedError(f"The socket was closed: {body!r}")
        message: dict[str, Any] = orjson.loads(body)
        return message

    async def listen(self) -> None:
        while True:
            message = await self.message()
            if message["type"] == "note":
                self.heard[message["note_id"]] = time.perf_counter()
            elif message["type"] == "ping":
                self.say({"type": "pong"})


def start(place: Bench, people: int) -> Running:
    """One web process on a database with a number of agents and one assigned ticket."""
    place.make(DATABASE)
    facts = place.inside(DATABASE, "people", str(people))
    port = free_port()
    env = place.environment(DATABASE) | {"PORT": str(port), "HOST": "127.0.0.1", "WEB_CONCURRENCY": "1"}
    argv: list[str | Path] = [
        sys.executable,
        "-m",
        "quimbi_crm.runtime.processes",
        server_urls.ROOT / "Procfile",
        "web",
    ]
    running = place.start("web", argv, env, port, "/health/live")
    running.facts = facts
    return running


def write(running: Running, number: int) -> tuple[str, float, float]:
    """Add a note; returns its id, when it was sent, and how long the answer took."""
    with Connection(running.port, running.token) as connection:
        call = Call(f"/api/tickets/{running.facts['ticket']}/notes", body={"content": f"Note {number}."})
        began = time.perf_counter()
        taken, answer = connection.send(call)
        return str(orjson.loads(answer)["id"]), began, taken


async def measure(place: Bench, running: Running, sockets: int, events: int) -> list[str]:
    """The results, line by line."""
    before = used_by(running.pid)
    tokens = running.facts["tokens"]
    clients = [Client(running.port, tokens[number // EACH]) for number in range(sockets)]
    began = time.perf_counter()
    for number in range(0, sockets, 50):
        await asyncio.gather(*(client.open() for client in clients[number : number + 50]))
    opening = time.perf_counter() - began
    listening = [asyncio.create_task(client.listen()) for client in clients]
    answers, firsts, middles, lasts = [], [], [], []
    for number in range(events):
        note, sent, answered = await asyncio.to_thread(write, running, number)
        deadline = sent + PATIENCE
        while not all(note in client.heard for client in clients):
            if time.perf_counter() > deadline:
                missing = sum(note not in client.heard for client in clients)
                raise RefusedError(f"{missing} sockets have not heard within {PATIENCE} seconds.")
            await asyncio.sleep(0.005)
        times = [client.heard[note] - sent for client in clients]
        answers.append(answered)
        firsts.append(min(times))
        middles.append(p50(times))
        lasts.append(max(times))
        await asyncio.sleep(0.1)
    with place.admin() as admin:
        row = admin.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [DATABASE]).fetchone()
    after = used_by(running.pid)
    for task in listening:
        task.cancel()
    lines = [
        f"{sockets} sockets of {len(tokens)} agents to one web process, opened in {opening:.1f} s",
        f"memory: {before / MEGABYTE:.0f} MB without, {after / MEGABYTE:.0f} MB with them "
        f"({(after - before) / sockets / 1024:.0f} KB each)",
        f"connections to the database: {row[0] if row else 0}",
        f"{events} notes, milliseconds from sending the request (p50 / p95):",
    ]
    named = {"the request's own answer": answers, "the first socket": firsts, "the median socket": middles}
    for name, values in {**named, "the last socket": lasts}.items():
        lines.append(f"  {name}: {milliseconds(p50(values))} / {milliseconds(p95(values))}")
    return lines


def main() -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(description="Measures live sockets to one web process.")
    parser.add_argument("--sockets", type=int, default=500)
    parser.add_argument("--events", type=int, default=50)
    parser.add_argument("--var", type=Path, default=server_urls.var_folder() / "bench-sockets")
    options = parser.parse_args()
    handle_signals()
    adopt_orphans()
    try:
        with bench(options.var, keep=False) as place:
            running = start(place, -(-options.sockets // EACH))
            lines = asyncio.run(measure(place, running, options.sockets, options.events))
    except (RefusedError, OSError) as error:
        say(str(error))
        return 1
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
