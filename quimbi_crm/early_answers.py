"""Answer or refuse some requests before Django, so that hostile ones cost neither a thread nor seconds."""

from collections.abc import MutableMapping
from typing import Any

from quimbi_crm.slow_bodies import ASGIApplication, Receive, Send

LIVE = b'{"status":"ok"}'


def answer_liveness(application: ASGIApplication) -> ASGIApplication:
    """Answer `GET /health/live` in the event loop: the process serves, even if all its threads are busy."""

    async def live(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["path"] != "/health/live" or scope["method"] not in ("GET", "HEAD"):
            return await application(scope, receive, send)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(LIVE)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": LIVE if scope["method"] == "GET" else b""})

    return live


def drop_escaped_cookies(application: ASGIApplication) -> ASGIApplication:
    """Remove cookies with a backslash from the headers: the program sets none, and Python before 3.11.10 needs quadratic time to
    unescape them (CVE-2024-7592).
    """

    async def served(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if any(name == b"cookie" and b"\\" in value for name, value in scope["headers"]):
            headers = [_without_escapes(name, value) for name, value in scope["headers"]]
            scope = {**scope, "headers": [(name, value) for name, value in headers if value]}
        await application(scope, receive, send)

    return served


def _without_escapes(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name != b"cookie":
        return name, value
    return name, b";".join(cookie for cookie in value.split(b";") if b"\\" not in cookie)
