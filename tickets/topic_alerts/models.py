"""Topic alerts as records."""

from django.db import models
from django.utils import timezone

from agents.common.ids import new_id
from agents.models import Agent


class TopicAlert(models.Model):
    """A keyword that moves matching tickets five days ahead, for one agent, or for the whole team if it has no owner."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    keyword = models.CharField(max_length=100)
    folded = models.CharField(max_length=200, editable=False, help_text="As it is compared (search.fold).")
    owner = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.CASCADE, related_name="topic_alerts")
    created_by = models.ForeignKey(Agent, null=True, on_delete=models.PROTECT, related_name="+")
    is_on = models.BooleanField("on", default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "tickets_topicalert"  # the table is older than this app
        ordering = ["keyword", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "folded"], name="topic_alert_once"),
            models.UniqueConstraint(fields=["folded"], condition=models.Q(owner=None), name="topic_alert_of_team_once"),
        ]

    def __str__(self) -> str:
        return self.keyword
