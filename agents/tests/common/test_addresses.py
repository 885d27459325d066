"""The client address of a request, behind proxies and with forged headers."""

import ipaddress
from typing import Any

import pytest
from axes.helpers import get_client_ip_address
from django.core.cache import cache
from django.test import RequestFactory
from hypothesis import assume, given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from agents.common.addresses import network_of
from agents.models import Agent, AuditEntry

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
        (1, "2001:DB8:0:7:a:b:c:d", "2001:db8:0:7::"),
        (1, "2001:db8:0:7::1%eth0", "2001:db8:0:7::"),
        (1, "::ffff:203.0.113.7", CLIENT),
        (1, "::FFFF:cb00:7107", CLIENT),
    ],
)
def test_only_addresses_appended_by_trusted_proxies_are_used(
    settings: Any, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert get_client_ip_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=PROXY)) == address


def test_request_over_a_unix_socket_has_no_client_address() -> None:
    assert get_client_ip_address(RequestFactory().get("/", REMOTE_ADDR="")) is None


def test_lockout_behind_a_proxy_is_per_client_address(settings: Any, agent: Agent) -> None:
    cache.clear()
    settings.TRUSTED_PROXIES = 1

    def sign_in(forwarded: str) -> int:
        body = {"email": agent.email, "password": "wrong"}
        return int(APIClient().post("/api/agents/login", body, headers={"X-Forwarded-For": forwarded}).status_code)

    assert [sign_in(f"1.1.1.{n}, {CLIENT}") for n in range(6)] == [401] * 4 + [429] * 2
    assert sign_in("203.0.113.8") == 401


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:3:3:4:5:6", "2001:db8:1:3::"),
        ("::1", "::"),
        ("no address", "no address"),
    ],
)
def test_ipv6_address_is_reduced_to_its_64_bit_network(given: str, counted: str) -> None:
    assert network_of(given) == counted


@given(network=st.integers(0, 2**64 - 1), hosts=st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)))
def test_two_addresses_of_one_ipv6_network_reduce_to_the_same_value(network: int, hosts: tuple[int, int]) -> None:
    addresses = [ipaddress.IPv6Address(network << 64 | host) for host in hosts]
    assume(not any(address.ipv4_mapped for address in addresses))
    first, second = (network_of(str(address)) for address in addresses)
    assert first == second and int(ipaddress.IPv6Address(first)) >> 64 == network


def from_network(n: int) -> str:
    return f"2001:db8:0:7::{n:x}"


def test_lockout_applies_to_the_whole_ipv6_network(agent: Agent) -> None:
    cache.clear()

    def sign_in(address: str) -> int:
        body = {"email": agent.email, "password": "wrong"}
        return int(APIClient(REMOTE_ADDR=address).post("/api/agents/login", body).status_code)

    assert [sign_in(from_network(n)) for n in range(1, 7)] == [401] * 4 + [429] * 2
    assert sign_in("2001:db8:0:8::1") == 401
    assert AuditEntry.objects.filter(address=from_network(1)).exists()  # the trail keeps the address itself


@pytest.mark.django_db
def test_sign_in_rate_limit_applies_to_the_whole_ipv6_network(settings: Any) -> None:
    cache.clear()
    settings.LOGIN_RATE_PER_MINUTE = 2

    def codes(addresses: list[str]) -> list[int]:
        body = {"email": "nobody@example.com", "password": "wrong"}
        return [APIClient(REMOTE_ADDR=one).post("/api/agents/login", body).status_code for one in addresses]

    assert codes([from_network(n) for n in range(1, 4)]) == [401, 401, 429]
    assert codes(["::ffff:203.0.113.7", "203.0.113.7", "::ffff:203.0.113.7"]) == [401, 401, 429]
