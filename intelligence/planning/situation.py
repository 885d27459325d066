"""The facts that the rules use, computed once. Units: times are spans, shares 0…1, money in the order's currency."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from agents.common.patterns import compile_unicode
from intelligence.contract.facts import Conversation, MessageFacts, OrderFacts, PastTicket, age_in_days
from intelligence.drafting import Matter, matter_of
from intelligence.drafting.order_choice import STATES, Choice, choose, state
from intelligence.drafting.packs import LANGUAGES
from intelligence.drafting.topic_choice import BAD, OURS

OVERDUE = timedelta(hours=24)  # an unanswered message becomes overdue
NEGLECTED = timedelta(hours=48)
ROUND = timedelta(hours=1)  # messages within this time count as one
NOT_SHIPPED = timedelta(days=3)  # since the order was placed; there is no promised date on record
NOT_DELIVERED = timedelta(days=10)
QUIET = timedelta(days=5)  # since the agent's unanswered question
REPEATED = timedelta(days=30)
SAME_ORDER = timedelta(days=2)  # two orders of the same amount within this time may be duplicates
UNHAPPY, FURIOUS = 0.4, 0.25  # sentiment, 0…1
AT_RISK = ("high", "critical")
VALUED = ("premium", "whale")
SCANNED = 20_000  # characters of a message that are searched

# Harm to people or fire. Missing a case is worse than a false alarm, so the patterns are broad.
_SAFETY = compile_unicode(
    r"\b(caught fire|on fire|smok(?:e|ing) (?:came|coming)|burn(?:ed|t)? (?:my|me|his|her)|electric(?:al)? shock|"
    r"injur(?:y|ed|ies)|hospital|emergency room|allergic reaction|anaphyla\w+|chok(?:ed|ing)|poison(?:ed|ing)?|"
    r"verletzt|verletzung|stromschlag|krankenhaus|allergische reaktion|in brand geraten|verbrannt|"
    r"blessé\w*|choc électrique|hôpital|réaction allergique|a pris feu|brûlé\w*|"
    r"herid[oa]s?|descarga eléctrica|reacción alérgica|se incendió|quemadura\w*)\b",
    ignore_case=True,
)


@dataclass(frozen=True)
class Situation:
    """One conversation with what the planning rules derive from it."""

    conversation: Conversation

    # --- Topic --------------------------------------------------------------------------------------------------------
    @cached_property
    def tags(self) -> frozenset[str]:
        return frozenset(self.conversation.ticket.tags)

    @cached_property
    def matter(self) -> Matter:
        """What to answer, the same as for a draft."""
        return matter_of(self.conversation.ticket)

    @property
    def about(self) -> str:
        """The tag that is answered, or missing (part of the order did not arrive), or unknown."""
        return self.matter.about

    @property
    def thanks(self) -> bool:
        return self.matter.topic == "thanks"

    @property
    def pleased(self) -> bool:
        """Whether the customer is content and nothing is to be solved."""
        return self.thanks or self.about == "praise"

    @cached_property
    def choice(self) -> Choice:
        return choose(self.conversation, self.about)

    @property
    def order(self) -> OrderFacts | None:
        return self.choice.order

    @cached_property
    def state(self) -> str:
        """State of the order: unfulfilled, partial, shipped, delivered, returned, cancelled, refunded or unclear."""
        if self.order is None:
            return ""
        return "unclear" if self.ahead(self.order) else state(self.order)

    @property
    def needs_order(self) -> bool:
        return self.about in STATES

    @property
    def disputed(self) -> bool:
        return "chargeback_fraud" in self.tags

    @property
    def complains(self) -> bool:
        return bool(self.tags & BAD)

    @property
    def ours(self) -> bool:
        """Whether the shop may be at fault."""
        return bool(self.tags & OURS)

    @cached_property
    def safety(self) -> bool:
        texts = [message.content for message in self.said]
        return any(_SAFETY.search(text[:SCANNED]) for text in (*texts, self.conversation.ticket.subject))

    @property
    def said(self) -> tuple[MessageFacts, ...]:
        return tuple(message for message in self.conversation.ticket.messages if not message.from_agent)

    @property
    def last_said(self) -> str:
        """The id of the customer's last message. Actions that ask or answer are due again after each new message."""
        return str(self.said[-1].id) if self.said else ""

    @property
    def foreign_language(self) -> str | None:
        """Whether the customer writes a language that drafts have no sentences for."""
        code = self.conversation.ticket.language
        return code if code and code not in LANGUAGES else None

    # --- State of the conversation ------------------------------------------------------------------------------------
    @property
    def closed(self) -> bool:
        return self.conversation.ticket.status == "closed"

    @cached_property
    def unanswered(self) -> tuple[MessageFacts, ...]:
        """The customer's messages since the last answer, oldest first."""
        found: list[MessageFacts] = []
        for message in reversed(self.conversation.ticket.messages):
            if message.from_agent:
                break
            found.append(message)
        return tuple(reversed(found))

    @cached_property
    def rounds(self) -> int:
        """How often the customer wrote without getting an answer."""
        count, last = 0, None
        for message in self.unanswered:
            if last is None or message.created_at - last >= ROUND:
                count += 1
            last = message.created_at
        return count

    @cached_property
    def waiting(self) -> timedelta:
        """Time since the first message without an answer."""
        if not self.unanswered:
            return timedelta(0)
        return max(self.conversation.now - self.unanswered[0].created_at, timedelta(0))

    @property
    def overdue(self) -> bool:
        """Whether the answer is overdue. Praise and thanks can wait."""
        return bool(self.unanswered) and not self.pleased and (self.waiting >= OVERDUE or self.rounds >= 2)

    @property
    def asks(self) -> bool:
        return any("?" in message.content[:SCANNED] for message in self.unanswered)

    @property
    def unhappy(self) -> bool:
        mood = self.conversation.ticket.sentiment
        return mood is not None and mood < UNHAPPY

    @property
    def furious(self) -> bool:
        mood = self.conversation.ticket.sentiment
        return mood is not None and mood < FURIOUS

    @property
    def others(self) -> tuple[PastTicket, ...]:
        """The customer's other tickets that wait for an answer."""
        return tuple(ticket for ticket in self.conversation.ticket.past if ticket.status != "closed")

    @property
    def lately(self) -> tuple[PastTicket, ...]:
        """The customer's other tickets of the last 30 days."""
        since = self.conversation.now - REPEATED
        return tuple(one for one in self.conversation.ticket.past if since <= one.created_at <= self.conversation.now)

    # --- Customer -----------------------------------------------------------------------------------------------------
    @property
    def value_tier(self) -> str | None:
        analysis = self.conversation.analysis
        return analysis.archetype.segments.get("purchase_value") if analysis and analysis.archetype else None

    @property
    def valued(self) -> bool:
        return self.value_tier in VALUED

    @property
    def churn_level(self) -> str | None:
        return self.conversation.analysis.churn_level if self.conversation.analysis else None

    @property
    def at_risk(self) -> bool:
        return self.churn_level in AT_RISK

    @property
    def revenue_at_risk(self) -> float | None:
        return self.conversation.analysis.revenue_at_risk if self.conversation.analysis else None

    @cached_property
    def silent_days(self) -> int | None:
        """Days since the last order that was not cancelled and is not dated in the future."""
        last = self.conversation.customer.last_order(self.conversation.now)
        return self.age_in_days(last) if last else None

    @property
    def counting(self) -> tuple[OrderFacts, ...]:
        return tuple(order for order in self.conversation.customer.orders if order.counts)

    # --- Orders -------------------------------------------------------------------------------------------------------
    def age(self, order: OrderFacts) -> timedelta:
        return self.conversation.now - order.placed_at

    def age_in_days(self, order: OrderFacts) -> int:
        return age_in_days(order.placed_at, self.conversation.now)

    def ahead(self, order: OrderFacts) -> bool:
        """Whether the order is dated in the future."""
        return self.age_in_days(order) < 0

    @property
    def late_to_ship(self) -> bool:
        return (
            self.order is not None and self.state in ("unfulfilled", "partial") and self.age(self.order) >= NOT_SHIPPED
        )

    @property
    def late_to_arrive(self) -> bool:
        return self.order is not None and self.state == "shipped" and self.age(self.order) >= NOT_DELIVERED

    @cached_property
    def twins(self) -> tuple[OrderFacts, OrderFacts] | None:
        """The newest two consecutive orders of one amount within a short time, neither cancelled nor refunded."""
        kept = [
            order for order in self.counting if order.total > 0 and not order.refunded and self.age(order) <= REPEATED
        ]
        for first, second in reversed(list(zip(kept, kept[1:], strict=False))):
            same = (first.total, first.currency) == (second.total, second.currency)
            if same and second.placed_at - first.placed_at <= SAME_ORDER:
                return first, second
        return None
