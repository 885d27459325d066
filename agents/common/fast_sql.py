"""Run SQL for the hot path and return rows as PostgreSQL sends them in its binary format.

Django's own cursor asks for text and reads times in Python, which for a page of the list takes longer than the database. This
one still counts, logs and wraps as a cursor of Django's does.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection
from psycopg.pq import Format


def fetch_rows(sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
    """Fetch all rows of a SELECT. Parameters are sent separately, lists as arrays. Raises Django's `DatabaseError`s."""
    connection.ensure_connection()
    raw: Any = psycopg.Cursor(connection.connection)
    raw.format = Format.BINARY
    wrapped = connection.make_debug_cursor(raw) if connection.queries_logged else connection.make_cursor(raw)
    with wrapped as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
