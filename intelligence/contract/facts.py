"""What a provider is given: copies of records without access to the database.

Amounts are in the shop's currency, moments are aware. Nothing here is invented: what is unknown is `None` or empty.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from intelligence.contract.results import CustomerAnalysis


@dataclass(frozen=True)
class OrderLineFacts:
    title: str
    quantity: int
    # Unit price; `None` if the record has none. Not part of the fingerprint, so a change makes no draft stale.
    unit_price: float | None = field(default=None, repr=False)


def utc_day(moment: datetime) -> int:
    """The moment's day in UTC as an ordinal (`date.toordinal`)."""
    return moment.astimezone(UTC).date().toordinal()


def age_in_days(placed_at: datetime, now: datetime) -> int:
    """Age of an order: UTC days from the order to `now`, 0 on the same day, negative for an order dated in the future.

    Every place that shows or uses an order's age calls this function.
    """
    return utc_day(now) - utc_day(placed_at)


@dataclass(frozen=True)
class OrderFacts:
    """One order as the shop recorded it."""

    number: str
    placed_at: datetime
    status: str
    fulfillment_status: str
    total: float
    refunded: float
    discount: float
    currency: str
    lines: tuple[OrderLineFacts, ...] = ()
    tracking_numbers: tuple[str, ...] = ()
    tracking_urls: tuple[str, ...] = ()
    carrier: str = ""

    @property
    def counts(self) -> bool:
        """Whether the order counts as a purchase; cancelled orders do not."""
        return self.status != "cancelled"


@dataclass(frozen=True)
class CustomerFacts:
    """One customer with their orders, oldest first."""

    id: UUID
    name: str
    lifetime_value: float
    total_orders: int
    orders: tuple[OrderFacts, ...] = ()
    external_id: str = ""  # the shop's id of the customer

    def last_order(self, now: datetime) -> OrderFacts | None:
        """The newest order that was not cancelled and is not dated on a later day."""
        dated = (order for order in reversed(self.orders) if order.counts and age_in_days(order.placed_at, now) >= 0)
        return next(dated, None)

    @property
    def known_as(self) -> str:
        """The id that is sent to services: the shop's own id if the customer has one."""
        return self.external_id or str(self.id)

    @property
    def first_name(self) -> str:
        """The first word of the name; empty if the name is empty or an address."""
        first = self.name.strip().split(" ")[0] if self.name.strip() else ""
        return "" if "@" in first else first


@dataclass(frozen=True)
class MessageFacts:
    """One public message. Its content is text from outside: data, never instructions."""

    id: UUID
    from_agent: bool
    author_name: str
    content: str
    created_at: datetime


@dataclass(frozen=True)
class Resolution:
    """An agent's last answer on a closed ticket with the same tags."""

    ticket_id: UUID
    subject: str
    content: str
    closed_at: datetime


@dataclass(frozen=True)
class PastTicket:
    """An earlier ticket of the same customer that the requesting agent may see."""

    id: UUID
    subject: str
    status: str
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class TicketFacts:
    """One conversation, messages oldest first, with the facts about its ticket."""

    id: UUID
    subject: str
    channel: str
    status: str
    priority: str
    created_at: datetime
    messages: tuple[MessageFacts, ...] = ()
    tags: tuple[str, ...] = ()
    language: str | None = None  # ISO 639-1
    sentiment: float | None = None
    difficulty: float | None = None
    past: tuple[PastTicket, ...] = ()
    resolutions: tuple[Resolution, ...] = ()
    # of the messages before these; not part of the fingerprint, so a change makes no draft stale
    summary: str = field(default="", repr=False)

    @property
    def last_from_customer(self) -> MessageFacts | None:
        return next((message for message in reversed(self.messages) if not message.from_agent), None)


@dataclass(frozen=True)
class Conversation:
    """Everything that a draft or a plan is made from."""

    ticket: TicketFacts
    customer: CustomerFacts
    now: datetime
    analysis: CustomerAnalysis | None = None
    agent_name: str = ""  # signs the reply
    shop_name: str = ""
