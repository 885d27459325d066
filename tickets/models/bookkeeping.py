"""Idempotency keys with their answers, and resume points of imports."""

from django.db import models
from django.utils import timezone

from agents.models import Agent


class IdempotencyKey(models.Model):
    """The answer to a write, kept for a day: a repeated key of the same agent gets it again instead of a second write."""

    id = models.BigAutoField(primary_key=True)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key


class TicketCount(models.Model):
    """A change of the number of tickets with a status on a channel, written by triggers; the sums are the counts (counts.py)."""

    id = models.BigAutoField(primary_key=True)
    status = models.CharField(max_length=10)
    channel = models.CharField(max_length=10)
    delta = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.status} {self.channel} {self.delta:+}"


class ImportRun(models.Model):
    """One import of one file. `line` is saved in the rows' transaction, so a killed import resumes there."""

    class Kind(models.TextChoices):
        CUSTOMERS = "customers", "Customers"
        ORDERS = "orders", "Orders"
        TICKETS = "tickets", "Tickets"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the file's content and the mapping.")
    file_name = models.CharField(max_length=255)
    line = models.PositiveBigIntegerField(default=0, help_text="Number of finished lines of the file.")
    created = models.PositiveBigIntegerField(default=0)
    updated = models.PositiveBigIntegerField(default=0)
    unchanged = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    details = models.PositiveBigIntegerField(default=0, help_text="Details left out of imported records.")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "fingerprint"], name="import_by_file")]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.kind})"
