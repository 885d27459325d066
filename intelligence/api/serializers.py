"""Response bodies of the intelligence endpoints."""

from typing import Any

from rest_framework import serializers

LEVELS = ("low", "medium", "high", "critical")


class BusinessMetricsSerializer(serializers.Serializer[Any]):
    lifetime_value = serializers.FloatField(help_text="Totals minus refunds, in the shop's currency.")
    total_orders = serializers.IntegerField()
    avg_order_value = serializers.FloatField()
    days_since_last_purchase = serializers.IntegerField(allow_null=True)
    customer_tenure_days = serializers.IntegerField(allow_null=True)


class ArchetypeSerializer(serializers.Serializer[Any]):
    archetype_id = serializers.CharField(help_text="Value × lifecycle, such as premium_loyalist.")
    dominant_segments = serializers.DictField(
        child=serializers.CharField(), help_text="Per axis, the segment; an unknown axis is omitted."
    )
    member_count = serializers.IntegerField(
        allow_null=True, help_text="Number of the shop's customers with this archetype; null if not counted."
    )
    population_percentage = serializers.FloatField(
        required=False, help_text="0 to 100 per cent of the customers with an order; omitted if not counted."
    )


class FactorSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    value = serializers.FloatField(help_text="The fact behind the sentence.")


class ChurnRiskSerializer(serializers.Serializer[Any]):
    risk_level = serializers.ChoiceField(LEVELS)
    churn_risk_score = serializers.FloatField(help_text="0 to 1: the probability of no order within the horizon.")
    percentile = serializers.FloatField(
        allow_null=True, help_text="0 to 100: the share of the shop's customers with a lower risk; null until counted."
    )
    base_rate = serializers.FloatField(
        allow_null=True, help_text="Share of the shop's customers that order nothing; measured."
    )
    horizon_days = serializers.IntegerField(allow_null=True)
    factors = serializers.DictField(child=FactorSerializer())
    recommendation = serializers.CharField(allow_null=True)


class PredictionsSerializer(serializers.Serializer[Any]):
    churn_risk = serializers.FloatField(allow_null=True)
    churn_risk_level = serializers.ChoiceField(LEVELS, allow_null=True)
    churn_percentile = serializers.FloatField(allow_null=True)
    churn_base_rate = serializers.FloatField(allow_null=True)
    churn_horizon_days = serializers.IntegerField(allow_null=True)
    predicted_ltv_12mo = serializers.FloatField(
        allow_null=True, help_text="Expected spend within 12 months, in the shop's currency."
    )
    revenue_at_risk = serializers.FloatField(
        allow_null=True, help_text="Churn risk × the 12-month value of a customer who stays."
    )
    retention_probability = serializers.FloatField(
        allow_null=True,
        help_text="0 to 1: the fitted model's probability of another order within the horizon; null before the first fit.",
    )
    retention_probability_source = serializers.CharField(allow_null=True, help_text="The fit that measured it.")


class ProductSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    price = serializers.FloatField(
        required=False, help_text="Price per piece in the order's currency; omitted if the record has none."
    )


class LastPurchaseSerializer(serializers.Serializer[Any]):
    order_number = serializers.CharField()
    order_date = serializers.DateTimeField()
    total = serializers.FloatField()
    status = serializers.CharField()
    fulfillment_status = serializers.CharField()
    days_ago = serializers.IntegerField(help_text="In whole UTC days, as `days_since_last_purchase`.")
    products = ProductSerializer(many=True)
    tracking_numbers = serializers.ListField(child=serializers.CharField())
    tracking_urls = serializers.ListField(child=serializers.CharField())
    shipping_carrier = serializers.CharField(allow_null=True)


class AnswerSourceSerializer(serializers.Serializer[Any]):
    """Which provider made an answer, of what, and how sure it is."""

    degraded = serializers.BooleanField(help_text="Whether it replaces a provider that failed.")
    confidence = serializers.FloatField(allow_null=True, help_text="0 to 1; null if not measured.")
    reasons = serializers.ListField(child=serializers.CharField(), help_text="What it was made from.")
    model_version = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        # Declared here because a class attribute would hide `Field.source`.
        return {"source": serializers.CharField(help_text="Which provider answered."), **super().get_fields()}


