"""Preview what other weights would change in today's inbox before they are saved."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from agents.models import Agent
from tickets.models import Ticket
from tickets.ranking import scoring
from tickets.ranking.weights import Weights
from tickets.simulation import Comparison, compare, first_in, priority_first, replay_or_model, smart
from tickets.simulation.database import read_history

SHOWN = 20
LABELS = {
    "priority_weight": "priority",
    "customer_value": "customer value",
    "churn_risk": "churn risk",
    "sentiment": "negative sentiment",
    "difficulty": "difficulty",
}


@dataclass(frozen=True)
class Move:
    """A ticket that is or would be among the first: its places (from 1), its points, and the reason of the move."""

    id: UUID
    subject: str
    customer: str
    before: int
    after: int
    points_before: float
    points_after: float
    why: str


def preview(agent: Agent, current: Weights, proposed: Weights) -> list[Move]:
    """The first 20 open tickets that the agent sees, today and under the proposed weights, in their new order."""
    where = _places(agent, current, proposed)
    rows: Any = (
        Ticket.objects.filter(pk__in=where)
        .select_related("customer")
        .annotate(
            **{f"now_{c.key}": c.points for c in scoring.components(current)},
            **{f"then_{c.key}": c.points for c in scoring.components(proposed)},
        )
    )
    return sorted((_move(row, *where[row.pk]) for row in rows), key=lambda move: move.after)


def _places(agent: Agent, current: Weights, proposed: Weights) -> dict[UUID, tuple[int, int]]:
    """The places today and under the proposed weights, of the first tickets of either order."""
    order = (("before", scoring.rank_expression(current)), ("after", scoring.rank_expression(proposed)))
    windows = {name: Window(RowNumber(), order_by=[rank.asc(), F("id").asc()]) for name, rank in order}
    queue = Ticket.objects.visible_to(agent).awake(timezone.now()).filter(status=Ticket.Status.OPEN)
    tickets: Any = queue.order_by().annotate(**windows)
    ranked, values = tickets.values_list("pk", "before", "after").query.sql_with_params()
    with connection.cursor() as cursor:
        # Django's filter on a window function loses columns if the window contains a logarithm.
        first = f"SELECT * FROM ({ranked}) AS ranked WHERE before <= {SHOWN} OR after <= {SHOWN}"  # noqa: S608  Django's own
        cursor.execute(first, values)
        return {id: (before, after) for id, before, after in cursor.fetchall()}


def _move(row: Any, before: int, after: int) -> Move:
    now = {key: getattr(row, f"now_{key}") for key in LABELS}
    then = {key: getattr(row, f"then_{key}") for key in LABELS}
    return Move(
        id=row.pk,
        subject=row.subject,
        customer=row.customer.name,
        before=before,
        after=after,
        points_before=round(sum(now.values()), 4),
        points_after=round(sum(then.values()), 4),
        why=_why({key: then[key] - now[key] for key in LABELS}, before, after),
    )


def _why(changes: dict[str, float], before: int, after: int) -> str:
    """The largest changes of points, or that other tickets moved."""
    heavy = sorted((key for key in changes if abs(changes[key]) >= 0.005), key=lambda key: -abs(changes[key]))
    said = ", ".join(f"{LABELS[key]} {changes[key]:+.2f}" for key in heavy[:3])
    if said:
        return said
    return "its points stay" if before == after else "its points stay; others moved past it"


SIMULATED_DAYS = 14
SIMULATED_SEEDS = (1, 2, 3, 4, 5)
PATIENCE = 2.0  # seconds to wait for the simulation; finished runs are shown then
HISTORY_DAYS = 180


def simulate(current: Weights, proposed: Weights) -> Comparison:
    """Expected waiting times: first in first out, by priority, under the current weights and under the proposed ones.

    A small run of `manage.py simulate_queue`, on the shop's own arrivals if its history is long enough. Runs as many seeds as the
    time allows, at least one, so a slow machine gives figures with more spread.
    """
    policies = [first_in(), priority_first(), smart(current, "smart", "Today's weights")]
    policies.append(smart(proposed, "proposed", "Proposed weights"))
    source = replay_or_model(read_history(HISTORY_DAYS), None, SIMULATED_DAYS, None)
    begun = time.monotonic()
    first = compare(source, policies, SIMULATED_SEEDS[:1])
    took = time.monotonic() - begun
    more = min(len(SIMULATED_SEEDS), int(PATIENCE / max(took, 0.001)))
    return compare(source, policies, SIMULATED_SEEDS[:more]) if more > 1 else first
