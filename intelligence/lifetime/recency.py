"""A baseline forecast for comparison: the return rate of customers with the same time since the last purchase."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

# Pseudo-count of customers with the shop's average churn share, so that steps with few customers stay near it.
_ALONE = 4.0


@dataclass(frozen=True)
class Recency:
    """Of the customers whose last purchase was at most `upto[i]` days ago, the share `share[i]` did not come back; rising."""

    upto: tuple[int, ...]
    share: tuple[float, ...]

    def churn(self, days: int) -> float:
        """0…1: the probability of no order within the horizon for which the shares were learned."""
        return self.share[min(bisect_left(self.upto, days), len(self.share) - 1)]


def learn(seen: Sequence[tuple[int, bool]]) -> Recency | None:
    """Learn the shares from (days since the last purchase, stayed away), pooled until they rise (isotonic regression)."""
    if not seen:
        return None
    whole = sum(away for _, away in seen) / len(seen)
    blocks: list[list[float]] = []  # [last day, churned customers, customers]
    for day, away in sorted(seen):
        if blocks and blocks[-1][0] == day:
            blocks[-1][1] += away
            blocks[-1][2] += 1
        else:
            blocks.append([float(day), float(away), 1.0])
    pooled: list[list[float]] = []
    for block in blocks:
        pooled.append(block)
        while len(pooled) > 1 and pooled[-2][1] * pooled[-1][2] >= pooled[-1][1] * pooled[-2][2]:
            days, away_more, count = pooled.pop()
            pooled[-1] = [days, pooled[-1][1] + away_more, pooled[-1][2] + count]
    share = [(away_count + _ALONE * whole) / (count + _ALONE) for _, away_count, count in pooled]
    rising = [max(share[: index + 1]) for index in range(len(share))]
    return Recency(tuple(int(block[0]) for block in pooled), tuple(rising))
