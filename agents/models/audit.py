"""The audit log."""

from django.db import models
from django.utils import timezone

from agents.models.accounts import Agent


class AuditEntry(models.Model):
    """One action: who, when, from where, on what, and the changed values. Written once, never edited."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(Agent, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=50, help_text="Subject and verb, such as ticket.updated.")
    subject_type = models.CharField(max_length=30)
    subject_id = models.CharField(max_length=64)
    changes = models.JSONField(default=dict, help_text="Per field, the value before and after.")
    reason = models.CharField(max_length=500, blank=True, default="")
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        verbose_name = "audit entry"
        verbose_name_plural = "audit log"
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="audit_by_subject"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_id}"
