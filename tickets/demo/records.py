"""What the demo hands to the loader: frozen records that refer to each other by key, number or email."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class DemoAgent:
    """A person of the support team, or the service account of the storefront."""

    email: str
    name: str
    role: str
    status: str
    department: str
    accepts_new_tickets: bool
    max_concurrent_tickets: int
    specializations: tuple[str, ...]
    is_service: bool


@dataclass(frozen=True)
class DemoCustomer:
    """A customer with an email address, a telephone number or both. `churn_risk_score` is 0…1, None without orders."""

    key: str
    name: str
    email: str | None
    phones: tuple[str, ...]
    extra_emails: tuple[str, ...]
    created_at: datetime
    persona: str
    churn_risk_score: float | None


@dataclass(frozen=True)
class DemoLine:
    """One line of an order, `unit_price` in the shop's currency."""

    title: str
    sku: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True)
class DemoOrder:
    """An order in its state at the shop's `now`.

    Always: total == sum(quantity * unit_price) - discount + shipping, and 0 <= refunded <= total.
    A refunded order and a cancelled order that had been paid have refunded == total.
    """

    number: str
    customer_key: str
    placed_at: datetime
    status: str
    fulfillment_status: str
    currency: str
    total: Decimal
    discount: Decimal
    shipping: Decimal
    refunded: Decimal
    lines: tuple[DemoLine, ...]
    tracking_numbers: tuple[str, ...]
    tracking_urls: tuple[str, ...]
    shipping_carrier: str | None


@dataclass(frozen=True)
class DemoMessage:
    """A public message. `author_email` is the agent's; None for the customer's messages."""

    from_agent: bool
    author_email: str | None
    content: str
    created_at: datetime


@dataclass(frozen=True)
class DemoNote:
    """An internal note, seen by agents only."""

    author_email: str
    content: str
    created_at: datetime


@dataclass(frozen=True)
class DemoTicket:
    """A ticket with its whole conversation; sentiment and difficulty are 0…1, None if unknown."""

    key: str
    customer_key: str
    channel: str
    status: str
    priority: str
    subject: str
    tags: tuple[str, ...]
    assigned_to: str | None
    created_at: datetime
    customer_sentiment: float | None
    estimated_difficulty: float | None
    messages: tuple[DemoMessage, ...]
    notes: tuple[DemoNote, ...]


@dataclass(frozen=True)
class DemoShop:
    """Everything that the loader writes, in the order of writing."""

    agents: tuple[DemoAgent, ...]
    customers: tuple[DemoCustomer, ...]
    orders: tuple[DemoOrder, ...]
    tickets: tuple[DemoTicket, ...]
