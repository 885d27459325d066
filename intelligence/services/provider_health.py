"""The health of the AI services in figures and words, and a test call."""

import time
from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.exceptions import ObjectDoesNotExist

from agents import audit
from agents.models import Agent
from agents.permissions import Capability as Allowed
from agents.permissions import demand
from agents.throttling import REGENERATIONS
from intelligence.contract.deadline import Deadline
from intelligence.contract.provider import Capability, ProviderError
from intelligence.providers.chain import Chain, Link
from intelligence.providers.transport.circuit_breaker import State
from intelligence.providers.transport.service_metrics import SHOWN, Report
from intelligence.services import provider_health_texts as words
from intelligence.services.configured_providers import chain


@dataclass(frozen=True)
class LastFailure:
    at: datetime
    kind: str
    reason: str


@dataclass(frozen=True)
class Latency:
    """Milliseconds of answered calls; `None` if there were none."""

    p50: int | None = None
    p95: int | None = None


@dataclass(frozen=True)
class ServiceHealth:
    """The state of one service. Unknown figures are `None`."""

    name: str
    label: str
    capabilities: list[str]
    state: str
    since: datetime | None
    retry_at: datetime | None
    reason: str
    detail: str
    calls: int | None
    failures: int | None
    error_rate: float | None
    by_failure: dict[str, int] | None
    latency_ms: Latency
    cache_hits: int | None
    cache_misses: int | None
    stale_answers: int | None
    not_asked: int | None
    tokens_today: int | None
    daily_tokens: int | None  # `None`: unlimited
    last_failure: LastFailure | None
    last_success_at: datetime | None


@dataclass(frozen=True)
class EmbeddedHealth:
    name: str
    label: str
    capabilities: list[str]
    state: str
    model: str
    detail: str


@dataclass(frozen=True)
class Asked:
    """The services asked for a capability, first choice first, and the one that would be asked now."""

    capability: str
    order: list[str]
    answers_now: str


@dataclass(frozen=True)
class HealthReport:
    status: str  # embedded, ok, degraded
    detail: str
    window_minutes: int
    figures_known: bool
    providers: list[ServiceHealth]
    embedded: EmbeddedHealth
    order: list[Asked]


def report(actor: Agent) -> HealthReport:
    """State of all services, without calling them. Raises `PermissionDenied` below team lead."""
    demand(actor, Allowed.REPORTS)
    asking, now = chain(), time.time()
    states = {name: link.breaker.state() for name, link in asking.links.items()}
    reports = {name: link.figures.report() for name, link in asking.links.items()}
    figures = {name: found if found.known else None for name, found in reports.items()}
    spent = {name for name, link in asking.links.items() if _spent(link, figures[name])}
    resting = spent | {name for name, state in states.items() if not state.may_ask(now)}
    order = [_order(asking, capability, resting) for capability in Capability]
    ill = spent | {name for name, state in states.items() if state.name(now) != "closed"}
    standing_in = {one.capability: (one.order[0], one.answers_now) for one in order if one.order[0] in ill}
    status = "embedded" if not asking.links else "degraded" if standing_in else "ok"
    labels = {**{name: link.provider.label for name, link in asking.links.items()}, "embedded": asking.embedded.label}
    known = None not in figures.values()
    return HealthReport(
        status=status,
        detail=words.overall(status, standing_in, labels, known),
        window_minutes=SHOWN,
        figures_known=known,
        providers=[_service(link, states[name], figures[name], now) for name, link in asking.links.items()],
        embedded=_embedded(asking),
        order=order,
    )


def _spent(link: Link, found: Report | None) -> bool:
    """Whether the daily token limit is used up."""
    most = link.provider.daily_tokens
    return bool(most) and found is not None and (found.tokens_today or 0) >= most


def _order(asking: Chain, capability: Capability, resting: Set[str]) -> Asked:
    embedded = asking.embedded.name
    # Messages are only read by the embedded provider.
    links = [] if capability is Capability.READ else asking.asked_for(capability)
    names = [link.provider.name for link in links]
    answers = next((name for name in names if name not in resting), embedded)
    return Asked(capability.value, [*names, embedded], answers)


def _service(link: Link, state: State, found: Report | None, now: float) -> ServiceHealth:
    name = state.name(now)
    told = found or Report()
    last = None
    if told.last_failure_at is not None:
        last = LastFailure(told.last_failure_at, told.last_failure or "", told.last_failure_reason or "")
    return ServiceHealth(
        name=link.provider.name,
        label=link.provider.label,
        capabilities=[one.value for one in Capability if one in link.provider.capabilities],
        state=name,
        since=_moment(state.since_when(now)),
        retry_at=_moment(state.retry_at(now)),
        reason="" if name == "closed" else state.reason,
        detail=words.of_service(name, _moment(state.retry_at(now)), found, spent=_spent(link, found)),
        calls=found.calls if found else None,
        failures=found.failures if found else None,
        error_rate=told.error_rate,
        by_failure=found.by_failure if found else None,
        latency_ms=Latency(told.latency_p50_ms, told.latency_p95_ms),
        cache_hits=found.cache_hits if found else None,
        cache_misses=found.cache_misses if found else None,
        stale_answers=found.stale_answers if found else None,
        not_asked=found.not_asked if found else None,
        tokens_today=told.tokens_today,
        daily_tokens=link.provider.daily_tokens or None,
        last_failure=last,
        last_success_at=told.last_success_at,
    )


def _embedded(asking: Chain) -> EmbeddedHealth:
    provider = asking.embedded
    return EmbeddedHealth(
        name=provider.name,
        label=provider.label,
        capabilities=[one.value for one in Capability if one in provider.capabilities],
        state="ok",
        model=provider.shop.version,
        detail=provider.health().detail,
    )


@dataclass(frozen=True)
class Outcome:
    """The result of testing a service by hand."""

    provider: str
    ok: bool
    detail: str
    milliseconds: int
    state: str


def try_out(actor: Agent, name: str) -> Outcome:
    """Test the service whatever its state; sends nothing personal. A failure is a result, not an error.

    Raises `PermissionDenied` below manager, `ObjectDoesNotExist`, or `TooMany`.
    """
    demand(actor, Allowed.AI_SERVICES)
    link = chain().links.get(name)
    if link is None:
        raise ObjectDoesNotExist
    REGENERATIONS.demand(actor)
    started, failure = time.monotonic(), ""
    try:
        detail = link.try_out(Deadline())
    except ProviderError as error:
        detail, failure = error.sentence, error.failure.value
    took = round(1000 * (time.monotonic() - started))
    outcome = {"outcome": (None, words.KINDS[failure] if failure else "it answered")}
    audit.record("ai_service.tried", ("ai_service", name), actor=actor, changes=outcome)
    return Outcome(name, not failure, detail, took, link.breaker.state().name(time.time()))


def label_of(name: str) -> str:
    """The service's name at the beginning of a sentence. Raises `ObjectDoesNotExist`."""
    link = chain().links.get(name)
    if link is None:
        raise ObjectDoesNotExist
    return link.label


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
