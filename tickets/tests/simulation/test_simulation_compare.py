"""Comparison of queue policies: figures, the stated model, and the targets of the score. No database."""

import json
import random
from dataclasses import replace
from statistics import fmean, stdev

import pytest

from tickets.ranking.weights import DEFAULT_WEIGHTS
from tickets.simulation import (
    Comparison,
    Fixed,
    Model,
    NoArrivalsError,
    StoppedError,
    compare,
    comparison_table,
    first_in,
    points_only,
    priority_first,
    sensitivity_table,
    smart,
    variants,
    verdict,
)
from tickets.simulation.arrival_model import Curve
from tickets.simulation.result_table import hours
from tickets.simulation.waiting_times import Figures, figures, spread
from tickets.tests.simulation.test_simulation_queue import ticket

SMALL = Model(agents=3, days=4)
POLICIES = [first_in(), priority_first(), smart(DEFAULT_WEIGHTS), points_only(DEFAULT_WEIGHTS)]


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(SMALL, POLICIES, [1, 2, 3])


def test_comparison_with_the_same_seeds_gives_the_same_figures(comparison: Comparison) -> None:
    random.seed(99)  # the process's own chance has no part in it
    assert compare(SMALL, POLICIES, [1, 2, 3]) == comparison
    assert compare(SMALL, POLICIES, [4, 5, 6]).results != comparison.results


def test_adding_a_policy_does_not_change_other_results(comparison: Comparison) -> None:
    assert compare(SMALL, POLICIES[2:3], [1, 2, 3]).results[0] == comparison.results[2]


def test_load_changes_arrival_times_but_not_ticket_facts() -> None:
    calm, busy = SMALL.draw(1), replace(SMALL, load=1.05).draw(1)
    assert [one[1:] for one in calm[:50]] == [one[1:] for one in busy[:50]]
    assert calm[10].created > busy[10].created


