"""Define `search_fold`, by which names and order numbers are found without their case and accents (agents/common/folding.py)."""

from django.db import migrations

from agents.common.folding import SQL


class Migration(migrations.Migration):
    dependencies = [("agents", "0003_access")]

    operations = [migrations.RunSQL(SQL, "DROP FUNCTION search_fold(text)")]
