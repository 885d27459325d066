from django.db import migrations, models

import agents.common.time_zones


class Migration(migrations.Migration):
    dependencies = [("agents", "0004_search_fold")]

    operations = [
        migrations.AddField(
            model_name="agent",
            name="time_zone",
            field=models.CharField(
                blank=True,
                help_text="Of the times shown to this person, as Europe/Berlin; empty for the installation's.",
                max_length=64,
                null=True,
                validators=[agents.common.time_zones.validate_zone],
            ),
        ),
    ]
