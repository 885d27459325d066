"""Orders. The shop owns these records and pushes them."""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.common.folding import Fold
from agents.common.ids import new_id
from agents.models import Agent
from agents.permissions import Capability, may
from tickets.models.customers import Customer

# Amounts of an order: at most 9,999,999,999.99, so that their sum does not overflow a lifetime value.
MONEY: Any = {"max_digits": 12, "decimal_places": 2}


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, agent: Agent | AnonymousUser) -> "OrderQuerySet":
        """The orders of the customers that the agent may see."""
        if may(agent, Capability.SEE_ALL):
            return self
        return self.filter(customer__in=Customer.objects.visible_to(agent))


class Order(models.Model):
    """An order as the shop recorded it, identified by its number. Cancelled orders do not count as purchases."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        PAID = "paid", _("Paid")
        SHIPPED = "shipped", _("Shipped")
        DELIVERED = "delivered", _("Delivered")
        CANCELLED = "cancelled", _("Cancelled")
        REFUNDED = "refunded", _("Refunded")

    class Fulfillment(models.TextChoices):
        UNFULFILLED = "unfulfilled", _("Unfulfilled")
        PARTIAL = "partial", _("Partial")
        SHIPPED = "shipped", _("Shipped")
        DELIVERED = "delivered", _("Delivered")
        RETURNED = "returned", _("Returned")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=100, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders", db_index=False)
    placed_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PAID)
    fulfillment_status = models.CharField(max_length=12, choices=Fulfillment.choices, default=Fulfillment.UNFULFILLED)
    currency = models.CharField(max_length=3, default="USD")
    total = models.DecimalField(**MONEY, validators=[MinValueValidator(Decimal(0))], help_text="The charged amount.")
    discount = models.DecimalField(
        **MONEY,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
        help_text="Already deducted from the total.",
    )
    refunded = models.DecimalField(
        **MONEY,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
        help_text="Refunded part of the total.",
    )
    tracking_numbers = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    tracking_urls = ArrayField(models.URLField(max_length=500), default=list, blank=True)
    shipping_carrier = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[models.Manager["Order"]] = models.Manager.from_queryset(OrderQuerySet)()

    class Meta:
        ordering = ["-placed_at", "-id"]
        indexes = [
            models.Index(fields=["customer", "-placed_at"], name="order_by_customer"),
            models.Index(fields=["-placed_at", "-id"], name="order_newest_first"),
            # For whole numbers and prefixes. Not a B-tree, because a folded number may exceed its maximum entry size.
            GinIndex(OpClass(Fold("number"), name="gin_trgm_ops"), name="order_number_folded"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One article of an order."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300)
    sku = models.CharField("SKU", max_length=100, blank=True, default="")
    quantity = models.PositiveIntegerField(default=1)
    unit_price = models.DecimalField(**MONEY, null=True, blank=True, help_text="Empty if the shop gave none.")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="order_line_position")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"
