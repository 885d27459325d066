"""An agent's state on a ticket: read mark, composer drafts, and replies in their undo window."""

from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.common.ids import new_id
from agents.models import Agent
from tickets.models.tickets import Message, Ticket


class ReadMark(models.Model):
    """How far an agent has read a ticket's conversation."""

    id = models.BigAutoField(primary_key=True)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+", db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="read_marks", db_index=False)
    seen_at = models.DateTimeField(help_text="Time of the last message that the agent saw.")

    class Meta:
        # The ticket list reads one agent's mark for each row; deleting a ticket reads all of its marks.
        constraints = [models.UniqueConstraint(fields=["ticket", "agent"], name="read_mark_once")]

    def __str__(self) -> str:
        return f"{self.agent_id} up to {self.seen_at}"


def unread_by(agent: Agent) -> Any:
    """Condition on tickets: the last message is the customer's and the agent has not seen it. Answered messages are not unread.

    `ticket_list.py` has the same in its own statement.
    """
    seen = ReadMark.objects.filter(agent=agent, ticket=OuterRef("pk"), seen_at__gte=OuterRef("last_message_at"))
    return Q(last_message_from_agent=False) & ~Exists(seen)


class ComposerDraft(models.Model):
    """An agent's unsent text, stored so that closing a tab does not lose it; nobody else can read it."""

    class Kind(models.TextChoices):
        REPLY = "reply", _("Reply")
        NOTE = "note", _("Note")

    id = models.BigAutoField(primary_key=True)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+", db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="composer_drafts", db_index=False)
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.REPLY)
    content = models.TextField(blank=True, default="")
    tone = models.CharField(max_length=20, blank=True, default="")
    # No foreign key: it records what the author saw at that time, even if the message is deleted.
    based_on = models.UUIDField(
        null=True, blank=True, help_text="The conversation's last message when the text was begun."
    )
    revision = models.BigIntegerField(help_text="Grows with every change, also over a deletion.")
    begun_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "agent", "kind"], name="unsent_reply_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.agent_id}"


class ScheduledReply(models.Model):
    """A reply whose author can still undo sending. At its time it becomes the `Message` with the same id.

    A separate table, so that nothing that reads messages (score, search, drafts, first reply times, counts) sees it too early.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="scheduled_replies")
    author = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+", db_index=False)
    author_name = models.CharField(max_length=200)
    content = models.TextField()
    status = models.CharField(
        max_length=10, choices=Ticket.Status.choices, help_text="The ticket's status after the reply is sent."
    )
    status_before = models.CharField(max_length=10, choices=Ticket.Status.choices)
    tone = models.CharField(max_length=20, blank=True, default="")
    based_on = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    goes_out_at = models.DateTimeField()

    class Meta:
        ordering = ["goes_out_at", "id"]
        indexes = [models.Index(fields=["goes_out_at"], name="outgoing_reply_due")]

    def __str__(self) -> str:
        return f"{self.author_name}, at {self.goes_out_at:%H:%M:%S}"

    def as_message(self) -> Message:
        """The future message, unsaved, and its time."""
        message = Message(
            id=self.pk,
            ticket_id=self.ticket_id,
            from_agent=True,
            content=self.content,
            author_name=self.author_name,
            author_id=self.author_id,
            created_at=self.created_at,
        )
        message.__dict__["goes_out_at"] = self.goes_out_at  # not a column, but part of the API
        return message
