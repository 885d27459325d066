"""The interface that every provider stands behind."""

from typing import Protocol

from intelligence.providers.facts import Conversation, CustomerFacts
from intelligence.providers.results import CustomerAnalysis, DraftResult, Health, MessageReading, Plan


class ProviderError(Exception):
    """A provider cannot answer. The sentence is for people; it holds no secret and no personal datum."""


class Provider(Protocol):
    """Each method may raise `ProviderError` and nothing else. None writes anything."""

    name: str

    def analyze(self, customer: CustomerFacts) -> CustomerAnalysis: ...

    def read(self, text: str) -> MessageReading: ...

    def draft(self, conversation: Conversation, tone: str | None = None) -> DraftResult: ...

    def plan(self, conversation: Conversation) -> Plan: ...

    def health(self) -> Health: ...
