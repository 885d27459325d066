"""Ask the providers for each capability in order, with fallbacks.

Each service has a circuit breaker, metrics and an answer cache; the embedded provider comes last and always answers. No
exception leaves this module, whatever a service does, and no call outlasts its deadline.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

import structlog

from intelligence.contract.deadline import Deadline
from intelligence.contract.facts import Conversation, CustomerFacts
from intelligence.contract.failures import COUNTED
from intelligence.contract.provider import Capability, Failure, Provider, ProviderError
from intelligence.contract.results import CustomerAnalysis, DraftResult, MessageReading, Plan, Provenance, Summary
from intelligence.providers.embedded import EmbeddedProvider
from intelligence.providers.transport import answer_cache
from intelligence.providers.transport.answer_cache import ANALYSES, TEXTS, Ages
from intelligence.providers.transport.circuit_breaker import Breaker, Leave
from intelligence.providers.transport.service_metrics import Figures

log = structlog.get_logger(__name__)
R = TypeVar("R", bound=CustomerAnalysis | DraftResult | Plan | Summary)
# Temporary failures, after which the service is asked again later; other failures would repeat.
PASSING = COUNTED | {Failure.RATE_LIMITED, Failure.UNAUTHORIZED, Failure.UNAVAILABLE}
TOO_MANY = "More new answers were asked of the services than one may in a minute, so none was asked for this one."
COMING = "has not been asked yet; its answer will appear here."


class Link:
    """A service with its circuit breaker, metrics and cache."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.breaker = Breaker(provider.name, provider.fingerprint)
        self.figures = Figures(provider.name)

    @property
    def label(self) -> str:
        """The service's name at the beginning of a sentence."""
        return self.provider.label[:1].upper() + self.provider.label[1:]

    def ask(self, work: Callable[[Provider, Deadline], Any], within: Deadline) -> Any:
        """Call the service. Raises `ProviderError` if it fails or must not be called now."""
        try:
            within.demand()
            self._demand_tokens()
            leave = self.breaker.ask(probing=not within.urgent)
            if leave is None:
                raise ProviderError(self._silence(), Failure.UNAVAILABLE)
        except ProviderError as error:
            self.figures.failed(error)
            raise
        return self._asked(work, leave, within)

    def try_out(self, within: Deadline) -> str:
        """Test the service by hand, even if it is marked as failing. Sends nothing personal. Raises `ProviderError`."""
        leave = self.breaker.try_anyway()
        if leave is None:
            raise ProviderError(f"{self.label} is being tried by somebody else.", Failure.UNAVAILABLE)
        sentence: str = self._asked(lambda provider, left: provider.probe(left), leave, within)
        return sentence

    def _asked(self, work: Callable[[Provider, Deadline], Any], leave: Leave, within: Deadline) -> Any:
        started = time.monotonic()
        try:
            result = work(self.provider, within.asking(self.breaker.may_retry))
        except ProviderError as error:
            # A waiting agent has a shorter deadline than a job, so a timeout does not mean that the service is down.
            hasty = error.failure == Failure.TIMEOUT and within.urgent and within.over()
            raise self._failed(leave, error, started, counts=not hasty) from None
        except Exception as error:  # noqa: BLE001  a provider's bug must not break the agent's request
            # Log neither message nor traceback: either may contain the customer's or the service's text.
            log.error("provider_broke", service=self.provider.name, error=type(error).__name__)
            broken = ProviderError(f"{self.label} gave an answer that cannot be used.", Failure.BAD_ANSWER)
            raise self._failed(leave, broken, started) from None
        self.breaker.succeeded(leave)
        self.figures.answered(time.monotonic() - started)
        return result

    def _failed(self, leave: Leave, error: ProviderError, started: float, *, counts: bool = True) -> ProviderError:
        if counts:
            self.breaker.failed(leave, error)
        self.figures.failed(error)
        took = round(1000 * (time.monotonic() - started))
        log.info(
            "service_failed",
            service=self.provider.name,
            failure=str(error.failure),
            status=error.status,
            milliseconds=took,
        )
        return error

    def has_spent_all(self) -> bool:
        """Whether the daily token limit is used up."""
        most = self.provider.daily_tokens
        return bool(most) and (self.figures.spent_today() or 0) >= most

    def _demand_tokens(self) -> None:
        most = self.provider.daily_tokens
        if self.has_spent_all():
            raise ProviderError(f"{self.label} has used up its {most:,} tokens of today.", Failure.UNAVAILABLE)

    def _silence(self) -> str:
        state, now = self.breaker.state(), time.time()
        if state.blocked:
            return f"{self.label} refused the key, so it is not asked until the configuration changes."
        again = state.retry_at(now)
        if again is None:
            return f"{self.label} is not asked just now."
        at = datetime.fromtimestamp(again, UTC)
        return f"{self.label} failed, so it is not asked until {at:%H:%M:%S} UTC."


