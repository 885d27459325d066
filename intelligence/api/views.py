"""`/api/ai`: the profile of a customer, and how accurate the models are."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.permissions import READING
from agents.throttling import may_call
from intelligence.api.serializers import CustomerIntelligenceSerializer, ModelCardSerializer
from intelligence.contract.deadline import Deadline
from intelligence.models import ShopModel
from intelligence.profiles.card import FIGURES, LIMITS, RECENCY_RULE
from intelligence.profiles.shop_figures import Shop
from intelligence.services import analyses
from intelligence.services.customer_intelligence import (
    CustomerIntelligence,
    intelligence_body,
    load_customer_intelligence,
)
from intelligence.services.profiles import model_in_force
from tickets.api.tickets import AgentRequest
from tickets.models import Customer


class CustomerIntelligenceView(APIView):
    """Profile, predictions and guidance for one customer."""

    api_key_methods = READING

    @extend_schema(
        summary="A customer's profile and predictions",
        description="Archetype, churn risk with its factors, 12-month value, and how to write to them. Computed when asked, "
        "from the shop's last fit; where a service analyzes customers, its answer is waited for, but not for long.",
        responses=CustomerIntelligenceSerializer,
    )
    def get(self, request: AgentRequest, customer_id: UUID) -> Response:
        customer = Customer.objects.visible_to(request.user).get(pk=customer_id)
        analyses.ask(customer.pk, Deadline(settings.AI_WAIT_SECONDS, urgent=True), may_call(request))
        return Response(self.body(load_customer_intelligence(customer, timezone.now())))

    def body(self, seen: CustomerIntelligence) -> dict[str, Any]:
        return intelligence_body(seen)


class ModelCardView(APIView):
    """The model card."""

    api_key_methods = READING

    @extend_schema(
        summary="The model card: how figures are computed, and their accuracy for this shop",
        description="The shop's own backtest, beside the forecast by days since the last order alone.",
        responses=ModelCardSerializer,
    )
    def get(self, request: AgentRequest) -> Response:
        return Response(card(model_in_force()))


def card(model: ShopModel | None) -> dict[str, Any]:
    """The model card of the last fit; without a fit, that of the published averages which are used instead."""
    shop = Shop()
    fitted = model or ShopModel(
        horizon_days=shop.horizon_days,
        **{name: getattr(shop.parameters, name) for name in ("k", "r", "alpha", "a", "b")},
    )
    names = ("r", "alpha", "a", "b", "k", "spend_p", "spend_q", "spend_gamma")
    counts = ("customers", "repeat_customers", "orders", "sampled_customers")
    return {
        "model_version": fitted.version if model else shop.version,
        "fitted_at": model.fitted_at if model else None,
        "profiled_at": fitted.profiled_at,
        "observed_until": fitted.observed_until,
        "horizon_days": fitted.horizon_days,
        "parameters": {name: getattr(fitted, name) for name in names},
        "sample": {name: getattr(fitted, name) for name in counts},
        "backtest": fitted.backtest or None,
        "uses_recency": fitted.uses_recency,
        "recency_rule": RECENCY_RULE,
        "figures": [{"name": name, "meaning": meaning} for name, meaning in FIGURES.items()],
        "limits": list(LIMITS),
    }
