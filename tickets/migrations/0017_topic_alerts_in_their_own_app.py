"""Topic alerts belong to the app `topic_alerts` now. Only Django's state changes: the table keeps its name and rows."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tickets", "0016_composer_drafts_and_scheduled_replies")]

    operations = [migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("TopicAlert")])]
