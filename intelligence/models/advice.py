"""Advice of a service on a ticket: a plan, or the summary of a long conversation."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from tickets.models import Ticket


class Advice(models.Model):
    """The last answer of a service about a ticket. Valid while `facts` are those of the ticket; empty if no service answered."""

    class Kind(models.TextChoices):
        PLAN = "plan", "Plan"
        SUMMARY = "summary", "Summary"

    id = models.BigAutoField(primary_key=True)
    # No reverse relation: the tickets app must not depend on intelligence.
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    facts = models.CharField(max_length=64, help_text="Fingerprint of the facts that it was made from.")
    saw_all = models.BooleanField(help_text="Whether it may use tickets that only senior agents and above may see.")
    content = models.JSONField(default=dict)
    provenance = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["ticket", "kind"], name="advice_once_per_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.made_at:%Y-%m-%d %H:%M}"
