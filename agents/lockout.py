"""Which account a sign-in is for, so that lockout counts the pages' form, the admin's and the API's as one."""

from typing import Any

from django.http import HttpRequest


def account_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The address as accounts store it: capitals and blanks must not make a fresh count."""
    given = (credentials or {}).get("username") or (credentials or {}).get("email")
    if given is None and request is not None:
        given = request.POST.get("username", "")
    return str(given or "").strip().lower()[:254]
