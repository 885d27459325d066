"""Workload and availability of agents: one definition for the API, the admin and automatic assignment.

Tickets belong to an app of a higher layer. That app registers an expression that counts them (`count_open_tickets_by`), and
every reader here annotates a queryset with it: one statement, whatever the number of agents.
"""

from typing import Any

from django.db.models import Count, F, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.expressions import Combinable

from agents.models import Agent

# Annotation: number of the agent's assigned tickets that are neither closed nor snoozed.
OPEN_TICKET_COUNT = "open_ticket_count"

# Open and pending tickets use capacity, because a pending ticket returns with the customer's next message even if the
# agent is at capacity by then.
BELOW_CAPACITY = Q(open_ticket_count__lt=F("max_concurrent_tickets"))
# People who are online and accept new tickets. The same condition as `is_present`, in SQL.
PRESENT = Q(is_active=True, is_service=False, status=Agent.Status.ONLINE, accepts_new_tickets=True)
AVAILABLE = PRESENT & BELOW_CAPACITY

PEOPLE = Q(is_active=True, is_service=False)
OVER_CAPACITY = PEOPLE & Q(open_ticket_count__gt=F("max_concurrent_tickets"))

_counter: Combinable = Value(0, output_field=IntegerField())


def count_open_tickets_by(expression: Combinable) -> None:
    """Register the expression that counts an agent's tickets (`OuterRef("pk")`); called once by the layer above."""
    global _counter
    _counter = expression


def with_workload(agents: QuerySet[Agent]) -> QuerySet[Agent]:
    """The agents, each with `open_ticket_count`. The filters above apply to the result: `with_workload(…).filter(AVAILABLE)`."""
    return agents.annotate(**{OPEN_TICKET_COUNT: _counter})


def open_ticket_count(agent: Agent) -> int:
    """The agent's open and pending tickets: as annotated, else asked for now."""
    known = getattr(agent, OPEN_TICKET_COUNT, None)
    if known is None:
        known = with_workload(Agent.objects.filter(pk=agent.pk)).values_list(OPEN_TICKET_COUNT, flat=True).first() or 0
        setattr(agent, OPEN_TICKET_COUNT, known)
    return int(known)


def is_available(agent: Agent) -> bool:
    """Whether a new ticket may be assigned to the agent automatically: `AVAILABLE` for a loaded record."""
    return is_present(agent) and open_ticket_count(agent) < agent.max_concurrent_tickets


def is_present(agent: Agent) -> bool:
    """Whether a person works now and wants more, however many tickets they have already."""
    return (
        agent.is_active and not agent.is_service and agent.status == Agent.Status.ONLINE and agent.accepts_new_tickets
    )


def team() -> dict[str, Any]:
    """How many people work here, by status, who could take a ticket and how many, who has too many; in one statement."""
    statuses = {value: Count("pk", filter=PEOPLE & Q(status=value)) for value in Agent.Status.values}
    figures = with_workload(Agent.objects.filter(PEOPLE)).aggregate(
        **statuses,
        people=Count("pk"),
        available=Count("pk", filter=AVAILABLE),
        over=Count("pk", filter=OVER_CAPACITY),
        tickets=Sum(OPEN_TICKET_COUNT, default=0),
        room=Sum(F("max_concurrent_tickets") - F(OPEN_TICKET_COUNT), filter=AVAILABLE, default=0),
    )
    shown = [(value, str(label), figures[value]) for value, label in Agent.Status.choices]
    return {
        "statuses": shown,
        **{name: figures[name] for name in ("people", "available", "over", "tickets", "room")},
    }
