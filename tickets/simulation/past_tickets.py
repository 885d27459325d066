"""What a shop's records say about its queue: how much work a ticket is, how many agents answer, how heavy the load is.

No help desk knows how long an agent worked on a ticket; it knows when messages were sent. The estimate here:

    work on a reply = from the agent's previous reply anywhere, or the customer's latest message if that came later,
                      until the reply; at least 1 minute; unknown where that is more than an hour
    work on a ticket = the sum over its replies, unknown ones at the median of the known; 1 minute to 4 hours
    a ticket without a reply = the median of the others

Its weakness: an agent who was idle before a reply looks slow, so quiet shops look busier than they are; work that
leaves no message (calls, looking things up after the reply) is missed; over an hour's work on one reply is cut.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tickets.simulation.arrivals import HOURS_A_DAY, Arrival

LONGEST_REPLY = 1.0  # hours; a longer gap is a break or an idle agent, not work
SHORTEST = 1 / 60  # hours
LONGEST_TICKET = 4.0  # hours
STATED = 0.25  # hours per ticket, if too few replies are known
FEWEST_REPLIES = 30


class PastTicket(NamedTuple):
    """A ticket of the history; `handling` of its arrival is not known yet. Its time is in hours since a Monday, 0:00 UTC."""

    key: Hashable
    arrival: Arrival
    closed: bool


class PastMessage(NamedTuple):
    """A message of the history. `agent` is its author if known; `at` is on the tickets' time scale."""

    ticket: Hashable
    at: float
    from_agent: bool
    agent: Hashable | None


@dataclass(frozen=True)
class Work:
    """The estimated handling times in hours, by ticket, and how good the estimate is."""

    hours: dict[Hashable, float]
    replies: int
    known: int
    stated: bool  # too few replies are known, so every ticket takes `STATED`


def estimate_work(tickets: Sequence[PastTicket], messages: Iterable[PastMessage]) -> Work:
    """See the top of this module. `messages` come in order of time."""
    asked: dict[Hashable, float] = {ticket.key: ticket.arrival.created for ticket in tickets}
    answered: dict[Hashable, float] = {}
    known: dict[Hashable, list[float]] = defaultdict(list)
    replies: dict[Hashable, int] = defaultdict(int)
    for message in messages:
        if message.ticket not in asked:
            continue
        if not message.from_agent:
            asked[message.ticket] = message.at
            continue
        replies[message.ticket] += 1
        begun = asked[message.ticket]
        if message.agent is not None:
            begun = max(begun, answered.get(message.agent, -math.inf))
            answered[message.agent] = message.at
        if 0 <= message.at - begun <= LONGEST_REPLY:
            known[message.ticket].append(max(SHORTEST, message.at - begun))
    gaps = [gap for found in known.values() for gap in found]
    if len(gaps) < FEWEST_REPLIES:
        return Work({ticket.key: STATED for ticket in tickets}, sum(replies.values()), len(gaps), stated=True)
    usual = statistics.median(gaps)
    hours = {
        key: min(LONGEST_TICKET, sum(known[key]) + usual * (count - len(known[key]))) for key, count in replies.items()
    }
    middle = statistics.median(hours.values())
    return Work(
        {ticket.key: hours.get(ticket.key, middle) for ticket in tickets},
        sum(replies.values()),
        len(gaps),
        stated=False,
    )


@dataclass(frozen=True)
class History:
    """The whole days (UTC) a shop's records cover, newest last, each with its tickets. Day 0 is a Monday."""

    tickets: Sequence[PastTicket]
    first_day: int
    last_day: int
    answering: int  # agents who wrote a reply
    work: Work

    @property
    def days(self) -> int:
        return self.last_day - self.first_day + 1

    @property
    def closed(self) -> int:
        return sum(ticket.closed for ticket in self.tickets)

    def hours_of_work(self) -> float:
        return sum(self.work.hours[ticket.key] for ticket in self.tickets)

    def by_day(self) -> dict[int, list[Arrival]]:
        """Every day, also one without tickets; arrivals at their hour of the day, with their estimated handling."""
        found: dict[int, list[Arrival]] = {day: [] for day in range(self.first_day, self.last_day + 1)}
        for key, arrival, _ in self.tickets:
            day, hour = divmod(arrival.created, HOURS_A_DAY)
            found[int(day)].append(arrival._replace(created=hour, handling=self.work.hours[key]))
        return found


def look_back(tickets: Iterable[PastTicket], messages: Iterable[PastMessage], days: int) -> History:
    """The last `days` whole days of a shop; the newest ticket's own day, which is not over, is left out."""
    every = sorted(tickets, key=lambda ticket: ticket.arrival.created)
    last = int(every[-1].arrival.created // HOURS_A_DAY) - 1 if every else -1
    first = max(last - days + 1, int(every[0].arrival.created // HOURS_A_DAY)) if every else 0
    window = [one for one in every if first <= one.arrival.created // HOURS_A_DAY <= last]
    keys = {one.key for one in window}
    said = sorted((message for message in messages if message.ticket in keys), key=lambda message: message.at)
    answering = len({message.agent for message in said if message.from_agent and message.agent is not None})
    return History(window, first, last, answering, estimate_work(window, said))
