"""The ASGI application: each request runs in one of a fixed number of threads, and client disconnects are handled."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from agents.models import Agent
from agents.sign_in.authentication import issue_token
from quimbi_crm import asgi

pytestmark = pytest.mark.django_db(transaction=True)
GONE = {"type": "http.disconnect"}
Answer = tuple[int, dict[bytes, bytes], bytes]


def _streamed(request: HttpRequest) -> StreamingHttpResponse:
    """Read the database while streaming, as an export does."""

    def lines() -> Any:
        for email in Agent.objects.order_by("email").values_list("email", flat=True):
            yield f"{email} {threading.current_thread().name.split('_')[0]}\n"

    return StreamingHttpResponse(lines(), content_type="text/plain")


async def _whole(request: HttpRequest) -> StreamingHttpResponse:
    async def lines() -> Any:
        yield b"one\n"
        yield b"two\n"

    return StreamingHttpResponse(lines())


def _cookies(request: HttpRequest) -> HttpResponse:
    return HttpResponse(" ".join(f"{name}={value}" for name, value in sorted(request.COOKIES.items())))


urlpatterns = [path("cookies", _cookies), path("streamed", _streamed), path("asynchronous", _whole)]


async def ask(
    where: str, *events: dict[str, Any], token: str = "", method: str = "GET", cookies: tuple[bytes, ...] = ()
) -> list[dict[str, Any]]:
    """Return the messages that the application sends for one request."""
    headers = [(b"host", b"localhost"), *((b"cookie", value) for value in cookies)]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    page, _, query = where.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": page,
        "query_string": query.encode(),
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "scheme": "http",
    }
    incoming = list(events) or [{"type": "http.request", "body": b""}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0) if incoming else GONE

    async def send(message: Any) -> None:
        sent.append(message)

    await asgi.application(scope, receive, send)
    return sent


def answer(sent: list[dict[str, Any]]) -> Answer:
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


def test_static_file_is_sent_completely() -> None:
    status, headers, body = answer(asyncio.run(ask("/static/quimbi/quimbi.css")))
    assert status == 200 and body == Path("static/quimbi/quimbi.css").read_bytes()
    assert int(headers[b"Content-Length"]) == len(body)


@override_settings(ROOT_URLCONF=__name__)
def test_streamed_response_uses_one_thread_and_connection(agent: Agent) -> None:
    assert answer(asyncio.run(ask("/streamed")))[2] == b"agent@quimbi.example request\n"
    assert answer(asyncio.run(ask("/asynchronous")))[2] == b"one\ntwo\n"


def test_concurrent_requests_return_their_connections_to_the_pool(senior: Agent) -> None:
    token = issue_token(senior)

    async def all_at_once() -> list[list[dict[str, Any]]]:
        return await asyncio.gather(*(ask("/api/tickets", token=token) for _ in range(60)))

    for _ in range(2):  # the second time the threads meet connections that others have used
        assert [answer(sent)[0] for sent in asyncio.run(all_at_once())] == [200] * 60
    pool: Any = connections["default"].pool  # type: ignore[attr-defined]
    stats = pool.get_stats()
    own = 1 if connection.connection is not None else 0
    assert stats["pool_size"] - stats["pool_available"] <= own
    assert stats["pool_size"] <= stats["pool_max"]


def test_sequential_requests_of_one_task_are_all_answered(senior: Agent) -> None:
    async def one_after_the_other() -> list[int]:
        return [answer(await ask("/api/agents/me", token=issue_token(senior)))[0] for _ in range(30)]

    assert asyncio.run(one_after_the_other()) == [200] * 30


def test_failing_view_is_answered_with_500_without_details(senior: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("tickets.api.tickets.list_tickets", broken)
    status, headers, body = answer(asyncio.run(ask("/api/tickets", token=issue_token(senior))))
    assert status == 500 and b"secret" not in body and b"X-Request-ID" in headers


def test_disconnected_client_gets_no_response(senior: Agent) -> None:
    half = {"type": "http.request", "body": b'{"subject": ', "more_body": True}
    assert asyncio.run(ask("/api/tickets", half, GONE, token=issue_token(senior), method="POST")) == []


@pytest.mark.parametrize(("path", "answer"), [("/ws/events", "accept"), ("/ws/other", "close"), ("/", "close")])
def test_websocket_is_accepted_only_at_its_own_path(path: str, answer: str) -> None:
    said: list[str] = []
    scope = {"type": "websocket", "path": path, "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1)}
    events: list[dict[str, Any]] = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]

    async def receive() -> dict[str, Any]:
        return events.pop(0)

    async def send(message: Any) -> None:
        said.append(message["type"])

    asyncio.run(asgi.application({**scope, "scheme": "ws", "subprotocols": [], "query_string": b""}, receive, send))
    assert said == [f"websocket.{answer}"]


def test_live_sockets_close_with_1012_when_the_process_shuts_down(senior: Agent) -> None:
    from tickets.tests.listening import listening, run

    async def scene() -> None:
        said: list[Any] = []
        ending = asyncio.Event()
        events = [{"type": "lifespan.startup"}]

        async def receive() -> dict[str, Any]:
            if events:
                return events.pop()
            await ending.wait()
            return {"type": "lifespan.shutdown"}

        async def send(message: Any) -> None:
            said.append(message["type"])

        life = asyncio.create_task(asgi.application({"type": "lifespan"}, receive, send))
        async with listening(senior) as one:
            ending.set()
            assert (await one.hear())["code"] == 1012
            await life
        assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

    run(scene)


@pytest.mark.parametrize(("method", "body"), [("GET", b'{"status":"ok"}'), ("HEAD", b"")])
def test_liveness_is_answered_while_no_thread_is_free(
    method: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*args: Any) -> None:
        raise AssertionError("a thread was asked")

    monkeypatch.setattr(asgi.django_application, "_answer_in_thread", never)
    status, headers, sent = answer(asyncio.run(ask("/health/live", method=method)))
    assert status == 200 and sent == body and headers[b"cache-control"] == b"no-store"


@override_settings(ROOT_URLCONF=__name__)
def test_cookies_with_escapes_are_dropped() -> None:
    hostile = b'a="' + b'\\"' * 3900 + b'"'
    cookies = (hostile, b"theme=dark; " + hostile + b"; keys=on")
    assert answer(asyncio.run(ask("/cookies", cookies=cookies)))[2] == b"keys=on theme=dark"
