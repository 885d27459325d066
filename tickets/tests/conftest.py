"""Fixtures for tests of tickets: one ticket, one order, and files to import."""

import gzip
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

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


@pytest.fixture(name="write")
def write_file(tmp_path: Path) -> Any:
    """Returns a function that writes a file: text, bytes, or records as JSON lines; packed if its name ends in .gz."""

    def make(content: str | bytes | list[dict[str, Any]], name: str = "file.csv") -> Path:
        path = tmp_path / name
        if isinstance(content, list):
            content = "".join(f"{json.dumps(each)}\n" for each in content)
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return make
