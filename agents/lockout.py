"""After too many failures: which account a sign-in counts for, and the answer while it is locked, at every door."""

from typing import Any

from axes.helpers import get_cool_off
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


def account_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The address as accounts store it: capitals and blanks must not make a fresh count."""
    given = (credentials or {}).get("username") or (credentials or {}).get("email")
    if given is None and request is not None:
        given = request.POST.get("username", "")
    return str(given or "").strip().lower()[:254]


def locked_out(request: HttpRequest, original: HttpResponse, credentials: dict[str, Any] | None = None) -> HttpResponse:
    """What axes answers while the account is locked."""
    cool_off = get_cool_off(request)
    minutes = max(1, round(cool_off.total_seconds() / 60)) if cool_off else 15
    sentence = f"Too many failed attempts. Try again in {minutes} minutes."
    return too_many(request, sentence, minutes * 60)


def too_many(request: HttpRequest, sentence: str, seconds: int) -> HttpResponse:
    """429 that says when to try again: JSON for the API, a page elsewhere."""
    headers = {"Retry-After": str(seconds)}
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": sentence}, status=429, headers=headers)
    page = render(request, "locked.html", {"sentence": sentence}, status=429)
    page.headers["Retry-After"] = headers["Retry-After"]
    return page
