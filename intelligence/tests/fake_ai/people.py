"""Customers that the service knows: what it says of each is made from a hash of the id, and always the same."""

import hashlib
from dataclasses import dataclass

_VALUES = ("budget", "mid_tier", "premium", "whale")
_FREQUENCIES = ("occasional", "regular", "power_buyer")
_PRICES = ("deal_hunter", "strategic", "full_price")
_STAGES = ("newcomer", "loyalist", "at_risk", "lapsed")


@dataclass(frozen=True)
class Person:
    """What the service knows of a customer; amounts in the shop's currency."""

    score: float | None = 0.42
    current: float = 1250.0
    future: float = 450.0  # within the next 12 months
    orders: int = 8
    silent: int = 60  # days
    tenure: int = 320  # days
    value: str = "premium"
    frequency: str = "regular"
    price: str = "full_price"
    stage: str = "loyalist"
    guidance: tuple[str, ...] = ("Use professional, detailed communication.", "Refer to what they bought before.")

    @property
    def segments(self) -> dict[str, str]:
        return {
            "purchase_value": self.value,
            "purchase_frequency": self.frequency,
            "price_sensitivity": self.price,
            "shopping_maturity": "established",
        }


def person(customer_id: str) -> Person:
    """Somebody plausible."""
    digest = hashlib.sha256(customer_id.encode()).digest()
    value, orders = _VALUES[digest[0] % 4], 1 + digest[1] % 12
    score = round(digest[2] / 255, 2)
    stage = "lapsed" if score >= 0.7 else "at_risk" if score >= 0.5 else "loyalist" if orders > 1 else "newcomer"
    current = round(orders * (20 + digest[3]) * 1.07, 2)
    return Person(
        score=score,
        current=current,
        future=round(current * (1 - score) * 0.6, 2),
        orders=orders,
        silent=5 + digest[4],
        tenure=300 + digest[5],
        value=value,
        frequency=_FREQUENCIES[0 if orders < 2 else 1 if orders < 5 else 2],
        price=_PRICES[digest[6] % 3],
        stage=stage,
        guidance=(
            "Be detailed and personal." if value in ("premium", "whale") else "Be clear and friendly.",
            "Answer everything in one reply." if score >= 0.5 else "Refer to what they bought before.",
        ),
    )
