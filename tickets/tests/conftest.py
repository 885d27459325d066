"""Fixtures for page tests: one ticket and one order."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tickets import services
from tickets.models import Customer, Order, Ticket


@pytest.fixture
def ticket(customer: Customer) -> Ticket:
    data = services.TicketData(
        subject="Where is my parcel?", channel="email", customer_id=customer.pk, initial_message="Still waiting."
    )
    return services.create_ticket(None, data)


@pytest.fixture
def order(customer: Customer) -> Order:
    lines = [services.LineData("Blue mug", 2, "MUG-1", Decimal("12.50")), services.LineData("Spoon")]
    data = services.OrderData("#1001", timezone.now() - timedelta(days=3), Decimal("25.00"), customer.pk, lines=lines)
    made = services.put_order(None, data).order
    assert made is not None
    return made
