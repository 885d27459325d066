"""A customer's order dates and amounts: all the input of the models."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

WEEK = 7.0  # days; the models count in weeks


@dataclass(frozen=True, slots=True)
class History:
    """One customer's purchases, at least one; several orders of one day are one purchase.

    `days` are ordinal days (`date.toordinal`), rising. `amounts` are payments less refunds, in the shop's currency. `discounted`
    says whether the purchase had a discount.
    """

    days: tuple[int, ...]
    amounts: tuple[float, ...]
    discounted: tuple[bool, ...]

    @property
    def purchases(self) -> int:
        return len(self.days)

    @property
    def repeats(self) -> int:
        """x: purchases after the first."""
        return len(self.days) - 1

    @property
    def spent(self) -> float:
        return sum(self.amounts)

    @property
    def gaps(self) -> list[int]:
        """Days between one purchase and the next."""
        return [later - earlier for earlier, later in zip(self.days, self.days[1:], strict=False)]

    def until(self, day: int) -> "History | None":
        """The history as known at the end of that day; `None` before the first purchase."""
        count = bisect_right(self.days, day)
        if count == 0:
            return None
        if count == len(self.days):
            return self
        return History(self.days[:count], self.amounts[:count], self.discounted[:count])

    def weeks(self, today: int) -> tuple[int, float, float]:
        """(x, t_x, T): repeat purchases, age at the last purchase and age today, both in weeks since the first."""
        first = self.days[0]
        return self.repeats, (self.days[-1] - first) / WEEK, (max(today, self.days[-1]) - first) / WEEK


def history(orders: Iterable[tuple[int, float, bool]]) -> History | None:
    """Build a history from (ordinal day, amount, discounted) of each order; `None` without orders."""
    days: dict[int, tuple[float, bool]] = {}
    for day, amount, discounted in orders:
        before, was = days.get(day, (0.0, False))
        days[day] = before + amount, was or discounted
    if not days:
        return None
    rising = sorted(days)
    return History(tuple(rising), tuple(days[day][0] for day in rising), tuple(days[day][1] for day in rising))
