"""Middleware: request id and log line, security headers, and limits that are checked before the body is read."""

import codecs
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.locale import LocaleMiddleware
from django.template.loader import render_to_string
from django.utils import translation
from django_structlog import signals
from django_structlog.middlewares import RequestMiddleware

from agents.pages.page_context import forced_theme
from quimbi_crm.logs import cut

log = structlog.get_logger(__name__)
MAX_ADDRESS = 32_768
MAX_HOST = 253 + len(":65535")  # maximum length of a DNS name, and a port
TOO_LARGE = "The body is larger than {limit:,} bytes, which is the most a request may carry."


class RequestLog(RequestMiddleware):
    """django-structlog's request line with the path alone: query strings contain addresses and search words."""

    async_capable = False

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return cut(f"{request.method} {request.path}")


@receiver(signals.bind_extra_request_finished_metadata)
@receiver(signals.update_failure_response)
def name_the_request(response: HttpResponse, **kwargs: Any) -> None:
    """The request's id in the log, for people who report a problem."""
    response["X-Request-ID"] = structlog.contextvars.get_contextvars().get("request_id", "")


class SecurityHeaders:
    """Headers that Django has no setting for: no use of the visitor's devices, and no caching except of answers that are the
    same for everybody. An answer's own Cache-Control stays.
    """

    POLICY = ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer",
            "camera",
            "geolocation",
            "gyroscope",
            "magnetometer",
            "microphone",
            "payment",
            "usb",
        )
    )
    MAY_BE_KEPT = ("/static/", "/docs", "/health/")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.POLICY)
        if not request.path.startswith(self.MAY_BE_KEPT):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class PagesLanguage(LocaleMiddleware):
    """Agents' pages are in the reader's language. The API, the admin site and documents are in English: integrators rely on the
    API's sentences, and the others have no catalogue.
    """

    ENGLISH = ("/api/", "/admin/", "/docs", "/health/")

    def process_request(self, request: HttpRequest) -> None:
        if request.path.startswith(self.ENGLISH):
            translation.activate(settings.LANGUAGE_CODE)
            setattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE)  # noqa: B010  set by Django; type stubs lack it
        else:
            super().process_request(request)


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/health/")) or request.path == "/api"


def refused(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    """Answer for an unreadable request: a sentence for programs, for people a page without account and database."""
    if wants_json(request):
        return JsonResponse({"detail": sentence}, status=status)
    return HttpResponse(render_to_string("400.html", {"theme": forced_theme(request)}), status=status)


class LimitRequest:
    """Refuses unknown hosts, and addresses or bodies over the limit; bodies by their announced length, before reading.

    The web server's own limit of the address (4 KB, with a bare text as answer) is off: twenty Greek keywords are longer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _is_known_host(request):
            return refused(request, 400, "This server has no such host name; ALLOWED_HOSTS lists those that it has.")
        if len(request.path) + len(request.META.get("QUERY_STRING", "")) > MAX_ADDRESS:
            return refused(request, 414, f"The address is longer than {MAX_ADDRESS:,} characters.")
        if _is_too_much(request.META.get("CONTENT_LENGTH") or ""):
            return refused(request, 413, TOO_LARGE.format(limit=settings.MAX_BODY_BYTES))
        return self.get_response(request)


def _is_known_host(request: HttpRequest) -> bool:
    """Whether ALLOWED_HOSTS has the request's host; logs a line, where Django would log a traceback."""
    host = request.META.get("HTTP_HOST", "")
    try:
        if len(host) <= MAX_HOST and len(request.META.get("HTTP_X_FORWARDED_HOST", "")) <= MAX_ADDRESS:
            request.get_host()
            return True
    except DisallowedHost:
        pass
    log.warning("host_refused", host=cut(host, 100), hint="add it to ALLOWED_HOSTS if it is yours")
    return False


def _is_too_much(length: str) -> bool:
    """Whether the Content-Length exceeds the limit; an invalid one does not."""
    return length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > settings.MAX_BODY_BYTES)


class OnlyUTF8:
    """Refuses a request in another charset before anything is decoded: some charsets make lone surrogates, which cannot be
    stored, and some do not exist.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset")
        if charset is not None and not _is_utf8(charset):
            return refused(request, 400, "The body's charset is none but UTF-8.")
        return self.get_response(request)


def _is_utf8(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name == "utf-8"
    except (LookupError, ValueError):
        return False


Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApplication = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class _BodyTooLarge(Exception):
    """More bytes arrived than were announced or are allowed."""


def limit_body(application: ASGIApplication) -> ASGIApplication:
    """Prevent that a body over the limit is read: Django would first write all of it to disk.

    A body with an announced size is passed to Django as empty, so that `LimitRequest` answers with CORS headers and a request id;
    one without is cut off at the limit.
    """

    async def limited(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await application(scope, receive, send)
        read = 0
        answered = False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > settings.MAX_BODY_BYTES:
                raise _BodyTooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await application(scope, _nothing(receive) if _announced_too_much(scope) else counted, noted)
        except _BodyTooLarge:
            if not answered:
                await _refuse(send)

    return limited


def _nothing(receive: Receive) -> Receive:
    """An empty body; what arrives is discarded until the client disconnects."""
    told = False

    async def empty() -> Message:
        nonlocal told
        if not told:
            told = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while (message := await receive())["type"] != "http.disconnect":
            pass
        return message

    return empty


def _announced_too_much(scope: MutableMapping[str, Any]) -> bool:
    """Whether the Content-Length exceeds the limit."""
    return _is_too_much(dict(scope["headers"]).get(b"content-length", b"").decode("latin-1"))


async def _refuse(send: Send) -> None:
    body = orjson.dumps({"detail": TOO_LARGE.format(limit=settings.MAX_BODY_BYTES)})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class TolerateSlash:
    """Paths below /accounts/ and /admin/ end with a slash, all others do not; the other spelling is accepted.

    A redirect would lose a POST.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with_slash = request.path_info.endswith("/")
        if request.path_info.startswith(("/accounts/", "/admin/")):
            if not with_slash:
                request.path_info += "/"
                request.path += "/"
        elif with_slash and not self._is_encoded(request) and (bare := request.path_info.rstrip("/")):
            request.path_info = bare
            request.path = request.path.rstrip("/")
        return self.get_response(request)

    @staticmethod
    def _is_encoded(request: HttpRequest) -> bool:
        """Whether the last slash was sent as %2F: then it belongs to the record's name, such as an order number."""
        raw: bytes = getattr(request, "scope", {}).get("raw_path") or b""
        return raw.upper().endswith(b"%2F")