class ProvenanceSerializer(AnswerSourceSerializer):
    generated_at = serializers.DateTimeField()


class CustomerIntelligenceSerializer(serializers.Serializer[Any]):
    """Facts and predictions about a customer. Unknown figures are null; a customer without orders has no predictions."""

    customer_id = serializers.UUIDField()
    archetype = ArchetypeSerializer(allow_null=True)
    fuzzy_memberships = serializers.DictField(
        child=serializers.DictField(child=serializers.FloatField()),
        help_text="Per axis, the customer's degree of membership in each segment; each axis sums to 1.",
    )
    behavioral_metrics = BusinessMetricsSerializer()
    predictions = PredictionsSerializer()
    churn_risk = ChurnRiskSerializer(allow_null=True)
    communication_guidance = serializers.ListField(child=serializers.CharField())
    last_purchase = LastPurchaseSerializer(allow_null=True)
    metadata = ProvenanceSerializer()


class ShopParametersSerializer(serializers.Serializer[Any]):
    r = serializers.FloatField()
    alpha = serializers.FloatField(help_text="In weeks.")
    a = serializers.FloatField()
    b = serializers.FloatField()
    k = serializers.IntegerField(help_text="1: orders come at random times; larger: at more regular times.")
    spend_p = serializers.FloatField(allow_null=True)
    spend_q = serializers.FloatField(allow_null=True)
    spend_gamma = serializers.FloatField(allow_null=True, help_text="In the shop's currency.")


class ShopSampleSerializer(serializers.Serializer[Any]):
    customers = serializers.IntegerField(help_text="With at least one order.")
    repeat_customers = serializers.IntegerField(
        help_text="Of the customers used, those with orders on two days or more."
    )
    orders = serializers.IntegerField(help_text="Not cancelled.")
    sampled_customers = serializers.IntegerField(help_text="Number of customers that the fit used.")


class CalibrationBinSerializer(serializers.Serializer[Any]):
    customers = serializers.IntegerField()
    predicted = serializers.FloatField(help_text="Mean forecast churn risk.")
    observed = serializers.FloatField(help_text="Share of these customers that ordered nothing.")


class BacktestSerializer(serializers.Serializer[Any]):
    judged = serializers.BooleanField(help_text="False where the record is too short; the figures are null then.")
    reason = serializers.CharField()
    horizon_days = serializers.IntegerField()
    cut = serializers.DateField(allow_null=True, help_text="Fitted on the data known on that day.")
    customers = serializers.IntegerField()
    base_rate = serializers.FloatField(allow_null=True)
    auc = serializers.FloatField(allow_null=True)
    brier = serializers.FloatField(allow_null=True)
    brier_of_base_rate = serializers.FloatField(allow_null=True)
    recency_auc = serializers.FloatField(allow_null=True)
    recency_brier = serializers.FloatField(allow_null=True)
    recency_basis = serializers.ChoiceField(["earlier_period", "same_period"], allow_null=True)
    orders_mae = serializers.FloatField(allow_null=True)
    spend_mae = serializers.FloatField(allow_null=True)
    spend_mae_naive = serializers.FloatField(allow_null=True)
    calibration = CalibrationBinSerializer(many=True)
    uses_recency = serializers.BooleanField()


class FigureSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    meaning = serializers.CharField()


class ModelCardSerializer(serializers.Serializer[Any]):
    """How the customer figures are computed and how accurate they are for this shop."""

    model_version = serializers.CharField()
    fitted_at = serializers.DateTimeField(allow_null=True, help_text="Null while published averages stand in.")
    profiled_at = serializers.DateTimeField(allow_null=True)
    observed_until = serializers.DateField(allow_null=True)
    horizon_days = serializers.IntegerField()
    parameters = ShopParametersSerializer()
    sample = ShopSampleSerializer()
    backtest = BacktestSerializer(allow_null=True)
    uses_recency = serializers.BooleanField()
    recency_rule = serializers.CharField()
    figures = FigureSerializer(many=True)
    limits = serializers.ListField(child=serializers.CharField())
