"""The ticket as an agent works on it: the record, and beside it what is known of the customer and what to do next.

A subclass of the tickets' view set, registered in `quimbi_crm/urls.py`; tickets know nothing of it.
"""

from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from agents.models import Agent
from intelligence.api.drafts import DraftSerializer
from intelligence.api.recommendations import RecommendationSerializer
from intelligence.api.serializers import CustomerIntelligenceSerializer, ProvenanceSerializer
from intelligence.services import plans
from intelligence.services.customers import intelligence_body, look_at
from intelligence.services.drafts import current_draft_body
from tickets.api.assignment import ReasonSerializer, next_answer
from tickets.api.desk import snooze_schema
from tickets.api.serializers import NewTicketSerializer, TicketChangesSerializer, TicketDetailSerializer
from tickets.api.tickets import TicketViewSet
from tickets.models import Ticket


class SummarySerializer(serializers.Serializer[Any]):
    """What a long conversation came to, for the agent."""

    text = serializers.CharField()
    messages = serializers.IntegerField(help_text="From how many messages it was made, the newest ones.")
    upto = serializers.UUIDField(allow_null=True, help_text="The last message that it covers.")
    metadata = ProvenanceSerializer()


class WorkspaceSerializer(TicketDetailSerializer):
    customer_profile = CustomerIntelligenceSerializer()
    ai_draft_response = DraftSerializer(allow_null=True, help_text="Null while none is ready.")
    ai_recommendation = RecommendationSerializer()
    ai_summary = SummarySerializer(allow_null=True, help_text="Of a conversation of more than 8 messages, else null.")


@extend_schema_view(
    retrieve=extend_schema(
        summary="One ticket with its conversation, the customer's profile, the draft and next best actions",
        responses=WorkspaceSerializer,
    ),
    create=extend_schema(request=NewTicketSerializer, responses={201: WorkspaceSerializer}),
    partial_update=extend_schema(request=TicketChangesSerializer, responses=WorkspaceSerializer),
    next_ticket=extend_schema(request=None, responses=next_answer(WorkspaceSerializer)),
    hand_back=extend_schema(request=ReasonSerializer, responses=WorkspaceSerializer),
    escalate=extend_schema(request=ReasonSerializer, responses=WorkspaceSerializer),
    snooze=snooze_schema(WorkspaceSerializer),
)
class WorkspaceViewSet(TicketViewSet):
    """Tickets in smart order; one of them with its conversation, the customer's profile, the draft and next best actions."""

    name = "Tickets"

    serializer_class = WorkspaceSerializer

    def body(self, ticket: Ticket) -> dict[str, Any]:
        actor = cast(Agent, self.request.user)
        seen = look_at(ticket.customer, timezone.now())
        messages = list(ticket.messages.all())
        found = plans.recommendation_of(ticket, messages, seen, actor)
        return {
            **super().body(ticket),
            "customer_profile": intelligence_body(seen),
            "ai_draft_response": current_draft_body(ticket, actor),
            "ai_recommendation": plans.body(found),
            "ai_summary": plans.summary_body(found),
        }
