"""Authenticate WebSockets by the rules of requests, and check whether open ones are still allowed.

A browser sends its session's cookie along with any page's socket, so a session counts only for pages of our own: the
handshake's Origin must be the address that it is made to. Pages of the origins in CORS_ALLOWED_ORIGINS and programs, which send
no Origin, open sockets with a token or a key.
"""

import io
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.contrib.sessions.models import Session
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django_otp.middleware import OTPMiddleware
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.request import Request

from agents.models import Agent, ApiKey, EndedToken
from agents.sign_in import second_factor
from agents.sign_in.authentication import ApiKeyAuthentication, JWTAuthentication, name_and_end
from agents.sign_in.sessions import ENDS_AT, HoldSessions
from agents.throttling import REQUESTS

SIGN_IN = "Sign in first: by the session of a page of ours, a token or an API key."

OVER = "What opened this socket has ended; sign in again."


class Refused(Exception):
    """The socket is not opened; `code` is the close code."""

    UNKNOWN, FORBIDDEN, TOO_MANY = 4401, 4403, 4429

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class Origin(StrEnum):
    """Whose page opens the socket."""

    OWN = "own"
    ALLOWED = "allowed"
    NONE = "none"
    FOREIGN = "foreign"


class By(StrEnum):
    """What a socket was opened with."""

    SESSION = "session"
    TOKEN = "token"  # noqa: S105  a kind, no secret
    KEY = "key"


@dataclass(frozen=True)
class Credential:
    """What stands behind an open socket. `name` is the session's key, the token's own id or the API key's id."""

    agent_id: UUID
    by: By
    name: str
    token_version: int
    ends_at: float = float("inf")
    factor_given: bool = True


# --- Opening ----------------------------------------------------------------------------------------------------------
def request_of(scope: Mapping[str, Any]) -> ASGIRequest:
    """The handshake, which is a GET request, as pages and API see theirs."""
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    return ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, io.BytesIO())


def origin_of(request: HttpRequest) -> Origin:
    """By the request's Origin and Host; whatever ALLOWED_HOSTS says, another site's page is foreign."""
    try:
        host = request.get_host()
    except DisallowedHost:
        return Origin.FOREIGN
    given = request.META.get("HTTP_ORIGIN")
    if given is None:
        return Origin.NONE
    if _place(given) == _place(f"{request.scheme}://{host}"):
        return Origin.OWN
    allowed = {_place(one) for one in settings.CORS_ALLOWED_ORIGINS}
    return Origin.ALLOWED if _place(given) in allowed else Origin.FOREIGN


