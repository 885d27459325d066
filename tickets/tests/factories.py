"""Factories for test records, created through the services."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from tickets.models import Customer, Order, Ticket
from tickets.services import (
    CustomerData,
    OrderData,
    PastEntry,
    PastTicket,
    save_customers,
    save_histories,
    save_orders,
    set_churn_risk,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_numbers = itertools.count(1)


def make_customer(
    name: str = "John Doe", churn: float | None = None, value: str | None = None, **fields: Any
) -> Customer:
    """Creates a customer; one order gives it the lifetime value `value`."""
    number = next(_numbers)
    fields = {"email": f"customer{number}@example.com", "external_id": f"c{number}", **fields}
    customer = save_customers([CustomerData(name=name, **fields)], None)[0].customer
    assert customer is not None
    if value is not None:
        make_order(customer, total=Decimal(value))
    if churn is not None:
        set_churn_risk({customer.pk: churn})
    customer.refresh_from_db()
    return customer


def make_order(customer: Customer, **fields: Any) -> Order:
    values: dict[str, Any] = {
        "number": f"order-{next(_numbers)}",
        "placed_at": NOW - timedelta(days=30),
        "total": Decimal("100.00"),
        **fields,
    }
    placed_at = values.pop("placed_at")
    ahead = placed_at > timezone.now() + timedelta(hours=23)
    stored = timezone.now() if ahead else placed_at
    outcome = save_orders([OrderData(customer=customer.pk, placed_at=stored, **values)], None)[0]
    assert outcome.error is None, outcome.error
    assert outcome.order is not None
    if ahead:
        # The services refuse an order of the future; an older record may be one.
        Order.objects.filter(pk=outcome.order.pk).update(placed_at=placed_at)
        outcome.order.refresh_from_db()
    return outcome.order


def make_ticket(
    customer: Customer | None = None, text: str | None = "Where is my parcel?", days: float = 1.0, **fields: Any
) -> Ticket:
    """Creates a ticket that is `days` older than `NOW` and has one customer message."""
    return _save_tickets([_past_ticket(customer, text, days, fields)])[0]


def make_tickets(number: int, **fields: Any) -> list[Ticket]:
    """Creates `number` tickets, each with its own customer, in a few statements."""
    return _save_tickets([_past_ticket(None, "Where is my parcel?", 1.0, fields) for _ in range(number)])


def _past_ticket(customer: Customer | None, text: str | None, days: float, fields: dict[str, Any]) -> PastTicket:
    number = next(_numbers)
    values = {"subject": "Order not received", "channel": "email", "created_at": NOW - timedelta(days=days), **fields}
    assignee = values.pop("assigned_to", None)
    if customer is not None:
        known = CustomerData(external_id=customer.external_id)
    else:
        known = CustomerData(name="John Doe", email=f"customer{number}@example.com", external_id=f"c{number}")
    return PastTicket(
        external_id=f"t{number}",
        customer=known,
        assigned_to=assignee.email if assignee else None,
        messages=[PastEntry(text, values["created_at"])] if text is not None else [],
        **values,
    )


def _save_tickets(past: list[PastTicket]) -> list[Ticket]:
    tickets = []
    for outcome in save_histories(past):
        assert outcome.error is None, outcome.error
        assert outcome.ticket is not None
        outcome.ticket.refresh_from_db()
        tickets.append(outcome.ticket)
    return tickets
