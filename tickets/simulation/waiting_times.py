"""What is measured in a run, and how it spreads over runs."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tickets.simulation.arrivals import Arrival


class Figures(NamedTuple):
    """Waiting times of one run in hours. None if no ticket counts: no urgent one, or none with revenue at risk."""

    mean: float
    at_risk: float | None  # each wait weighted by the revenue at risk: churn risk × lifetime value
    urgent: float | None
    longest: float


@dataclass(frozen=True)
class Spread:
    """A figure over the seeds, in hours. `deviation` is the standard deviation of a sample, 0 for a single run."""

    mean: float
    deviation: float
    least: float
    most: float


MEASURES = {"mean": "Mean wait", "at_risk": "At-risk wait", "urgent": "Urgent wait", "longest": "Longest wait"}


def figures(arrivals: Sequence[Arrival], waited: Sequence[float]) -> Figures:
    """The figures of one run; `waited` belongs to `arrivals` by place."""
    at_risk = weight = urgent = 0.0
    urgents = 0
    for ticket, wait in zip(arrivals, waited, strict=True):
        if ticket.churn_risk is not None and ticket.lifetime_value > 0:
            revenue = ticket.churn_risk * ticket.lifetime_value
            weight += revenue
            at_risk += revenue * wait
        if ticket.priority == "urgent":
            urgents += 1
            urgent += wait
    return Figures(
        mean=sum(waited) / len(waited) if waited else 0.0,
        at_risk=at_risk / weight if weight else None,
        urgent=urgent / urgents if urgents else None,
        longest=max(waited, default=0.0),
    )


def spread(values: Sequence[float | None]) -> Spread | None:
    """The spread over the runs that have the figure; None if none has."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    deviation = statistics.stdev(known) if len(known) > 1 else 0.0
    return Spread(statistics.fmean(known), deviation, min(known), max(known))
