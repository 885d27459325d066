"""Open invitations, and which roles must have a second factor."""

from django.db import models
from django.utils import timezone

from agents.models.accounts import Agent
from agents.roles import Role


class PendingInvitation(models.Model):
    """At most one per account, deleted when it is accepted; a new one invalidates the older link.

    The link's token is not stored: it is derived from this row and the account (`agents.services.invitations`).
    """

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, primary_key=True, related_name="invitation")
    invited_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"invitation of {self.agent_id}"


class SecondFactorRule(models.Model):
    """Whether a role requires a second factor; a role without a row does not."""

    role = models.CharField(max_length=20, choices=Role.choices, primary_key=True)
    required = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {'required' if self.required else 'not required'}"
