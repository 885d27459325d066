"""Drafts, and how far the sent reply was from each."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.common.ids import new_id
from agents.models import Agent
from tickets.models import Message, Ticket


class Draft(models.Model):
    """A suggested reply. It does not expire: it becomes stale when the conversation or its facts change."""

    class State(models.TextChoices):
        CURRENT = "current", _("Current")
        STALE = "stale", _("Stale")
        SENT = "sent", _("Answered")
        DISCARDED = "discarded", _("Discarded")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No reverse relation: the tickets app must not depend on intelligence.
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CURRENT)
    content = models.TextField()
    tone = models.CharField(max_length=20)
    channel = models.CharField(max_length=10)
    language = models.CharField(max_length=2)
    max_length = models.PositiveSmallIntegerField(null=True, help_text="160 or 70 for SMS, else empty.")
    about = models.CharField(max_length=50, help_text="The tag that the draft answers, or unknown.")
    topic = models.CharField(
        max_length=50, help_text="What the reply is about: a tag, or follow_up, thanks, check_in, unknown."
    )
    personalization = models.JSONField(default=list)
    used = models.JSONField(default=list, help_text="The records that the draft uses.")
    provenance = models.JSONField(default=dict)
    customer_dna = models.JSONField(default=dict, help_text="The customer's profile when it was made.")
    based_on = models.UUIDField(null=True, help_text="The conversation's last message when this was made.")
    fingerprint = models.CharField(max_length=64, help_text="Fingerprint of all facts that it was made from.")
    saw_all = models.BooleanField(help_text="Whether it may use tickets that only senior agents and above may see.")
    requested_tone = models.CharField(max_length=20, blank=True, default="")
    requested_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    answered_by = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-made_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["ticket"], condition=models.Q(state="current"), name="draft_one_current_per_ticket"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["ticket", "-made_at"], name="draft_of_ticket")]

    def __str__(self) -> str:
        return f"{self.tone}, {self.made_at:%Y-%m-%d %H:%M}"


class DraftFeedback(models.Model):
    """How much the sent text differs from the draft. Has no text, person or ticket, and is kept after they are deleted."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        EDITED = "edited", _("Edited")
        DISCARDED = "discarded", _("Discarded")

    id = models.BigAutoField(primary_key=True)
    draft = models.OneToOneField(Draft, null=True, on_delete=models.SET_NULL, related_name="+")
    tone = models.CharField(max_length=20)
    channel = models.CharField(max_length=10)
    language = models.CharField(max_length=2)
    tag = models.CharField(max_length=50)
    source = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    distance = models.FloatField(
        validators=[MinValueValidator(0), MaxValueValidator(1)], help_text="0: sent unchanged, 1: nothing in common."
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(distance__gte=0, distance__lte=1), name="draft_feedback_distance_0_to_1"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["created_at"], name="draft_feedback_by_time")]

    def __str__(self) -> str:
        return f"{self.outcome}, {self.created_at:%Y-%m-%d}"
