from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0015_queue_uses")]

    operations = [
        migrations.RenameModel("UnsentReply", "ComposerDraft"),
        migrations.RenameModel("OutgoingReply", "ScheduledReply"),
        migrations.AlterField(
            "composerdraft",
            "ticket",
            models.ForeignKey(
                db_index=False,
                on_delete=models.deletion.CASCADE,
                related_name="composer_drafts",
                to="tickets.ticket",
            ),
        ),
        migrations.AlterField(
            "scheduledreply",
            "ticket",
            models.ForeignKey(
                on_delete=models.deletion.CASCADE,
                related_name="scheduled_replies",
                to="tickets.ticket",
            ),
        ),
    ]
