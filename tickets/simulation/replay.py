"""The shop's own arrivals and handling times, drawn again day by day (a bootstrap of days)."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tickets.simulation.arrival_model import Model
from tickets.simulation.arrivals import HOURS_A_DAY, Arrival
from tickets.simulation.past_tickets import FEWEST_REPLIES, History

FEWEST_CLOSED = 200
FEWEST_DAYS = 14
QUIET = 0.9  # below this load hardly any ticket waits, in any order
SCALED_LOAD = 0.98


class TooLittleHistoryError(Exception):
    """The shop has too little history to replay; the sentence says how much is missing."""


@dataclass(frozen=True)
class Replay:
    """Each simulated day is a random day of the same weekday of the history, with its tickets at their time of day.

    `factor` is how many such days arrive at once (2.3: two, and a third with a chance of 30 %): 1 replays the shop as it is.
    Above 1, each ticket is moved by up to half an hour, so that copies do not arrive at the same instant.
    """

    history: History
    agents: int
    days: float
    factor: float = 1.0

    def draw(self, seed: int) -> Sequence[Arrival]:
        rng = random.Random(f"replay:{seed}")  # noqa: S311  seeded on purpose
        history = self.history.by_day()
        weekdays = [[tickets for day, tickets in history.items() if day % 7 == weekday] for weekday in range(7)]
        arrivals: list[Arrival] = []
        for day in range(round(self.days)):
            copies = int(self.factor) + (rng.random() < self.factor % 1)
            for _ in range(copies):
                for ticket in rng.choice(weekdays[day % 7]):
                    shift = rng.uniform(-0.5, 0.5) if self.factor > 1 else 0.0
                    hour = (ticket.created + shift) % HOURS_A_DAY
                    arrivals.append(Arrival(day * HOURS_A_DAY + hour, *ticket[1:]))
        return sorted(arrivals, key=lambda ticket: ticket.created)

    @property
    def own_load(self) -> float:
        """The work of the history by what the agents could have done, were they there around the clock."""
        return self.history.hours_of_work() / (self.agents * self.history.days * HOURS_A_DAY)

    @property
    def tickets(self) -> float:
        """Expected in one run."""
        return self.factor * self.days * len(self.history.tickets) / self.history.days

    def notes(self) -> list[str]:
        history, work = self.history, self.history.work
        own = self.own_load
        told = [
            f"Replay of the shop's own {len(history.tickets):,} tickets of {history.days} days ({history.closed:,} "
            f"closed): each of {self.days:g} simulated days is a random one of the same weekday (UTC).",
            f"{self.agents} agents at a time, around the clock; {history.answering} wrote replies in that time.",
            f"Handling time: {_handling(history)}",
            f"The shop's own load is {own:.1%} of that.",
        ]
        if self.factor != 1:
            told.append(
                f"Scaled: {self.factor:.3g} times the shop's arrivals, each moved by up to half an hour, to reach a load "
                f"of {own * self.factor:.0%}. These are the shop's tickets, not its waits."
            )
        told.append("Value, churn risk, sentiment and difficulty are today's, not those of the time.")
        if not work.stated:
            told.append("An agent who was idle before a reply looks slow, and work without a message is not seen.")
        return told


def _handling(history: History) -> str:
    work = history.work
    if work.stated:
        return (
            f"15 minutes each, stated: only {work.known} replies (fewer than {FEWEST_REPLIES}) have a known duration."
        )
    hours = history.hours_of_work() / len(history.tickets)
    return (
        f"{hours * 60:.0f} minutes on average, estimated from the time between an agent's replies; "
        f"{work.known:,} of {work.replies:,} replies have one of an hour or less, the others count the median."
    )


def scaled_replay(history: History, agents: int | None = None, days: float = 60.0, load: float | None = None) -> Replay:
    """A replay scaled to `load`; without it at the shop's own load, or at 98 % if hardly anybody would wait.

    Raises `TooLittleHistoryError`.
    """
    lacks = []
    if history.days < FEWEST_DAYS:
        lacks.append(f"{max(0, history.days)} whole days (it takes {FEWEST_DAYS})")
    if history.closed < FEWEST_CLOSED:
        lacks.append(f"{history.closed} closed tickets (it takes {FEWEST_CLOSED})")
    if lacks:
        raise TooLittleHistoryError(f"Too little history to replay: {' and '.join(lacks)}.")
    own = Replay(history, agents or max(1, history.answering), days)
    if load is None:
        load = SCALED_LOAD if own.own_load < QUIET else own.own_load
    return Replay(history, own.agents, days, load / own.own_load)


def replay_or_model(history: History, agents: int | None, days: float, load: float | None) -> Replay | Model:
    """A replay if the history is long enough, else the model, which states the reason."""
    try:
        return scaled_replay(history, agents, days, load)
    except TooLittleHistoryError as lack:
        return stated(agents, days, load, f"{lack} So this is the stated model.")


def stated(agents: int | None, days: float, load: float | None, why: str = "") -> Model:
    """The stated model with 10 agents and a load of 98 %, unless told otherwise."""
    return Model(agents=agents or Model.agents, load=Model.load if load is None else load, days=days, why=why)
