"""Workload and results of each agent."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from agents.common import fast_sql
from agents.models import Agent
from agents.workload import OPEN_TICKET_COUNT, with_workload
from tickets.reports.period import Period

# By agent (null: no known account). Counts tickets, because three messages on one ticket are one answer.
_DONE = """
SELECT agent, sum(answered)::bigint, sum(resolved)::bigint FROM (
    SELECT m.author_id AS agent, count(DISTINCT m.ticket_id) AS answered, 0 AS resolved
      FROM tickets_message m JOIN tickets_ticket t ON t.id = m.ticket_id
     WHERE m.from_agent AND m.created_at BETWEEN %(start)s AND %(now)s
       AND (%(channel)s::text IS NULL OR t.channel = %(channel)s::text)
     GROUP BY 1
    UNION ALL
    SELECT t.assigned_to_id, 0, count(*) FROM tickets_ticket t
     WHERE t.status = 'closed' AND t.closed_at BETWEEN %(start)s AND %(now)s
       AND (%(channel)s::text IS NULL OR t.channel = %(channel)s::text)
     GROUP BY 1
) done GROUP BY agent
"""


@dataclass(frozen=True)
class Load:
    """The workload of one agent; `agent` is `None` for work without a known agent, which has no capacity."""

    agent: UUID | None
    name: str
    active: bool
    service: bool
    open: int
    capacity: int | None
    answered: int
    resolved: int


def loads(period: Period) -> list[Load]:
    """All assignable agents, and others who did something in the period or have open tickets; the fullest first."""
    done: dict[UUID | None, tuple[int, int]] = {
        agent: (answered, resolved) for agent, answered, resolved in fast_sql.fetch_rows(_DONE, period.params)
    }
    known = {agent for agent in done if agent is not None}
    people = with_workload(Agent.objects.all()).filter(
        Q(is_active=True, is_service=False) | Q(pk__in=known) | Q(**{f"{OPEN_TICKET_COUNT}__gt": 0})
    )
    rows = people.values_list("pk", "name", "is_active", "is_service", OPEN_TICKET_COUNT, "max_concurrent_tickets")
    found = [
        Load(pk, name, active, service, open_now, capacity if active and not service else None, *done.get(pk, (0, 0)))
        for pk, name, active, service, open_now, capacity in rows.order_by("name", "pk")
    ]
    found.sort(key=lambda load: -load.open)
    if None in done:
        found.append(Load(None, "", False, False, 0, None, *done[None]))
    return found
