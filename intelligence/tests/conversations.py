"""Conversations for tests of drafts, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from intelligence.contract.facts import Conversation, CustomerFacts, MessageFacts, OrderFacts, TicketFacts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def order(number: str = "44753", days: float = 10, **fields: Any) -> OrderFacts:
    values: dict[str, Any] = {
        "status": "shipped",
        "fulfillment_status": "shipped",
        "total": 184.5,
        "refunded": 0.0,
        "discount": 0.0,
        "currency": "USD",
        "tracking_numbers": ("PL9915469394",),
        "tracking_urls": ("https://track.example/PL9915469394",),
        "carrier": "ParcelLark",
        **fields,
    }
    return OrderFacts(number, NOW - timedelta(days=days), **values)


def conversation(
    *texts: str | tuple[str, float],
    channel: str = "email",
    tags: tuple[str, ...] = ("shipping",),
    orders: tuple[OrderFacts, ...] = (),
    name: str = "Oscar Miller",
    language: str | None = "en",
    total_orders: int | None = None,
    **ticket: Any,
) -> Conversation:
    """The texts are the customer's; one that begins with "> " is an agent's; a number beside one is its age in days."""
    messages = []
    for place, text in enumerate(texts):
        content, age = text if isinstance(text, tuple) else (text, 0.01)
        agent = content.startswith("> ")
        moment = NOW - timedelta(days=age)
        messages.append(MessageFacts(UUID(int=place + 1), agent, "", content.removeprefix("> "), moment))
    facts = TicketFacts(
        UUID(int=99), "Question", channel, "open", "normal", NOW, tuple(messages), tags, language, **ticket
    )
    count = len(orders) if total_orders is None else total_orders
    customer = CustomerFacts(UUID(int=7), name, 100.0, count, orders)
    return Conversation(facts, customer, NOW, None, "Theo Barrowby", "Larkmere Cloth")


def on(channel: str, one: Conversation) -> Conversation:
    return replace(one, ticket=replace(one.ticket, channel=channel))
