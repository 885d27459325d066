"""Next best actions over the API: who sees them, what an index means, ticking off, two at once, and the detail."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from agents import services as accounts
from agents.models import Agent, AuditEntry
from intelligence.models import CompletedAction, ListedActions
from intelligence.services import plans
from tickets import services
from tickets.models import Ticket
from tickets.tests.factories import make_customer, make_order, make_ticket
from tickets.tests.meeting import at_once

Clients = Callable[[Agent], APIClient]
Agents = Callable[..., Agent]


def url(ticket: Ticket) -> str:
    return f"/api/ai/tickets/{ticket.pk}/recommendation"


def tick(api: APIClient, ticket: Ticket, index: object, **body: Any) -> Any:
    return api.patch(f"{url(ticket)}/actions/{index}", {"completed": True, **body}, format="json")


def damaged(**fields: Any) -> Ticket:
    """A delivered order that arrived broken, told of a moment ago."""
    now = timezone.now()
    customer = make_customer()
    make_order(
        customer,
        number=f"D-{customer.pk}",
        placed_at=now - timedelta(days=6),
        status="delivered",
        fulfillment_status="delivered",
        total=Decimal("49.90"),
    )
    values = {"text": "My mug arrived broken.", "created_at": now - timedelta(minutes=5), **fields}
    ticket = make_ticket(customer, **values)
    services.update_ticket(None, ticket.pk, {"tags": ["damaged"]})
    return Ticket.objects.get(pk=ticket.pk)


@pytest.mark.django_db
def test_the_body_has_what_both_readers_need(api: APIClient) -> None:
    ticket = damaged()
    answer = api.get(url(ticket)).json()
    assert answer["ticket_id"] == str(ticket.pk) and answer["priority"] in ("urgent", "high", "normal")
    assert answer["estimated_impact"].keys() == {"retention_probability", "revenue_at_risk"}
    assert answer["estimated_impact"]["retention_probability"] is None
    assert answer["customer_dna"].keys() == {"archetype_id", "communication_preferences", "value_tier"}
    assert 0 <= answer["churn_risk"] <= 1
    keys = [action["key"] for action in answer["actions"]]
    assert keys == ["ask_photo", "decide_replacement"]
    assert [action["priority"] for action in answer["actions"]] == [1, 2]
    decision = answer["actions"][1]
    assert "Decide whether" in decision["action"] and "49.90 USD" in decision["action"]
    assert (
        decision["estimated_impact"]["cost"] == 49.9 and not decision["completed"] and decision["completed_at"] is None
    )
    assert answer["metadata"].keys() >= {"source", "degraded", "confidence", "reasons", "model_version"}
    assert answer["talking_points"] and isinstance(answer["warnings"], list)
