"""Where a request comes from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The client's IP address, which lockout, limits and the audit trail go by; `None` behind a unix socket.

    Each of the TRUSTED_PROXIES appends whom it heard to X-Forwarded-For, so the client is that many from its end; what stands
    before that anybody can claim. A shorter header did not come through all of the proxies, and counts for nothing.
    """
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    trusted: int = settings.TRUSTED_PROXIES
    candidates = [hops[-trusted]] if 0 < trusted <= len(hops) else []
    for given in (*candidates, request.META.get("REMOTE_ADDR") or ""):
        try:
            return str(ipaddress.ip_address(given.strip()))
        except ValueError:
            continue
    return None
