"""The server: takes a request, looks up what to do with it, and does it, however rude that is to the wire."""

import json
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from intelligence.tests.fake_ai import answering, wire
from intelligence.tests.fake_ai.openai import OpenAI
from intelligence.tests.fake_ai.paths import OF_MODELS
from intelligence.tests.fake_ai.people import Person
from intelligence.tests.fake_ai.quimbi import Quimbi
from intelligence.tests.fake_ai.scripts import Call, Scripts, Step, Storm

_SECRET = frozenset({"x-api-key", "authorization", "cookie"})


class FakeAI:
    """Serves from a thread while it is used as a context; every setting may be changed at any time."""

    def __init__(
        self,
        port: int = 0,
        *,
        dialect: str = "server",
        variant: str = "",
        key: str = "demo-key",
        llm_key: str | None = None,
        loud: bool = False,
    ) -> None:
        self.quimbi = Quimbi(dialect, variant)
        self.openai = OpenAI()
        self.key, self.llm_key, self.loud = key, llm_key, loud
        self.limit_style = "own"  # how a 429 says why: own (the dialect's), string, object or detail
        self.scripts = Scripts()
        self.ending = threading.Event()
        self._start = (key, llm_key, dialect, variant)
        self._server = _Server(("127.0.0.1", port), self)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        self._thread.join(5)

    def serve_forever(self) -> None:
        self._server.serve_forever()

    def stop(self) -> None:
        """Also ends what is slow or dripping."""
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()

    def script(self, path: str, *steps: Step | str) -> None:
        """What to do with the next calls of the path; "*" for every path."""
        self.scripts.add(path, *(Step(one) if isinstance(one, str) else one for one in steps))

    def storm(self, shares: dict[str, float], seed: int = 0, seconds: float = 1.0, retry_after: float = 60) -> None:
        """From now on that share of calls fails in that way."""
        self.scripts.storm = Storm(shares, seed, seconds, retry_after)

    def calls(self, path: str = "") -> list[Call]:
        return self.scripts.calls(path)

    def reset(self) -> None:
        """Forgets scripts, calls and settings."""
        self.scripts.reset()
        self.key, self.llm_key, dialect, variant = self._start
        self.quimbi, self.openai, self.limit_style = Quimbi(dialect, variant), OpenAI(), "own"

    def set(self, values: dict[str, Any]) -> None:
        """Settings as `POST /__script` takes them. Raises `ValueError`, `TypeError`."""
        quimbi = {name: values[name] for name in ("dialect", "variant") if name in values}
        if quimbi:
            before = {"dialect": self.quimbi.dialect, "variant": self.quimbi.variant, **quimbi}
            self.quimbi = Quimbi(**before, people=self.quimbi.people, unknown=self.quimbi.unknown)
        self.quimbi.unknown |= set(values.get("unknown", ()))
        for name, facts in values.get("people", {}).items():
            self.quimbi.people[name] = Person(**facts)
        if "llm" in values:
            self.openai = OpenAI(**values["llm"])
        if "storm" in values:
            self.scripts.storm = Storm(**values["storm"]) if values["storm"] else None
        self.key = values.get("key", self.key)
        self.llm_key = values.get("llm_key", self.llm_key)
        self.limit_style = values.get("limit_style", self.limit_style)
        paths = {**values.get("paths", {}), **({values["path"]: values["steps"]} if "path" in values else {})}
        for path, steps in paths.items():
            self.scripts.add(path, *map(Step.of, steps))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], fake: FakeAI) -> None:
        self.fake = fake
        super().__init__(address, Handler)

    def shutdown_request(self, request: Any) -> None:
        """A reset must be the first that the caller hears: no polite end before it."""
        if wire.is_reset(request):
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers may let go at any time; everything else is a fault of this server."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection; several calls may come over it."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "fake-ai", ""
    disable_nagle_algorithm = True
    server: _Server
    connection: socket.socket

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def _handle(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/__"):
            self._control(path)
            return
        fake = self.server.fake
        headers = {name.lower(): "set" if name.lower() in _SECRET else value for name, value in self.headers.items()}
        call = Call(self.command, path, headers, self._key(path))
        step = fake.scripts.next(path)
        call.did = f"{step.do}:{step.kind}" if step.kind else step.do
        fake.scripts.record(call)
        if step.do == "reset_before":
            wire.reset(self)
        else:
            call.body = self._body()
            status, headers_out, body = answering.answer(fake, call, step)
            call.status = status
            wire.send(self, step, status, headers_out, body, fake.ending)
        if fake.loud:
            sys.stdout.write(f"{self.command} {path} key={call.key} -> {call.status or '-'} {call.did}\n")
            sys.stdout.flush()

    def _key(self, path: str) -> str:
        fake = self.server.fake
        if path in OF_MODELS:
            given, wanted = self.headers.get("Authorization", "").removeprefix("Bearer "), fake.llm_key
        else:
            given, wanted = self.headers.get("X-API-Key", ""), fake.key
        if wanted is None or given == wanted:
            return "right"
        return "wrong" if given else "missing"

    def _body(self) -> Any:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            return json.loads(raw) if raw else None
        except ValueError:
            return raw.decode(errors="replace")

    def _control(self, path: str) -> None:
        fake, query = self.server.fake, parse_qs(urlsplit(self.path).query)
        body = self._body()
        status, said = 200, dict[str, Any]()
        if (self.command, path) == ("GET", "/__calls"):
            found = fake.calls(query.get("path", [""])[0])
            said = {"count": len(found), "calls": [call.as_json() for call in found]}
        elif (self.command, path) == ("POST", "/__reset"):
            fake.reset()
        elif (self.command, path) == ("POST", "/__script"):
            try:
                fake.set(body)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                status, said = 400, {"detail": f"Not a script: {error}"}
        else:
            status, said = 404, {"detail": "There are /__script, /__calls and /__reset."}
        wire.send(self, Step(), status, {"Content-Type": "application/json"}, json.dumps(said).encode(), fake.ending)

    def log_message(self, *args: Any) -> None:
        """Its own line would name no more than ours."""