def test_model_draws_have_the_stated_distribution() -> None:
    model = Model(load=0.9, days=60)
    drawn = model.draw(1)
    assert len(drawn) == pytest.approx(model.tickets, rel=0.02)
    assert fmean(one.handling for one in drawn) == pytest.approx(0.25, rel=0.02)
    assert sorted(one.lifetime_value for one in drawn)[len(drawn) // 2] == pytest.approx(250, rel=0.03)
    assert sum(one.priority == "urgent" for one in drawn) / len(drawn) == pytest.approx(0.05, rel=0.05)
    known = [one.churn_risk for one in drawn if one.churn_risk is not None]
    assert len(known) / len(drawn) == pytest.approx(0.95, rel=0.01)
    assert fmean(known) == pytest.approx(model.churn_risk.mean(), rel=0.02)
    assert min(known) >= 0 and max(known) <= 1


def test_curve_with_both_parameters_one_is_uniform() -> None:
    assert Curve(1, 1).mean() == pytest.approx(0.5)


def test_figures_weigh_waits_by_revenue_at_risk() -> None:
    tickets = [
        ticket(0, priority="urgent", lifetime_value=100.0, churn_risk=0.5),
        ticket(0, lifetime_value=300.0, churn_risk=0.5),
        ticket(0, lifetime_value=-900.0, churn_risk=1.0),  # refunded more than bought: no revenue at risk
        ticket(0, lifetime_value=900.0),  # churn risk unknown: not guessed
    ]
    assert figures(tickets, [1.0, 2.0, 30.0, 7.0]) == Figures(mean=10.0, at_risk=1.75, urgent=1.0, longest=30.0)
    assert figures(tickets[3:], [7.0]) == Figures(mean=7.0, at_risk=None, urgent=None, longest=7.0)


def test_spread_has_mean_deviation_and_extremes_over_seeds(comparison: Comparison) -> None:
    result = comparison.result("smart")
    values = [run.longest for run in result.runs]
    found = result.measure("longest")
    assert found is not None
    assert (found.mean, found.deviation) == pytest.approx((fmean(values), stdev(values)))
    assert (found.least, found.most) == (min(values), max(values))
    assert spread([None, 2.0]) is not None and spread([None]) is None


def test_progress_callback_is_called_after_each_run_and_may_abort() -> None:
    told: list[tuple[int, int]] = []
    compare(SMALL, POLICIES[:2], [1, 2], lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]

    def enough(done: int, total: int) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        compare(SMALL, POLICIES, [1], enough)


def test_stopped_comparison_keeps_finished_seeds() -> None:
    asked = iter([False] * 5 + [True])
    found = compare(SMALL, POLICIES[:2], [1, 2, 3], stop=lambda: next(asked))
    assert found.seeds == (1, 2)
    assert found.results == compare(SMALL, POLICIES[:2], [1, 2]).results
    with pytest.raises(StoppedError):
        compare(SMALL, POLICIES, [1, 2], stop=lambda: True)


def test_comparison_without_policies_or_arrivals_raises() -> None:
    with pytest.raises(ValueError, match="at least one"):
        compare(SMALL, [], [1])
    with pytest.raises(NoArrivalsError):
        compare(Fixed([], 1), POLICIES, [1])


def test_comparison_is_json_serialisable(comparison: Comparison) -> None:
    found = json.loads(json.dumps(comparison.as_dict()))
    assert found["seeds"] == [1, 2, 3] and found["agents"] == 3
    assert [one["name"] for one in found["policies"]] == ["first_in", "priority", "smart", "points_only"]
    assert len(found["policies"][0]["runs"]) == 3


def test_smart_order_meets_its_waiting_time_targets() -> None:
    """Customers at risk wait a quarter of the time or less, and the longest wait stays bounded, unlike with points alone."""
    found = compare(Model(days=20), POLICIES, [1, 2])
    assert (found.ratio("at_risk", "smart", "first_in") or 0) >= 4
    longest = {result.name: result.measure("longest") for result in found.results}
    assert longest["smart"] and longest["points_only"] and longest["first_in"]
    # No ticket of this model has more than about ten points: that many days later, nobody overtakes it any more.
    assert longest["smart"].most <= longest["first_in"].most + 10 * 24
    assert longest["points_only"].most > 3 * longest["smart"].most


def test_sensitivity_variants_halve_and_double_each_weight_once() -> None:
    policies = variants(DEFAULT_WEIGHTS)
    assert len(policies) == 1 + 2 * 8  # three priorities that are not 0, four weights, the value's scale
    assert len({policy.name for policy in policies}) == len(policies)
    one = ticket(0, priority="urgent", lifetime_value=250.0, churn_risk=1.0, sentiment=0.1, difficulty=1.0)
    keys = {policy.name: policy.key(one)[0] / -24 for policy in policies}
    assert keys["churn risk doubled"] - keys["smart"] == pytest.approx(5.0)
    assert keys["priority urgent halved"] - keys["smart"] == pytest.approx(-1.5)
    assert keys["priority high halved"] == keys["smart"]


def test_comparison_and_sensitivity_tables_have_one_row_per_policy(comparison: Comparison) -> None:
    lines = comparison_table(comparison).splitlines()
    assert len(lines) == 2 + 4 and len({len(line) for line in lines}) == 1
    assert "Smart order" in lines[4] and "±" in lines[4]
    one = compare(SMALL, POLICIES, [1])
    assert "±" not in comparison_table(one)  # a single run has no spread
    moved = sensitivity_table(compare(SMALL, variants(DEFAULT_WEIGHTS), [1])).splitlines()
    assert len(moved) == 2 + 17 and "%" in "".join(moved[3:]) and "%" not in moved[2]


def test_policy_label_is_escaped_in_the_markdown_table() -> None:
    policy = replace(first_in(), label="a | b\n| <script>&*`")
    row = comparison_table(compare(SMALL, [policy], [1])).splitlines()[2]
    assert row.startswith(r"| a \| b \| &lt;script&gt;&amp;\*\` |")


def test_verdict_states_the_result_of_the_comparison(comparison: Comparison) -> None:
    assert "times less than first in, first out" in verdict(comparison)
    assert verdict(compare(SMALL, POLICIES[:1], [1])) == ""
    nobody = Fixed([ticket(0), ticket(0)], 1)
    assert verdict(compare(nobody, POLICIES, [1])).startswith("No ticket has revenue at risk")
    worse = Fixed([ticket(0), ticket(0, lifetime_value=9.0, churn_risk=0.1), ticket(0.5, priority="urgent")], 1)
    assert "no less" in verdict(compare(worse, POLICIES, [1]))


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0.00"), (9.994, "9.99"), (9.996, "10.0"), (99.96, "100"), (1405.2, "1,405")]
)
def test_hours_are_formatted_with_at_least_three_digits(value: float, text: str) -> None:
    assert hours(value) == text
