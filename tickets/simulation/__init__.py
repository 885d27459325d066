"""Does the order help? A queue of tickets and the agents who answer them, simulated under several orders.

    source    where arrivals come from: `Model` (a stated model), `Replay` (the shop's own history), `Fixed` (given ones)
    policies  who is next: `first_in`, `priority_first`, `smart(weights)`, `points_only(weights)`
    compare   runs each policy on the same arrivals, seed by seed, and returns their waits with the spread over seeds

Plain Python; only `records` reads the database, through the ORM. Times are in hours, points in days, money in the
shop's currency. docs/ordering.md shows the results.
"""

from tickets.simulation.arrival_model import Model
from tickets.simulation.arrivals import Arrival, Fixed, Source
from tickets.simulation.chart import draw_chart
from tickets.simulation.comparison import Comparison, NoArrivalsError, PolicyResult, StoppedError, compare
from tickets.simulation.formula import Weights, points
from tickets.simulation.policies import Policy, first_in, points_only, priority_first, smart
from tickets.simulation.replay import Replay, TooLittleHistoryError, replay_or_model, scaled_replay
from tickets.simulation.result_table import comparison_table, sensitivity_table, verdict
from tickets.simulation.sensitivity import variants

__all__ = [
    "Arrival",
    "Comparison",
    "Fixed",
    "Model",
    "NoArrivalsError",
    "Policy",
    "PolicyResult",
    "Replay",
    "Source",
    "StoppedError",
    "TooLittleHistoryError",
    "Weights",
    "draw_chart",
    "compare",
    "comparison_table",
    "first_in",
    "points",
    "points_only",
    "priority_first",
    "scaled_replay",
    "replay_or_model",
    "sensitivity_table",
    "smart",
    "variants",
    "verdict",
]
