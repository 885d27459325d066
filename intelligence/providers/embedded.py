"""The provider that runs inside this program. Each method delegates to its own module."""

from datetime import UTC, datetime

from intelligence import reading
from intelligence.contract.deadline import Deadline
from intelligence.contract.facts import Conversation, CustomerFacts
from intelligence.contract.provider import Capability
from intelligence.contract.results import CustomerAnalysis, DraftResult, Health, MessageReading, Plan, Summary
from intelligence.drafting import draft
from intelligence.planning import plan
from intelligence.profiles.analysis import SOURCE, analyze
from intelligence.profiles.shop_figures import Shop
from intelligence.summarizing import summarize


class EmbeddedProvider:
    """The provider inside the program: uses the given facts and the fitted shop, or published averages without a fit."""

    name = SOURCE
    label = "the embedded provider"
    remote = False
    capabilities = frozenset(Capability)
    daily_tokens = 0
    fingerprint = ""

    def __init__(self, shop: Shop | None = None) -> None:
        self.shop = shop or Shop()

    def analyze(self, customer: CustomerFacts, within: Deadline | None = None) -> CustomerAnalysis:
        return analyze(customer, self.shop, datetime.now(UTC).date())

    def read(self, text: str, within: Deadline | None = None) -> MessageReading:
        return reading.read_message(text)

    def draft(self, conversation: Conversation, tone: str | None = None, within: Deadline | None = None) -> DraftResult:
        return draft(conversation, tone)

    def plan(self, conversation: Conversation, within: Deadline | None = None) -> Plan:
        return plan(conversation)

    def summarize(self, conversation: Conversation, within: Deadline | None = None) -> Summary:
        return summarize(conversation)

    def probe(self, within: Deadline | None = None) -> str:
        return f"Works with {self.shop.version}."

    def health(self) -> Health:
        return Health(self.name, ok=True, detail=f"Works with {self.shop.version}.")
