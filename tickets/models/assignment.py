"""The rules of automatic assignment, whose turn it is, and who unassigned a ticket."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from agents.models import Agent
from tickets.models.tickets import Ticket


class AssignmentRules(models.Model):
    """The current assignment rules: one row, or none while the defaults apply."""

    ONLY = 1  # primary key of the only row

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    enabled = models.BooleanField(
        "automatic assignment",
        default=False,
        help_text="New tickets go to an available agent at once; off, they wait in the queue.",
    )
    high_value_from = models.DecimalField(
        "high value from",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        default=Decimal(1000),
        validators=[MinValueValidator(0)],
        help_text="Lifetime value from which a customer's tickets go to senior agents first; empty: never.",
    )
    again_after_hours = models.PositiveSmallIntegerField(
        "again after hours",
        default=24,
        validators=[MaxValueValidator(720)],
        help_text="Time during which a ticket is not assigned automatically to the agent who gave it away.",
    )
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "assignment rules"
        verbose_name_plural = "assignment rules"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="assignment_rules_once")]

    def __str__(self) -> str:
        return "Assignment rules"

    @classmethod
    def in_force(cls) -> "AssignmentRules":
        """The current rules; unsaved defaults if nobody has changed them. One query."""
        return cls.objects.filter(pk=cls.ONLY).first() or cls()


class HandBack(models.Model):
    """An agent unassigned, returned or escalated a ticket: it is not assigned to them automatically for a while."""

    id = models.BigAutoField(primary_key=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="hand_backs")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "ticket"], name="hand_back_latest")]

    def __str__(self) -> str:
        return f"{self.ticket_id} by {self.agent_id}"


class QueueUse(models.Model):
    """An agent took the next ticket of the queue or gave one up; kept for an hour, so that `queue_limits.py` can limit both."""

    class Kind(models.TextChoices):
        NEXT = "next", "Next ticket taken"
        GIVE_UP = "give_up", "Handed back or escalated"

    id = models.BigAutoField(primary_key=True)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["agent", "kind", "at"], name="queue_use_by_agent")]

    def __str__(self) -> str:
        return f"{self.agent_id}: {self.kind} at {self.at}"


class Turn(models.Model):
    """When an agent last got a ticket automatically; of agents with equal workload, the one who waited longest is next."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, primary_key=True, related_name="turn")
    last_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.agent_id} at {self.last_at}"
