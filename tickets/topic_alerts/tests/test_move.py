"""The app took over the table of topic alerts: rows, permissions and history stay as they were."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from agents.models import Agent
from tickets.topic_alerts.services import alerts_of, create_alert

BEFORE = [("topic_alerts", None), ("tickets", "0016_composer_drafts_and_scheduled_replies")]


def migrate(*targets: tuple[str, str | None]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets))


@pytest.mark.django_db(transaction=True)
def test_alerts_and_their_content_type_survive_migration_in_both_directions(lead: Agent) -> None:
    alert = create_alert(lead, "parcel", team=True)
    leaves = [node for node in MigrationExecutor(connection).loader.graph.leaf_nodes() if node[0] in dict(BEFORE)]
    content_type = ContentType.objects.get(app_label="topic_alerts", model="topicalert")
    try:
        migrate(*BEFORE)
        assert ContentType.objects.get(pk=content_type.pk).app_label == "tickets"
    finally:
        migrate(*leaves)
    assert ContentType.objects.get(pk=content_type.pk).app_label == "topic_alerts"
    assert [found.pk for found in alerts_of(lead)] == [alert.pk]
