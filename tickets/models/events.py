"""The event log behind the live socket and its polling."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agents.models import Agent
from agents.permissions import Capability, may
from tickets.models.tickets import Ticket


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, agent: Agent) -> "EventQuerySet":
        """Events of tickets that the agent sees now, events that took a ticket from the agent, and events of the ranking, which
        everybody sees. Every read starts here.
        """
        if may(agent, Capability.SEE_ALL):
            return self
        seen = Q(ticket__in=Ticket.objects.visible_to(agent))
        return self.filter(seen | Q(taken_from=agent.pk) | Q(kind=Event.Kind.ORDER))

    def placed_after(self, position: int) -> "EventQuerySet":
        """Events in the order of their positions, each with the ticket's current assignee as `assignee`."""
        return self.filter(position__gt=position).annotate(assignee=F("ticket__assigned_to_id")).order_by("position")


class Event(models.Model):
    """One event of a ticket, or of the ranking of all tickets: ids and plain facts, without the customer or any text.

    It gets its `position`, which clients use, after it is committed (tickets/live/log.py).
    """

    class Kind(models.TextChoices):
        CREATED = "created", "Created"
        MESSAGE = "message", "Message"
        NOTE = "note", "Note"
        UPDATED = "updated", "Updated"
        ASSIGNED = "assigned", "Assigned"
        DRAFT = "draft", "Draft ready"
        ORDER = "order", "Order changed"

    id = models.BigAutoField(primary_key=True)
    position = models.BigIntegerField(null=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # No database constraint: it would cost every write a look-up of the ticket, which the writer has locked anyway.
    ticket = models.ForeignKey(
        Ticket,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        help_text="Empty if the ranking of all tickets changed.",
    )
    actor_id = models.UUIDField(null=True)
    taken_from = models.UUIDField(null=True, help_text="For an assignment: the previous assignee.")
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager["Event"]] = models.Manager.from_queryset(EventQuerySet)()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["position"], condition=Q(position__isnull=False), name="event_position_once"
            )
        ]
        indexes = [models.Index(fields=["id"], condition=Q(position=None), name="event_without_position")]

    def __str__(self) -> str:
        return f"{self.kind} {self.ticket_id or 'of all'}"
