from django.db import migrations

# With the usual sample the planner expects a word of one text in thirty in one of several thousand, and takes the wrong way.
MORE = "ALTER TABLE tickets_searchtext ALTER COLUMN text SET STATISTICS 1000"
USUAL = "ALTER TABLE tickets_searchtext ALTER COLUMN text SET STATISTICS -1"


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0003_weights_alerts_search'),
    ]

    operations = [
        migrations.RunSQL(MORE, USUAL),
    ]
