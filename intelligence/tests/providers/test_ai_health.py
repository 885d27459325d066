"""`/api/ai/health` reports the state of each AI service, and its connection test calls one service."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agents.common import shared_cache
from agents.models import Agent, AuditEntry
from intelligence.contract.deadline import Deadline
from intelligence.contract.failures import Failure, ProviderError
from intelligence.contract.provider import Capability
from intelligence.providers.chain import Link
from intelligence.providers.transport import circuit_breaker
from intelligence.tests.stubs import Stub, install

pytestmark = pytest.mark.django_db
HEALTH = "/api/ai/health"
NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
ClientOf = Callable[[Agent], APIClient]


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def nothing_counted_yet(clock: Any) -> None:
    """Clear the cache inside the frozen clock, because rate limits count by its minutes."""
    cache.clear()


@pytest.fixture
def leading(lead: Agent, client_of: ClientOf) -> APIClient:
    return client_of(lead)


@pytest.fixture
def boss(manager: Agent, client_of: ClientOf) -> APIClient:
    return client_of(manager)


@pytest.fixture
def no_cache(monkeypatch: Any) -> None:
    monkeypatch.setattr(shared_cache, "silent_until", float("inf"))
    monkeypatch.setattr(circuit_breaker, "_own", {})


def one(settings: Any, **fields: Any) -> Stub:
    stub = Stub(name=f"stub-{uuid4().hex[:8]}", **fields)
    install(settings, stub)
    return stub


def ask(stub: Stub, *failures: Failure | None) -> None:
    """Call the service once per outcome, as the provider chain does."""
    link = Link(stub)
    for failure in failures:
        stub.failures[:] = [failure]
        try:
            link.ask(lambda provider, left: provider.probe(left), Deadline())
        except ProviderError:
            continue
        finally:
            stub.failures.clear()


def health(client: APIClient) -> Any:
    answer = client.get(HEALTH)
    assert answer.status_code == 200
    return answer.json()


def at(seconds: float) -> str:
    return (NOW + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


# --- Looking -----------------------------------------------------------------------------------------------------------
def test_health_lists_only_the_embedded_provider_if_no_service_is_configured(leading: APIClient, settings: Any) -> None:
    install(settings)
    body = health(leading)
    assert (body["status"], body["providers"], body["window_minutes"]) == ("embedded", [], 60)
    assert body["detail"] == "No AI service is configured; the embedded provider answers everything."
    assert body["embedded"]["state"] == "ok" and body["embedded"]["model"] in body["embedded"]["detail"]
    assert set(body["embedded"]["capabilities"]) == set(Capability)
    assert body["order"] == [
        {"capability": name, "order": ["embedded"], "answers_now": "embedded"}
        for name in ("analyze", "read", "draft", "plan", "summarize")
    ]


def test_uncalled_service_reports_null_figures(leading: APIClient, settings: Any) -> None:
    stub = one(settings)
    body = health(leading)
    assert body["status"] == "ok" and body["figures_known"] is True
    assert body["detail"] == "Every AI service is asked as configured."
    assert body["providers"] == [
        {
            "name": stub.name,
            "label": "the stub service",
            "capabilities": ["analyze", "draft", "plan", "summarize"],
            "state": "closed",
            "since": None,
            "retry_at": None,
            "reason": "",
            "detail": "No calls in the last hour.",
            "calls": 0,
            "failures": 0,
            "error_rate": None,
            "by_failure": {},
            "latency_ms": {"p50": None, "p95": None},
            "cache_hits": 0,
            "cache_misses": 0,
            "stale_answers": 0,
            "not_asked": 0,
            "tokens_today": None,
            "daily_tokens": None,
            "last_failure": None,
            "last_success_at": None,
        }
    ]
    assert stub.calls == [], "looking asks nobody"


def test_health_reports_figures_of_the_last_hour(leading: APIClient, settings: Any, clock: Any) -> None:
    stub = one(settings)
    ask(stub, None, None, None, Failure.NOT_FOUND)
    clock.shift(5)
    ask(stub, Failure.TIMEOUT)
    figures = Link(stub).figures
    figures.hit()
    figures.missed()
    figures.stale()
    figures.spent(1234)
    found = health(leading)["providers"][0]
    assert (found["calls"], found["failures"], found["error_rate"]) == (5, 2, 0.4)
    assert found["by_failure"] == {"not_found": 1, "timeout": 1}
    assert (found["cache_hits"], found["cache_misses"], found["stale_answers"]) == (1, 1, 1)
    assert found["latency_ms"] == {"p50": 25, "p95": 25} and found["tokens_today"] == 1234
    assert found["last_success_at"] == at(0)
    assert found["last_failure"] == {"at": at(5), "kind": "timeout", "reason": "The stub service failed: timeout."}
    assert found["detail"] == "Answers. 5 calls in the last hour, 2 failed."
    clock.shift(3700)
    later = health(leading)["providers"][0]
    assert (later["calls"], later["error_rate"], later["latency_ms"]["p50"]) == (0, None, None)
    assert later["last_failure"]["kind"] == "timeout"


def test_health_follows_breaker_from_open_to_half_open_to_closed(leading: APIClient, settings: Any, clock: Any) -> None:
    stub = one(settings)
    ask(stub, *[Failure.SERVER] * 5, None)
    body = health(leading)
    found = body["providers"][0]
    assert body["status"] == "degraded"
    assert body["detail"] == (
        "The stub service is not asked now; the embedded provider stands in for customer analyses, drafts, "
        "next best actions and summaries."
    )
    assert (found["state"], found["since"], found["retry_at"], found["not_asked"]) == ("open", at(0), at(30), 1)
    assert found["reason"] == "The stub service failed: server_error."
    assert (
        found["detail"]
        == "Does not answer. It is tried again at 12:01:00 UTC. 5 calls in the last hour, and all failed."
    )
    assert {one["answers_now"] for one in body["order"]} == {"embedded"}
    clock.shift(31)
    body = health(leading)
    assert (body["status"], body["providers"][0]["state"]) == ("degraded", "half_open")
    assert body["detail"].startswith("The stub service did not answer; the next call for customer analyses")
    assert {one["answers_now"] for one in body["order"]} == {"embedded", stub.name}
    Link(stub).breaker.ask()  # somebody is trying it
    assert health(leading)["providers"][0]["detail"].startswith("Did not answer. It is being tried now.")
    clock.shift(41)
    ask(stub, None)
    body = health(leading)
    found = body["providers"][0]
    assert (body["status"], found["state"], found["since"], found["reason"]) == ("ok", "closed", at(72), "")


def test_service_is_blocked_after_refused_key_until_the_key_changes(
    leading: APIClient, settings: Any, clock: Any
) -> None:
    stub = one(settings)
    ask(stub, Failure.UNAUTHORIZED)
    clock.shift(3 * 3600)
    found = health(leading)["providers"][0]
    assert (found["state"], found["since"], found["retry_at"]) == ("blocked", at(0), None)
    assert "until the configuration changes" in found["detail"]
    stub.fingerprint = uuid4().hex  # as after a restart with another key
    assert health(leading)["providers"][0]["state"] == "closed"


def test_service_waits_for_retry_after_when_rate_limited(leading: APIClient, settings: Any, clock: Any) -> None:
    stub = one(settings)
    link = Link(stub)
    leave = link.breaker.ask()
    assert leave is not None
    link.breaker.failed(leave, ProviderError("Too many.", Failure.RATE_LIMITED, retry_after=86_400))
    found = health(leading)["providers"][0]
    assert (found["state"], found["retry_at"], found["reason"]) == ("waiting", at(86_400), "Too many.")
    assert "asked again at 2026-03-02 12:00:30 UTC." in found["detail"]


def test_service_is_out_of_use_after_its_daily_tokens_are_spent(leading: APIClient, settings: Any, clock: Any) -> None:
    stub = one(settings, daily_tokens=1000)
    Link(stub).figures.spent(999)
    assert health(leading)["status"] == "ok"
    Link(stub).figures.spent(1)
    body = health(leading)
    found = body["providers"][0]
    assert (body["status"], found["state"], found["tokens_today"], found["daily_tokens"]) == (
        "degraded",
        "closed",
        1000,
        1000,
    )
    assert found["detail"].startswith("Its tokens of today are used up.")
    assert {one["answers_now"] for one in body["order"]} == {"embedded"}


def test_second_service_answers_when_the_first_is_blocked(leading: APIClient, settings: Any) -> None:
    first, second = Stub(name=f"first-{uuid4().hex[:6]}"), Stub(name=f"second-{uuid4().hex[:6]}", label="the other")
    install(settings, first, second)
    settings.AI_ORDER = {"draft": [first.name, "not-there", second.name], "plan": [second.name]}
    ask(first, Failure.UNAUTHORIZED)
    body = health(leading)
    order = {one["capability"]: one for one in body["order"]}
    assert order["draft"]["order"] == [first.name, second.name, "embedded"]
    assert (order["draft"]["answers_now"], order["plan"]["answers_now"]) == (second.name, second.name)
    assert body["status"] == "degraded"
    assert body["detail"] == "The stub service is not asked now; the other stands in for drafts."


def test_status_is_ok_when_only_the_second_service_is_blocked(leading: APIClient, settings: Any) -> None:
    first, second = Stub(name=f"first-{uuid4().hex[:6]}"), Stub(name=f"second-{uuid4().hex[:6]}")
    install(settings, first, second)
    ask(second, Failure.UNAUTHORIZED)
    assert health(leading)["status"] == "ok"


def test_health_reports_null_figures_without_the_cache(leading: APIClient, settings: Any, no_cache: None) -> None:
    stub = one(settings)
    ask(stub, Failure.UNAUTHORIZED)
    body = health(leading)
    found = body["providers"][0]
    assert body["figures_known"] is False and "one process" in body["detail"]
    assert found["state"] == "blocked", "this process saw it"
    figures = (
        "calls",
        "failures",
        "error_rate",
        "by_failure",
        "cache_hits",
        "cache_misses",
        "stale_answers",
        "not_asked",
    )
    assert {found[name] for name in (*figures, "tokens_today", "last_failure", "last_success_at")} == {None}
    assert found["latency_ms"] == {"p50": None, "p95": None} and "unknown" in found["detail"]


def test_health_query_count_is_independent_of_service_count(leading: APIClient, settings: Any) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            health(leading)
        return len(queries)

    install(settings)
    none = cost()
    install(settings, Stub(), Stub(name="second"))
    assert cost() == none <= 3


@pytest.mark.parametrize(
    ("role", "looks", "tries"),
    [
        ("agent", 403, 403),
        ("senior_agent", 403, 403),
        ("team_lead", 200, 403),
        ("manager", 200, 200),
        ("admin", 200, 200),
    ],
)
def test_health_requires_team_lead_and_connection_test_requires_manager(
    make_agent: Callable[..., Agent], client_of: ClientOf, settings: Any, role: str, looks: int, tries: int
) -> None:
    stub = one(settings)
    client = client_of(make_agent(role))
    looked, tried = client.get(HEALTH), client.post(f"{HEALTH}/{stub.name}/try")
    assert (looked.status_code, tried.status_code) == (looks, tries)
    if looks == 403:
        assert looked.json()["detail"].startswith("Viewing team reports requires the role team lead;")
    if tries == 403:
        assert tried.json()["detail"].startswith("Testing AI services requires the role manager;") and stub.calls == []
        assert client.post(f"{HEALTH}/nobody/try").status_code == 403


# --- Trying ------------------------------------------------------------------------------------------------------------
def test_connection_test_of_answering_service_reports_ok_and_is_audited(
    boss: APIClient, manager: Agent, settings: Any
) -> None:
    stub = one(settings)
    body = boss.post(f"{HEALTH}/{stub.name}/try").json()
    assert isinstance(body.pop("milliseconds"), int)
    assert body == {"provider": stub.name, "ok": True, "detail": "It answers.", "state": "closed"}
    assert stub.calls == ["probe"]
    entry = AuditEntry.objects.get(action="ai_service.tried")
    assert (entry.actor, entry.subject_id, entry.changes) == (manager, stub.name, {"outcome": [None, "it answered"]})
    assert health(boss)["providers"][0]["calls"] == 1


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.NOT_FOUND, Failure.UNAUTHORIZED, KeyError("secret")])
def test_failed_connection_test_returns_200_with_ok_false(boss: APIClient, settings: Any, failure: Any) -> None:
    stub = one(settings, failures=[failure])
    answer = boss.post(f"{HEALTH}/{stub.name}/try")
    body = answer.json()
    assert answer.status_code == 200 and body["ok"] is False and "secret" not in str(body)
    assert body["detail"].startswith("The stub service")
    assert body["state"] == ("blocked" if failure == Failure.UNAUTHORIZED else "closed")
    assert AuditEntry.objects.filter(action="ai_service.tried").count() == 1


@pytest.mark.parametrize("kind", [Failure.SERVER, Failure.UNAUTHORIZED])
def test_successful_connection_test_closes_open_or_blocked_breaker(
    boss: APIClient, settings: Any, kind: Failure
) -> None:
    stub = one(settings)
    ask(stub, *[kind] * 5)
    assert health(boss)["providers"][0]["state"] in ("open", "blocked")
    stub.calls.clear()
    body = boss.post(f"{HEALTH}/{stub.name}/try").json()
    assert (body["ok"], body["state"], stub.calls) == (True, "closed", ["probe"])
    assert health(boss)["status"] == "ok"


def test_second_connection_test_is_refused_while_one_is_running(boss: APIClient, settings: Any) -> None:
    stub = one(settings)
    ask(stub, *[Failure.SERVER] * 5)
    stub.calls.clear()
    assert Link(stub).breaker.try_anyway() is not None
    body = boss.post(f"{HEALTH}/{stub.name}/try").json()
    assert body["ok"] is False and body["detail"] == "The stub service is being tried by somebody else."
    assert stub.calls == []


@pytest.mark.parametrize("name", ["nobody", "embedded", "x" * 500, "%00", "Stub"])
def test_connection_test_of_unconfigured_service_returns_404(boss: APIClient, settings: Any, name: str) -> None:
    one(settings)
    answer = boss.post(f"{HEALTH}/{name}/try")
    assert answer.status_code == 404 and answer.json()["detail"]
    assert not AuditEntry.objects.filter(action="ai_service.tried").exists()


def test_connection_tests_are_rate_limited_like_draft_regenerations(boss: APIClient, settings: Any) -> None:
    settings.REGENERATION_RATE_PER_MINUTE = 2
    stub = one(settings)
    codes = [boss.post(f"{HEALTH}/{stub.name}/try").status_code for _ in range(3)]
    assert codes == [200, 200, 429] and len(stub.calls) == 2
