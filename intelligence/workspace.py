"""The ticket as an agent works on it: the record, and beside it what is known of the customer and what to do next.

A subclass of the tickets' view set, registered in `quimbi_crm/urls.py`; tickets know nothing of it.
"""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view

from intelligence.api.serializers import CustomerIntelligenceSerializer
from intelligence.services.customers import intelligence_body, look_at
from tickets.api.serializers import NewTicketSerializer, TicketChangesSerializer, TicketDetailSerializer
from tickets.api.tickets import TicketViewSet
from tickets.models import Ticket


class WorkspaceSerializer(TicketDetailSerializer):
    customer_profile = CustomerIntelligenceSerializer()


@extend_schema_view(
    retrieve=extend_schema(
        summary="One ticket with its conversation and the customer's profile", responses=WorkspaceSerializer
    ),
    create=extend_schema(request=NewTicketSerializer, responses={201: WorkspaceSerializer}),
    partial_update=extend_schema(request=TicketChangesSerializer, responses=WorkspaceSerializer),
)
class WorkspaceViewSet(TicketViewSet):
    """Tickets in smart order; one of them with its conversation and the customer's profile."""

    name = "Tickets"

    serializer_class = WorkspaceSerializer

    def body(self, ticket: Ticket) -> dict[str, Any]:
        profile = intelligence_body(look_at(ticket.customer, timezone.now()))
        return {**super().body(ticket), "customer_profile": profile}
