"""A ticket as the queue sees it, and what a source of them offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

HOURS_A_DAY = 24.0


class Arrival(NamedTuple):
    """What the formula and the agents need to know of a ticket. Unknown facts are None and count nothing."""

    created: float  # hours since the simulation began
    priority: str
    lifetime_value: float  # the shop's currency
    churn_risk: float | None  # 0…1
    sentiment: float | None  # 0 negative … 1 positive
    difficulty: float | None  # 0…1
    handling: float  # hours of one agent's work


class Source(Protocol):
    """Where arrivals come from. The same seed gives the same arrivals, in order of `created`."""

    @property
    def agents(self) -> int:
        """How many answer at the same time."""

    @property
    def days(self) -> float:
        """For how long tickets arrive."""

    def draw(self, seed: int) -> Sequence[Arrival]:
        """The arrivals of one run."""

    def notes(self) -> list[str]:
        """What a reader must know to judge the figures: assumptions, estimates, scaling. One sentence each."""


@dataclass(frozen=True)
class Fixed:
    """Given arrivals, the same for every seed."""

    arrivals: Sequence[Arrival]
    agents: int

    @property
    def days(self) -> float:
        return max((one.created for one in self.arrivals), default=0.0) / HOURS_A_DAY

    def draw(self, seed: int) -> Sequence[Arrival]:
        return sorted(self.arrivals, key=lambda one: one.created)

    def notes(self) -> list[str]:
        return [f"{len(self.arrivals):,} given arrivals, {self.agents} agents."]
