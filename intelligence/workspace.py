"""The ticket as an agent works on it: the record, and beside it what is known of the customer and what to do next.

A subclass of the tickets' view set, registered in `quimbi_crm/urls.py`; tickets know nothing of it.
"""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from tickets.api.assignment import ReasonSerializer, next_answer
from tickets.api.serializers import NewTicketSerializer, TicketChangesSerializer, TicketDetailSerializer
from tickets.api.tickets import TicketViewSet
from tickets.models import Customer, Ticket


class BusinessMetricsSerializer(serializers.Serializer[Any]):
    lifetime_value = serializers.FloatField()
    total_orders = serializers.IntegerField()
    avg_order_value = serializers.FloatField()
    days_since_last_purchase = serializers.IntegerField(allow_null=True)
    customer_tenure_days = serializers.IntegerField(allow_null=True)


class ChurnRiskSerializer(serializers.Serializer[Any]):
    risk_level = serializers.ChoiceField(["low", "medium", "high", "critical"])
    churn_risk_score = serializers.FloatField()


class CustomerProfileSerializer(serializers.Serializer[Any]):
    """What the records say of a customer; what nobody knows yet is null."""

    customer_id = serializers.UUIDField()
    business_metrics = BusinessMetricsSerializer()
    churn_risk = ChurnRiskSerializer(allow_null=True)


class WorkspaceSerializer(TicketDetailSerializer):
    customer_profile = CustomerProfileSerializer()


@extend_schema_view(
    retrieve=extend_schema(
        summary="One ticket with its conversation and the customer's profile", responses=WorkspaceSerializer
    ),
    create=extend_schema(request=NewTicketSerializer, responses={201: WorkspaceSerializer}),
    partial_update=extend_schema(request=TicketChangesSerializer, responses=WorkspaceSerializer),
    next_ticket=extend_schema(request=None, responses=next_answer(WorkspaceSerializer)),
    hand_back=extend_schema(request=ReasonSerializer, responses=WorkspaceSerializer),
    escalate=extend_schema(request=ReasonSerializer, responses=WorkspaceSerializer),
)
class WorkspaceViewSet(TicketViewSet):
    """Tickets in smart order; one of them with its conversation and the customer's profile."""

    name = "Tickets"

    serializer_class = WorkspaceSerializer

    def body(self, ticket: Ticket) -> dict[str, Any]:
        return {**super().body(ticket), "customer_profile": customer_profile(ticket.customer)}


def customer_profile(customer: Customer) -> dict[str, Any]:
    """Business metrics derived from the orders, and the churn risk where one is known."""
    today = timezone.now()
    last, first = customer.last_order_at, customer.first_order_at
    score = customer.churn_risk_score
    return {
        "customer_id": customer.pk,
        "business_metrics": {
            "lifetime_value": float(customer.lifetime_value),
            "total_orders": customer.total_orders,
            "avg_order_value": float(customer.average_order_value),
            "days_since_last_purchase": max(0, (today - last).days) if last else None,
            "customer_tenure_days": max(0, (today - first).days) if first else None,
        },
        "churn_risk": None if score is None else {"risk_level": risk_level(score), "churn_risk_score": score},
    }


def risk_level(score: float) -> str:
    """low < .3 ≤ medium < .5 ≤ high < .7 ≤ critical (spec/embedded-intelligence.md)."""
    if score < 0.3:
        return "low"
    if score < 0.5:
        return "medium"
    return "high" if score < 0.7 else "critical"
