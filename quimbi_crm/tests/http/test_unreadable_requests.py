"""Unreadable requests: invalid charsets, invalid URLs in headers, and invalid lengths."""

import asyncio
from typing import Any

import pytest
from django.test import Client, override_settings

from agents.models import Agent
from agents.tests.browsing import browser
from quimbi_crm import asgi
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
DOORS = [
    "/accounts/login/",
    "/accounts/display/",
    "/tickets/alerts",
    "/tickets/{}/reply",
    "/tickets/{}/note",
    "/agents/new",
    "/api/agents/login",
    "/nothing-here",
]
BODY = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n\\ud800\r\n--x--\r\n'
NO_ADDRESS = "http://[::1"


@pytest.mark.parametrize("charset", ["unicode_escape", "zlib", "idna", "utf-16", "latin-1", "no-such-charset"])
@pytest.mark.parametrize("door", DOORS)
def test_body_in_a_charset_other_than_utf_8_is_refused(manager: Agent, door: str, charset: str) -> None:
    where = door.format(make_ticket().pk)
    for client in (Client(), browser(manager)):
        for method in ("POST", "GET"):
            kind = f"multipart/form-data; boundary=x; charset={charset}"
            answer = client.generic(method, where, BODY, content_type=kind)
            assert answer.status_code == 400, (method, charset)
            assert "UTF-8" in answer.content.decode() if "/api/" in door else "<h1>" in answer.content.decode()


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", '"utf-8"'])
def test_utf_8_body_is_read_with_any_spelling_of_the_charset(charset: str) -> None:
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    assert Client().generic("POST", "/accounts/login/", BODY, content_type=kind).status_code == 200


@pytest.mark.parametrize("path", ["/", "/accounts/profile/", "/order", "/agents", "/tickets/x"])
@pytest.mark.parametrize("address", [NO_ADDRESS, "http://\u2100", "x" * 10_000, "%00", ""])
def test_htmx_request_with_invalid_current_url_redirects_to_sign_in(path: str, address: str) -> None:
    answer = Client().get(path, headers={"HX-Request": "true", "HX-Current-URL": address})
    assert answer.status_code in (200, 404)
    if answer.status_code == 200:
        assert answer.headers["HX-Redirect"].startswith("/accounts/login/?next=/")


@pytest.mark.parametrize("header", ["Origin", "Referer", "If-Match", "X-Forwarded-For", "Accept-Language", "Cookie"])
@pytest.mark.parametrize("value", [NO_ADDRESS, "\u00b2", "\u00e9=\u00b2; sessionid=[", "9" * 5_000])
def test_invalid_header_never_causes_a_server_error(header: str, value: str) -> None:
    for path in ("/", "/api/tickets", "/accounts/login/"):
        assert Client().get(path, headers={header: value}).status_code < 500
        strict = Client(enforce_csrf_checks=True)
        assert strict.post(path, {"a": "b"}, headers={header: value}, secure=True).status_code < 500


@pytest.mark.parametrize(("length", "status"), [("\u00b2", 200), ("9" * 5_000, 413), ("-1", 200), ("", 200)])
def test_invalid_content_length_is_ignored_and_excessive_one_is_413(length: str, status: int) -> None:
    assert Client().get("/", CONTENT_LENGTH=length).status_code == status


@override_settings(ALLOWED_HOSTS=["localhost"])
@pytest.mark.parametrize(
    "kind",
    [
        b"text/x; a*=zz''b",
        b"text/x; a*=idna''%41",
        b"\xff\xfe; a*=undefined''%41",
        b"text/plain; charset=zlib",
        b"text/plain; charset=idna",
        b"text/plain; charset=unicode_escape",
    ],
)
def test_unreadable_content_type_is_400(kind: bytes) -> None:
    sent: list[Any] = []

    async def ask() -> None:
        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"host", b"localhost"), (b"content-type", kind)]
        scope = {"type": "http", "method": "GET", "path": "/x", "query_string": b"q=%5cud800", "headers": headers}
        await asgi.application(scope, receive, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 400
    told = {name.lower(): value for name, value in sent[0]["headers"]}
    assert b"no-store" in told[b"cache-control"] and told[b"x-content-type-options"] == b"nosniff"
