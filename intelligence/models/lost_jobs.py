"""Messages whose jobs were lost and enqueued again."""

from typing import ClassVar

from django.db import models

from tickets.models import Message


class CatchUp(models.Model):
    """Number of times the jobs of a message were enqueued again; limits retries of a message that always fails."""

    message = models.OneToOneField(Message, primary_key=True, on_delete=models.CASCADE, related_name="+")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["message"]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.attempts}"
