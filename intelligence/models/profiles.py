"""The fitted shop, the profiles of customers, and which profiles are out of date."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from tickets.models import Customer


class ShopModel(models.Model):
    """One fit of the shop; the last one is used. Parameters are in weeks, amounts in the shop's currency."""

    fitted_at = models.DateTimeField(default=timezone.now)
    observed_until = models.DateField(
        null=True, help_text="Set if there was no order for a long time: the figures are as of that day."
    )
    horizon_days = models.PositiveIntegerField(help_text="H: the number of days that the churn risk is about.")
    k = models.PositiveSmallIntegerField(help_text="1: orders come at random times; larger: at more regular times.")
    r = models.FloatField()
    alpha = models.FloatField()
    a = models.FloatField()
    b = models.FloatField()
    log_likelihood = models.FloatField()
    spend_p = models.FloatField(null=True)
    spend_q = models.FloatField(null=True)
    spend_gamma = models.FloatField(null=True)
    discount_share = models.FloatField(default=0)
    customers = models.PositiveIntegerField(default=0, help_text="With at least one order.")
    repeat_customers = models.PositiveIntegerField(default=0)
    orders = models.PositiveIntegerField(default=0, help_text="Not cancelled.")
    sampled_customers = models.PositiveIntegerField(default=0, help_text="Number of customers that the fit used.")
    base_rate = models.FloatField(null=True, help_text="Share without an order within the horizon, from the backtest.")
    backtest = models.JSONField(default=dict)
    uses_recency = models.BooleanField(default=False)
    recency = models.JSONField(null=True, help_text="Days since the last order, and the share that stayed away.")
    spend_grid = models.JSONField(default=list)
    churn_grid = models.JSONField(default=list)
    members = models.JSONField(default=dict, help_text="Customers per archetype.")
    profiled_up_to = models.UUIDField(null=True, help_text="Position of a run over all customers.")
    profiled_at = models.DateTimeField(null=True, help_text="When all customers were profiled with this model.")

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return self.version

    @property
    def version(self) -> str:
        return f"mbg-cnbd-k{self.k} #{self.pk}"


class CustomerProfile(models.Model):
    """What the current model says about a customer with at least one order."""

    # No reverse relation: the tickets app must not depend on intelligence.
    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, primary_key=True, related_name="+")
    archetype_id = models.CharField(max_length=40, db_index=True)
    segments = models.JSONField(default=dict)
    memberships = models.JSONField(default=dict)
    churn_risk = models.FloatField(validators=[MinValueValidator(0), MaxValueValidator(1)])
    churn_percentile = models.FloatField()
    predicted_ltv_12mo = models.FloatField(null=True)
    revenue_at_risk = models.FloatField(null=True)
    service_risk = models.FloatField(null=True, help_text="The churn risk that a service gave; the score uses it.")
    service_risk_at = models.DateTimeField(null=True)
    model = models.ForeignKey(ShopModel, on_delete=models.PROTECT, related_name="+", db_index=False)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["customer_id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(churn_risk__gte=0, churn_risk__lte=1), name="profile_churn_0_to_1"
            ),
            models.CheckConstraint(
                condition=models.Q(service_risk__gte=0, service_risk__lte=1), name="profile_service_risk_0_to_1"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.archetype_id}"


class StaleProfile(models.Model):
    """Marks a customer whose facts have changed; written with the change. Several rows for one customer count as one."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return str(self.customer_id)
