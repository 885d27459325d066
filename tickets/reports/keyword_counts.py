"""How many tickets contain the keywords of topic alerts."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from agents.common import fast_sql
from tickets import keyword_index
from tickets.reports.period import Period

_MENTIONS = """
SELECT {place}, CASE WHEN t.created_at >= %s
            THEN %s::date + width_bucket(t.created_at, %s::timestamptz[]) - 1 END AS day, count(*),
       count(*) FILTER (WHERE t.status = 'open' AND (NOT t.snoozed OR t.snoozed_until <= %s))
  FROM tickets_ticket t
 WHERE (t.created_at BETWEEN %s AND %s OR t.status = 'open') AND (%s::text IS NULL OR t.channel = %s::text) AND {test}
 GROUP BY 2
"""


@dataclass(frozen=True)
class Topic:
    """Of the tickets with the keyword: how many are open now, and how many were created, by day."""

    keyword: str
    open: int = 0
    by_day: dict[date, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Topics:
    """One topic for each keyword, and one for all, in which a ticket with two keywords counts once."""

    each: list[Topic]
    together: Topic


def topics(period: Period, keywords: list[str]) -> Topics:
    """Load the topics in one statement."""
    if not keywords:
        return Topics([], Topic(""))
    at = period.params
    parts: list[str] = []
    params: list[Any] = []
    asked = [*([keyword] for keyword in keywords), keywords]
    for place, wanted in enumerate(asked):
        test, words = keyword_index.mentioned(wanted, "t.id")
        parts.append(_MENTIONS.format(place=place, test=test))
        now, start, channel = at["now"], at["start"], at["channel"]
        params += [start, at["first_day"], at["starts"], now, start, now, channel, channel, *words]
    open_now = dict.fromkeys(range(len(asked)), 0)
    by_day: dict[int, dict[date, int]] = {place: {} for place in open_now}
    for place, day, count, still_open in fast_sql.fetch_rows(" UNION ALL ".join(parts), params):
        open_now[place] += still_open
        if day is not None:
            by_day[place][day] = count
    *each, together = [Topic(keyword, open_now[place], by_day[place]) for place, keyword in enumerate([*keywords, ""])]
    return Topics(each, together)
