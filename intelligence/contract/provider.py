"""The interface of a provider and its capabilities."""

from enum import StrEnum
from typing import Protocol

from intelligence.contract.deadline import Deadline
from intelligence.contract.facts import Conversation, CustomerFacts
from intelligence.contract.failures import Failure, ProviderError
from intelligence.contract.results import CustomerAnalysis, DraftResult, Health, MessageReading, Plan, Summary

__all__ = ["Capability", "Failure", "Provider", "ProviderError", "RemoteProvider"]


class Capability(StrEnum):
    """What a provider can be asked for; a provider may support only some of them."""

    ANALYZE = "analyze"
    READ = "read"
    DRAFT = "draft"
    PLAN = "plan"
    SUMMARIZE = "summarize"


class Provider(Protocol):
    """Interface of a provider. Each method may raise `ProviderError` and nothing else, and writes nothing.

    `within` is how long the caller waits; `None` means that no caller waits. Circuit breaker, cache and fallback are the chain's.
    """

    name: str  # identifies the provider in provenance
    label: str  # name for people, used within a sentence
    remote: bool
    capabilities: frozenset[Capability]
    daily_tokens: int  # token budget for a day; 0: unlimited
    fingerprint: str  # of URL, key and model; a change resets what is cached about the service

    def analyze(self, customer: CustomerFacts, within: Deadline | None = None) -> CustomerAnalysis: ...

    def read(self, text: str, within: Deadline | None = None) -> MessageReading: ...

    def draft(
        self, conversation: Conversation, tone: str | None = None, within: Deadline | None = None
    ) -> DraftResult: ...

    def plan(self, conversation: Conversation, within: Deadline | None = None) -> Plan: ...

    def summarize(self, conversation: Conversation, within: Deadline | None = None) -> Summary: ...

    def probe(self, within: Deadline | None = None) -> str:
        """Test whether the service answers; returns a sentence for people. Sends nothing personal."""
        ...

    def health(self) -> Health: ...


class RemoteProvider:
    """Base class of services: each method reports that it is not supported; subclasses override the ones that are."""

    name = ""
    label = "the service"
    remote = True
    capabilities: frozenset[Capability] = frozenset()
    daily_tokens = 0
    fingerprint = ""

    def analyze(self, customer: CustomerFacts, within: Deadline | None = None) -> CustomerAnalysis:
        raise self._cannot("analyze customers")

    def read(self, text: str, within: Deadline | None = None) -> MessageReading:
        raise self._cannot("read messages")

    def draft(self, conversation: Conversation, tone: str | None = None, within: Deadline | None = None) -> DraftResult:
        raise self._cannot("draft replies")

    def plan(self, conversation: Conversation, within: Deadline | None = None) -> Plan:
        raise self._cannot("plan")

    def summarize(self, conversation: Conversation, within: Deadline | None = None) -> Summary:
        raise self._cannot("summarize")

    def probe(self, within: Deadline | None = None) -> str:
        raise self._cannot("be tried")

    def health(self) -> Health:
        return Health(self.name, ok=True)

    def _cannot(self, what: str) -> ProviderError:
        label = self.label[:1].upper() + self.label[1:]
        return ProviderError(f"{label} cannot {what}.", Failure.UNAVAILABLE)
