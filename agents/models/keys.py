"""API keys of service accounts, and tokens that were revoked before they expired."""

from django.db import models
from django.utils import timezone

from agents.common.ids import new_id
from agents.models.accounts import Agent


class ApiKey(models.Model):
    """A secret of a service account. Only its digest is stored; its owner saw it once.

    The digest is one SHA-256: a secret of 32 random bytes cannot be guessed, so a slow hash would only slow every request.
    """

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Read and write"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="What the key is for.")
    prefix = models.CharField(
        max_length=12, editable=False, help_text="The beginning of the secret, to tell keys apart."
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(max_length=5, choices=Scope.choices, default=Scope.READ)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(Agent, null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class EndedToken(models.Model):
    """A token that was revoked before it expired; the row is kept until then."""

    jti = models.CharField(primary_key=True, max_length=64, help_text="The token's own id.")
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.jti