def _place(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; an invalid origin such as "null" equals nothing."""
    try:
        parts = urlsplit(origin)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname.lower(), port) if parts.hostname else None


Spender = Agent | ApiKey
Entered = tuple[Agent, Credential, Spender]


def enter(request: HttpRequest, origin: Origin, token: str | None, key: str | None) -> Entered:
    """Authenticate the socket by a given token or key, by the handshake's headers, or by the page's session. Raises `Refused`."""
    if token is not None:
        request.META["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    if key is not None:
        request.META["HTTP_X_API_KEY"] = key
    try:
        return _by_header(request) or _by_session(request, origin)
    except PermissionDenied as error:
        raise Refused(Refused.FORBIDDEN, _sentence(error)) from None
    except APIException as error:
        raise Refused(Refused.UNKNOWN, _sentence(error)) from None
    except ValueError:  # characters invalid in a header, or NUL, which PostgreSQL rejects: not our token
        raise Refused(Refused.UNKNOWN, SIGN_IN) from None


def spend(spender: Spender) -> None:
    """Counts the socket as one of their requests. Asks only the shared cache. Raises `Refused`."""
    if seconds := REQUESTS.wait(spender):
        raise Refused(Refused.TOO_MANY, REQUESTS.sentence(spender, seconds))


def _sentence(error: APIException) -> str:
    """simplejwt's errors carry their sentence in a dict, beside a code."""
    detail: Any = error.detail
    return str(detail["detail"] if isinstance(detail, dict) else detail)


def _by_header(request: HttpRequest) -> Entered | None:
    asked = Request(request)
    if by_token := JWTAuthentication().authenticate(asked):
        agent, token = by_token
        name, end = name_and_end(token)
        return agent, Credential(agent.pk, By.TOKEN, name, agent.token_version, end.timestamp()), agent
    if by_key := ApiKeyAuthentication().authenticate(asked):
        agent, key = by_key
        ends_at = key.expires_at.timestamp() if key.expires_at else float("inf")
        return agent, Credential(agent.pk, By.KEY, str(key.pk), agent.token_version, ends_at), key
    return None


def _by_session(request: HttpRequest, origin: Origin) -> Entered:
    """Through the middleware that pages and API have, so that a session is worth here what it is worth there."""
    if origin is not Origin.OWN:
        raise Refused(Refused.UNKNOWN, SIGN_IN)
    answer = _session_rules(request)
    agent: Any = request.user
    if not isinstance(agent, Agent) or not agent.is_active or not request.session.session_key:
        raise Refused(Refused.UNKNOWN, SIGN_IN)
    if answer.status_code != 200:
        raise Refused(Refused.FORBIDDEN, second_factor.SET_UP_FIRST)
    ends_at = float(request.session.get(ENDS_AT, float("inf")))
    verified: bool = agent.is_verified()  # type: ignore[attr-defined]  # by django-otp's middleware
    by = Credential(agent.pk, By.SESSION, request.session.session_key, agent.token_version, ends_at, verified)
    return agent, by, agent


_session_rules: Any = SessionMiddleware(
    AuthenticationMiddleware(OTPMiddleware(HoldSessions(lambda request: HttpResponse())))
)


# --- Open sockets -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Standing:
    """State of the requested sockets: the ended ones with the reason, and the role of each remaining agent."""

    ended: dict[Credential, Refused]
    roles: dict[UUID, str]


def standing(credentials: Collection[Credential]) -> Standing:
    """Looks at all of them by at most one query per kind: active, version, factor, session, token, key, time."""
    agents = Agent.objects.filter(pk__in={one.agent_id for one in credentials}, is_active=True).order_by()
    fields = ("pk", "role", "token_version", "is_service", second_factor.HAS, second_factor.RULED)
    found = {row[0]: row[1:] for row in agents.values_list(*fields)}
    alive = {
        By.SESSION: _alive(By.SESSION, credentials, _sessions),
        By.TOKEN: _alive(By.TOKEN, credentials, _tokens),
        By.KEY: _alive(By.KEY, credentials, _keys),
    }
    ended: dict[Credential, Refused] = {}
    for one in credentials:
        agent = found.get(one.agent_id)
        if (
            agent is None
            or agent[1] != one.token_version
            or one.name not in alive[one.by]
            or one.ends_at <= time.time()
        ):
            ended[one] = Refused(Refused.UNKNOWN, OVER)
            continue
        _, _, is_service, has_factor, ruled = agent
        if (ruled and not has_factor and not is_service) or (has_factor and not one.factor_given):
            ended[one] = Refused(Refused.FORBIDDEN, second_factor.SET_UP_FIRST if not has_factor else SIGN_IN)
    return Standing(ended, {pk: row[0] for pk, row in found.items()})


def _alive(by: By, credentials: Collection[Credential], ask: Any) -> set[str]:
    names = {one.name for one in credentials if one.by is by}
    return ask(names) if names else set()


def _sessions(names: set[str]) -> set[str]:
    rows = Session.objects.filter(pk__in=names, expire_date__gt=timezone.now())
    return set(rows.values_list("pk", flat=True))


def _tokens(names: set[str]) -> set[str]:
    return names - set(EndedToken.objects.filter(pk__in=names).values_list("pk", flat=True))


def _keys(names: set[str]) -> set[str]:
    rows = ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), pk__in=names, revoked_at=None)
    return {str(pk) for pk in rows.values_list("pk", flat=True)}
