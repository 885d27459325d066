"""`/api/ai/health`: the state of the AI services, and a test call."""

from dataclasses import asdict
from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from intelligence.contract.failures import Failure
from intelligence.contract.provider import Capability
from intelligence.services import provider_health
from intelligence.services.provider_health_texts import STATES
from tickets.api.tickets import AgentRequest

CAPABILITIES = [one.value for one in Capability]
_UNKNOWN = "null where it is not known."


class AiLatencySerializer(serializers.Serializer[Any]):
    p50 = serializers.IntegerField(allow_null=True)
    p95 = serializers.IntegerField(allow_null=True)


class AiLastFailureSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField([one.value for one in Failure])
    reason = serializers.CharField(help_text="A sentence of this program; contains no text of the service.")


class NamedSerializer(serializers.Serializer[Any]):
    """A provider's name and capabilities."""

    name = serializers.CharField()
    capabilities = serializers.ListField(child=serializers.ChoiceField(CAPABILITIES))

    def get_fields(self) -> dict[str, Any]:
        # Declared here because a class attribute would hide `Field.label`.
        return {
            **super().get_fields(),
            "label": serializers.CharField(help_text="Label for people, within a sentence."),
        }


class AiServiceSerializer(NamedSerializer):
    state = serializers.ChoiceField(list(STATES), help_text="State of its circuit breaker.")
    since = serializers.DateTimeField(allow_null=True, help_text=f"Since when in this state; {_UNKNOWN}")
    retry_at = serializers.DateTimeField(
        allow_null=True, help_text="When it is asked again; null: now, or only after a configuration change."
    )
    reason = serializers.CharField(allow_blank=True, help_text="Why the service is not asked.")
    detail = serializers.CharField(help_text="A summary in one or two sentences.")
    calls = serializers.IntegerField(allow_null=True)
    failures = serializers.IntegerField(allow_null=True)
    error_rate = serializers.FloatField(allow_null=True, help_text="0 to 1; null without a call.")
    by_failure = serializers.DictField(child=serializers.IntegerField(), allow_null=True)
    latency_ms = AiLatencySerializer(help_text="Of answered calls, as the upper edge of a histogram class.")
    cache_hits = serializers.IntegerField(allow_null=True)
    cache_misses = serializers.IntegerField(allow_null=True)
    stale_answers = serializers.IntegerField(
        allow_null=True, help_text="Number of older answers used in place of a failed one."
    )
    not_asked = serializers.IntegerField(
        allow_null=True,
        help_text="Number of calls skipped because the service was marked as failing or the time was over.",
    )
    tokens_today = serializers.IntegerField(allow_null=True, help_text="Per UTC day; null if none were counted.")
    daily_tokens = serializers.IntegerField(allow_null=True, help_text="Daily limit; null means no limit.")
    last_failure = AiLastFailureSerializer(allow_null=True)
    last_success_at = serializers.DateTimeField(allow_null=True)


class AiEmbeddedSerializer(NamedSerializer):
    state = serializers.CharField(help_text="Always ok.")
    model = serializers.CharField(help_text="The fit that the provider uses.")
    detail = serializers.CharField()


class AiOrderSerializer(serializers.Serializer[Any]):
    capability = serializers.ChoiceField(CAPABILITIES)
    order = serializers.ListField(child=serializers.CharField(), help_text="Names, first choice first.")
    answers_now = serializers.CharField(help_text="The provider that would be asked first now.")


class AiHealthSerializer(serializers.Serializer[Any]):
    """The state of the AI services."""

    status = serializers.ChoiceField(
        ["embedded", "ok", "degraded"],
        help_text="Embedded: no service is configured. Degraded: the first choice of a capability does not answer.",
    )
    detail = serializers.CharField()
    window_minutes = serializers.IntegerField(help_text="The period of calls, failures, latencies and cache figures.")
    figures_known = serializers.BooleanField(help_text="False while the shared cache does not answer.")
    providers = AiServiceSerializer(many=True)
    embedded = AiEmbeddedSerializer()
    order = AiOrderSerializer(many=True)


class AiTrySerializer(serializers.Serializer[Any]):
    """The result of testing a service by hand."""

    provider = serializers.CharField()
    ok = serializers.BooleanField()
    detail = serializers.CharField()
    milliseconds = serializers.IntegerField()
    state = serializers.ChoiceField(list(STATES), help_text="State of its circuit breaker after the test.")


class HealthView(APIView):
    """The state of the AI services."""

    @extend_schema(
        summary="State of the AI services",
        description="Per service its circuit breaker, latency, failures and cache figures of the last hour, and who is asked "
        "for what. No service is called for it. For team leads and up.",
        responses=AiHealthSerializer,
    )
    def get(self, request: AgentRequest) -> Response:
        return Response(asdict(provider_health.report(request.user)))


class TryView(APIView):
    """Test a service by hand."""

    @extend_schema(
        summary="Test an AI service",
        description="Calls the service now, whatever its circuit breaker's state; sends nothing personal. If the call fails, "
        "`ok` is false and `detail` says why. Takes up to 25 seconds and counts as a new draft. For managers and up.",
        request=None,
        responses=AiTrySerializer,
    )
    def post(self, request: AgentRequest, provider: str) -> Response:
        return Response(asdict(provider_health.try_out(request.user, provider)))


urlpatterns = [
    path("ai/health", HealthView.as_view(), name="ai-health"),
    path("ai/health/<str:provider>/try", TryView.as_view(), name="ai-health-try"),
]
