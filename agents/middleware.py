"""Middleware: the client's address for the audit log, when an agent was last seen, and rate limits."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from agents import audit, presence
from agents.common.addresses import client_address, counted_address
from agents.common.time_zones import zone_of
from agents.models import Agent
from agents.sign_in.lockout import too_many
from agents.throttling import PAGES, in_words, sign_in_wait


class RequestOrigin:
    """Set the client's address (behind TRUSTED_PROXIES proxies) and the request's id for the audit log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        with audit.origin(client_address(request), request_id):
            return self.get_response(request)


class LimitSignIn:
    """Limit attempts to sign in or enter a code per address and minute, for all accounts and forms."""

    DOORS = ("/api/agents/login", "/admin/login/")
    NO_DOORS = ("/accounts/logout/", "/accounts/presence/", "/accounts/display/", "/accounts/profile/time-zone/")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            request.method == "POST"
            and self._is_door(request.path)
            and (seconds := sign_in_wait(counted_address(request)))
        ):
            return too_many(request, f"Too many attempts to sign in. Try again in {in_words(seconds)}.", seconds)
        return self.get_response(request)

    def _is_door(self, path: str) -> bool:
        return path in self.DOORS or (path.startswith("/accounts/") and path not in self.NO_DOORS)


class LimitPages:
    """Count the page requests of a session for its agent's rate limit; API requests count there too."""

    UNCOUNTED = ("/api/", "/health/", "/docs", "/static/")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or request.path.startswith(self.UNCOUNTED):
            return None
        agent = request.user
        if isinstance(agent, Agent) and (seconds := PAGES.wait(agent)):
            return too_many(request, PAGES.sentence(agent, seconds), seconds)
        return None


class ActivateZone:
    """Activate the agent's time zone for pages and the admin; the API uses UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            zone: tzinfo = UTC
        else:
            # A request without a session cookie is not asked for its user.
            user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
            zone = zone_of(user.time_zone if isinstance(user, Agent) else None)
        with timezone.override(zone):
            return self.get_response(request)


class NotePresence:
    """Note after the response when the agent was last seen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        presence.note_request(request)
        return response
