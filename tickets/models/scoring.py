"""The score weights, and how far the tickets are ranked by the current weights."""

from django.db import models
from django.utils import timezone

from agents.models import Agent


class WeightSet(models.Model):
    """Weights that were active from `created_at` until the next row; the last row is active. Rows are never changed.

    Saving one re-ranks every open and pending ticket in the background. The row stores the progress, so that a stopped worker
    resumes there.
    """

    id = models.BigAutoField(primary_key=True)
    weights = models.JSONField(help_text="As tickets.ranking.weights.Weights, in days.")
    formula = models.PositiveSmallIntegerField(help_text="Version of the formula that computed the stored ranks.")
    author = models.ForeignKey(Agent, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    ranked_up_to = models.UUIDField(null=True, help_text="Tickets with ids up to this one are ranked by these weights.")
    ranked = models.PositiveBigIntegerField(default=0, help_text="Number of finished tickets.")
    to_rank = models.PositiveBigIntegerField(default=0, help_text="Total number at the beginning.")
    ranked_at = models.DateTimeField(null=True, help_text="When all were finished; empty while running.")

    class Meta:
        ordering = ["-id"]
        verbose_name = "score weights"
        verbose_name_plural = "score weights"

    def __str__(self) -> str:
        return f"Weights {self.pk}"
