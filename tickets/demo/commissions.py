"""Orders made to fit a conversation: what is said in a ticket has to be true of the order behind it."""

import random
from datetime import datetime, timedelta

from tickets.demo.conversations.topic import Need, Topic
from tickets.demo.orders import OrderDraft, draft_order

# need: days between order and ticket
AGES: dict[Need, tuple[float, float]] = {
    "late": (9.0, 18.0),
    "dispute": (17.0, 28.0),
    "delivered": (6.5, 16.0),
    "damaged": (5.5, 11.0),
    "partial": (5.5, 10.0),
    "returned": (22.0, 38.0),
    "unshipped": (0.02, 0.7),
    "cancel": (0.02, 0.5),
}
# need: (status, fulfilment) while the ticket is open or pending, and once it is closed
OUTCOMES: dict[Need, tuple[tuple[str, str], tuple[str, str]]] = {
    "late": (("shipped", "shipped"), ("delivered", "delivered")),
    "dispute": (("shipped", "shipped"), ("refunded", "shipped")),
    "delivered": (("delivered", "delivered"), ("delivered", "delivered")),
    "damaged": (("delivered", "delivered"), ("delivered", "delivered")),
    "partial": (("shipped", "partial"), ("delivered", "delivered")),
    "returned": (("delivered", "returned"), ("refunded", "returned")),
    "unshipped": (("paid", "unfulfilled"), ("delivered", "delivered")),
    "cancel": (("paid", "unfulfilled"), ("cancelled", "unfulfilled")),
}
SHORT_LIVED = ("unshipped", "cancel")


def commission(rng: random.Random, topic: Topic, created_at: datetime, closed: bool, now: datetime) -> OrderDraft:
    """Make the order that `topic` is about, in its state at `now`."""
    days = rng.uniform(*AGES[topic.need])
    placed_at = created_at - timedelta(seconds=round(days * 86400))
    lines = rng.choice((2, 3, 4)) if topic.need == "partial" else rng.choice((1, 1, 2, 3))
    if {"pattern", "subscription"} & set(topic.categories):
        lines = 1
    order = draft_order(rng, placed_at, topic.categories, lines)
    order.status, order.fulfillment = OUTCOMES[topic.need][closed]
    if topic.need == "unshipped" and closed and now - placed_at < timedelta(days=6):
        order.status = order.fulfillment = "shipped"
    if order.fulfillment != "unfulfilled":
        order.hand_to_carrier(rng)
        order.delivered_at = placed_at + timedelta(days=rng.choice((4, 5)) if days > 6 else 4)
    if order.status in ("refunded", "cancelled"):
        order.refunded = order.total
    elif topic.need == "damaged" and closed:
        order.refunded = order.lines[0].unit_price
    return order
