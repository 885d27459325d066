"""`/api/ai/quality`: how agents use drafts. Figures only: no text, no person, no ticket."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from intelligence.services import feedback
from tickets.api import params
from tickets.api.tickets import AgentRequest


class QualityParams(serializers.Serializer[Any]):
    """Query parameters of `GET /api/ai/quality`."""

    days = serializers.IntegerField(min_value=1, max_value=366, default=90, help_text="Number of days back.")


class QualityRowSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    sample_size = serializers.IntegerField(help_text="Answers for which a draft was ready.")
    enough = serializers.BooleanField(help_text="Whether the sample is large enough to be meaningful.")
    accepted = serializers.IntegerField()
    edited = serializers.IntegerField()
    discarded = serializers.IntegerField()
    accepted_share = serializers.FloatField(allow_null=True)
    edited_share = serializers.FloatField(allow_null=True)
    discarded_share = serializers.FloatField(allow_null=True)
    mean_distance = serializers.FloatField(
        allow_null=True, help_text="0: sent unchanged, 1: nothing in common; null without a sample."
    )


class ThresholdsSerializer(serializers.Serializer[Any]):
    accepted = serializers.FloatField(help_text="Up to this distance a draft counts as accepted.")
    edited = serializers.FloatField(help_text="Up to this distance as edited, above it as discarded.")
    enough = serializers.IntegerField(help_text="Sample size from which a row is meaningful.")


class QualitySerializer(serializers.Serializer[Any]):
    """How often agents sent, edited and discarded drafts."""

    days = serializers.IntegerField()
    since = serializers.DateTimeField()
    overall = QualityRowSerializer()
    by_tone = QualityRowSerializer(many=True)
    by_channel = QualityRowSerializer(many=True)
    by_language = QualityRowSerializer(many=True)
    by_tag = QualityRowSerializer(many=True)
    thresholds = ThresholdsSerializer()


class QualityView(APIView):
    """How much agents change drafts before they send them."""

    @extend_schema(
        summary="How agents use drafts",
        description="Per tone, channel, language and tag: how many drafts were accepted, edited or discarded when an agent "
        "answered. For team leads and up.",
        parameters=[QualityParams],
        responses=QualitySerializer,
    )
    def get(self, request: AgentRequest) -> Response:
        values = params.parse_query(QualityParams, request)
        return Response(feedback.report(request.user, values["days"]))


urlpatterns = [path("ai/quality", QualityView.as_view(), name="quality")]
