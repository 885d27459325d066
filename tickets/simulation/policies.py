"""Who is next. A policy gives each ticket a key that does not change while it waits; the smallest is served first."""

from collections.abc import Callable
from dataclasses import dataclass

from tickets.simulation.arrivals import HOURS_A_DAY, Arrival
from tickets.simulation.formula import Weights, points

_PRIORITIES = {"urgent": 0.0, "high": 1.0, "normal": 2.0, "low": 3.0}

Key = tuple[float, ...]


@dataclass(frozen=True)
class Policy:
    """An order of the queue. Equal keys go in order of arrival."""

    name: str
    label: str
    key: Callable[[Arrival], Key]


def first_in() -> Policy:
    return Policy("first_in", "First in, first out", lambda ticket: (ticket.created,))


def priority_first() -> Policy:
    """Urgent before high before normal before low, and first in, first out among equals."""
    return Policy(
        "priority", "Priority, then first in", lambda ticket: (_PRIORITIES.get(ticket.priority, 4.0), ticket.created)
    )


def smart(weights: Weights, name: str = "smart", label: str = "Smart order") -> Policy:
    """Earliest virtual arrival first: created, less one day for each point (docs/ordering.md)."""
    return Policy(name, label, lambda ticket: (ticket.created - HOURS_A_DAY * points(ticket, weights),))


def points_only(weights: Weights) -> Policy:
    """Most points first, whatever the age. The program does not offer it: tickets with few points would wait for ever."""
    return Policy("points_only", "Points without age", lambda ticket: (-points(ticket, weights), ticket.created))
