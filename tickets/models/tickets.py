"""Tickets, messages, notes and tags, with the columns that the list needs."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.common.ids import new_id
from agents.common.unicode_composition import composed, seen_alone
from agents.models import Agent
from agents.permissions import Capability, may
from agents.roles import allows
from tickets import channels
from tickets.models.customers import Customer

ZERO_TO_ONE = [MinValueValidator(0), MaxValueValidator(1)]


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, agent: Agent | AnonymousUser) -> "TicketQuerySet":
        """All tickets for senior agents and above; for agents those assigned to them. Every read starts here."""
        if may(agent, Capability.SEE_ALL):
            return self
        if not may(agent, Capability.WORK):
            return self.none()
        return self.filter(assigned_to_id=agent.pk)

    @staticmethod
    def sees(role: str, agent_id: UUID, assignee_id: UUID | None) -> bool:
        """The rule of `visible_to` for one loaded ticket and an active agent of that role."""
        return allows(role, Capability.SEE_ALL) or (allows(role, Capability.WORK) and assignee_id == agent_id)

    def ranked(self) -> "TicketQuerySet":
        """Tickets that wait for somebody: open and pending."""
        return self.exclude(status=Ticket.Status.CLOSED)

    def awake(self, now: datetime) -> "TicketQuerySet":
        """The queue at `now`: tickets that are not snoozed, and those whose snooze is over but not yet ended by the worker.

        No rank index gives both in order: the ticket list reads the two parts separately and merges them.
        """
        return self.filter(models.Q(snoozed=False) | models.Q(snoozed=True, snoozed_until__lte=now))

    def asleep(self, now: datetime) -> "TicketQuerySet":
        """Snoozed tickets whose snooze is not over."""
        return self.filter(models.Q(snoozed_until=None) | models.Q(snoozed_until__gt=now), snoozed=True)

    def snooze_over(self, now: datetime) -> "TicketQuerySet":
        """Tickets whose snooze is over and that the worker, which looks every minute, has not ended yet."""
        return self.filter(snoozed=True, snoozed_until__lte=now)


class Ticket(models.Model):
    """One matter of one customer."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        PENDING = "pending", _("Pending")
        CLOSED = "closed", _("Closed")

    class Priority(models.TextChoices):
        URGENT = "urgent", _("Urgent")
        HIGH = "high", _("High")
        NORMAL = "normal", _("Normal")
        LOW = "low", _("Low")

    class Channel(models.TextChoices):
        EMAIL = channels.EMAIL.name, channels.EMAIL.label
        SMS = channels.SMS.name, channels.SMS.label
        PHONE = channels.PHONE.name, channels.PHONE.label
        CHAT = channels.CHAT.name, channels.CHAT.label
        FORM = channels.FORM.name, channels.FORM.label

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    external_id = models.CharField(  # noqa: DJ001  unique if set
        max_length=100, null=True, blank=True, help_text="The ticket's id in the system it was imported from."
    )
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    subject = models.CharField(max_length=300)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    priority = models.CharField(max_length=10, choices=Priority.choices, default=Priority.NORMAL)
    assigned_to = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="tickets", db_index=False
    )
    customer_sentiment = models.FloatField(
        null=True,
        blank=True,
        editable=False,
        validators=ZERO_TO_ONE,
        help_text="0 negative, 1 positive; empty while unknown.",
    )
    estimated_difficulty = models.FloatField(
        null=True,
        blank=True,
        editable=False,
        validators=ZERO_TO_ONE,
        help_text="0 easy, 1 hard; empty while unknown.",
    )
    language = models.CharField(  # noqa: DJ001  null is unknown
        max_length=2, null=True, blank=True, editable=False, help_text="The customer's language, as ISO 639-1."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # A snoozed ticket is out of the queue until a time, until the customer's next message, or whichever comes first.
    snoozed = models.BooleanField(default=False, db_default=False, editable=False)
    snoozed_until = models.DateTimeField(null=True, blank=True, editable=False)
    snoozed_until_reply = models.BooleanField(default=False, db_default=False, editable=False)
    snoozed_by = models.ForeignKey(
        Agent, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Virtual arrival time: created_at minus one day per point (scoring.py). Ascending order is the smart order.
    rank_at = models.DateTimeField(default=timezone.now, editable=False)
    # Conversation data stored for rows of the list; the services that write messages update it.
    message_count = models.PositiveIntegerField(default=0, editable=False)
    last_message_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_message_from_agent = models.BooleanField(null=True, blank=True, editable=False)
    last_message_preview = models.CharField(max_length=160, blank=True, default="", editable=False)

    objects: ClassVar[models.Manager["Ticket"]] = models.Manager.from_queryset(TicketQuerySet)()

    class Meta:
        ordering = ["rank_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(customer_sentiment__gte=0, customer_sentiment__lte=1),
                name="ticket_sentiment_0_to_1",
            ),
            models.CheckConstraint(
                condition=models.Q(estimated_difficulty__gte=0, estimated_difficulty__lte=1),
                name="ticket_difficulty_0_to_1",
            ),
            models.CheckConstraint(
                condition=models.Q(status="closed", closed_at__isnull=False)
                | ~models.Q(status="closed") & models.Q(closed_at=None),
                name="ticket_closed_has_time",
            ),
            models.CheckConstraint(
                condition=models.Q(snoozed=False, snoozed_until=None, snoozed_until_reply=False, snoozed_by=None)
                | models.Q(snoozed=True)
                & ~models.Q(status="closed")
                & (models.Q(snoozed_until__isnull=False) | models.Q(snoozed_until_reply=True)),
                name="ticket_snoozed_until_something",
            ),
            models.UniqueConstraint(
                fields=["external_id"], condition=models.Q(external_id__isnull=False), name="ticket_imported_once"
            ),
        ]
        # A re-rank writes to each of these indexes, so keep them few. Newest first is the order of the ids (UUIDv7).
        indexes = [
            # The inbox, and the inbox of one channel: GET /api/tickets reads a page in index order.
            models.Index(fields=["status", "snoozed", "rank_at", "id"], name="ticket_smart_order"),
            models.Index(fields=["status", "channel", "snoozed", "rank_at", "id"], name="ticket_smart_order_channel"),
            # Inbox of one agent, and unassigned tickets.
            models.Index(fields=["assigned_to", "status", "snoozed", "rank_at", "id"], name="ticket_smart_order_agent"),
            # Finds tickets whose snooze is over; partial, because most tickets are not snoozed.
            models.Index(fields=["snoozed_until"], name="ticket_snoozed_until", condition=models.Q(snoozed=True)),
            # Closed tickets, newest first.
            models.Index(
                fields=["-closed_at", "-id"], name="ticket_newest_closed", condition=models.Q(status="closed")
            ),
            # Tickets of a customer, also to re-rank them when the customer's orders change.
            models.Index(fields=["customer", "-created_at"], name="ticket_by_customer"),
        ]

    def __str__(self) -> str:
        return self.subject

    def is_asleep(self, now: datetime) -> bool:
        """Whether the ticket is snoozed and the snooze is not over; the worker may end it up to a minute later."""
        return self.snoozed and (self.snoozed_until is None or self.snoozed_until > now)


class TicketTag(models.Model):
    """A tag on a ticket. A separate table, so that the index for finding by tag is not touched by re-ranking."""

    id = models.BigAutoField(primary_key=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="ticket_tags", db_index=False)
    name = models.CharField(max_length=50)
    automatic = models.BooleanField(
        default=False, db_default=False, help_text="Set automatically from the conversation, not by an agent."
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["ticket", "name"], name="ticket_tag_once")]
        indexes = [models.Index(fields=["name", "ticket"], name="ticket_by_tag")]

    def __str__(self) -> str:
        return self.name


