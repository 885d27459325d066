"""Takes over the table of topic alerts from `tickets`; permissions and history refer to it by its content type."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import agents.common.ids


def move_content_type(old: str, new: str):
    def move(apps, schema_editor):
        content_types = apps.get_model("contenttypes", "ContentType")
        if not content_types.objects.filter(app_label=new, model="topicalert").exists():
            content_types.objects.filter(app_label=old, model="topicalert").update(app_label=new)

    return move


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("tickets", "0017_topic_alerts_in_their_own_app"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="TopicAlert",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=agents.common.ids.new_id, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("keyword", models.CharField(max_length=100)),
                        (
                            "folded",
                            models.CharField(
                                editable=False, help_text="As it is compared (search.fold).", max_length=200
                            ),
                        ),
                        ("is_on", models.BooleanField(default=True, verbose_name="on")),
                        ("expires_at", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="topic_alerts",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "db_table": "tickets_topicalert",
                        "ordering": ["keyword", "id"],
                        "constraints": [
                            models.UniqueConstraint(fields=("owner", "folded"), name="topic_alert_once"),
                            models.UniqueConstraint(
                                condition=models.Q(("owner", None)), fields=("folded",), name="topic_alert_of_team_once"
                            ),
                        ],
                    },
                ),
            ],
        ),
        migrations.RunPython(
            move_content_type("tickets", "topic_alerts"), move_content_type("topic_alerts", "tickets")
        ),
    ]
