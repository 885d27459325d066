"""Rate limits per agent, API key and page, and their behaviour without the cache."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as CacheIsDown
from rest_framework.test import APIClient

from agents import services
from agents.common import shared_cache
from agents.models import Agent
from agents.throttling import REGENERATIONS, REQUESTS, TooMany, sign_in_wait

ClientOf = Callable[[Agent], APIClient]
ME = "/api/agents/me"


@pytest.fixture(autouse=True)
def small_limits(time_machine: Any, settings: Any) -> None:
    cache.clear()
    time_machine.move_to("2026-03-01T12:00:20Z", tick=False)
    settings.AGENT_RATE_PER_MINUTE, settings.API_KEY_RATE_PER_MINUTE = 5, 600


def codes(client: Any, path: str, times: int) -> list[int]:
    return [client.get(path).status_code for _ in range(times)]


def test_requests_of_an_agent_are_limited_per_minute(
    agent: Agent, senior: Agent, client_of: ClientOf, time_machine: Any
) -> None:
    client = client_of(agent)
    assert codes(client, ME, 6) == [200] * 5 + [429]
    refused = client_of(agent).get("/api/tickets")
    assert refused.status_code == 429 and refused.headers["Retry-After"] == "40"
    assert refused.json() == {"detail": "More than 5 requests in a minute. Try again in 40 seconds."}
    assert client_of(senior).get(ME).status_code == 200
    time_machine.move_to("2026-03-01T12:00:59.500Z", tick=False)
    last = client.get(ME)
    assert last.headers["Retry-After"] == "1" and last.json()["detail"].endswith("in 1 second.")
    time_machine.move_to("2026-03-01T12:01:00Z", tick=False)
    assert client.get(ME).status_code == 200


def test_each_api_key_has_its_own_limit_of_600_requests_per_minute(service: Agent) -> None:
    client, other = APIClient(), APIClient()
    for one in (client, other):
        _, secret = services.create_key(None, service.pk, name="Shop", scope="write")
        one.credentials(HTTP_X_API_KEY=secret)
    assert codes(client, ME, 600) == [200] * 600
    refused = client.get(ME)
    assert refused.status_code == 429 and refused.headers["Retry-After"] == "40"
    assert refused.json()["detail"] == "More than 600 requests in a minute. Try again in 40 seconds."
    assert other.get(ME).status_code == 200, "each key counts for itself"


def test_sessions_and_tokens_share_one_api_limit_and_pages_have_their_own(
    manager: Agent, client_of: ClientOf, settings: Any
) -> None:
    settings.PAGE_RATE_PER_MINUTE = 3
    browser = Client()
    browser.force_login(manager, backend="agents.backends.RoleBackend")
    assert codes(browser, "/admin/", 3) + codes(browser, ME, 3) + codes(client_of(manager), ME, 2) == [200] * 8
    page = browser.get("/admin/")
    assert page.status_code == 429 and page.headers["Retry-After"] == "40"
    assert b"Try again in 40 seconds" in page.content and b"<html" in page.content
    assert browser.get(ME).status_code == client_of(manager).get(ME).status_code == 429
    assert (
        codes(browser, "/health/live", 1) + codes(browser, "/docs", 1) + codes(browser, "/api/schema", 1) == [200] * 3
    )


def test_anonymous_requests_do_not_count_toward_the_rate_limit(agent: Agent) -> None:
    assert codes(APIClient(), ME, 8) == [401] * 8
    assert codes(Client(), "/", 8) == [200] * 8


def test_requests_refused_with_403_count_toward_the_rate_limit(agent: Agent, client_of: ClientOf) -> None:
    client = client_of(agent)
    answers = [client.post("/api/agents", {"name": "x", "email": "x@quimbi.example"}).status_code for _ in range(6)]
    assert answers == [403] * 5 + [429]


def test_rate_limit_counts_every_concurrent_request(agent: Agent) -> None:
    waits: list[int] = []

    def spend() -> None:
        for _ in range(10):
            waits.append(REQUESTS.wait(agent))

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [0] * 5 + [40] * 75


def test_draft_regenerations_have_their_own_rate_limit(agent: Agent, service: Agent) -> None:
    key, _ = services.create_key(None, service.pk, name="Shop")
    assert [REGENERATIONS.wait(agent) for _ in range(21)] == [0] * 20 + [40]
    assert [REGENERATIONS.wait(key) for _ in range(201)] == [0] * 200 + [40]
    assert REQUESTS.wait(agent) == 0
    with pytest.raises(TooMany, match=r"More than 20 new drafts in a minute\. Try again in 40 seconds\.") as refused:
        REGENERATIONS.demand(agent)
    assert (refused.value.status_code, refused.value.wait) == (429, 40)


def test_requests_pass_without_the_cache_and_the_cache_is_tried_once(
    agent: Agent, client_of: ClientOf, monkeypatch: Any
) -> None:
    asked: list[str] = []

    def down() -> Any:
        asked.append("once")
        raise CacheIsDown

    monkeypatch.setattr(shared_cache, "client", down)
    assert codes(client_of(agent), ME, 8) == [200] * 8
    assert sign_in_wait("10.0.0.1") == 0
    assert len(asked) == 1


def test_rate_limit_check_takes_one_redis_round_trip(agent: Agent, client_of: ClientOf, monkeypatch: Any) -> None:
    sent: list[str] = []
    real: Any = AbstractConnection.send_packed_command

    def noted(self: Any, *args: Any, **kwargs: Any) -> None:
        sent.append("once")
        real(self, *args, **kwargs)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", noted)
    client = client_of(agent)
    client.get(ME)
    sent.clear()
    assert client.get(ME).status_code == 200
    assert sent == ["once"]
