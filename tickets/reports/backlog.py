"""The backlog: age, priority and sentiment of open tickets, and lifetime value at risk."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agents.common import fast_sql
from tickets.reports.period import Period

AGES = (1, 3, 7, 14)  # days; bounds of the groups
TONES = (0.2, 0.4, 0.6, 0.8)  # bounds of customer_sentiment; below the first the customer sounds angry
RISKS = (0.3, 0.6)  # bounds of the churn risk; from the last on it is high

# The queue as in the inbox: open and not snoozed. A snooze ends at its time, not when the worker reopens the ticket.
_WAITING = """
    SELECT t.id, t.customer_id, t.priority, t.customer_sentiment, t.created_at,
           CASE WHEN t.snoozed AND (t.snoozed_until IS NULL OR t.snoozed_until > %(now)s)
                THEN 'snoozed' ELSE t.status END AS state
      FROM tickets_ticket t
     WHERE t.status IN ('open', 'pending') AND (%(channel)s::text IS NULL OR t.channel = %(channel)s::text)
"""
_GROUPS = f"""
WITH waiting AS MATERIALIZED (
    SELECT state, priority, created_at,
           width_bucket(extract(epoch FROM %(now)s - created_at)::float8 / 86400, %(ages)s::float8[]) AS age,
           width_bucket(customer_sentiment, %(tones)s::float8[]) AS tone
      FROM ({_WAITING}) t
)
SELECT state, grouping(age) = 0, age, priority, grouping(tone) = 0, tone, count(*), min(created_at)
  FROM waiting GROUP BY GROUPING SETS ((state), (state, age, priority), (state, tone))
"""  # noqa: S608  no input
# A customer counts once, however many tickets wait. After refunds a lifetime value can be negative, which counts as 0.
_VALUE = f"""
SELECT width_bucket(c.churn_risk_score, %(risks)s::float8[]), count(*),
       sum(greatest(c.lifetime_value, 0))::float8, sum(greatest(c.lifetime_value, 0)::float8 * c.churn_risk_score)
  FROM tickets_customer c WHERE c.id IN (SELECT customer_id FROM ({_WAITING}) t WHERE state = 'open')
 GROUP BY 1
"""  # noqa: S608  no input
_UNANSWERED = f"""
SELECT count(*), min(asked) FROM (
    SELECT min(m.created_at) FILTER (WHERE NOT m.from_agent) AS asked, max(m.created_at) FILTER (WHERE m.from_agent) AS answered
      FROM tickets_message m WHERE m.ticket_id IN (SELECT id FROM ({_WAITING}) t WHERE state = 'open')
     GROUP BY m.ticket_id
) conversation WHERE asked IS NOT NULL AND (answered IS NULL OR answered < asked)
"""  # noqa: S608  no input


@dataclass(frozen=True)
class Group:
    """Number of tickets, and when the oldest was created."""

    count: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True)
class Backlog:
    """`by_age` is by (index in `AGES`, priority); `by_tone` by the index in `TONES`, `None` for unknown."""

    open: Group = Group()
    pending: Group = Group()
    snoozed: Group = Group()
    by_age: dict[tuple[int, str], int] = field(default_factory=dict)
    by_tone: dict[int | None, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Value:
    """Waiting customers, their purchases so far, and the purchases times churn risk (`None` if unknown)."""

    customers: int = 0
    value: float = 0.0
    at_risk: float | None = None


def backlog(period: Period) -> Backlog:
    """Open tickets by age and priority, and by tone; pending and snoozed ones in one number each."""
    params = {**period.params, "ages": list(map(float, AGES)), "tones": list(TONES)}
    states: dict[str, Group] = {}
    ages: dict[tuple[int, str], int] = {}
    tones: dict[int | None, int] = {}
    for state, is_age, age, priority, is_tone, tone, count, oldest in fast_sql.fetch_rows(_GROUPS, params):
        if not (is_age or is_tone):
            states[state] = Group(count, oldest)
        elif state == "open" and is_age:
            ages[age, priority] = count
        elif state == "open":
            tones[tone] = count
    is_open, pending, snoozed = (states.get(name, Group()) for name in ("open", "pending", "snoozed"))
    return Backlog(is_open, pending, snoozed, ages, tones)


def value(period: Period) -> dict[int | None, Value]:
    """Values of customers with open tickets, by the index of their churn risk in `RISKS`; `None` for unknown."""
    found = fast_sql.fetch_rows(_VALUE, {**period.params, "risks": list(RISKS)})
    return {risk: Value(customers, total, at_risk) for risk, customers, total, at_risk in found}


def unanswered(period: Period) -> Group:
    """Open tickets without an agent's message, and when the first of their customers wrote."""
    found: list[tuple[Any, ...]] = fast_sql.fetch_rows(_UNANSWERED, period.params)
    return Group(*found[0])
