"""The provider that asks the Quimbi AI service."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings

from intelligence.contract.deadline import Deadline
from intelligence.contract.facts import Conversation, CustomerFacts, TicketFacts
from intelligence.contract.failures import Failure, ProviderError
from intelligence.contract.provider import Capability, RemoteProvider
from intelligence.contract.results import CustomerAnalysis, DraftResult, Plan, Provenance, Used
from intelligence.drafting import language_of, lengths, matter_of
from intelligence.drafting.tones import default_tone
from intelligence.planning import MOST, URGENT, Key, plan
from intelligence.providers.quimbi import answer_parsing, requests
from intelligence.providers.safety.cleaning import clean_draft
from intelligence.providers.safety.placeholders import OF_RECORDS, PERSONAL, Placeholders
from intelligence.providers.transport.http_client import Transport

ANALYZE, GENERATE = 5.0, 20.0  # seconds of read timeout
UNKNOWN = "connection-test"  # id of a customer that does not exist


class QuimbiProvider(RemoteProvider):
    """Analyzes customers, drafts replies and plans by calling the service. Stores nothing."""

    name = answer_parsing.SOURCE
    label = "the Quimbi AI service"
    capabilities = frozenset({Capability.ANALYZE, Capability.DRAFT, Capability.PLAN})

    def __init__(self, url: str, key: str) -> None:
        self.fingerprint = hashlib.sha256(f"{url}\n{key}".encode()).hexdigest()
        self._transport = Transport(self.label, url, {"X-API-Key": key} if key else {})

    def analyze(self, customer: CustomerFacts, within: Deadline | None = None) -> CustomerAnalysis:
        data = self._transport.post(
            "/api/intelligence/analyze",
            requests.analyze(customer),
            read_timeout=ANALYZE,
            within=within,
            retry_timeouts=True,
        )
        return answer_parsing.analysis(data, customer, _about(customer))

    def draft(self, conversation: Conversation, tone: str | None = None, within: Deadline | None = None) -> DraftResult:
        tone = tone or default_tone(conversation, matter_of(conversation.ticket))[0]
        language, notes = language_of(conversation)
        hidden = Placeholders(conversation)
        body = requests.message(conversation, tone, hidden)
        data = self._transport.post("/api/generation/message", body, read_timeout=GENERATE, within=within)
        found = answer_parsing.message(data, conversation)
        cleaned = clean_draft(
            hidden.restore(found.text, OF_RECORDS),
            conversation,
            language,
            tone,
            allowed=hidden.tokens(PERSONAL),
            restore=lambda text: hidden.restore(text, PERSONAL),
        )
        reasons = ("Written by the Quimbi AI service; read it before you send it.", *notes, *cleaned.reasons)
        channel = conversation.ticket.channel
        return DraftResult(
            provenance=Provenance(self.name, found.version, reasons=reasons),
            content=cleaned.text,
            tone=tone,
            channel=channel,
            language=language,
            max_length=lengths.max_length(cleaned.text, channel),
            # After a sentence was removed, the service's list of personalizations may be wrong.
            personalization_applied=() if cleaned.removed else found.applied,
            used=_used(cleaned.text, conversation),
        )

    def plan(self, conversation: Conversation, within: Deadline | None = None) -> Plan:
        """The service's suggestions after the urgent actions of the embedded rules."""
        body = requests.actions(conversation)
        data = self._transport.post("/api/generation/actions", body, read_timeout=GENERATE, within=within)
        found, dropped = answer_parsing.actions(data, conversation, MOST)
        if not found:
            raise ProviderError("The Quimbi AI service suggested nothing that can be shown.", Failure.REFUSED)
        own = plan(conversation)
        urgent = [action for action in own.actions if action.key in URGENT]
        shown = [*urgent, *answer_parsing.planned(found, Key.SUGGESTED)][:MOST]
        reasons = ["Suggested by the Quimbi AI service; what costs money is your decision."]
        if dropped:
            reasons.append(f"{dropped} more named what no record has, or could not be read.")
        return Plan(
            provenance=Provenance(self.name, answer_parsing.version(data), reasons=tuple(reasons)),
            actions=tuple(replace(action, priority=place) for place, action in enumerate(shown, 1)),
            warnings=(*own.warnings, *answer_parsing.parse_lines(data, "warnings", conversation)),
            talking_points=answer_parsing.parse_lines(data, "talking_points", conversation) or own.talking_points,
            priority=own.priority,
            revenue_at_risk=own.revenue_at_risk,
        )

    def probe(self, within: Deadline | None = None) -> str:
        """Ask about a customer who does not exist; the answer "unknown customer" means that the service works.

        A wrong address can answer the same, so a second question must be refused in the service's own way: an id that is no text.
        """
        try:
            self._ask_about(UNKNOWN, within)
        except ProviderError as error:
            if error.failure != Failure.NOT_FOUND:
                raise
        else:
            return "It answers, and takes the key."
        try:
            self._ask_about(0, within)
        except ProviderError as error:
            if error.failure == Failure.NOT_FOUND:
                return "It answers 404 to all that is asked, as a wrong address would: check QUIMBI_AI_URL."
            if error.failure != Failure.INVALID:
                raise
        return "It answers, takes the key, and as it should knows no customer of that name."

    def _ask_about(self, customer_id: str | int, within: Deadline | None) -> None:
        body: dict[str, object] = {"customer_id": customer_id, "context": {}}
        self._transport.post("/api/intelligence/analyze", body, read_timeout=ANALYZE, within=within)


def from_settings() -> QuimbiProvider | None:
    if not settings.QUIMBI_AI_URL:
        return None
    return QuimbiProvider(settings.QUIMBI_AI_URL, settings.QUIMBI_AI_API_KEY)


def _about(customer: CustomerFacts) -> Conversation:
    """The customer's records, against which lines about the customer are checked."""
    now = datetime.now(UTC)
    return Conversation(TicketFacts(customer.id, "", "email", "open", "normal", now), customer, now)


def _used(content: str, conversation: Conversation) -> tuple[Used, ...]:
    """The orders that the text names."""
    orders = [order for order in conversation.customer.orders if order.number and order.number in content]
    return tuple(Used("order", order.number, f"Order {order.number}") for order in orders)
