"""Which actions of a plan are done. Plans themselves are made when they are read."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from agents.models import Agent
from tickets.models import Ticket


class CompletedAction(models.Model):
    """An action that somebody ticked off. `key` and `about` identify it, `shown` is its text at that time."""

    id = models.BigAutoField(primary_key=True)
    # No reverse relation: the tickets app must not depend on intelligence.
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=40)
    about = models.CharField(max_length=100, blank=True, default="", help_text="The record that the action is about.")
    place = models.PositiveSmallIntegerField(help_text="Index in the list, starting at 0.")
    shown = models.JSONField(default=dict)
    customer_said = models.UUIDField(null=True, help_text="The customer's last message at that time.")
    completed_at = models.DateTimeField(default=timezone.now)
    completed_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["place", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["ticket", "key", "about"], name="completed_action_once"),
        ]

    def __str__(self) -> str:
        return self.key
