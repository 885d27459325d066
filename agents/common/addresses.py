"""Find the address that a request comes from, behind trusted proxies too."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest

MAX_LENGTH = 64  # characters; longer text is no IP address


def client_address(request: HttpRequest) -> str | None:
    """The client's IP address for lockout, limits and audit log; `None` behind a unix socket.

    Each of the TRUSTED_PROXIES appends its peer to X-Forwarded-For, so the client is that many entries from the end; earlier
    entries can be forged. A shorter header did not pass all of the proxies and is ignored.
    """
    return _client(request.META.get("HTTP_X_FORWARDED_FOR", ""), request.META.get("REMOTE_ADDR") or "")


def counted_address(request: HttpRequest) -> str | None:
    """The address that lockout and rate limits count by: the client's IPv4 address, or its IPv6 network."""
    address = client_address(request)
    return None if address is None else network_of(address)


def counted_address_of(scope: Mapping[str, Any]) -> str | None:
    """The same for an ASGI connection."""
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    address = _client(forwarded.decode("latin-1"), str((scope.get("client") or ("",))[0]))
    return None if address is None else network_of(address)


def _client(forwarded: str, peer: str) -> str | None:
    hops = forwarded.split(",")
    trusted: int = settings.TRUSTED_PROXIES
    candidates = [hops[-trusted]] if 0 < trusted <= len(hops) else []
    for given in (*candidates, peer):
        if (address := _parsed(given)) is not None:
            return str(address)
    return None


def network_of(address: str) -> str:
    """The IPv4 address itself, or the first address of an IPv6 address's /64: one customer has all of those."""
    parsed = _parsed(address)
    if not isinstance(parsed, ipaddress.IPv6Address):
        return address if parsed is None else str(parsed)
    return str(ipaddress.IPv6Address(int(parsed) >> 64 << 64))


def _parsed(given: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Parse an address; `None` if it is invalid. `::ffff:203.0.113.5` becomes IPv4; a zone (`%eth0`) is removed."""
    try:
        address = ipaddress.ip_address(given.strip()[:MAX_LENGTH].partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
