"""A browser's connection, without the browser: one socket that is kept, and the time of each whole request on it."""

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from quimbi_crm.runtime.talk import RefusedError

PATIENCE = 180  # seconds; eight concurrent requests of the baseline take a minute
OK = (200, 201)


@dataclass(frozen=True)
class Call:
    """One request to send."""

    path: str
    body: Any = None  # sent as JSON
    verb: str = ""  # HTTP method; by default POST with a body, else GET

    @property
    def method(self) -> str:
        return self.verb or ("GET" if self.body is None else "POST")


class Connection:
    """Keep-alive HTTP/1.1 to this machine. Answers need a Content-Length."""

    def __init__(self, port: int, token: str = "") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"Host: localhost:{port}\r\nAccept: application/json\r\n"
        if token:
            self._head += f"Authorization: Bearer {token}\r\n"

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, call: Call) -> tuple[float, bytes]:
        """Seconds from the first byte sent to the last byte read, and the body. Raises RefusedError for an error."""
        body = b"" if call.body is None else json.dumps(call.body).encode()
        head = f"{call.method} {call.path} HTTP/1.1\r\n{self._head}"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        request = head.encode() + b"\r\n" + body
        start = time.perf_counter()
        self.socket.sendall(request)
        status, answer = self._read()
        taken = time.perf_counter() - start
        if status not in OK:
            raise RefusedError(f"{call.method} {call.path} answered {status}: {answer[:300].decode(errors='replace')}")
        return taken, answer

    def _read(self) -> tuple[int, bytes]:
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[:end].lower()
        place = head.find(b"content-length:")
        if place < 0:
            raise RefusedError(f"An answer without Content-Length can't be measured: {head[:200]!r}")
        length = int(head[place + 15 :].split(b"\r\n", 1)[0])
        parts, missing = [data[end + 4 :]], length - (len(data) - end - 4)
        while missing > 0:
            parts.append(self._more())
            missing -= len(parts[-1])
        return int(head[9:12]), b"".join(parts)

    def _more(self) -> bytes:
        if data := self.socket.recv(1 << 18):
            return data
        raise RefusedError("The server closed the connection in the middle of an answer.")


@dataclass(frozen=True)
class Crowd:
    """Result of concurrent clients: the time of each request, and the total time."""

    times: list[float]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds if self.seconds else 0.0


def crowd(
    port: int, token: str, call: Callable[[int], Call], *, clients: int, seconds: float, most: int = 100_000
) -> Crowd:
    """Run concurrent clients, each with its own connection, for a time; started requests are completed.

    `call` makes the request for a number that is never repeated. Raises the first client's exception.
    """
    times: list[float] = []
    errors: list[BaseException] = []
    numbers = iter(range(most))
    lock = threading.Lock()
    start = time.perf_counter()

    def work() -> None:
        try:
            with Connection(port, token) as connection:
                while not errors and time.perf_counter() - start < seconds:
                    with lock:
                        number = next(numbers, None)
                    if number is None:
                        return
                    times.append(connection.send(call(number))[0])
        except (OSError, RefusedError) as error:
            errors.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return Crowd(times, time.perf_counter() - start)
