"""Sessions: how long they last, what they allow before the second factor, and where sign-in may redirect to."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_otp.models import Device

from agents.models import Agent
from agents.sign_in import second_factor

ENDS_AT = "ends_at"  # Unix time in the session after which it ends, even when in use
BACKEND = "agents.backends.RoleBackend"


def begin(request: HttpRequest, agent: Agent, *, keep: bool, device: Device | None = None) -> None:
    """Signs in, under a new session key. Without `keep` the session ends with the browser, too."""
    if device is not None:
        agent.otp_device = device  # type: ignore[attr-defined]  # django-otp writes it into the session
    login(request, agent, backend=BACKEND)
    age = settings.SESSION_KEPT_AGE if keep else settings.SESSION_COOKIE_AGE
    request.session.set_expiry(age if keep else 0)
    request.session[ENDS_AT] = int(time.time()) + age


def safe_next(request: HttpRequest, fallback: str = "") -> str:
    """The path to continue with, if it is a page of this program; else the fallback or the start page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    # Django would take a bare word for the name of a view and fail if there is none.
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else fallback or settings.LOGIN_REDIRECT_URL


class HoldSessions:
    """Enforces the rules for every session of pages, admin and API.

    A session ends at its time limit. If the account has a second factor, the session is valid only after it was given; if the
    role must have one and the account has none, only the page that sets it up is reachable. Requests without a session cookie
    cost nothing here, others only the query for their account.
    """

    # Paths that stay open to a session whose account lacks the required second factor.
    OPEN = frozenset({"/accounts/second-factor/", "/accounts/logout/"})

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.startswith(("/health/", "/static/")):
            refusal = self._refusal(request)
            if refusal is not None:
                return refusal
        return self.get_response(request)

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        agent = request.user
        if not isinstance(agent, Agent):
            return None
        if request.session.get(ENDS_AT, float("inf")) <= time.time():
            logout(request)
            return None
        if agent.is_verified():  # type: ignore[attr-defined]  # by django-otp's middleware
            return None
        factor = second_factor.read_state(agent)
        if factor.has:
            logout(request)  # the next page then asks for a sign-in with the code
        elif factor.required and request.path not in self.OPEN:
            if request.path.startswith("/api/"):
                return JsonResponse(
                    {"detail": "Your role needs a second factor; set it up on your profile."}, status=403
                )
            return redirect("accounts:second_factor")
        return None
