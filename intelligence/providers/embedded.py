"""The provider that needs nothing but this program. Each method delegates to a module of its own."""

from datetime import UTC, datetime

from intelligence import reading
from intelligence.drafting import draft
from intelligence.planning import plan
from intelligence.profiles.analysis import SOURCE, analyze
from intelligence.profiles.shop import Shop
from intelligence.providers.facts import Conversation, CustomerFacts
from intelligence.providers.results import CustomerAnalysis, DraftResult, Health, MessageReading, Plan


class EmbeddedProvider:
    """Works from the facts it is given and the fitted shop; without one, published averages stand in."""

    name = SOURCE

    def __init__(self, shop: Shop | None = None) -> None:
        self.shop = shop or Shop()

    def analyze(self, customer: CustomerFacts) -> CustomerAnalysis:
        return analyze(customer, self.shop, datetime.now(UTC).date())

    def read(self, text: str) -> MessageReading:
        return reading.read(text)

    def draft(self, conversation: Conversation, tone: str | None = None) -> DraftResult:
        return draft(conversation, tone)

    def plan(self, conversation: Conversation) -> Plan:
        return plan(conversation)

    def health(self) -> Health:
        return Health(self.name, ok=True, detail=f"Works with {self.shop.version}.")
