"""`/api/ai/tickets/{id}/recommendation`: next best actions, and completing one."""

from typing import Any
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from agents.permissions import ANY_METHOD
from intelligence.api.drafts import CustomerDnaSerializer
from intelligence.api.serializers import ProvenanceSerializer
from intelligence.planning import Key
from intelligence.services import plans
from tickets.api.tickets import AgentRequest, AgentViewSet
from tickets.models import Ticket
from tickets.services import retrying


class ImpactSerializer(serializers.Serializer[Any]):
    retention_probability = serializers.FloatField(
        allow_null=True,
        help_text="0 to 1: the fitted model's probability of another order of this customer within the horizon, whatever is "
        "done; null without orders and before the first fit.",
    )
    revenue_at_risk = serializers.FloatField(
        allow_null=True, help_text="Churn risk × the 12-month value of a customer who stays; null without orders."
    )


class ActionImpactSerializer(ImpactSerializer):
    cost = serializers.FloatField(
        allow_null=True, help_text="Upper limit by the order's record; null if no record has one."
    )


class ActionSerializer(serializers.Serializer[Any]):
    key = serializers.ChoiceField([key.value for key in Key])
    action = serializers.CharField(help_text="Actions that cost money are decisions for the agent, never promises.")
    priority = serializers.IntegerField(help_text="1 is the first.")
    reasoning = serializers.CharField(help_text="The fact behind the figure.")
    estimated_impact = ActionImpactSerializer()
    completed = serializers.BooleanField()
    completed_at = serializers.DateTimeField(allow_null=True)


class RecommendationSerializer(serializers.Serializer[Any]):
    """The next best actions, in order."""

    ticket_id = serializers.UUIDField()
    priority = serializers.ChoiceField(["urgent", "high", "normal"])
    estimated_impact = ImpactSerializer()
    retention_probability_source = serializers.CharField(
        allow_null=True, help_text="The fit that measured it; null if the figure is null."
    )
    actions = ActionSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    talking_points = serializers.ListField(child=serializers.CharField())
    customer_dna = CustomerDnaSerializer()
    churn_risk = serializers.FloatField(allow_null=True)
    revenue_at_risk = serializers.FloatField(allow_null=True)
    generated_at = serializers.DateTimeField()
    metadata = ProvenanceSerializer()


class CompletionSerializer(serializers.Serializer[Any]):
    completed = serializers.BooleanField()
    key = serializers.CharField(
        required=False, max_length=40, help_text="The action's key; 409 if the index refers to another action."
    )


class CompletedSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="Current state.")
    action = ActionSerializer()


class RecommendationViewSet(AgentViewSet):
    """Next best actions of the tickets that the signed-in agent may see."""

    queryset = Ticket.objects.none()
    serializer_class = RecommendationSerializer
    pagination_class = None
    api_key_methods = ANY_METHOD
    bodies = {"complete": CompletionSerializer}

    @extend_schema(
        summary="Next best actions",
        description="Chosen by fixed rules from the conversation, the orders and the profile; made when asked. Figures that no "
        "record has are null.",
        responses=RecommendationSerializer,
    )
    def retrieve(self, request: AgentRequest, ticket_id: UUID) -> Response:
        return Response(plans.body(plans.recommend(request.user, ticket_id)))

    @extend_schema(
        summary="Complete an action, or undo that",
        description="The index refers to the list returned last. 404 if it is beyond the list; 409 if the facts have changed "
        "and the action is no longer in the list.",
        parameters=[OpenApiParameter("index", int, "path", description="From 0.")],
        request=CompletionSerializer,
        responses=CompletedSerializer,
    )
    def complete(self, request: AgentRequest, ticket_id: UUID, index: int) -> Response:
        values = self.read_body(CompletionSerializer, request)
        wanted, key = values["completed"], values.get("key")
        try:
            place, step = retrying(lambda: plans.complete_action(request.user, ticket_id, index, wanted, key))
        except plans.NoSuchAction as missing:
            raise NotFound(str(missing)) from None
        return Response({"index": place, "action": plans.step_body(step)})


_ADDRESS = "ai/tickets/<uuid:ticket_id>/recommendation"
urlpatterns = [
    path(_ADDRESS, RecommendationViewSet.as_view({"get": "retrieve"}), name="recommendation"),
    path(
        f"{_ADDRESS}/actions/<int:index>", RecommendationViewSet.as_view({"patch": "complete"}), name="planned-action"
    ),
]
