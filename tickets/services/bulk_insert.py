"""Insert many rows by PostgreSQL's COPY: composing the statement of `bulk_create` takes longer than running it."""

from collections.abc import Iterable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, models

# For fewer rows, the additional round trips of COPY cost more than they save.
FEW = 20


def insert(model: type[models.Model], records: Iterable[models.Model]) -> None:
    """Do what `model.objects.bulk_create(records)` does, for records whose key is set or made by the database.

    Raises the same errors. Like `bulk_create`, skips `save` and signals.
    """
    rows = list(records)
    if len(rows) < FEW:
        model._default_manager.bulk_create(rows)
        return
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField | models.BigAutoField)]
    names = [field.attname for field in fields]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    statement = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors:
        copying: Any = cursor
        with copying.copy(statement) as copy:
            for row in rows:
                values = row.__dict__
                copy.write_row([values[name] for name in names])
    for row in rows:
        row._state.adding = False
        row._state.db = DEFAULT_DB_ALIAS
