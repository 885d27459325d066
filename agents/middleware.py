"""Tells the audit trail where a request comes from, before anything is written."""

import ipaddress
from collections.abc import Callable

import structlog
from axes.helpers import get_client_ip_address
from django.http import HttpRequest, HttpResponse

from agents import audit


class RequestOrigin:
    """The client's address (through as many proxies as TRUSTED_PROXIES says) and the request's id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = structlog.contextvars.get_contextvars().get("request_id", "")
        with audit.origin(client_address(request), request_id):
            return self.get_response(request)


def client_address(request: HttpRequest) -> str | None:
    """The client's IP address; `None` where there is none, as behind a unix socket."""
    try:
        return str(ipaddress.ip_address(get_client_ip_address(request) or ""))
    except ValueError:
        return None
