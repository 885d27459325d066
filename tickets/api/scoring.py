"""`/api/scoring/weights`: the score weights, a preview of other weights, and their history."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.permissions import Capability, demand
from tickets import services
from tickets.api import params
from tickets.api.serializers import PageSerializer
from tickets.api.tickets import AgentRequest
from tickets.models import WeightSet
from tickets.ranking import scoring, weights
from tickets.ranking.weights_preview import preview, simulate
from tickets.services.validation import fail
from tickets.simulation import Comparison, PolicyResult
from tickets.simulation.waiting_times import MEASURES


class PriorityWeightsSerializer(serializers.Serializer[Any]):
    urgent = serializers.FloatField(min_value=weights.LOW, max_value=weights.HIGH, required=False)
    high = serializers.FloatField(min_value=weights.LOW, max_value=weights.HIGH, required=False)
    normal = serializers.FloatField(min_value=weights.LOW, max_value=weights.HIGH, required=False)
    low = serializers.FloatField(min_value=weights.LOW, max_value=weights.HIGH, required=False)


def _weight() -> serializers.FloatField:
    return serializers.FloatField(min_value=weights.LOW, max_value=weights.HIGH, required=False)


class WeightsSerializer(serializers.Serializer[Any]):
    """Weights in days of seniority, 0 to 100 each. Omitted fields stay unchanged."""

    priority = PriorityWeightsSerializer(required=False)
    customer_value = _weight()
    churn_risk = _weight()
    sentiment = _weight()
    difficulty = _weight()
    topic_alert = _weight()


class WeightsBodySerializer(serializers.Serializer[Any]):
    weights = WeightsSerializer()
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


class RankingSerializer(serializers.Serializer[Any]):
    ranked = serializers.IntegerField(help_text="Tickets that are ranked by these weights already.")
    to_rank = serializers.IntegerField()
    finished_at = serializers.DateTimeField(allow_null=True)


class WeightsAnswerSerializer(serializers.Serializer[Any]):
    weights = WeightsSerializer()
    defaults = WeightsSerializer()
    version = serializers.IntegerField(help_text="0 if the defaults were never changed.")
    changed_at = serializers.DateTimeField(allow_null=True)
    changed_by = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    ranking = RankingSerializer()


class MoveSerializer(serializers.Serializer[Any]):
    ticket_id = serializers.UUIDField()
    subject = serializers.CharField()
    customer = serializers.CharField()
    before = serializers.IntegerField(help_text="Position in today's inbox, starting at 1.")
    after = serializers.IntegerField()
    points_before = serializers.FloatField()
    points_after = serializers.FloatField()
    why = serializers.CharField()


class SpreadSerializer(serializers.Serializer[Any]):
    """Waiting time in hours over the simulated runs."""

    mean = serializers.FloatField()
    deviation = serializers.FloatField()
    least = serializers.FloatField()
    most = serializers.FloatField()


class SimulatedOrderSerializer(serializers.Serializer[Any]):
    order = serializers.CharField()
    mean_wait = SpreadSerializer(allow_null=True)
    at_risk_wait = SpreadSerializer(allow_null=True, help_text="Each wait weighted by churn risk × lifetime value.")
    urgent_wait = SpreadSerializer(allow_null=True)
    longest_wait = SpreadSerializer(allow_null=True)


class SimulationSerializer(serializers.Serializer[Any]):
    orders = SimulatedOrderSerializer(many=True)
    notes = serializers.ListField(child=serializers.CharField(), help_text="What was simulated, and its limits.")


class PreviewSerializer(serializers.Serializer[Any]):
    weights = WeightsSerializer()
    simulation = SimulationSerializer()
    tickets = MoveSerializer(many=True)
    rising = serializers.IntegerField()
    falling = serializers.IntegerField()


class VersionSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    weights = WeightsSerializer()
    changed_at = serializers.DateTimeField()
    changed_by = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class HistorySerializer(PageSerializer):
    versions = VersionSerializer(many=True)


class WeightsView(APIView):
    """The current weights."""

    @extend_schema(summary="The score weights", responses=WeightsAnswerSerializer)
    def get(self, request: AgentRequest) -> Response:
        return Response(answer())

    @extend_schema(
        summary="Change the weights",
        description="Applies from the next write on; all open tickets are re-ranked in the background, as `ranking` shows.",
        request=WeightsBodySerializer,
        responses=WeightsAnswerSerializer,
    )
    def put(self, request: AgentRequest) -> Response:
        wanted, reason = read_weights(request)
        services.save_weights(request.user, wanted, reason)
        return Response(answer())


class PreviewView(APIView):
    """The effect of other weights, without saving them."""

    @extend_schema(summary="Preview other weights", request=WeightsBodySerializer, responses=PreviewSerializer)
    def post(self, request: AgentRequest) -> Response:
        demand(request.user, Capability.WEIGHTS)
        wanted, _ = read_weights(request)
        current = weights.current_weights()
        moves = preview(request.user, current, wanted)
        return Response(
            {
                "weights": wanted.as_json(),
                "tickets": [{"ticket_id": m.id, **{k: v for k, v in vars(m).items() if k != "id"}} for m in moves],
                "rising": sum(move.after < move.before for move in moves),
                "simulation": _simulation(simulate(current, wanted)),
                "falling": sum(move.after > move.before for move in moves),
            }
        )


class ResetView(APIView):
    """Restore the default weights."""

    @extend_schema(summary="Reset the weights to the defaults", request=None, responses=WeightsAnswerSerializer)
    def post(self, request: AgentRequest) -> Response:
        services.save_weights(request.user, weights.DEFAULT_WEIGHTS, "Reset to the defaults.")
        return Response(answer())


class HistoryView(APIView):
    """Changes of the weights: who, what, when and why."""

    @extend_schema(summary="Earlier weights, newest first", parameters=[params.PageParams], responses=HistorySerializer)
    def get(self, request: AgentRequest) -> Response:
        values = params.parse_query(params.PageParams, request)
        start = (values["page"] - 1) * values["limit"]
        rows = WeightSet.objects.select_related("author").order_by("-id")
        total = rows.count()
        return Response(
            params.envelope("versions", list(map(_version, rows[start : start + values["limit"]])), values, total)
        )


def _simulation(found: Comparison) -> dict[str, Any]:
    def shown(result: PolicyResult, name: str) -> dict[str, float] | None:
        spread = result.measure(name)
        return vars(spread) if spread else None

    orders = [{"order": r.label, **{f"{name}_wait": shown(r, name) for name in MEASURES}} for r in found.results]
    return {"orders": orders, "notes": list(found.notes)}


def read_weights(request: AgentRequest) -> tuple[weights.Weights, str]:
    """Parse weights and reason from a body. Raises `ValidationError`."""
    body = request.data
    if not isinstance(body, dict) or not isinstance(body.get("weights"), dict):
        raise fail("weights", "The body is an object with weights, itself an object.")
    reason = body.get("reason") or ""
    if not isinstance(reason, str) or len(reason) > 500 or "\x00" in reason:
        raise fail("reason", "The reason is a text of at most 500 characters.")
    return weights.parse_weights(body["weights"], weights.current_weights()), reason


def _version(row: WeightSet) -> dict[str, Any]:
    return {
        "version": row.pk,
        "weights": row.weights,
        "changed_at": row.created_at,
        "changed_by": row.author.name if row.author else None,
        "reason": row.reason,
    }


def answer() -> dict[str, Any]:
    """The current weights and the defaults, and how many tickets are ranked by them already."""
    row = weights.in_force()
    told = _version(row) if row else {"version": 0, "weights": scoring.DEFAULT_WEIGHTS.as_json(), "changed_at": None}
    ranking: dict[str, Any] = {"ranked": 0, "to_rank": 0, "finished_at": None}
    if row:
        ranking = {"ranked": row.ranked, "to_rank": row.to_rank, "finished_at": row.ranked_at}
    return {"changed_by": None, "reason": "", **told, "defaults": scoring.DEFAULT_WEIGHTS.as_json(), "ranking": ranking}
