"""The queue simulation: conservation, order of service, and formulas of queueing theory. No database."""

import math
import random
from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise

import pytest

from tickets.ranking.weights import DEFAULT_WEIGHTS, Weights
from tickets.simulation import Arrival, Fixed, Model, Policy, first_in, points_only, priority_first, smart
from tickets.simulation.event_simulation import waits

POLICIES = [first_in(), priority_first(), smart(DEFAULT_WEIGHTS), points_only(DEFAULT_WEIGHTS)]
every_policy = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)


def ticket(created: float, handling: float = 1.0, priority: str = "low", **facts: float | None) -> Arrival:
    given = {"churn_risk": None, "sentiment": None, "difficulty": None, **facts}
    value = given.pop("lifetime_value", 0.0) or 0.0
    return Arrival(created, priority, value, given["churn_risk"], given["sentiment"], given["difficulty"], handling)


def busy_days(seed: int, count: int = 250) -> list[Arrival]:
    """Returns arrivals at whole hours, so that sums are exact and many events coincide."""
    rng = random.Random(seed)
    return sorted(
        (
            ticket(
                float(rng.randrange(count)),
                float(rng.randrange(6)),
                rng.choice(["urgent", "high", "normal", "low"]),
                lifetime_value=rng.choice([0.0, 90.0, 4000.0]),
                churn_risk=rng.choice([None, 0.1, 0.9]),
            )
            for _ in range(count)
        ),
        key=lambda one: one.created,
    )


@every_policy
@pytest.mark.parametrize("seed", range(4))
def test_agents_never_idle_while_tickets_wait_and_handle_one_ticket_at_a_time(policy: Policy, seed: int) -> None:
    agents, tickets = 3, busy_days(seed)
    waited = waits(tickets, policy, agents)
    assert len(waited) == len(tickets) and min(waited) >= 0
    begun = [one.created + wait for one, wait in zip(tickets, waited, strict=True)]
    ended = [begin + one.handling for one, begin in zip(tickets, begun, strict=True)]
    came = [one.created for one in tickets]
    for moment in {*came, *begun, *ended}:
        here, taken, done = (bisect_right(sorted(times), moment) for times in (came, begun, ended))
        assert taken - done <= agents
        if here > taken:
            assert taken - done == agents


@every_policy
@pytest.mark.parametrize("seed", range(4))
def test_first_ticket_by_policy_is_served_next(policy: Policy, seed: int) -> None:
    tickets = busy_days(seed)
    waited = waits(tickets, policy, 2)
    begun = [one.created + wait for one, wait in zip(tickets, waited, strict=True)]
    keys = [(policy.key(one), place) for place, one in enumerate(tickets)]
    for i, moment in enumerate(begun):
        passed_over = [j for j, one in enumerate(tickets) if one.created <= moment < begun[j]]
        assert all(keys[i] < keys[j] for j in passed_over)


def test_single_agent_fifo_equals_lindley_recursion() -> None:
    tickets = list(Model(agents=1, load=0.9, days=20).draw(1))
    expected = [0.0]
    for before, after in pairwise(tickets):
        expected.append(max(0.0, expected[-1] + before.handling - (after.created - before.created)))
    assert waits(tickets, first_in(), 1) == pytest.approx(expected, abs=1e-9)


def erlang_c_wait(agents: int, load: float, handling: float) -> float:
    """Mean wait in M/M/c, in the unit of `handling`. Source: A. K. Erlang, 1917; any textbook of queues."""
    offered = agents * load
    last = offered**agents / math.factorial(agents) / (1 - load)
    chance = last / (sum(offered**k / math.factorial(k) for k in range(agents)) + last)
    return chance * handling / (agents * (1 - load))


@pytest.mark.parametrize("agents", [1, 4])
def test_mean_wait_equals_erlang_c_formula(agents: int) -> None:
    model = Model(agents=agents, load=0.7, days=800 / agents)
    found = [wait for seed in (1, 2, 3) for wait in waits(model.draw(seed), first_in(), agents)]
    assert sum(found) / len(found) == pytest.approx(erlang_c_wait(agents, 0.7, 0.25), rel=0.05)


def test_mean_wait_with_fixed_handling_equals_pollaczek_khinchine_formula() -> None:
    model = Model(agents=1, load=0.8, days=300, fixed_handling=True)
    found = [wait for seed in (1, 2, 3) for wait in waits(model.draw(seed), first_in(), 1)]
    assert sum(found) / len(found) == pytest.approx(0.8 * 0.25 / (2 * (1 - 0.8)), rel=0.05)


def test_mean_wait_is_equal_for_policies_that_ignore_handling_time() -> None:
    tickets = Model(load=0.95, days=20, fixed_handling=True).draw(3)
    means = [sum(waits(tickets, policy, 10)) for policy in POLICIES]
    assert means == pytest.approx([means[0]] * len(means), rel=1e-9)


def test_ticket_starves_under_points_without_age_but_not_in_smart_order() -> None:
    """One urgent ticket an hour keeps the only agent busy; a ticket without points arrives early."""

    def lowly(policy: Policy, hours: int) -> float:
        queue = [ticket(0.0), *(ticket(float(hour), priority="urgent") for hour in range(hours))]
        queue.insert(2, ticket(0.5))
        queue.sort(key=lambda one: one.created)
        return waits(queue, policy, 1)[queue.index(ticket(0.5))]

    assert lowly(smart(DEFAULT_WEIGHTS), 200) == lowly(smart(DEFAULT_WEIGHTS), 2000) <= 3 * 24 + 2
    assert lowly(points_only(DEFAULT_WEIGHTS), 200) >= 199
    assert lowly(points_only(DEFAULT_WEIGHTS), 2000) >= 1999


def test_ticket_is_not_overtaken_beyond_the_point_difference() -> None:
    tickets = Model(load=1.3, days=12, agents=3).draw(1)
    policy = smart(DEFAULT_WEIGHTS)
    begun = [one.created + wait for one, wait in zip(tickets, waits(tickets, policy, 3), strict=True)]
    last = max(range(len(tickets)), key=lambda place: begun[place] - tickets[place].created)
    head_start = max(one.created - policy.key(one)[0] for one in tickets)
    overtook = [one for one, begin in zip(tickets, begun, strict=True) if begin < begun[last]]
    assert max(one.created for one in overtook) <= tickets[last].created + head_start


@pytest.mark.parametrize(
    "make", [lambda: Weights(priority=dict.fromkeys(["urgent", "high", "normal", "low"], 0.0)), lambda: DEFAULT_WEIGHTS]
)
def test_smart_order_of_tickets_with_equal_points_is_first_in_first_out(make: Callable[[], Weights]) -> None:
    tickets = [ticket(float(hour // 3), 2.0) for hour in range(60)]
    assert waits(tickets, smart(make()), 2) == waits(tickets, first_in(), 2)


def test_queue_simulation_rejects_no_agents_and_unordered_arrivals() -> None:
    with pytest.raises(ValueError, match="one agent"):
        waits([ticket(0)], first_in(), 0)
    with pytest.raises(ValueError, match="in order"):
        waits([ticket(1), ticket(0)], first_in(), 1)
    assert waits([], first_in(), 1) == []


def test_fixed_arrivals_are_sorted_by_time() -> None:
    assert [one.created for one in Fixed([ticket(3), ticket(1)], 1).draw(9)] == [1, 3]
    assert Fixed([ticket(36)], 1).days == 1.5