def normal_tag(name: str) -> str:
    """Normalize a tag for comparison: NFC, lower case, white space collapsed."""
    return " ".join(composed(seen_alone(composed(name)).lower()).split())


class RejectedTag(models.Model):
    """A tag that somebody removed from a ticket; it is not added automatically again."""

    id = models.BigAutoField(primary_key=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="rejected_tags", db_index=False)
    name = models.CharField(max_length=50)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "name"], name="rejected_tag_once")]

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    """One public message. The server decides its author, never the body of a request."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages", db_index=False)
    from_agent = models.BooleanField()
    content = models.TextField()
    language = models.CharField(  # noqa: DJ001  null and empty differ
        max_length=2,
        null=True,
        blank=True,
        editable=False,
        help_text="ISO 639-1; empty if it could not be detected, null if not examined yet.",
    )
    author_name = models.CharField(max_length=200)
    author = models.ForeignKey(
        Agent,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The agent who wrote or recorded it.",
    )
    external_id = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001  unique if set
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["ticket", "created_at", "id"], name="message_conversation")]
        constraints = [models.UniqueConstraint(fields=["ticket", "external_id"], name="message_imported_once")]

    def __str__(self) -> str:
        return f"{self.author_name}, {self.created_at:%Y-%m-%d %H:%M}"


class Note(models.Model):
    """An internal note: agents see it, customers never do."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="notes", db_index=False)
    content = models.TextField()
    author_name = models.CharField(max_length=200)
    author = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    external_id = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001  unique if set
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["ticket", "created_at", "id"], name="note_conversation")]
        constraints = [models.UniqueConstraint(fields=["ticket", "external_id"], name="note_imported_once")]

    def __str__(self) -> str:
        return f"{self.author_name}, {self.created_at:%Y-%m-%d %H:%M}"


class SearchText(models.Model):
    """The text that topic alerts and search match: a subject or a message, folded by the program.

    A separate table: a trigram index on the ticket's own row would make every re-ranking several times slower.
    """

    id = models.BigAutoField(primary_key=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="search_texts", db_index=False)
    message = models.OneToOneField(Message, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    text = models.TextField()

    class Meta:
        indexes = [
            GinIndex(OpClass(models.F("text"), name="gin_trgm_ops"), name="search_text_trigrams"),
            # Whole words in any English form (search.py).
            GinIndex(SearchVector("text", config="english"), name="search_text_words"),
            models.Index(fields=["ticket"], name="search_text_by_ticket"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["ticket"], condition=models.Q(message=None), name="search_text_one_subject")
        ]

    def __str__(self) -> str:
        return self.text[:60]
