"""Whom a request comes from, when proxies stand in front and when somebody only says so."""

from typing import Any

import pytest
from axes.helpers import get_client_ip_address
from django.core.cache import cache
from django.test import RequestFactory
from rest_framework.test import APIClient

from agents.models import Agent

CLIENT, PROXY = "203.0.113.7", "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", PROXY),
        (0, CLIENT, PROXY),
        (1, CLIENT, CLIENT),
        (1, f"1.2.3.4, {CLIENT}", CLIENT),
        (2, f"{CLIENT}, 10.0.0.2", CLIENT),
        (2, f"1.2.3.4, 5.6.7.8, {CLIENT} , 10.0.0.2", CLIENT),
        (2, CLIENT, PROXY),
        (1, "", PROXY),
        (1, "unknown", PROXY),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_only_what_a_trusted_proxy_appended_counts(settings: Any, proxies: int, forwarded: str, address: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert get_client_ip_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=PROXY)) == address


def test_a_unix_socket_has_no_address() -> None:
    assert get_client_ip_address(RequestFactory().get("/", REMOTE_ADDR="")) is None


def test_behind_a_proxy_a_lock_is_for_the_client_it_names(settings: Any, agent: Agent) -> None:
    cache.clear()
    settings.TRUSTED_PROXIES = 1

    def sign_in(forwarded: str) -> int:
        body = {"email": agent.email, "password": "wrong"}
        return int(APIClient().post("/api/agents/login", body, headers={"X-Forwarded-For": forwarded}).status_code)

    assert [sign_in(f"1.1.1.{n}, {CLIENT}") for n in range(6)] == [401] * 4 + [429] * 2
    assert sign_in("203.0.113.8") == 401
