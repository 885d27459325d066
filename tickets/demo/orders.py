"""Orders while the shop is being drawn up, and the buying histories of the personas."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from tickets.demo.catalog import (
    BY_CATEGORY,
    COLOURED,
    CURRENCY,
    FREE_SHIPPING_FROM,
    MIXED_CATEGORY,
    PARCEL_CATEGORIES,
    SHIPPING_FEE,
    Product,
)
from tickets.demo.records import DemoLine, DemoOrder

CARRIERS = (
    ("ParcelLark", "PL"),
    ("Kestrel Post", "KP"),
    ("Northway Express", "NX"),
    ("Blue Heron Freight", "BH"),
)
ZERO = Decimal("0.00")


@dataclass
class OrderDraft:
    """An order that can still change; its number is assigned when all orders are known."""

    placed_at: datetime
    lines: list[DemoLine]
    product: Product
    variant: str
    discount: Decimal = ZERO
    status: str = "delivered"
    fulfillment: str = "delivered"
    refunded: Decimal = ZERO
    carrier: str | None = None
    tracking: str | None = None
    number: str = ""
    delivered_at: datetime | None = None
    digital: bool = field(default=False)

    @property
    def goods(self) -> Decimal:
        return sum((line.unit_price * line.quantity for line in self.lines), ZERO)

    @property
    def shipping(self) -> Decimal:
        return ZERO if self.digital or self.goods >= FREE_SHIPPING_FROM else SHIPPING_FEE

    @property
    def total(self) -> Decimal:
        return self.goods - self.discount + self.shipping

    def hand_to_carrier(self, rng: random.Random) -> None:
        """Give the parcel a carrier and a tracking number; downloads get none."""
        if not self.digital:
            self.carrier, prefix = rng.choice(CARRIERS)
            self.tracking = f"{prefix}{rng.randrange(10**9, 10**10)}"

    def record(self, customer_key: str) -> DemoOrder:
        tracking = (self.tracking,) if self.tracking else ()
        return DemoOrder(
            self.number,
            customer_key,
            self.placed_at,
            self.status,
            self.fulfillment,
            CURRENCY,
            self.total,
            self.discount,
            self.shipping,
            self.refunded,
            tuple(self.lines),
            tracking,
            tuple(f"https://track.example/{number}" for number in tracking),
            self.carrier,
        )


def draft_order(
    rng: random.Random,
    placed_at: datetime,
    categories: tuple[str, ...] = (),
    lines: int = 1,
    discount: int = 0,
) -> OrderDraft:
    """An order whose first line is from `categories` ("coloured" means anything with colours); discount in percent."""
    product = _pick(rng, categories or PARCEL_CATEGORIES)
    variant = rng.choice(product.variants) if product.variants else ""
    first = DemoLine(product.line_title(variant), product.sku(variant), 1, product.price)
    chosen = {first.sku: first}
    while len(chosen) < lines:
        other = _pick(rng, PARCEL_CATEGORIES)
        colour = rng.choice(other.variants) if other.variants else ""
        quantity = rng.choice((2, 3, 4)) if other.title.endswith(", 1 m") else rng.choice((1, 1, 1, 2))
        line = DemoLine(other.line_title(colour), other.sku(colour), quantity, other.price)
        chosen.setdefault(line.sku, line)
    digital = product.category == "pattern" and lines == 1
    order = OrderDraft(placed_at, list(chosen.values()), product, variant, digital=digital)
    order.discount = (order.goods * discount / 100).quantize(Decimal("0.01"))
    return order


def _pick(rng: random.Random, categories: tuple[str, ...]) -> Product:
    category = rng.choice(categories)
    return rng.choice(COLOURED if category == MIXED_CATEGORY else BY_CATEGORY[category])


# persona: (fewest orders, most orders, shortest and longest usual gap in days, most lines, discount share in percent)
HABITS: dict[str, tuple[int, int, int, int, int, int]] = {
    "one_time": (1, 1, 1, 1, 3, 20),
    "regular": (3, 11, 45, 140, 4, 20),
    "lapsed": (2, 7, 35, 90, 4, 25),
    "whale": (14, 32, 18, 42, 7, 10),
    "deal_hunter": (3, 9, 50, 130, 4, 90),
}
THREE_YEARS = 1095.0


def history(rng: random.Random, persona: str, now: datetime) -> list[OrderDraft]:
    """A persona's past orders, oldest first, at most three years old."""
    fewest, most, shortest, longest, lines, discounted = HABITS[persona]
    gap = rng.uniform(shortest, longest)
    age = rng.uniform(240, 700) if persona == "lapsed" else gap * rng.uniform(0.05, 1.3)
    if persona == "one_time":
        age = rng.uniform(5, THREE_YEARS - 60)
    elif persona != "lapsed" and rng.random() < 0.06:
        age = rng.uniform(0.01, 1.8)
    orders: list[OrderDraft] = []
    for _ in range(rng.randint(fewest, most)):
        if age > THREE_YEARS:
            break
        placed_at = now - timedelta(seconds=round(age * 86400))
        percent = rng.choice((10, 15, 20)) if rng.randrange(100) < discounted else 0
        order = draft_order(rng, placed_at, lines=rng.randint(1 if persona != "whale" else 3, lines), discount=percent)
        settle(rng, order, now)
        orders.append(order)
        age += gap * rng.uniform(0.55, 1.6)
    return orders[::-1]


def settle(rng: random.Random, order: OrderDraft, now: datetime) -> None:
    """Give an ordinary order the state that fits its age; a few old ones were cancelled or returned."""
    days = (now - order.placed_at).total_seconds() / 86400
    fate = rng.random()
    if days < 0.1 or (days < 2 and fate < 0.6):
        order.status, order.fulfillment = "pending", "unfulfilled"
    elif days < 2:
        order.status, order.fulfillment = "paid", "unfulfilled"
    elif fate < 0.03:
        order.status, order.fulfillment, order.refunded = "cancelled", "unfulfilled", order.total
    else:
        order.hand_to_carrier(rng)
        if days < 6:
            order.status = order.fulfillment = "shipped"
        elif fate < 0.06 and days > 25:
            order.status, order.fulfillment, order.refunded = "refunded", "returned", order.total
        elif fate < 0.09 and order.discount == ZERO:
            order.refunded = order.lines[0].unit_price


def churn_risk(orders: list[OrderDraft], now: datetime, mood: float | None = None) -> float | None:
    """How likely the customer is gone, 0…1, from recency relative to their own order interval: r / (r + 1.5).

    r is the time since the last order in usual gaps, so a gap and a half means one half. A single order has no gap of its own: it
    counts with 150 days and at most 0.69. An unhappy unsolved ticket (`mood` is the lowest sentiment among them) takes away up to
    half of the rest. Without orders: None. The intelligence app replaces this figure.
    """
    if not orders:
        return None
    first, last = orders[0].placed_at, orders[-1].placed_at
    gap = max(7.0, (last - first).days / (len(orders) - 1)) if len(orders) > 1 else 150.0
    ratio = (now - last).total_seconds() / 86400 / gap
    risk = ratio / (ratio + 1.5)
    if mood is not None and mood < 0.5:
        risk = 1 - (1 - risk) * (0.5 + mood)
    return round(min(max(risk, 0.03), 0.97 if len(orders) > 1 else 0.69), 2)
