"""Find names and order numbers without case and accents, and fold the search texts anew.

Only texts with characters beyond ASCII change. They are folded in batches, each in a transaction of its own; folding twice
changes nothing, so that an interrupted migration can start again.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations

from agents.common.folding import Fold, fold

BATCH = 1000
BEYOND_ASCII = "text ~ '[^[:ascii:]]'"


def refold(apps, schema_editor):
    SearchText = apps.get_model("tickets", "SearchText")
    last = 0
    while True:
        rows = list(SearchText.objects.filter(pk__gt=last).extra(where=[BEYOND_ASCII]).order_by("pk")[:BATCH])
        if not rows:
            return
        last = rows[-1].pk
        for row in rows:
            row.text = fold(row.text)
        SearchText.objects.bulk_update(rows, ["text"])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("agents", "0004_search_fold"), ("tickets", "0012_telephones_may_be_shared")]

    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=GinIndex(OpClass(Fold("name"), name="gin_trgm_ops"), name="customer_name_folded"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=GinIndex(OpClass(Fold("number"), name="gin_trgm_ops"), name="order_number_folded"),
        ),
        migrations.RunPython(refold, migrations.RunPython.noop),
        # So that the planner knows how rare names and numbers are.
        migrations.RunSQL("ANALYZE tickets_customer (name), tickets_order (number)", migrations.RunSQL.noop),
    ]
