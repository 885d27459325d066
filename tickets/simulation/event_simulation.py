"""The discrete-event simulation: equal agents, one queue, nobody is interrupted, nobody idles while somebody waits."""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush, heapreplace

from tickets.simulation.arrivals import Arrival
from tickets.simulation.policies import Policy


def waits(arrivals: Sequence[Arrival], policy: Policy, agents: int) -> list[float]:
    """Hours from each arrival until an agent starts on it, in the given order, which is that of `created`.

    All agents are free at the start, and all tickets are served: after the last arrival the queue is worked off. Raises
    `ValueError` for fewer than one agent, or arrivals out of order.
    """
    if agents < 1:
        raise ValueError("A queue needs at least one agent.")
    created = [ticket.created for ticket in arrivals]
    if any(later < earlier for earlier, later in zip(created, created[1:], strict=False)):
        raise ValueError("Arrivals come in order of their time.")
    # A key never changes while a ticket waits, so one sort turns keys into places, and the heap compares integers.
    keys = [policy.key(ticket) for ticket in arrivals]
    turns = sorted(range(len(keys)), key=keys.__getitem__)
    places = [0] * len(turns)
    for place, index in enumerate(turns):
        places[index] = place
    return _serve(created, [ticket.handling for ticket in arrivals], turns, places, agents)


def _serve(
    created: list[float], handling: list[float], turns: list[int], places: list[int], agents: int
) -> list[float]:
    """`turns` are the tickets' indexes in the policy's order, `places` the inverse."""
    count = len(created)
    result = [0.0] * count
    free = [0.0] * agents  # when each agent becomes free
    heapify(free)
    queue: list[int] = []  # places of waiting tickets
    coming = 0
    now = 0.0
    for _ in range(count):
        # The agent may have been free before the waiting tickets arrived; time must not go back.
        now = max(now, free[0])
        if not queue and created[coming] > now:
            now = created[coming]
        while coming < count and created[coming] <= now:
            heappush(queue, places[coming])
            coming += 1
        index = turns[heappop(queue)]
        result[index] = now - created[index]
        heapreplace(free, now + handling[index])
    return result
