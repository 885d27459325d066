"""The provider that needs nothing but this program. Each method delegates to a module of its own."""

from datetime import UTC, datetime

from intelligence.planning import plan
from intelligence.profiles.analysis import SOURCE, analyze
from intelligence.profiles.shop import Shop
from intelligence.providers.facts import Conversation, CustomerFacts
from intelligence.providers.results import CustomerAnalysis, Health, Plan


class EmbeddedProvider:
    """Works from the facts it is given and the fitted shop; without one, published averages stand in."""

    name = SOURCE

    def __init__(self, shop: Shop | None = None) -> None:
        self.shop = shop or Shop()

    def analyze(self, customer: CustomerFacts) -> CustomerAnalysis:
        return analyze(customer, self.shop, datetime.now(UTC).date())

    def plan(self, conversation: Conversation) -> Plan:
        return plan(conversation)

    def health(self) -> Health:
        return Health(self.name, ok=True, detail=f"Works with {self.shop.version}.")
