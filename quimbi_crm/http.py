"""The API's conventions (docs/api.md): JSON in and out, and every error one sentence under `detail`."""

import re
import sys
from collections.abc import Iterator
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import DataError, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token
from rest_framework import exceptions, status
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from agents.common.errors import Conflict, LimitReached
from agents.common.json_text import dumps
from agents.common.patterns import compile_unicode
from agents.common.transactions import is_unavailable
from agents.models import Agent
from agents.pages.page_context import forced_theme
from agents.permissions import RoleNeeded
from quimbi_crm.middleware import TOO_LARGE, refused, wants_json

log = structlog.get_logger(__name__)
MAX_DEPTH = 32
UNAVAILABLE = "The database does not answer; try again shortly."
RETRY_AFTER = "5"  # seconds
# A form shown again after an error repeats its input, except for credentials.
NOT_SHOWN_AGAIN = ("csrfmiddlewaretoken", "password", "code", "secret", "token")


class ORJSONRenderer(BaseRenderer):
    """JSON, with decimals as numbers and times as ISO 8601 in UTC."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        if data is None:
            return b""
        # The browsable API asks for indentation.
        return dumps(data, indent=bool((renderer_context or {}).get("indent")))


class BodyTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class StrictJSONParser(BaseParser):
    """One JSON value in UTF-8, within orjson's depth and the size limit, without NaN and lone surrogates."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(settings.MAX_BODY_BYTES + 1)
        if len(body) > settings.MAX_BODY_BYTES:
            raise BodyTooLarge(TOO_LARGE.format(limit=settings.MAX_BODY_BYTES))
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise exceptions.ParseError(f"The body is not valid JSON: {error.msg} at character {error.pos}.") from None
        if _deeper_than(MAX_DEPTH, value):
            raise exceptions.ParseError(f"The body is not valid JSON for us: it nests deeper than {MAX_DEPTH} levels.")
        return value


