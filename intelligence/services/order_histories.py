"""Load the order histories of many customers, from which profiles are computed."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from agents.common.fast_sql import fetch_rows
from intelligence.lifetime.order_history import History

# Orders of one UTC day count as one purchase. `_group` relies on the order by customer and day.
_BY_DAY = """
    SELECT customer_id, (placed_at AT TIME ZONE 'UTC')::date - DATE '0001-01-01' + 1,
           sum(total - refunded)::float8, bool_or(discount > 0)
      FROM tickets_order WHERE status <> 'cancelled' AND {which} GROUP BY 1, 2 ORDER BY 1, 2
"""


def histories(customer_ids: Sequence[UUID]) -> dict[UUID, History]:
    """Order histories of those customers who have one, in one statement."""
    return _group(fetch_rows(_BY_DAY.format(which="customer_id = ANY(%s)"), [list(customer_ids)]))


def sampled_histories(most: int) -> tuple[dict[UUID, History], int]:
    """Histories of all buyers or of about `most` of them (always the same ones), and the number of buyers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT customer_id) FROM tickets_order WHERE status <> 'cancelled'")
        buyers = int(cursor.fetchone()[0])
    every = max(-(-buyers // most), 1)
    which = "abs(hashtext(customer_id::text)::bigint) %% %s = 0"
    return _group(fetch_rows(_BY_DAY.format(which=which), [every])), buyers


def _group(rows: list[tuple[UUID, int, float, bool]]) -> dict[UUID, History]:
    found: dict[UUID, History] = {}
    start = 0
    for index in range(1, len(rows) + 1):
        if index == len(rows) or rows[index][0] != rows[start][0]:
            part = rows[start:index]
            found[part[0][0]] = History(
                tuple(row[1] for row in part), tuple(row[2] for row in part), tuple(row[3] for row in part)
            )
            start = index
    return found
