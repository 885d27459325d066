"""Conventions of every response: error detail, request id, CORS and security headers; and personal data in logs."""

import asyncio
import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve
from rest_framework.test import APIClient

from agents.models import Agent
from quimbi_crm import health
from quimbi_crm.http import handler403
from quimbi_crm.logs import mask_text
from quimbi_crm.middleware import TolerateSlash, limit_body
from quimbi_crm.tests.contract.test_access import routes

ORIGIN = "http://localhost:5173"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/nothing", "/api/", "/api", "/api/tickets/x/y/z", "/health/nothing"])
def test_unknown_api_path_is_a_json_404(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 404 and answer.json()["detail"]
    assert answer.headers["X-Request-ID"]


@pytest.mark.django_db
def test_pages_are_found_without_their_trailing_slash(client: Client, manager: Agent) -> None:
    assert client.get("/accounts/login").status_code == 200
    assert client.get("/accounts/profile?x=1").url == "/accounts/login/?next=/accounts/profile/%3Fx%3D1"  # type: ignore[attr-defined]
    assert client.post("/accounts/logout").status_code == 302
    client.force_login(manager)
    assert client.get("/admin/agents/agent").status_code == 200
    assert client.get("/admin/login").status_code == 302
    assert client.get("/accounts/nothing").status_code == 404


@pytest.mark.django_db
def test_api_accepts_a_trailing_slash(api: APIClient) -> None:
    assert api.get("/api/tickets/").status_code == 200
    assert api.post("/api/tickets/", {}).status_code == 400
    assert Client().get("/health/live/").status_code == 200
    assert Client().get("/docs/").status_code == 200


@pytest.mark.django_db
def test_api_500_is_json_with_the_request_id_and_without_a_traceback(
    api: APIClient, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret@example.com was here")

    monkeypatch.setattr("tickets.api.tickets.list_tickets", broken)
    api.raise_request_exception = False
    with caplog.at_level(logging.CRITICAL, logger="none"):
        answer = api.get("/api/tickets", HTTP_ORIGIN=ORIGIN)
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in answer.json()["detail"]
    assert "secret" not in answer.content.decode() and "Traceback" not in answer.content.decode()
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.django_db
def test_database_failure_is_503(api: APIClient, monkeypatch: Any) -> None:
    from django.db import OperationalError

    def broken(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("tickets.api.tickets.list_tickets", broken)
    answer = api.get("/api/tickets")
    assert answer.status_code == 503 and answer.headers["Retry-After"] and "database" in answer.json()["detail"]


@pytest.mark.django_db
def test_preflight_needs_no_sign_in_and_errors_have_cors_headers(api: APIClient) -> None:
    preflight = Client().options(
        "/api/tickets",
        HTTP_ORIGIN=ORIGIN,
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="PATCH",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="x-api-key,idempotency-key,if-match,content-type,authorization",
    )
    assert preflight.status_code == 200 and preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
    for header in ("x-api-key", "idempotency-key", "if-match", "authorization"):
        assert header in preflight.headers["Access-Control-Allow-Headers"]
    for answer in (
        Client().get("/api/tickets", HTTP_ORIGIN=ORIGIN),
        api.get("/api/tickets?limit=0", HTTP_ORIGIN=ORIGIN),
        api.post("/api/tickets", b"x" * (3 * 1024 * 1024), content_type="application/json", HTTP_ORIGIN=ORIGIN),
    ):
        assert answer.status_code in (400, 401, 413)
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in api.get("/api/tickets", HTTP_ORIGIN="https://evil.example").headers


@pytest.mark.django_db
def test_api_docs_page_has_security_headers_and_no_external_resources() -> None:
    answer = Client().get("/docs")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY" and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    text = answer.content.decode()
    assert "//cdn" not in text and "https://" not in text.replace("https://www.w3.org", "")


@pytest.mark.django_db
def test_browsable_api_needs_a_session(senior: Agent) -> None:
    client = Client()
    assert client.get("/api/tickets", HTTP_ACCEPT="text/html").status_code == 401
    client.force_login(senior, backend="agents.backends.RoleBackend")
    page = client.get("/api/tickets", HTTP_ACCEPT="text/html")
    assert page.status_code == 200 and page.headers["Content-Type"].startswith("text/html")
    refused = Client(enforce_csrf_checks=True)
    refused.force_login(senior, backend="agents.backends.RoleBackend")
    assert refused.post("/api/tickets", "{}", content_type="application/json").status_code == 403


@pytest.mark.django_db
def test_browsable_api_calls_tickets_by_their_name(senior: Agent) -> None:
    client = Client(headers={"accept": "text/html"})
    client.force_login(senior, backend="agents.backends.RoleBackend")
    assert "<h1>Ticket List</h1>" in client.get("/api/tickets").content.decode()


@pytest.mark.django_db
def test_health_endpoints_report_ok() -> None:
    assert Client().get("/health/live").json() == {"status": "ok"}
    ready = Client().get("/health/ready")
    assert ready.status_code == 200
    assert ready.json() == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "cache": "ok",
        "ranking": "ok",
        "jobs": "ok",
    }


@pytest.mark.django_db
def test_readiness_is_degraded_without_cache_and_503_without_migrations(monkeypatch: Any, settings: Any) -> None:
    from django.core.cache import cache
    from redis.exceptions import ConnectionError as NoRedis

    def down(*args: Any, **kwargs: Any) -> None:
        raise NoRedis("down")

    monkeypatch.setattr(cache, "get", down)
    degraded = Client().get("/health/ready")
    assert degraded.status_code == 200 and degraded.json()["status"] == "degraded"
    monkeypatch.setattr("quimbi_crm.health.migrations", health._Migrations())
    monkeypatch.setattr("quimbi_crm.health.MigrationExecutor.migration_plan", lambda self, nodes: ["one"])
    missing = Client().get("/health/ready")
    assert missing.status_code == 503 and "migrate" in missing.json()["migrations"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail from Ann.Lee@example.com!", "mail from [email]"),
        ("call +1 415 555 0123 now", "call [number] now"),
        ("card 4111 1111 1111 1111", "card [number]"),
        ("id 01a2047c-64d2-7e08-9932-4ae58857f250", "id 01a2047c-64d2-7e08-9932-4ae58857f250"),
        ("in 12 ms, code 200", "in 12 ms, code 200"),
    ],
)
def test_personal_data_is_masked_in_logs(text: str, masked: str) -> None:
    assert mask_text(text).rstrip("!") == masked


@pytest.mark.django_db
def test_logged_request_line_has_the_path_without_the_query(api: APIClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        api.get("/api/customers?q=ann@example.com")
    lines = " ".join(str(record.msg) for record in caplog.records)
    assert "GET /api/customers" in lines and "ann@example.com" not in lines and "q=" not in lines


def run_asgi(
    headers: list[tuple[bytes, bytes]], chunks: list[bytes], answered: dict[bytes, bytes] | None = None
) -> tuple[int, bytes, int]:
    """Send chunks through `limit_body` to an application that reads all; return status, body and bytes received there."""
    seen = 0
    sent: list[dict[str, Any]] = []
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    waiting += [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async def application(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        nonlocal seen
        while True:
            message = await receive()
            seen += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    limited: Any = limit_body(application)
    asyncio.run(limited({"type": "http", "headers": headers}, receive, send))
    if answered is not None:
        answered.update(sent[0]["headers"])
    return sent[0]["status"], sent[-1]["body"], seen


def test_body_without_content_length_is_limited() -> None:
    megabyte = b"x" * 1024 * 1024
    answered: dict[bytes, bytes] = {}
    status, body, seen = run_asgi([], [megabyte] * 30, answered)
    assert answered[b"cache-control"] == b"no-store" and answered[b"x-content-type-options"] == b"nosniff"
    assert status == 413 and "larger" in json.loads(body)["detail"]
    assert seen <= django_settings.MAX_BODY_BYTES


def test_body_with_excessive_content_length_is_not_read() -> None:
    status, _, seen = run_asgi([(b"content-length", b"20971520")], [b"x" * 1024 * 1024] * 20)
    assert (status, seen) == (200, 0)  # the application is asked, and answers 413 from the header


@pytest.mark.django_db
def test_url_with_twenty_long_keywords_is_accepted_and_a_longer_url_is_414(api: APIClient) -> None:
    keywords = ",".join(f"{n:02}" + "ά" * 98 for n in range(20))
    assert api.get("/api/tickets", {"topic_alerts": keywords}).status_code == 200
    endless = api.get("/api/tickets?_=" + "x" * 40_000)
    assert endless.status_code == 414 and endless.json()["detail"]


def test_body_within_the_size_limit_reaches_the_application() -> None:
    assert run_asgi([(b"content-length", b"5")], [b"hello"]) == (200, b"ok", 5)


def test_every_route_matches_with_and_without_its_trailing_slash() -> None:
    """Check all routes, so that no list of prefixes has to be maintained."""
    tolerated: list[str] = []

    def answer(request: HttpRequest) -> HttpResponse:
        tolerated.append(request.path_info)
        return HttpResponse()

    tolerate = TolerateSlash(answer)
    kinds = {"uuid": "01a22585-e2f6-7378-a54b-681537cc44ca", "int": "7"}
    tried = 0
    for route, _methods in routes():
        if re.search(r"[\\^$(]", route) or route in ("/", "/admin", "/admin/"):
            continue  # a regular expression of the admin site's; the two that are addresses of their own
        address = re.sub(r"<(?:(\w+):)?\w+>", lambda found: kinds.get(found[1] or "", "x"), route)
        other = address.rstrip("/") if address.endswith("/") else f"{address}/"
        tolerate(RequestFactory().get(address))
        tolerate(RequestFactory().get(other))
        assert tolerated[-2:] == [address, address], route
        resolve(address)
        tried += 1
    assert tried > 80


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/overview/", "/order/", "/agents/", "/overview/flow.csv/"])
def test_pages_are_found_with_an_extra_trailing_slash(client: Client, manager: Agent, address: str) -> None:
    client.force_login(manager)
    assert client.get(address).status_code == 200


@pytest.mark.django_db
def test_403_page_names_the_required_role_or_the_reason(manager: Agent, agent: Agent) -> None:
    def told(person: Agent, address: str, method: str = "get") -> str:
        client = Client()
        client.force_login(person)
        answer = getattr(client, method)(address)
        assert answer.status_code == 403
        return str(answer.content.decode())

    role = told(agent, "/overview")
    assert "<h1>No permission</h1>" in role and "requires the role team lead" in role and "Ask a manager" not in role
    oneself = told(manager, f"/agents/{manager.pk}/sign-out", "post")
    assert (
        "<h1>Request refused</h1>" in oneself and "To sign yourself out everywhere, use your profile page." in oneself
    )
    assert "Ask a manager" not in oneself and "<title>Request refused" in oneself
    request = RequestFactory().get("/overview")
    setattr(request, "user", manager)  # noqa: B010
    bare = handler403(request, PermissionDenied()).content.decode()
    assert "Your role does not allow this. If you need access, ask a manager." in bare
