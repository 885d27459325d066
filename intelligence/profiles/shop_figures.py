"""A fitted shop: the parameters that profiles are computed from."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from intelligence.lifetime.fit import PRIOR
from intelligence.lifetime.model import Parameters
from intelligence.lifetime.recency import Recency
from intelligence.lifetime.spend import Spend

GRID = 200  # quantiles that approximate a distribution
FORMULA = "mbg-cnbd-k"


@dataclass(frozen=True)
class Shop:
    """Figures of a fitted shop. `spend_grid` and `churn_grid` are rising quantiles over its buyers; amounts in its currency."""

    version: str = f"{FORMULA} prior"
    parameters: Parameters = PRIOR
    spend: Spend | None = None
    horizon_days: int = 180
    discount_share: float = 0.0  # of all the shop's orders
    spend_grid: tuple[float, ...] = ()
    churn_grid: tuple[float, ...] = ()
    recency: Recency | None = None  # `None`: use the model
    base_rate: float | None = None  # share of buyers without an order within the horizon
    members: dict[str, int] = field(default_factory=dict)  # number of buyers by archetype
    customers: int = 0
    orders: int = 0
    fitted_on: date | None = None
    observed_until: date | None = None  # set if the record ended long ago: figures refer to that day
    judged: str = ""  # result of the backtest in one sentence

    def day(self, today: date) -> int:
        """The ordinal day as of which this shop's customers are described."""
        return min(today, self.observed_until or today).toordinal()


def grid(values: Sequence[float]) -> tuple[float, ...]:
    """At most `GRID` quantiles of the values."""
    rising = sorted(values)
    if len(rising) <= GRID:
        return tuple(rising)
    return tuple(rising[(2 * index + 1) * len(rising) // (2 * GRID)] for index in range(GRID))


def percentile(quantiles: Sequence[float], value: float) -> float:
    """0…100: the share below, plus half of the equal ones; 50 if there is nobody to compare with."""
    if not quantiles:
        return 50.0
    return 50.0 * (bisect_left(quantiles, value) + bisect_right(quantiles, value)) / len(quantiles)
