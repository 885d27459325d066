"""Runs policies on the same arrivals, seed by seed."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tickets.simulation.arrivals import HOURS_A_DAY, Arrival, Source
from tickets.simulation.event_simulation import waits
from tickets.simulation.policies import Policy
from tickets.simulation.waiting_times import MEASURES, Figures, Spread, figures, spread

Progress = Callable[[int, int], None]
Stop = Callable[[], bool]
SEEDS = range(1, 11)


class StoppedError(Exception):
    """Stopped before a single seed was through, so there is nothing to show."""


class NoArrivalsError(Exception):
    """A run without a single ticket: so little load, or so few days."""


@dataclass(frozen=True)
class PolicyResult:
    """One policy's figures, one per seed."""

    name: str
    label: str
    runs: tuple[Figures, ...]

    def measure(self, name: str) -> Spread | None:
        """One of `MEASURES` over the seeds, in hours; None if no ticket counts for it."""
        return spread([getattr(run, name) for run in self.runs])


@dataclass(frozen=True)
class Comparison:
    """The results of the policies, with what a report needs. `seeds` are those that have been simulated."""

    results: tuple[PolicyResult, ...]
    seeds: tuple[int, ...]
    agents: int
    days: float
    tickets: float  # average of a run
    load: Spread  # work that arrived divided by the agents' capacity, as measured in the runs
    notes: tuple[str, ...]

    def result(self, name: str) -> PolicyResult:
        """Raises `KeyError` for a policy that was not compared."""
        return {result.name: result for result in self.results}[name]

    def ratio(self, measure: str, name: str, other: str) -> float | None:
        """How many times as long `other` waits as `name`, by their means over the seeds; None without a wait."""
        one, two = self.result(name).measure(measure), self.result(other).measure(measure)
        return two.mean / one.mean if one and two and one.mean > 0 else None

    def as_dict(self) -> dict[str, Any]:
        """For JSON: spreads and single runs."""
        return {
            "unit": "hours",
            "agents": self.agents,
            "days": self.days,
            "tickets_per_run": self.tickets,
            "load": asdict(self.load),
            "seeds": list(self.seeds),
            "notes": list(self.notes),
            "policies": [
                {
                    "name": result.name,
                    "label": result.label,
                    **{m: asdict(found) if (found := result.measure(m)) else None for m in MEASURES},
                    "runs": [run._asdict() for run in result.runs],
                }
                for result in self.results
            ],
        }


def compare(
    source: Source,
    policies: Sequence[Policy],
    seeds: Sequence[int] = SEEDS,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Comparison:
    """Run each policy on the arrivals of each seed; the same seeds always give the same figures.

    `progress(done, total)` is called after each run; an exception from it ends the comparison. `stop()` is called before each
    run: if it is true, the finished seeds are compared. Raises `StoppedError` if there is none, `NoArrivalsError` if a seed has
    none, `ValueError` without policies or seeds.
    """
    if not policies or not seeds:
        raise ValueError("A comparison needs at least one policy and one seed.")
    through: list[list[Figures]] = []
    loads: list[float] = []
    tickets = 0
    for number, seed in enumerate(seeds):
        arrivals = source.draw(seed)
        if not arrivals:
            raise NoArrivalsError("There are no arrivals to simulate.")
        row: list[Figures] = []
        for policy in policies:
            if stop is not None and stop():
                return _result(source, policies, seeds, through, loads, tickets)
            row.append(figures(arrivals, waits(arrivals, policy, source.agents)))
            if progress is not None:
                progress(number * len(policies) + len(row), len(seeds) * len(policies))
        through.append(row)
        loads.append(_load(arrivals, source))
        tickets += len(arrivals)
    return _result(source, policies, seeds, through, loads, tickets)


def _load(arrivals: Sequence[Arrival], source: Source) -> float:
    hours = source.agents * source.days * HOURS_A_DAY
    return sum(ticket.handling for ticket in arrivals) / hours if hours else 0.0


def _result(
    source: Source,
    policies: Sequence[Policy],
    seeds: Sequence[int],
    through: list[list[Figures]],
    loads: list[float],
    tickets: int,
) -> Comparison:
    load = spread(loads)
    if load is None:
        raise StoppedError("Stopped before the first seed was through.")
    results = tuple(
        PolicyResult(policy.name, policy.label, tuple(row[place] for row in through))
        for place, policy in enumerate(policies)
    )
    return Comparison(
        results=results,
        seeds=tuple(seeds[: len(through)]),
        agents=source.agents,
        days=source.days,
        tickets=tickets / len(through),
        load=load,
        notes=tuple(source.notes()),
    )
