"""Choose the agent of a ticket that the program assigns, never beyond an agent's capacity.

The agent's row is locked before their tickets are counted, and stays locked until the ticket is assigned: a concurrent
assignment to the same agent waits and counts again. At most one agent's row is held, none while another is waited for, and all
of that before any customer or ticket is locked (locks.py), so that no deadlock is possible.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, F, FloatField, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, NullIf

from agents.common.transactions import atomic
from agents.models import Agent
from agents.roles import RANK, Capability, roles_with
from agents.workload import AVAILABLE, OPEN_TICKET_COUNT, with_workload
from tickets.models import HandBack, Turn

# Attempts if other assignments are faster; after them the ticket waits in the queue.
ATTEMPTS = 20


@dataclass(frozen=True)
class Wish:
    """What the ticket needs from its agent: `languages` and `tags` are matched with specializations."""

    tags: Sequence[str] = ()
    languages: Sequence[str] = ()
    senior: bool = False  # prefers agents with SEE_ALL, if one is available
    roles: Sequence[str] | None = None  # only agents with these roles, lowest first
    without: UUID | None = None  # id of a ticket: leaves out agents who recently gave it up
    since: datetime | None = None  # start of "recently"


class _Taken(Exception):
    """The agent is no longer available."""


def pick(wish: Wish) -> Agent | None:
    """The best-fitting available agent with their row locked; `None` if nobody is available.

    Agents whose row is locked by another assignment are tried last; if all best ones are locked, waits for one of them.
    """
    for attempt in range(ATTEMPTS):
        with suppress(_Taken), atomic():  # a savepoint, whose rollback releases the row lock
            agent = _lock_free(wish) if attempt == 0 else _lock_best(wish)
            if agent is not None:
                return _counted_again(agent)
            if attempt > 0:
                return None
    return None


def took_turn(agent: Agent, now: datetime) -> None:
    """Record an automatic assignment to the agent (whose row is locked): equal agents come first next time."""
    turn = Turn(agent=agent, last_at=now)
    Turn.objects.bulk_create([turn], update_conflicts=True, unique_fields=["agent"], update_fields=["last_at"])


def why(agent: Agent, wish: Wish) -> str:
    """The reason for the choice of this agent, for the audit log."""
    known = set(agent.specializations)
    reasons = []
    if wish.senior and agent.role in roles_with(Capability.SEE_ALL):
        reasons.append("senior agent")
    if fitting := sorted(known & (set(wish.languages) | set(wish.tags))):
        reasons.append(f"specialization {', '.join(fitting)}")
    load = getattr(agent, OPEN_TICKET_COUNT)
    return ", ".join([*reasons, f"load {load} of {agent.max_concurrent_tickets}"])


def _lock_free(wish: Wish) -> Agent | None:
    """Lock and return the best-fitting, least loaded agent whose row is not locked; never waits."""
    return _best_fitting(wish).select_for_update(no_key=True, of=("self",), skip_locked=True).first()


def _lock_best(wish: Wish) -> Agent | None:
    """Wait for the least loaded best-fitting agent by id: a statement with an order could hold one row while it waits for
    another.
    """
    best = _best_fitting(wish).values_list("pk", flat=True).first()
    if best is None:
        return None
    return Agent.objects.select_for_update(no_key=True).get(pk=best)


def _counted_again(agent: Agent) -> Agent:
    """Count the locked agent's tickets again. Raises `_Taken` where the agent is no longer available."""
    now = with_workload(Agent.objects.filter(pk=agent.pk)).filter(AVAILABLE).first()
    if now is None:
        raise _Taken
    return now


def _best_fitting(wish: Wish) -> "QuerySet[Agent]":
    """The available agents with the best fit, least loaded first."""
    available: QuerySet[Any] = _available(wish)
    best = available.order_by("-fit").values("fit")[:1]
    # Load as a share of capacity, which is above 0 for available agents.
    load = Cast(F(OPEN_TICKET_COUNT), FloatField()) / NullIf(F("max_concurrent_tickets"), Value(0))
    fitting: QuerySet[Agent] = available.filter(fit=best)
    return fitting.order_by(load, F("turn__last_at").asc(nulls_first=True), "pk")


def _available(wish: Wish) -> "QuerySet[Any]":
    agents: QuerySet[Any] = with_workload(Agent.objects.all()).filter(AVAILABLE)
    if wish.roles is not None:
        agents = agents.filter(role__in=wish.roles)
    if wish.without is not None:
        gave_away = HandBack.objects.filter(ticket=wish.without, at__gt=wish.since)
        agents = agents.exclude(pk__in=gave_away.values("agent_id"))
    fitted: QuerySet[Any] = agents.annotate(fit=_fit(wish))
    return fitted


def _fit(wish: Wish) -> Any:
    """Criteria in order of importance: no manager's work, the lowest of the required roles, the language, a senior agent for a
    valuable customer, the topic.
    """
    managers = roles_with(Capability.MANAGE_AGENTS)
    fit = _worth(~Q(role__in=managers), 1000)
    if wish.roles is not None:
        lowest = [When(role=role, then=Value(100 * (len(RANK) - RANK[role]))) for role in wish.roles]
        fit = Case(*lowest, default=Value(0), output_field=IntegerField())
    if wish.senior:
        fit = fit + _worth(Q(role__in=roles_with(Capability.SEE_ALL)), 10)
    for wanted, points in ((wish.languages, 20), (wish.tags, 1)):
        if wanted:
            fit = fit + _worth(Q(specializations__overlap=list(wanted)), points)
    return fit


def _worth(condition: Q, points: int) -> Any:
    return Case(When(condition, then=Value(points)), default=Value(0), output_field=IntegerField())


def normal_names(given: Iterable[str]) -> tuple[str, ...]:
    """Normalize languages and tags as specializations are stored."""
    return tuple(" ".join(name.lower().split()) for name in given)
