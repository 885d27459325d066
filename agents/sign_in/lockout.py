"""Lock sign-in after too many failures: which account a failure counts for, and the answer while it is locked."""

import math
from datetime import datetime, timedelta
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_client_ip_address, get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone


def account_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The address as accounts store it: capitals and blanks must not make a fresh count."""
    given = (credentials or {}).get("username") or (credentials or {}).get("email")
    if given is None and request is not None:
        given = request.POST.get("username", "")
    return str(given or "").strip().lower()[:254]


def locked_out(request: HttpRequest, original: HttpResponse, credentials: dict[str, Any] | None = None) -> HttpResponse:
    """What axes answers while the account is locked."""
    seconds = remaining(request, credentials)
    return too_many(request, f"Too many failed attempts. Try again in {spoken(seconds)}.", seconds, locked=True)


def is_locked(request: HttpRequest, email: str) -> bool:
    """Whether the account is locked for the request's address; for doors that `authenticate` does not guard."""
    return not AxesProxyHandler.is_allowed(request, {"username": email})


def remaining(request: HttpRequest, credentials: dict[str, Any] | None) -> int:
    """Seconds until so many failures have grown old that fewer than the limit are left."""
    cool_off: timedelta = get_cool_off(request) or timedelta(minutes=15)
    address = get_client_ip_address(request)
    now = timezone.now()
    attempts = AccessAttempt.objects.filter(
        username=account_name(request, credentials), ip_address=address, attempt_time__gt=now - cool_off
    )
    # One row for each browser; each counts from its latest failure.
    rows: list[tuple[datetime, int]] = list(
        attempts.order_by("attempt_time").values_list("attempt_time", "failures_since_start")
    )
    left = sum(failures for _, failures in rows)
    for at, failures in rows:
        left -= failures
        if left < int(settings.AXES_FAILURE_LIMIT):
            return max(1, math.ceil((at + cool_off - now).total_seconds()))
    return math.ceil(cool_off.total_seconds())


def spoken(seconds: int) -> str:
    """A waiting time in the words of a sentence."""
    amount, unit = (seconds, "second") if seconds < 60 else (math.ceil(seconds / 60), "minute")
    return f"{amount} {unit}{'' if amount == 1 else 's'}"


def too_many(request: HttpRequest, sentence: str, seconds: int, *, locked: bool = False) -> HttpResponse:
    """429 that says when to try again: JSON for the API, a page elsewhere, for a locked account with what may be behind it."""
    headers = {"Retry-After": str(seconds)}
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": sentence}, status=429, headers=headers)
    page = render(request, "locked.html", {"sentence": sentence, "locked": locked}, status=429)
    page.headers["Retry-After"] = headers["Retry-After"]
    return page
