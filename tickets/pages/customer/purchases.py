"""Describe orders in words: articles, state, and tracking links."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from tickets.models import Order
from tickets.pages.common import short_texts

MOST_LINES = 12  # line items shown for an order; further ones are counted


@dataclass(frozen=True)
class Step:
    """One step of the delivery."""

    name: str
    done: bool


@dataclass(frozen=True)
class Parcel:
    """A tracking number; `address` is empty without a safe link."""

    number: str
    address: str


@dataclass(frozen=True)
class Purchase:
    """One order, ready for the template."""

    number: str
    placed_at: datetime
    total: str
    refunded: str
    state: str
    over: bool  # cancelled, refunded or returned: no delivery steps
    steps: list[Step]
    lines: list[str]
    more_lines: int
    carrier: str
    parcels: list[Parcel]

    @property
    def way(self) -> str:
        """The steps in one line, for screen readers."""
        return ", ".join(step.name for step in self.steps if step.done)


def purchase(order: Any, lines: Iterable[tuple[str, int]], carrier: str) -> Purchase:
    """Build it from an `Order` or from the order facts of intelligence; both use the same names."""
    articles = [f"{quantity} × {title}" for title, quantity in lines]
    refunded = float(order.refunded)
    return Purchase(
        number=order.number,
        placed_at=order.placed_at,
        total=f"{short_texts.points(float(order.total), 2)}{short_texts.NARROW}{order.currency}",
        refunded=f"{short_texts.points(refunded, 2)}{short_texts.NARROW}{order.currency}" if refunded else "",
        state=_state(order.status, order.fulfillment_status),
        over=_is_over(order.status, order.fulfillment_status),
        steps=_steps(order.status, order.fulfillment_status),
        lines=articles[:MOST_LINES],
        more_lines=max(0, len(articles) - MOST_LINES),
        carrier=carrier,
        parcels=parcels(order.tracking_numbers, order.tracking_urls),
    )


def of_record(order: Order) -> Purchase:
    """Build it from the record, whose lines are prefetched."""
    return purchase(order, [(line.title, line.quantity) for line in order.lines.all()], order.shipping_carrier)


def parcels(numbers: Sequence[str], addresses: Sequence[str]) -> list[Parcel]:
    """Each number with its link; a link without number is labelled with its host."""
    safe = [address if is_web(address) else "" for address in addresses]
    found = [Parcel(number, safe[place] if place < len(safe) else "") for place, number in enumerate(numbers)]
    found += [Parcel(urlsplit(address).hostname or address, address) for address in safe[len(numbers) :] if address]
    return found


def is_web(address: str) -> bool:
    """Whether the address may become a link: http or https with a host."""
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _is_over(status: str, fulfillment: str) -> bool:
    return status in (Order.Status.CANCELLED, Order.Status.REFUNDED) or fulfillment == Order.Fulfillment.RETURNED


def _state(status: str, fulfillment: str) -> str:
    """The one word for the order's state; how it ended comes before how far it was delivered."""
    if status in (Order.Status.CANCELLED, Order.Status.REFUNDED):
        return str(Order.Status(status).label)
    if fulfillment == Order.Fulfillment.RETURNED:
        return _("Returned")
    if Order.Status.DELIVERED in (status, fulfillment):
        return _("Delivered")
    if Order.Status.SHIPPED in (status, fulfillment):
        return _("Shipped")
    if fulfillment == Order.Fulfillment.PARTIAL:
        return _("Partly shipped")
    return _("Payment pending") if status == Order.Status.PENDING else _("Not shipped yet")


def _steps(status: str, fulfillment: str) -> list[Step]:
    delivered = Order.Status.DELIVERED in (status, fulfillment)
    shipped = delivered or Order.Status.SHIPPED in (status, fulfillment)
    partly = fulfillment == Order.Fulfillment.PARTIAL and not shipped
    return [
        Step(_("Paid"), status != Order.Status.PENDING or shipped),
        Step(_("Partly shipped") if partly else _("Shipped"), shipped or partly),
        Step(_("Delivered"), delivered),
    ]
