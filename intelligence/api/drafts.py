"""`/api/ai/tickets/{id}/draft-response`: the draft, its regeneration in another tone, and SMS segments of an edited text."""

from typing import Any
from uuid import UUID

from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from agents.permissions import ANY_METHOD
from agents.throttling import REGENERATIONS, may_call, spender_of
from intelligence import drafting
from intelligence.api.serializers import ProvenanceSerializer
from intelligence.contract.results import TONES
from intelligence.models import Draft
from intelligence.services import drafts
from tickets.api.tickets import AgentRequest, AgentViewSet
from tickets.models import Ticket
from tickets.services.validation import CONTENT_LENGTH


class UsedSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["order", "tracking", "past_ticket", "resolution", "profile"])
    id = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        # Declared here because a class attribute would hide `Field.label`.
        return {**super().get_fields(), "label": serializers.CharField()}


class CustomerDnaSerializer(serializers.Serializer[Any]):
    archetype_id = serializers.CharField(allow_null=True)
    communication_preferences = serializers.ListField(child=serializers.CharField())
    value_tier = serializers.CharField(allow_null=True)


class DraftMetadataSerializer(ProvenanceSerializer):
    reasons = serializers.ListField(child=serializers.CharField(), help_text="Why this tone was chosen.")


class DraftSerializer(serializers.Serializer[Any]):
    """A suggested reply, which the agent reads, edits and sends."""

    ticket_id = serializers.UUIDField()
    draft_content = serializers.CharField()
    tone = serializers.ChoiceField(TONES)
    channel = serializers.ChoiceField(Ticket.Channel.choices)
    language = serializers.CharField(help_text="ISO 639-1.")
    max_length = serializers.IntegerField(allow_null=True, help_text="160 or 70 for SMS, else null.")
    personalization_applied = serializers.ListField(child=serializers.CharField())
    used = UsedSerializer(many=True, help_text="The records that the draft uses.")
    customer_dna = CustomerDnaSerializer()
    churn_risk = serializers.FloatField(allow_null=True)
    metadata = DraftMetadataSerializer()


class RegenerateSerializer(serializers.Serializer[Any]):
    tone = serializers.ChoiceField(TONES, required=False, allow_null=True, help_text="By default, the tone that fits.")


class SegmentsBodySerializer(serializers.Serializer[Any]):
    content = serializers.CharField(max_length=CONTENT_LENGTH, trim_whitespace=True)


class SegmentSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    length = serializers.IntegerField(help_text="In units of its encoding.")
    encoding = serializers.ChoiceField(["GSM-7", "UCS-2"])


class SegmentsSerializer(serializers.Serializer[Any]):
    segments = SegmentSerializer(many=True)
    encoding = serializers.ChoiceField(["GSM-7", "UCS-2"], help_text="UCS-2 if one segment needs it.")


class DraftViewSet(AgentViewSet):
    """Drafts of the tickets that the signed-in agent may see."""

    api_key_methods = ANY_METHOD
    queryset = Ticket.objects.none()
    serializer_class = DraftSerializer
    pagination_class = None
    bodies = {"regenerate": RegenerateSerializer, "segments": SegmentsBodySerializer}

    @extend_schema(
        summary="The suggested draft of a reply",
        description="Made ahead when the customer writes; one that is stale is made anew on the spot. It names nothing without a "
        "record and promises nothing.",
        responses=DraftSerializer,
    )
    def retrieve(self, request: AgentRequest, ticket_id: UUID) -> Response:
        return Response(self.body(drafts.current_draft(request.user, ticket_id, may_call(request))))

    @extend_schema(
        summary="Regenerate the draft, in another tone",
        request=RegenerateSerializer,
        responses=DraftSerializer,
    )
    def regenerate(self, request: AgentRequest, ticket_id: UUID) -> Response:
        values = self.read_body(RegenerateSerializer, request)
        self.limit(request)
        return Response(self.body(drafts.regenerate(request.user, ticket_id, values.get("tone"))))

    @extend_schema(
        summary="A text as SMS segments",
        description="Each fits one SMS: 160 units of GSM-7, or 70 as soon as one character is outside it. Split at sentences.",
        request=SegmentsBodySerializer,
        responses=SegmentsSerializer,
    )
    def segments(self, request: AgentRequest, ticket_id: UUID) -> Response:
        Ticket.objects.visible_to(request.user).only("pk").get(pk=ticket_id)
        values = self.read_body(SegmentsBodySerializer, request)
        found = drafting.segments(values["content"])
        encoding = "UCS-2" if any(one.encoding == "UCS-2" for one in found) else "GSM-7"
        return Response({"segments": [vars(one) for one in found], "encoding": encoding})

    def body(self, draft: Draft) -> dict[str, Any]:
        return drafts.body(draft)

    def limit(self, request: AgentRequest) -> None:
        """Rate limit for regenerating a draft; reading one is not limited."""
        if spender := spender_of(request):
            REGENERATIONS.demand(spender)


def url_patterns(view: type[DraftViewSet]) -> list[URLPattern]:
    """The documented addresses, answered by `view`."""
    return [
        path("ai/tickets/<uuid:ticket_id>/draft-response", view.as_view({"get": "retrieve"}), name="draft"),
        path(
            "ai/tickets/<uuid:ticket_id>/regenerate-draft",
            view.as_view({"post": "regenerate"}),
            name="regenerate-draft",
        ),
        path("ai/tickets/<uuid:ticket_id>/segments", view.as_view({"post": "segments"}), name="segments"),
    ]