@dataclass(frozen=True)
class Asking:
    """How to ask for an answer.

    `key` identifies the question and `facts` what it is based on; without a key nothing is cached. `again` ignores cached
    answers.
    `allowed` is called once, before the first call.
    """

    within: Deadline
    key: str = ""
    facts: str = ""
    again: bool = False
    allowed: Callable[[], bool] | None = None


class Chain:
    """The services in the order in which each capability asks them, and the provider that replaces them."""

    def __init__(
        self,
        providers: Sequence[Provider],
        order: Mapping[str, Sequence[str]],
        embedded: Callable[[], EmbeddedProvider],
    ) -> None:
        self.links = {provider.name: Link(provider) for provider in providers}
        self._order = order
        self._embedded = embedded

    @cached_property
    def embedded(self) -> EmbeddedProvider:
        return self._embedded()

    def asked_for(self, capability: Capability) -> list[Link]:
        """The configured services that support the capability, first choice first."""
        found = (self.links.get(name) for name in self._order.get(capability, ()))
        return [link for link in found if link is not None and capability in link.provider.capabilities]

    def may_answer(self, capability: Capability) -> bool:
        """Whether a service could be asked for the capability now."""
        now = time.time()
        links = self.asked_for(capability)
        return any(link.breaker.state().may_ask(now) and not link.has_spent_all() for link in links)

    # --- Requests
    def analyze(
        self, customer: CustomerFacts, facts: str, within: Deadline, allowed: Callable[[], bool] | None = None
    ) -> CustomerAnalysis:
        """Analyze a customer; asks a service unless a fresh answer is cached."""
        asking = Asking(within, f"analysis:{customer.id}", facts, allowed=allowed)
        return self._answer(
            Capability.ANALYZE,
            asking,
            ANALYSES,
            lambda provider, left: provider.analyze(customer, left),
            lambda: self.embedded.analyze(customer),
        )

    def analysis_at_hand(self, customer: CustomerFacts, facts: str) -> tuple[CustomerAnalysis, bool]:
        """What is known without a call, and whether a service should be asked."""
        links = self.asked_for(Capability.ANALYZE)
        unknown = []
        for link in links:
            kept = answer_cache.look(_key(link, f"analysis:{customer.id}"), ANALYSES)
            if kept is None or (kept.value is None and not kept.fresh(ANALYSES, facts)):
                unknown.append(f"{link.label} {COMING}")
                continue
            if kept.value is None:
                unknown.append(f"{link.label} does not know this customer.")
                continue
            if kept.fresh(ANALYSES, facts):
                link.figures.hit()
                return kept.value, False
            link.figures.stale()
            old: CustomerAnalysis = kept.value
            return _with(old, [_aged(link, kept.age)], degraded=old.provenance.degraded), True
        found = self.embedded.analyze(customer)
        wanted = any(reason.endswith(COMING) for reason in unknown)
        return (_with(found, unknown) if links else found), wanted

    def read(self, text: str) -> MessageReading:
        """Read a message with the embedded rules; no service is asked."""
        return self.embedded.read(text)

    def draft(self, conversation: Conversation, tone: str | None, asking: Asking) -> DraftResult:
        return self._answer(
            Capability.DRAFT,
            asking,
            TEXTS,
            lambda provider, left: provider.draft(conversation, tone, left),
            lambda: self.embedded.draft(conversation, tone),
        )

    def plan(self, conversation: Conversation, asking: Asking) -> Plan:
        return self._answer(
            Capability.PLAN,
            asking,
            TEXTS,
            lambda provider, left: provider.plan(conversation, left),
            lambda: self.embedded.plan(conversation),
        )

    def summarize(self, conversation: Conversation, asking: Asking) -> Summary:
        return self._answer(
            Capability.SUMMARIZE,
            asking,
            TEXTS,
            lambda provider, left: provider.summarize(conversation, left),
            lambda: self.embedded.summarize(conversation),
        )

    # --- Fallback chain
    def _answer(
        self,
        capability: Capability,
        asking: Asking,
        ages: Ages,
        work: Callable[[Provider, Deadline], R],
        stand_in: Callable[[], R],
    ) -> R:
        reasons: list[str] = []
        stale: tuple[Link, answer_cache.Kept] | None = None
        retry = False
        links = self.asked_for(capability)
        allowed: bool | None = None
        for link in links:
            key = _key(link, f"{capability}:{asking.key}") if asking.key and ages is TEXTS else _key(link, asking.key)
            kept = answer_cache.look(key, ages) if asking.key and not asking.again else None
            if kept is not None and kept.fresh(ages, asking.facts):
                link.figures.hit()
                if kept.value is not None:
                    known: R = kept.value
                    return _with(known, reasons) if reasons else known
                reasons.append(f"{link.label} does not know this customer.")
                continue
            if allowed is None:
                allowed = asking.allowed is None or asking.allowed()
            if not allowed:
                reasons.append(TOO_MANY)
                retry = True
                break
            try:
                result = self._ask(link, key, asking, ages, work)
            except ProviderError as error:
                reasons.append(error.sentence)
                retry = retry or error.failure in PASSING
                if kept is not None and kept.value is not None and stale is None and error.failure in PASSING:
                    stale = link, kept
                continue
            return _with(result, reasons, retry=retry) if reasons else result
        if stale is not None:
            link, kept = stale
            link.figures.stale()
            old: R = kept.value
            return _with(old, [*reasons, _aged(link, kept.age)], retry=True)
        found = stand_in()
        return _with(found, reasons, retry=retry) if reasons else found

    def _ask(self, link: Link, key: str, asking: Asking, ages: Ages, work: Callable[[Provider, Deadline], R]) -> R:
        """Ask one service. Of several processes with the same question one asks, and the others wait for its answer."""
        if not asking.key:
            result: R = link.ask(work, asking.within)
            return result
        first = answer_cache.begin(key, asking.within)
        if not first:
            kept = None if asking.again else answer_cache.wait_for(key, ages, asking.facts, asking.within)
            if kept is not None and kept.value is not None:
                link.figures.hit()
                theirs: R = kept.value
                return theirs
            if not asking.again:
                raise ProviderError(f"{link.label} is asked already and has not answered.", Failure.UNAVAILABLE)
        link.figures.missed()
        try:
            result = link.ask(work, asking.within)
            answer_cache.store_answer(key, result, ages, asking.facts)
            return result
        except ProviderError as error:
            if error.failure == Failure.NOT_FOUND:
                answer_cache.store_answer(key, None, Ages(ages.fresh, ages.fresh), asking.facts)
            raise
        finally:
            if first:  # releases the requests that wait for the same answer
                answer_cache.end(key)


def _key(link: Link, question: str) -> str:
    return f"{link.provider.name}:{link.provider.fingerprint[:16]}:{question}"


def _with(result: R, reasons: Sequence[str], *, degraded: bool = True, retry: bool = False) -> R:
    """The result marked as a replacement for another provider, with the reason."""
    before: Provenance = result.provenance
    after = replace(before, degraded=degraded, retry=retry, reasons=(*reasons, *before.reasons))
    return replace(result, provenance=after)


def _aged(link: Link, seconds: float) -> str:
    minutes = int(seconds // 60)
    age = f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
    return f"This is what {link.provider.label} said {age} ago."
