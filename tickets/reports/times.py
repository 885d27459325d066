"""What came, what was resolved, and how long both replies and resolutions took: per day, per channel, and as a whole.

The statements differ in which moments they count; what is made of the moments (`_FIGURES`) is the same for all.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from agents.common import fast_sql
from tickets.reports.period import Period


@dataclass(frozen=True)
class Figure:
    """Number, median and 90th percentile of a duration in seconds; `None` if unknown."""

    count: int
    median: float | None = None
    p90: float | None = None


NOTHING = Figure(0)


@dataclass(frozen=True)
class Figures:
    """`now` and `before` cover the whole periods. Days and channels without data are missing from the tables."""

    now: Figure = NOTHING
    before: Figure = NOTHING
    by_day: dict[date, Figure] = field(default_factory=dict)
    by_channel: dict[str, Figure] = field(default_factory=dict)


# Every agent message counts, whatever the account; notes and replies that can still be undone do not. One pass over the
# messages takes half the time of joining the first message of each side. The reply is the agent's first message; if the
# agent began the conversation, it is the first one after the customer's message.
_FIRST_REPLIES = """
    SELECT first.at, t.channel, extract(epoch FROM first.at - first.asked)::float8 AS seconds
      FROM (SELECT a.ticket_id, a.asked, CASE WHEN a.spoke >= a.asked THEN a.spoke ELSE (
                       SELECT min(m.created_at) FROM tickets_message m
                        WHERE m.ticket_id = a.ticket_id AND m.from_agent AND m.created_at >= a.asked) END AS at
              FROM (SELECT ticket_id, min(created_at) FILTER (WHERE NOT from_agent) AS asked,
                           min(created_at) FILTER (WHERE from_agent) AS spoke, max(created_at) FILTER (WHERE from_agent) AS last
                      FROM tickets_message GROUP BY ticket_id) a
             WHERE a.last >= %(before)s AND a.last >= a.asked
            OFFSET 0) first
      JOIN tickets_ticket t ON t.id = first.ticket_id
"""
# An imported ticket may be closed before it was created: it counts as resolved, with an unknown time.
_RESOLUTIONS = """
    SELECT t.closed_at AS at, t.channel,
           CASE WHEN t.closed_at >= t.created_at THEN extract(epoch FROM t.closed_at - t.created_at)::float8 END AS seconds
      FROM tickets_ticket t WHERE t.status = 'closed'
"""
_ARRIVALS = "SELECT t.created_at AS at, t.channel, NULL::float8 AS seconds FROM tickets_ticket t"
_FIGURES = """
WITH moment AS MATERIALIZED (
    SELECT at >= %(start)s AS current, CASE WHEN at >= %(start)s
                THEN %(first_day)s::date + width_bucket(at, %(starts)s::timestamptz[]) - 1 END AS day,
           channel, seconds
      FROM (MOMENTS) found
     WHERE at BETWEEN %(before)s AND %(now)s AND (at >= %(start)s OR at <= %(before_end)s)
       AND (%(channel)s::text IS NULL OR channel = %(channel)s::text)
)
SELECT current, grouping(day) = 0, day, grouping(channel) = 0, channel, count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds), percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds)
  FROM moment GROUP BY GROUPING SETS ((current), (current, day), (current, channel))
"""


def first_replies(period: Period) -> Figures:
    """By the day of the reply: time from the customer's first message to an agent's first message."""
    return _read(_FIRST_REPLIES, period)


def resolutions(period: Period) -> Figures:
    """Closed tickets by the day of closing: time from creation to closing. A reopened ticket counts when it is closed again."""
    return _read(_RESOLUTIONS, period)


def arrivals(period: Period) -> Figures:
    """Tickets by the day of creation."""
    return _read(_ARRIVALS, period)


def first_ticket(period: Period) -> datetime | None:
    """When the first ticket was created; figures before that are unknown, not zero."""
    sql = "SELECT min(created_at) FROM tickets_ticket WHERE created_at <= %s"
    first: datetime | None = fast_sql.fetch_rows(sql, [period.now])[0][0]
    return first


def _read(moments: str, period: Period) -> Figures:
    found = fast_sql.fetch_rows(_FIGURES.replace("MOMENTS", moments), period.params)
    whole: dict[bool, Figure] = {}
    days: dict[Any, Figure] = {}
    channels: dict[Any, Figure] = {}
    for current, is_day, day, is_channel, channel, *figures in found:
        if is_day and current:
            days[day] = Figure(*figures)
        elif is_channel and current:
            channels[channel] = Figure(*figures)
        elif not (is_day or is_channel):
            whole[current] = Figure(*figures)
    return Figures(whole.get(True, NOTHING), whole.get(False, NOTHING), days, channels)
