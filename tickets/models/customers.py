"""Customers and their contacts."""

from decimal import Decimal
from typing import ClassVar

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.common.folding import Fold
from agents.common.ids import new_id
from agents.models import Agent
from agents.permissions import Capability, may


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, agent: Agent | AnonymousUser) -> "CustomerQuerySet":
        """All customers for senior agents and above; for agents those of the tickets assigned to them."""
        if may(agent, Capability.SEE_ALL):
            return self
        if not isinstance(agent, Agent) or not may(agent, Capability.WORK):
            return self.none()
        return self.filter(models.Exists(agent.tickets.filter(customer_id=models.OuterRef("pk"))))


class Customer(models.Model):
    """A person. Lifetime value, number of orders, first and last order are derived from the orders and never typed in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    external_id = models.CharField(
        max_length=100, null=True, blank=True, unique=True, help_text="The shop's own id of this customer."
    )
    name = models.CharField(max_length=200)
    email = models.EmailField(  # noqa: DJ001  unique if set
        max_length=254, null=True, blank=True, help_text="The reply address; further addresses are contacts."
    )
    lifetime_value = models.DecimalField(
        max_digits=18,
        decimal_places=2,
        default=Decimal(0),
        editable=False,
        help_text="Totals minus refunds of all orders that were not cancelled.",
    )
    total_orders = models.PositiveIntegerField(default=0, editable=False)
    first_order_at = models.DateTimeField(null=True, editable=False)
    last_order_at = models.DateTimeField(null=True, editable=False)
    provisional_for = models.ForeignKey(
        Agent,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The agent who typed this address; the shop's data about it is not shown with it.",
    )
    churn_risk_score = models.FloatField(
        null=True,
        blank=True,
        editable=False,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="0: certainly stays, 1: certainly leaves; empty while unknown.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[models.Manager["Customer"]] = models.Manager.from_queryset(CustomerQuerySet)()

    class Meta:
        ordering = ["id"]
        # Search for people by part of a name, folded, or as written in upper case (icontains).
        indexes = [
            GinIndex(OpClass(Fold("name"), name="gin_trgm_ops"), name="customer_name_folded"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="customer_name_trigrams"),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=models.Q(provisional_for=None), name="customer_email_without_case"
            ),
            models.UniqueConstraint(
                "provisional_for",
                Lower("email"),
                condition=models.Q(provisional_for__isnull=False),
                name="customer_provisional_once",
            ),
            models.CheckConstraint(
                condition=models.Q(churn_risk_score__gte=0, churn_risk_score__lte=1),
                name="customer_churn_0_to_1",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def average_order_value(self) -> Decimal:
        """Lifetime value divided by orders, in the shop's currency; 0 without orders."""
        return self.lifetime_value / self.total_orders if self.total_orders else Decimal(0)


class Contact(models.Model):
    """One address of a customer. An email address belongs to one customer only, so that its sender is recognised; several
    customers may share a telephone number.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", _("Email")
        PHONE = "phone", _("Phone")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(
        max_length=254, help_text="An address in lower case, or a telephone number as +14155550123."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["kind", "id"]
        indexes = [GinIndex(OpClass(Upper("value"), name="gin_trgm_ops"), name="contact_value_trigrams")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "value"], name="address_belongs_to_one", condition=models.Q(kind="email")
            ),
            models.UniqueConstraint(fields=["customer", "kind", "value"], name="contact_once_each"),
        ]

    def __str__(self) -> str:
        return self.value
