"""A provider with scripted answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from intelligence.contract.deadline import Deadline
from intelligence.contract.facts import Conversation, CustomerFacts
from intelligence.contract.failures import Failure, ProviderError
from intelligence.contract.provider import Capability, RemoteProvider
from intelligence.contract.results import CustomerAnalysis, DraftResult, Plan, PlannedAction, Provenance, Summary

TOLD = Provenance("stub", "stub-1")


@dataclass
class Stub(RemoteProvider):
    """Each call takes the next of `failures`; `None` or an empty list means a successful answer."""

    name: str = "stub"
    daily_tokens: int = 0
    label: str = "the stub service"
    fingerprint: str = field(default_factory=lambda: uuid4().hex)
    capabilities: frozenset[Capability] = frozenset(Capability) - {Capability.READ}
    failures: list[Exception | Failure | None] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    before: Callable[[str], Any] = lambda what: None
    risk: float | None = 0.42
    text: str = "Hi,\n\nWe looked into it.\n\nKind regards,\nThe team"

    def _called(self, what: str) -> None:
        self.calls.append(what)
        self.before(what)
        failure = self.failures.pop(0) if self.failures else None
        if isinstance(failure, Failure):
            raise ProviderError(f"The stub service failed: {failure}.", failure)
        if failure is not None:
            raise failure

    def analyze(self, customer: CustomerFacts, within: Deadline | None = None) -> CustomerAnalysis:
        self._called("analyze")
        return CustomerAnalysis(customer.id, TOLD, churn_risk=self.risk, churn_level="medium")

    def draft(self, conversation: Conversation, tone: str | None = None, within: Deadline | None = None) -> DraftResult:
        self._called("draft")
        channel = conversation.ticket.channel
        return DraftResult(TOLD, f"{self.text} #{len(self.calls)}", tone or "professional", channel, "en", None)

    def plan(self, conversation: Conversation, within: Deadline | None = None) -> Plan:
        self._called("plan")
        return Plan(TOLD, (PlannedAction("answer", "Answer it.", 1, "They wait."),), ("Careful.",), ("Their order.",))

    def summarize(self, conversation: Conversation, within: Deadline | None = None) -> Summary:
        self._called("summarize")
        messages = conversation.ticket.messages
        return Summary(TOLD, "They wait for a parcel.", len(messages), messages[-1].id if messages else None)

    def probe(self, within: Deadline | None = None) -> str:
        self._called("probe")
        return "It answers."


_current: list[Stub] = []


def install(settings: Any, *stubs: Stub) -> None:
    """Configure the stubs as the services, asked in this order for every capability."""
    _current[:] = stubs
    settings.AI_PROVIDERS = {stub.name: f"intelligence.tests.stubs.make_{place}" for place, stub in enumerate(stubs)}
    names = [stub.name for stub in stubs]
    settings.AI_ORDER = dict.fromkeys(("analyze", "draft", "plan", "summarize"), names)


def make_0() -> Stub:
    return _current[0]


def make_1() -> Stub:
    return _current[1]
