"""Both fake services at one address: answers, scripted faults and recorded calls."""

import json
import random
import socket
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from types import TracebackType
from typing import Any

from intelligence.tests.fake_ai import chat, quimbi
from intelligence.tests.fake_ai.texts import HOSTILE
from intelligence.tests.fake_ai.wire import SECONDS, Answer, Step, checked, send, spoiled

KEY = "demo-key"
PATHS = (*quimbi.PATHS, *chat.PATHS)
_MOST = 10_000_000  # bytes of a request
STORM: tuple[Step, ...] = (
    {"status": 500},
    {"status": 502},
    {"status": 503},
    {"status": 504},
    {"retry_after": "5"},
    {"reset": "before"},
    {"reset": "after"},
    {"truncate": True},
    {"empty": True},
    {"json": []},
    {"text": "<html><body>Bad Gateway</body></html>"},
    {"slow": 1},  # as long as `pause` says
    {"drip_headers": 1},
    {"drip_body": 1},
)


@dataclass(frozen=True)
class Call:
    """A recorded request. `key`: whether the key was right, `None` without one; `status` is 0 if no answer was sent."""

    method: str
    path: str
    body: Any
    headers: tuple[str, ...]  # names, in lower case
    key: bool | None
    status: int


class FakeAI:
    """Listens from creation on; `close` or leaving the context stops the server and every connection."""

    def __init__(
        self,
        *,
        port: int = 0,
        dialect: quimbi.Dialect = "documented",
        key: str = KEY,
        formats: set[str] | frozenset[str] = chat.FORMATS,
        storm: float = 0.0,
        seed: int = 1,
        pause: float = 6.0,  # seconds that a storm's slow calls take: longer than an analysis may
        log: bool = False,
    ) -> None:
        self.quimbi = quimbi.QuimbiService(dialect)
        self.chat = chat.ChatService(frozenset(formats))
        self.key, self.log = key, log
        self._storm, self._seed, self._pause = storm, seed, pause
        self._lock, self._closing = threading.Lock(), threading.Event()
        self.reset()
        self._server = _Server(self, port)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.llm_url = f"{self.url}/v1"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __enter__(self) -> "FakeAI":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.drop()

    def wait(self, seconds: float) -> None:
        """Raises `ConnectionAbortedError` when the server closes meanwhile."""
        if seconds and self._closing.wait(seconds):
            raise ConnectionAbortedError

    def script(self, path: str, *steps: Step, times: int | None = 1) -> None:
        """Queues a step for each of the next calls, `times` over; with `None` for good. Raises `ValueError`."""
        if path not in (*PATHS, "*"):
            raise ValueError(f"There is no path {path!r}; there are: {', '.join(PATHS)}, and * for all.")
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
            raise ValueError("times takes a number from 1 up, or null for always.")
        found = [checked(step, frozenset(HOSTILE)) for step in steps]
        if not found:
            raise ValueError("There is no step.")
        with self._lock:
            if times is None:
                self._always[path] = cycle(found)
            else:
                self._queued[path].extend(found * times)

    def reset(self) -> None:
        """Forget calls and scripts, and restart the storm from its seed."""
        with self._lock:
            self.calls: list[Call] = []
            self._queued: dict[str, deque[Step]] = defaultdict(deque)
            self._always: dict[str, Iterator[Step]] = {}
            self._random = random.Random(self._seed)

    def respond(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> tuple[Answer, Step]:
        """Record the call and return the answer with the script step to apply to it."""
        service = self.chat if path in chat.PATHS else self.quimbi
        key = self._key_of(path, headers)
        step: Step = {}
        if path not in PATHS:
            answer = Answer(404, {"detail": "Not Found"})
        elif method != ("GET" if path == chat.MODELS else "POST"):
            answer = Answer(405, {"detail": "Method Not Allowed"})
        else:
            answer, step = service.answer(path, body, key), self._next(path)
            if "hostile" in step:
                answer = service.hostile(step["hostile"], path, body, answer)
            answer = spoiled(answer, step, service.error)
        status = 0 if step.get("reset") == "before" else answer.status
        with self._lock:
            self.calls.append(Call(method, path, body, tuple(name.lower() for name in headers), key, status))
        return answer, step

    def manage(self, method: str, path: str, body: Any) -> Answer:
        """Answer the control addresses that belong to no service."""
        if (method, path) == ("GET", "/__calls"):
            return Answer(200, {"calls": [asdict(call) for call in self.calls]})
        if (method, path) == ("POST", "/__reset"):
            self.reset()
            return Answer(200, {})
        if (method, path) != ("POST", "/__script"):
            return Answer(404, {"detail": "Not Found"})
        if not isinstance(body, Mapping) or not isinstance(body.get("steps"), list):
            return Answer(400, {"detail": 'Send {"path": "…", "steps": [{…}], "times": 1}.'})
        try:
            self.script(str(body.get("path")), *body["steps"], times=body.get("times", 1))
        except ValueError as error:
            return Answer(400, {"detail": str(error)})
        return Answer(200, {})

    def _next(self, path: str) -> Step:
        with self._lock:
            for one in (path, "*"):
                if self._queued[one]:
                    return self._queued[one].popleft()
            for one in (path, "*"):
                if one in self._always:
                    return next(self._always[one])
            if self._random.random() >= self._storm:
                return {}
            step = self._random.choice(STORM)
            return {key: self._pause if key in SECONDS else value for key, value in step.items()}

    def _key_of(self, path: str, headers: Mapping[str, str]) -> bool | None:
        if path in chat.PATHS:
            sent, wanted = headers.get("Authorization"), f"Bearer {self.key}"
        else:
            sent, wanted = headers.get("X-API-Key"), self.key
        return None if sent is None else sent == wanted


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, fake: FakeAI, port: int) -> None:
        self.fake = fake
        self.open = set[socket.socket]()
        super().__init__(("127.0.0.1", port), _Handler)

    def drop(self) -> None:
        """Close the connections that keep-alive holds open."""
        for connection in list(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect early; show every other error."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    connection: socket.socket

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def _handle(self) -> None:
        started, path, fake = time.monotonic(), self.path.partition("?")[0], self.server.fake
        body = self._body()
        step: Step = {}
        if path.startswith("/__"):
            answer = fake.manage(self.command, path, body)
        else:
            answer, step = fake.respond(self.command, path, body, dict(self.headers.items()))
        try:
            again = send(self.connection, answer, step, fake.wait)
        except OSError:  # the caller left, or the server closes
            again = False
        if not again:
            self.close_connection = True
        if "reset" in step:
            # What the library closes it shuts down first, which would be a polite end; and this file holds the socket.
            self.rfile.close()
            self.connection.close()
        if fake.log:
            status = 0 if step.get("reset") == "before" else answer.status
            took = 1000 * (time.monotonic() - started)
            sys.stderr.write(f"{self.command} {ascii(path)[1:-1]} {status or 'reset'} {took:.0f} ms\n")

    def _body(self) -> Any:
        """The request's JSON, or `None` without a body."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _MOST:
            self.close_connection = True
            return None
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            return None

    def log_message(self, format: str, *args: Any) -> None:
        """Suppressed: the server writes its own log line."""
