"""Spend per purchase: the Gamma-Gamma model of monetary value (Fader, Hardie 2013)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, log

from intelligence.lifetime.minimum import minimum
from intelligence.lifetime.order_history import History

# Start values and prior means of p and q (log-normal, width 1); γ follows from the shop's mean.
_P, _Q = 6.0, 4.0
_LIMIT = 20.0


@dataclass(frozen=True)
class Spend:
    """Fitted spend parameters of a shop; `gamma` is in the shop's currency."""

    p: float
    q: float
    gamma: float

    def expected(self, purchases: int, mean: float) -> float:
        """Expected amount of the next purchase: between the customer's own mean so far and the shop's mean."""
        return self.p * (self.gamma + purchases * max(mean, 0.0)) / (self.p * purchases + self.q - 1)


def fit_spend(observed: Sequence[tuple[int, float]], *, prior: bool = True) -> Spend | None:
    """Fit from (purchases, mean amount) of each customer with a mean above zero. `None` if nobody paid anything."""
    paying = [(n, mean) for n, mean in observed if n > 0 and mean > 0]
    if not paying:
        return None
    unit = exp(sum(log(mean) for _, mean in paying) / len(paying))
    rows = [(n, mean / unit) for n, mean in paying]
    centre = [log(_P), log(_Q), log((_Q - 1) / _P)]

    def loss(point: Sequence[float]) -> float:
        if any(abs(value) > _LIMIT for value in point):
            return inf
        p, q, gamma = (exp(value) for value in point)
        if p + q <= 1.001:
            return inf  # the expected spend after one purchase would be infinite
        value = -log_likelihood(rows, Spend(p, q, gamma))
        if prior:
            value += sum((v - c) ** 2 for v, c in zip(point, centre, strict=True)) / 2
        return value

    point, _ = minimum(loss, centre)
    return Spend(exp(point[0]), exp(point[1]), exp(point[2]) * unit)


def log_likelihood(rows: Iterable[tuple[int, float]], spend: Spend) -> float:
    """Log likelihood of (purchases, mean amount) of each customer; every mean is above zero."""
    p, q, gamma = spend.p, spend.q, spend.gamma
    fixed = q * log(gamma) - lgamma(q)
    tables: dict[int, tuple[float, float]] = {}
    total = 0.0
    for n, mean in rows:
        table = tables.get(n)
        if table is None:
            table = tables[n] = (fixed + lgamma(p * n + q) - lgamma(p * n) + p * n * log(n), p * n)
        total += table[0] + (table[1] - 1) * log(mean) - (table[1] + q) * log(gamma + n * mean)
    return total


def spending(histories: Iterable[History]) -> list[tuple[int, float]]:
    """(purchases, mean amount) of each customer, including the first purchase."""
    return [(one.purchases, one.spent / one.purchases) for one in histories]
