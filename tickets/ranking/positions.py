"""A ticket's place in the queue of an agent, and its place if one fact were different."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from agents.models import Agent
from tickets.models import Ticket
from tickets.ranking import scoring
from tickets.ranking.alert_order import count_before
from tickets.ranking.weights import Weights


@dataclass(frozen=True)
class WhatIf:
    """One changed fact: which, how many points it brings, and the ticket's place (from 1) before and after."""

    change: str
    points: float
    place_before: int
    place_after: int
    priority: str = ""  # priority in this case; empty: a topic alert matches


def place_and_changes(
    agent: Agent, ticket: Ticket, keyword: str | None, alerts: list[str], weights: Weights | None = None
) -> tuple[int, list[WhatIf]]:
    """The ticket's position among those of its status that the agent sees, with the request's topic alerts, and what would
    change it. One pass over the queue, whatever the number of changes.
    """
    weights = weights or scoring.current_weights()
    ahead = scoring.alert_head_start(weights)
    here = ticket.rank_at - (ahead if keyword else timedelta(0))
    wanted = _changes(ticket, weights, keyword)
    queue = (
        Ticket.objects.visible_to(agent)
        .awake(timezone.now())
        .filter(status=ticket.status)
        .exclude(pk=ticket.pk)
        .order_by()
    )
    moments = [here, *(here - timedelta(days=points) for _, points, _ in wanted)]
    before = count_before(queue, moments, alerts, ahead, lambda part, ranks: _count(part, ticket, ranks))
    return before[0] + 1, [
        WhatIf(change, round(points, 4), before[0] + 1, after + 1, priority)
        for (change, points, priority), after in zip(wanted, before[1:], strict=True)
    ]


def _changes(ticket: Ticket, weights: Weights, keyword: str | None) -> list[tuple[str, float, str]]:
    """The facts that people can change, with their points. Waiting is not one: all tickets wait equally."""
    now = weights.priority[ticket.priority]
    changes = [
        (f"priority {ticket.priority} → {name}", points - now, name)
        for name, points in weights.priority.items()
        if name != ticket.priority
    ]
    if keyword is None:
        changes.append(("a topic alert matches", weights.topic_alert, ""))
    return sorted((change for change in changes if change[1]), key=lambda change: -change[1])


def _count(queue: "QuerySet[Ticket]", ticket: Ticket, moments: list[datetime]) -> list[int]:
    """For each rank: how many tickets of the queue come before a ticket with that rank, by their stored ranks."""
    reached = queue.filter(rank_at__lte=max(moments))
    counts: dict[str, Any] = {
        f"n{place}": Count("pk", filter=Q(rank_at__lt=moment) | Q(rank_at=moment, pk__lt=ticket.pk))
        for place, moment in enumerate(moments)
    }
    found = reached.aggregate(**counts)
    return [found[f"n{place}"] for place in range(len(moments))]
