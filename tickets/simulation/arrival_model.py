"""The stated model: where arrivals come from while a shop has too little history of its own."""

import math
import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from tickets.simulation.arrivals import HOURS_A_DAY, Arrival


@dataclass(frozen=True)
class Curve:
    """A Kumaraswamy distribution of shares, which resembles a beta distribution and is drawn from one number.

    Source: P. Kumaraswamy, "A generalized probability density function for double-bounded random processes", Journal of Hydrology
    46 (1980). `unknown` is the share of tickets for which the program knows nothing.
    """

    a: float
    b: float
    unknown: float = 0.0

    def draw(self, rng: random.Random) -> float | None:
        """Draw a value from 0 to 1; `None` for unknown."""
        share = rng.random()
        if share < self.unknown:
            return None
        chance: float = (share - self.unknown) / (1 - self.unknown)
        return float((1 - (1 - chance) ** (1 / self.b)) ** (1 / self.a))

    def mean(self) -> float:
        """Of those that are known."""
        return self.b * math.gamma(1 + 1 / self.a) * math.gamma(self.b) / math.gamma(1 + 1 / self.a + self.b)


@dataclass(frozen=True)
class Model:
    """Poisson arrivals around the clock; all facts of a ticket are independent of the others.

    The arriving work is `load` times the agents' capacity. Money is in the shop's currency.
    """

    agents: int = 10
    load: float = 0.98
    days: float = 60.0
    handling_minutes: float = 15.0
    fixed_handling: bool = False  # False: exponentially distributed
    value_median: float = 250.0
    value_sigma: float = 1.2
    churn_risk: Curve = Curve(1.3, 3.5, unknown=0.05)
    sentiment: Curve = Curve(2.2, 4.5, unknown=0.2)
    difficulty: Curve = Curve(1.8, 4.5, unknown=0.03)
    why: str = ""  # why this is not a replay, in one sentence
    priorities: tuple[tuple[str, float], ...] = (("urgent", 0.05), ("high", 0.2), ("normal", 0.5), ("low", 0.25))

    @property
    def tickets(self) -> float:
        """Expected in one run."""
        return self.agents * self.load * self.days * HOURS_A_DAY * 60 / self.handling_minutes

    def draw(self, seed: int) -> Sequence[Arrival]:
        # Two random streams, so that another load changes arrival times but not the tickets.
        clock, facts = (random.Random(f"{name}:{seed}") for name in ("clock", "facts"))  # noqa: S311  seeded on purpose
        names = [name for name, _ in self.priorities]
        bounds = list(accumulate(share for _, share in self.priorities))[:-1]
        end = self.days * HOURS_A_DAY
        rate = self.agents * self.load * 60 / self.handling_minutes
        mu = math.log(self.value_median)
        hours = self.handling_minutes / 60
        arrivals: list[Arrival] = []
        now = clock.expovariate(rate)
        while now < end:
            arrivals.append(
                Arrival(
                    now,
                    names[bisect(bounds, facts.random())],
                    math.exp(facts.gauss(mu, self.value_sigma)),
                    self.churn_risk.draw(facts),
                    self.sentiment.draw(facts),
                    self.difficulty.draw(facts),
                    hours if self.fixed_handling else facts.expovariate(1 / hours),
                )
            )
            now += clock.expovariate(rate)
        return arrivals

    def notes(self) -> list[str]:
        kind = "exactly" if self.fixed_handling else "exponentially distributed around"
        mix = ", ".join(f"{name} {share:.0%}" for name, share in self.priorities)
        return [
            *([self.why] if self.why else []),
            f"Stated model: {self.agents} agents around the clock, Poisson arrivals for {self.days:g} days at a load of "
            f"{self.load:.0%}, then the queue is worked off.",
            f"Handling time: {kind} {self.handling_minutes:g} minutes.",
            f"Lifetime values: log-normal, median {self.value_median:g}, sigma {self.value_sigma:g}. Priorities: {mix}.",
            f"Churn risk on average {self.churn_risk.mean():.2f} ({self.churn_risk.unknown:.0%} unknown), sentiment "
            f"{self.sentiment.mean():.2f} ({self.sentiment.unknown:.0%}), difficulty {self.difficulty.mean():.2f} "
            f"({self.difficulty.unknown:.0%}); all independent of each other.",
        ]
