"""The ticket as an agent works on it: the record, and beside it what is known of the customer and what to do next.

A subclass of the tickets' view set, registered in `quimbi_crm/urls.py`; tickets know nothing of it.
"""

from typing import Any, cast
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agents.models import Agent
from intelligence.api.compat import (
    AddedNoteSerializer,
    CustomerWithAliasesSerializer,
    DraftWithAliasesSerializer,
    SentMessageSerializer,
    TicketAliasSerializer,
    customer_with_aliases,
    draft_with_aliases,
    with_aliases,
)
from intelligence.api.recommendations import RecommendationSerializer
from intelligence.api.serializers import ProvenanceSerializer
from intelligence.services import plans
from intelligence.services.customer_intelligence import intelligence_body, load_customer_intelligence
from intelligence.services.drafts import current_draft_body
from tickets import services
from tickets.api.agent_actions import snooze_schema
from tickets.api.assignment import NothingSerializer, ReasonSerializer, next_answer
from tickets.api.new_tickets import NewTicketSerializer
from tickets.api.serializers import TicketChangesSerializer, TicketDetailSerializer
from tickets.api.tickets import AgentRequest, TicketViewSet
from tickets.models import Ticket


class SummarySerializer(serializers.Serializer[Any]):
    """The agent's summary of a long conversation."""

    text = serializers.CharField()
    messages = serializers.IntegerField(help_text="Number of messages that it was made from, the newest ones.")
    upto = serializers.UUIDField(allow_null=True, help_text="The last message that it covers.")
    metadata = ProvenanceSerializer()


class WorkspaceSerializer(TicketDetailSerializer):
    customer_profile = CustomerWithAliasesSerializer()
    ai_draft_response = DraftWithAliasesSerializer(allow_null=True, help_text="Null while none is ready.")
    ai_recommendation = RecommendationSerializer()
    ai_summary = SummarySerializer(
        allow_null=True, help_text="Summary of a conversation of more than 8 messages, else null."
    )


class ChangedWorkspaceSerializer(WorkspaceSerializer, TicketAliasSerializer):
    pass


class ResetWorkspaceSerializer(ChangedWorkspaceSerializer):
    messages_deleted = serializers.IntegerField(help_text="Number of deleted messages.")


@extend_schema_view(
    retrieve=extend_schema(
        summary="One ticket with its conversation, the customer's profile, the draft and next best actions",
        responses=WorkspaceSerializer,
    ),
    create=extend_schema(request=NewTicketSerializer, responses={201: ChangedWorkspaceSerializer}),
    partial_update=extend_schema(request=TicketChangesSerializer, responses=ChangedWorkspaceSerializer),
    messages=extend_schema(methods=["post"], responses={201: SentMessageSerializer}),
    notes=extend_schema(methods=["post"], responses={201: AddedNoteSerializer}),
    next_ticket=extend_schema(request=None, responses=next_answer(WorkspaceSerializer)),
    hand_back=extend_schema(request=ReasonSerializer, responses=WorkspaceSerializer),
    escalate=extend_schema(request=ReasonSerializer, responses=WorkspaceSerializer),
    share_customer=extend_schema(request=None, responses=WorkspaceSerializer),
    snooze=snooze_schema(WorkspaceSerializer),
)
class WorkspaceViewSet(TicketViewSet):
    """Tickets by smart score; the detail has the conversation, the customer's profile, the draft and next best actions."""

    serializer_class = WorkspaceSerializer
    bodies = {**TicketViewSet.bodies, "reset_conversation": NothingSerializer}

    def get_view_name(self) -> str:
        """The heading in the browsable API. REST framework would make one from the class's name."""
        return self.name or f"Ticket {self.suffix or ''}".strip()

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, Response):
            with_aliases(request.method or "", self.action or "", response)
        return super().finalize_response(request, response, *args, **kwargs)

    @extend_schema(
        summary="Reset the conversation",
        description="SMS and chat in demo mode: the customer's first message is posted again, all others are gone. "
        "Elsewhere 403.",
        request=None,
        responses=ResetWorkspaceSerializer,
    )
    @action(detail=True, methods=["post"], url_path="reset-conversation")
    def reset_conversation(self, request: AgentRequest, ticket_id: UUID) -> Response:
        _, gone = services.retrying(lambda: services.reset_conversation(request.user, ticket_id))
        answer = self.answer(request, ticket_id, seen_by_all=True)
        answer.data["messages_deleted"] = gone
        return answer

    def body(self, ticket: Ticket) -> dict[str, Any]:
        actor = cast(Agent, self.request.user)
        seen = load_customer_intelligence(ticket.customer, timezone.now())
        messages = list(ticket.messages.all())
        found = plans.recommendation_of(ticket, messages, seen, actor)
        draft = current_draft_body(ticket, actor)
        return {
            **super().body(ticket),
            "customer_profile": customer_with_aliases(intelligence_body(seen)),
            "ai_draft_response": draft_with_aliases(draft) if draft else None,
            "ai_recommendation": plans.body(found),
            "ai_summary": plans.summary_body(found),
        }