def _deeper_than(levels: int, value: Any) -> bool:
    """Whether lists and objects nest deeper than the limit. Level by level: recursion would meet Python's own limit first."""
    layer = [value]
    for _ in range(levels):
        layer = [
            inner
            for one in layer
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not layer:
            return False
    return any(isinstance(one, dict | list) for one in layer)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer for an exception of services and views; `None` leaves it to the 500 handler below."""
    if isinstance(error, ValidationError):
        return _validation(error)
    if isinstance(error, LimitReached):
        headers = {"Retry-After": str(error.seconds)}
        return Response({"detail": error.sentence}, status=status.HTTP_429_TOO_MANY_REQUESTS, headers=headers)
    if isinstance(error, Conflict):
        return Response({"detail": error.sentence, **error.details}, status=status.HTTP_409_CONFLICT)
    if isinstance(error, ObjectDoesNotExist | Http404):
        return Response({"detail": "There is nothing here that you may see."}, status=status.HTTP_404_NOT_FOUND)
    if isinstance(error, DataError):
        log.exception("value_cannot_be_stored")
        return Response(
            {"detail": "A value is too large or of a kind that cannot be stored."}, status=status.HTTP_400_BAD_REQUEST
        )
    if isinstance(error, IntegrityError):
        log.warning("write_conflict", error=type(error.__cause__).__name__)
        return Response(
            {"detail": "Somebody wrote the same record at the same moment; try again."},
            status=status.HTTP_409_CONFLICT,
        )
    if is_unavailable(error):
        log.exception("database_unavailable")
        headers = {"Retry-After": RETRY_AFTER}
        return Response({"detail": UNAVAILABLE}, status=status.HTTP_503_SERVICE_UNAVAILABLE, headers=headers)
    # Not at the module's top: the settings of REST framework name this module, so `rest_framework.views` imports it.
    from rest_framework.views import exception_handler as rest_exception_handler

    response = rest_exception_handler(error, context)
    if response is not None:
        response.data = _body(error, response.data)
    return response


def _validation(error: ValidationError) -> Response:
    errors = {name or "non_field_errors": list(map(str, texts)) for name, texts in _messages(error).items()}
    return Response({"detail": _sentence(errors), "errors": errors}, status=status.HTTP_400_BAD_REQUEST)


def _messages(error: ValidationError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return {str(name): texts for name, texts in error.message_dict.items()}
    return {"non_field_errors": error.messages}


def _body(error: Exception, data: Any) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        errors = {name: list(texts) for name, texts in _flatten(data)}
        return {"detail": _sentence(errors), "errors": errors}
    if isinstance(error, PermissionDenied):
        return {"detail": str(error) or "Your role does not allow this."}
    detail = data.get("detail") if isinstance(data, dict) else None
    return {"detail": str(detail or data)}


def _flatten(data: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """DRF's nested errors as one list of texts per dotted path."""
    if isinstance(data, dict):
        for name, inner in data.items():
            yield from _flatten(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(data, list) and any(isinstance(inner, dict | list) for inner in data):
        for place, inner in enumerate(data):
            yield from _flatten(inner, f"{path}.{place}" if path else str(place))
    elif isinstance(data, list):
        if data:
            yield path or "non_field_errors", [str(text) for text in data]
    else:
        yield path or "non_field_errors", [str(data)]


def _sentence(errors: dict[str, list[str]]) -> str:
    """The first error as a sentence that names its field."""
    name, texts = next(iter(errors.items()), ("non_field_errors", ["The input is not valid."]))
    text = texts[0] if texts else "is not valid."
    if (
        name == "non_field_errors"
        or compile_unicode(rf"\b{re.escape(name.replace('_', ' '))}\b", ignore_case=True).search(text)
        or name in text
    ):
        return text
    return f"{name}: {text}"


# --- Responses that Django makes outside of views ---------------------------------------------------------------------
def _json(status_code: int, sentence: str) -> JsonResponse:
    return JsonResponse({"detail": sentence}, status=status_code)


def _page(request: HttpRequest, status_code: int, template: str, **context: Any) -> HttpResponse:
    """The error page: with navigation for signed-in agents, without it for others."""
    known = isinstance(getattr(request, "user", None), Agent)
    base = "accounts/own.html" if known else "plain.html"
    return render(request, template, {"base": base, **context}, status=status_code)


def _bare(request: HttpRequest, status_code: int, template: str, **context: Any) -> HttpResponse:
    """The error page if nothing may be loaded: no account, no session, no database."""
    return HttpResponse(render_to_string(template, {"theme": forced_theme(request), **context}), status=status_code)


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refused(request, 400, "The request cannot be understood.")


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    if wants_json(request):
        return _json(403, str(exception) or "Your role does not allow this.")
    role = isinstance(exception, RoleNeeded) or not str(exception)
    return _page(request, 403, "403.html", exception=str(exception), role=role)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _json(404, "There is nothing at this address.") if wants_json(request) else _page(request, 404, "404.html")


@requires_csrf_token
def handler500(request: HttpRequest) -> HttpResponse:
    if is_unavailable(sys.exc_info()[1]):
        return _unavailable(request)
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    if not wants_json(request):
        return _bare(request, 500, "500.html", request_id=request_id)
    return _json(500, f"Something went wrong on our side. Report it with the id {request_id}.")


def _unavailable(request: HttpRequest) -> HttpResponse:
    """The error page after a failed write: a form with the typed text that sends it again."""
    answer: HttpResponse
    if wants_json(request):
        answer = _json(503, UNAVAILABLE)
    else:
        again = {"again": _to_send_again(request), "csrf_token": get_token(request)}
        answer = _bare(request, 503, "503.html", address=request.get_full_path(), **again)
    answer.headers["Retry-After"] = RETRY_AFTER
    return answer


def _to_send_again(request: HttpRequest) -> list[tuple[str, str]]:
    if request.method != "POST" or not request.path.startswith("/tickets/"):
        return []
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    return [(name, str(value)) for name, value in fields if not name.startswith(NOT_SHOWN_AGAIN)]


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if wants_json(request):
        return _json(403, "The CSRF token is missing or wrong; reload the page.")
    return _page(request, 403, "403_csrf.html")
