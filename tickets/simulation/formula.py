"""The points formula for simulated tickets. Source: docs/ordering.md, as `tickets.ranking.scoring` states it.

The database is the program's only evaluator (tickets/ranking/scoring.py); simulated tickets are not in it. So the formula
stands here once more, and tickets/tests/simulation/test_simulation_points.py holds it against the database on random tickets.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from tickets.simulation.arrivals import Arrival


class Weights(Protocol):
    """What `points` asks of weights: `tickets.ranking.scoring.Weights`, or any dataclass with these fields (in days)."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def priority(self) -> Mapping[str, float]: ...
    @property
    def customer_value(self) -> float: ...
    @property
    def value_scale(self) -> float: ...
    @property
    def churn_risk(self) -> float: ...
    @property
    def sentiment(self) -> float: ...
    @property
    def difficulty(self) -> float: ...


def points(arrival: Arrival, weights: Weights) -> float:
    """The head start of a ticket in days, without age and topic alert."""
    _, priority, value, risk, sentiment, difficulty, _ = arrival
    total = weights.priority.get(priority, 0.0)
    if value > 0:
        total += weights.customer_value * math.log(1 + value / weights.value_scale)
    if risk is not None:
        total += weights.churn_risk * risk * risk
    if sentiment is not None and sentiment < 0.5:
        total += weights.sentiment * (0.5 - sentiment)
    if difficulty is not None:
        total += weights.difficulty * difficulty
    return total
