"""Exact numbers of tickets without counting them.

Triggers on the ticket table (migration 0002) add a row of deltas in the transaction that changes a count. Writers only add rows,
so they never wait for each other; a reader sums the rows; the worker compacts them. A rollback takes its delta with it. A
snoozed ticket counts as `SNOOZED`, not with its status: the counts are those of the queue.
"""

from datetime import datetime

from django.db import connection

from agents.common import fast_sql

SNOOZED = "snoozed"
# Expression for use in a larger statement; its parameters are (status, channel, channel).
TOTAL = (
    "(SELECT coalesce(sum(delta), 0)::bigint FROM tickets_ticketcount "
    "WHERE status = %s AND (%s::text IS NULL OR channel = %s))"
)


def total(status: str, channel: str | None = None) -> int:
    """The number of tickets in the queue with the status (or `SNOOZED`), and on the channel where one is given."""
    found = fast_sql.fetch_rows(f"SELECT {TOTAL}", [status, channel, channel])
    return int(found[0][0])


# A ticket whose snooze is over counts with its status even before the worker reopens it.
_BY_STATUS = f"""
    WITH over AS (SELECT status FROM tickets_ticket WHERE snoozed AND snoozed_until <= %s)
    SELECT status, sum(delta)::bigint
      FROM (SELECT status, delta FROM tickets_ticketcount
            UNION ALL SELECT status, 1 FROM over
            UNION ALL SELECT '{SNOOZED}', -1 FROM over) counted
     GROUP BY status"""  # noqa: S608  no input


def by_status(now: datetime) -> dict[str, int]:
    """The number of tickets with each status in the queue at `now`, and of the snoozed ones."""
    return {status: int(number) for status, number in fast_sql.fetch_rows(_BY_STATUS, [now])}


def compact() -> int:
    """Replace the deltas by their sums, in one statement; returns the number of rows saved.

    Two runs at once are harmless: a row that the other one deleted is neither deleted nor summed again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (DELETE FROM tickets_ticketcount RETURNING status, channel, delta),
                 kept AS (INSERT INTO tickets_ticketcount (status, channel, delta)
                          SELECT status, channel, sum(delta) FROM gone GROUP BY status, channel HAVING sum(delta) <> 0
                          RETURNING 1)
            SELECT (SELECT count(*) FROM gone) - (SELECT count(*) FROM kept)
            """
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def recount() -> dict[tuple[str, str], tuple[int, int]]:
    """Compare the sums with a real count. Returns the wrong ones as (status, channel): (summed, counted); empty if all agree."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT status, channel, coalesce(s.n, 0), coalesce(c.n, 0)
              FROM (SELECT status, channel, sum(delta) AS n FROM tickets_ticketcount GROUP BY 1, 2) s
              FULL JOIN (SELECT CASE WHEN snoozed THEN 'snoozed' ELSE status END AS status, channel, count(*) AS n
                           FROM tickets_ticket GROUP BY 1, 2) c
             USING (status, channel)
             WHERE coalesce(s.n, 0) <> coalesce(c.n, 0)
            """
        )
        return {
            (status, channel): (int(summed), int(counted)) for status, channel, summed, counted in cursor.fetchall()
        }
