"""Customer profiles computed from order histories without a database: segments, lifecycle, risk levels and texts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intelligence.contract.facts import CustomerFacts, OrderFacts
from intelligence.lifetime.backtest import EARLIER, SAME, backtest, cases_at, recency_wins
from intelligence.lifetime.order_history import History
from intelligence.lifetime.recency import Recency, learn
from intelligence.lifetime.spend import Spend
from intelligence.profiles.analysis import analyze
from intelligence.profiles.customer_figures import profile
from intelligence.profiles.segments import FREQUENCY, PRICE, VALUE, lifecycle, risk_level, segments
from intelligence.profiles.shop_figures import Shop, grid, percentile
from intelligence.providers.embedded import EmbeddedProvider

TODAY = date(2026, 3, 1)
DAY = TODAY.toordinal()
SHOP = Shop(
    version="test",
    spend=Spend(6.25, 3.74, 15.44),
    horizon_days=120,
    discount_share=0.25,
    spend_grid=tuple(float(value) for value in range(1, 101)),
    churn_grid=tuple(value / 100 for value in range(100)),
    base_rate=0.6,
    members={"budget_newcomer": 30, "premium_loyalist": 10},
    customers=40,
    orders=90,
    fitted_on=TODAY,
)


def bought(*ago: int, amount: float = 50.0, discounted: bool = False) -> History:
    """A history with one purchase the given numbers of days ago, oldest first."""
    return History(tuple(DAY - days for days in ago), (amount,) * len(ago), (discounted,) * len(ago))


def order(days_ago: float, total: float = 50.0, **fields: object) -> OrderFacts:
    placed = datetime(2026, 3, 1, 12, tzinfo=UTC) - timedelta(days=days_ago)
    values = {"number": "1", "status": "paid", "fulfillment_status": "shipped", "refunded": 0.0, "discount": 0.0}
    return OrderFacts(placed_at=placed, total=total, currency="USD", **{**values, **fields})  # type: ignore[arg-type]


def facts(*orders: OrderFacts) -> CustomerFacts:
    value = sum(one.total - one.refunded for one in orders if one.counts)
    return CustomerFacts(UUID(int=1), "John Doe", value, sum(one.counts for one in orders), orders)


@pytest.mark.parametrize(
    ("risk", "purchases", "level"),
    [
        (0.0, 3, "low"),
        (0.2999, 3, "low"),
        (0.3, 3, "medium"),
        (0.5, 3, "high"),
        (0.6999, 3, "high"),
        (0.7, 3, "critical"),
        (0.99, 1, "high"),
        (1.0, 2, "critical"),
    ],
)
def test_risk_level_follows_thresholds(risk: float, purchases: int, level: str) -> None:
    assert risk_level(risk, purchases=purchases) == level


@pytest.mark.parametrize(
    ("purchases", "silent", "level", "stage"),
    [
        (1, 120, "high", "newcomer"),
        (1, 121, "low", "one_timer"),
        (2, 9, "low", "loyalist"),
        (2, 9, "medium", "loyalist"),
        (9, 9, "high", "at_risk"),
        (9, 9, "critical", "lapsed"),
    ],
)
def test_lifecycle_follows_purchases_silence_and_risk_level(
    purchases: int, silent: int, level: str, stage: str
) -> None:
    assert lifecycle(purchases, silent, level, 120) == stage


@pytest.mark.parametrize(
    ("spent", "segment"), [(97.0, "whale"), (90.0, "premium"), (60.0, "mid_tier"), (20.0, "budget"), (0.0, "budget")]
)
def test_value_segment_follows_spend_percentiles_of_the_shop(spent: float, segment: str) -> None:
    assert segments(bought(5, amount=spent), SHOP)[0][VALUE] == segment


def test_value_segment_is_mid_tier_if_all_customers_spend_the_same() -> None:
    assert segments(bought(5), replace(SHOP, spend_grid=(50.0,) * 30))[0][VALUE] == "mid_tier"
    assert segments(bought(5), Shop())[0][VALUE] == "mid_tier"


@pytest.mark.parametrize(
    ("purchases", "segment"), [(1, "occasional"), (2, "regular"), (4, "regular"), (5, "power_buyer")]
)
def test_frequency_segment_follows_number_of_purchases(purchases: int, segment: str) -> None:
    assert segments(bought(*range(50, 50 - purchases, -1)), SHOP)[0][FREQUENCY] == segment


def test_price_segment_is_smoothed_towards_the_shop_average() -> None:
    """(discounted + 3μ)/(n + 3): one discounted order of two proves nothing."""
    assert PRICE not in segments(bought(5, discounted=True), SHOP)[0]
    assert segments(bought(9, 5, discounted=True), SHOP)[0][PRICE] == "strategic"
    assert segments(bought(*range(9, 0, -1), discounted=True), SHOP)[0][PRICE] == "deal_hunter"
    assert segments(bought(*range(9, 0, -1)), SHOP)[0][PRICE] == "full_price"
    assert PRICE not in segments(bought(9, 5), replace(SHOP, discount_share=0.0))[0]


@given(
    ago=st.lists(st.integers(0, 5000), min_size=1, max_size=40, unique=True),
    amount=st.floats(0, 1e9),
    discounted=st.booleans(),
)
def test_memberships_sum_to_one_and_figures_are_in_range(ago: list[int], amount: float, discounted: bool) -> None:
    made = profile(bought(*sorted(ago, reverse=True), amount=amount, discounted=discounted), SHOP, TODAY)
    assert made is not None
    for axis, degrees in made.memberships.items():
        assert sum(degrees.values()) == pytest.approx(1) and axis in made.segments
        assert all(0 <= degree <= 1 for degree in degrees.values())
    assert 0 <= made.churn_risk <= 1 and 0 <= made.churn_percentile <= 100
    assert made.predicted_ltv_12mo is not None and made.predicted_ltv_12mo >= 0
    assert made.revenue_at_risk is not None and made.revenue_at_risk >= 0


def test_churn_risk_rises_with_days_since_the_last_order() -> None:
    risks = []
    for silent in (0, 10, 30, 90, 300, 3000):
        made = profile(bought(silent + 60, silent + 30, silent), SHOP, TODAY)
        assert made is not None
        risks.append(made.churn_risk)
    assert risks == sorted(risks) and risks[0] < 0.4 < 0.9 < risks[-1]


def test_customer_without_counted_orders_has_null_figures() -> None:
    for nobody in (facts(), facts(order(3, status="cancelled")), facts(order(-9))):
        found = analyze(nobody, SHOP, TODAY)
        assert found.archetype is None and found.churn_risk is None and found.churn_level is None
        assert found.predicted_ltv_12mo is None and found.revenue_at_risk is None
        assert found.churn_factors == () and found.communication_guidance == ()
        assert "There is no order to learn from, so nothing is predicted." in found.provenance.reasons


def test_single_order_makes_newcomer_or_one_timer() -> None:
    found = analyze(facts(order(3, 60.0)), SHOP, TODAY)
    assert found.archetype is not None and found.archetype.id == "mid_tier_newcomer"
    assert found.archetype.segments == {VALUE: "mid_tier", FREQUENCY: "occasional"}
    old = analyze(facts(order(900, 60.0)), SHOP, TODAY)
    assert old.archetype is not None and old.archetype.id == "mid_tier_one_timer"
    assert old.churn_risk is not None and old.churn_risk > 0.7 and old.churn_level == "high"
    assert [factor.key for factor in old.churn_factors] == ["days_since_last_order", "order_days", "base_rate"]


def test_customer_of_a_thousand_orders_is_power_buyer_with_low_risk() -> None:
    found = analyze(facts(*(order(days) for days in range(1999, -1, -2))), SHOP, TODAY)
    assert found.archetype is not None and found.archetype.segments[FREQUENCY] == "power_buyer"
    assert found.churn_risk is not None and found.churn_risk < 0.05 and found.churn_level == "low"
    assert found.predicted_ltv_12mo is not None and 1000 < found.predicted_ltv_12mo < 183 * 51


def test_refunded_orders_lower_value_but_not_churn_risk() -> None:
    found = analyze(facts(order(60, refunded=50.0), order(20, refunded=50.0, status="refunded")), SHOP, TODAY)
    assert found.archetype is not None and found.archetype.segments[VALUE] == "budget"
    assert "Nothing that they paid was kept: orders were free or paid back in full." in found.communication_guidance
    paid = analyze(facts(order(60), order(20)), SHOP, TODAY)
    assert paid.churn_risk == found.churn_risk  # whether they come back is not about money
    assert found.predicted_ltv_12mo is not None and paid.predicted_ltv_12mo is not None
    assert 0 < found.predicted_ltv_12mo < paid.predicted_ltv_12mo / 2


def test_predicted_value_is_null_in_a_shop_of_free_orders() -> None:
    found = analyze(facts(order(5, 0.0)), replace(SHOP, spend=None, spend_grid=(0.0,) * 9), TODAY)
    assert found.churn_risk is not None and found.predicted_ltv_12mo is None and found.revenue_at_risk is None


def test_orders_dated_in_the_future_are_skipped_with_a_reason() -> None:
    one, both = (analyze(facts(*orders), SHOP, TODAY) for orders in ([order(9)], [order(9), order(-400)]))
    assert (one.churn_risk, one.archetype) == (both.churn_risk, both.archetype)
    assert "1 order is dated in the future and left out." in both.provenance.reasons


def test_orders_on_the_same_day_count_as_one() -> None:
    twice = analyze(facts(order(9.1), order(9.0)), SHOP, TODAY)
    assert twice.archetype is not None and twice.archetype.segments[FREQUENCY] == "occasional"


def test_figures_of_ended_record_are_as_of_its_end() -> None:
    ended = replace(SHOP, observed_until=TODAY - timedelta(days=5000))
    known = History(tuple(DAY - 5000 - ago for ago in (40, 20, 3)), (9.0,) * 3, (False,) * 3)
    made, now = profile(known, ended, TODAY), profile(known, SHOP, TODAY)
    assert made is not None and now is not None
    assert made.days_silent == 3 and made.churn_risk < 0.4 < 0.9 < now.churn_risk
    # Somebody who ordered after the end is seen as of that order.
    again = profile(History((*known.days, DAY - 7), (9.0,) * 4, (False,) * 4), ended, TODAY)
    assert again is not None and again.days_silent == 0


def test_revenue_at_risk_is_churn_risk_times_value_if_customer_stays() -> None:
    made = profile(bought(200, 160, 100), SHOP, TODAY)
    assert made is not None and made.predicted_ltv_12mo is not None and made.revenue_at_risk is not None
    assert made.revenue_at_risk == pytest.approx(made.churn_risk * made.predicted_ltv_12mo / made.p_alive, rel=1e-4)


def test_guidance_states_facts_and_promises_nothing() -> None:
    found = EmbeddedProvider(SHOP).analyze(facts(*(order(days, 90.0) for days in (900, 860, 820))))
    said = " ".join([*found.communication_guidance, str(found.churn_recommendation)]).lower()
    for promise in ("we will", "refund", "replacement", "% off", "free shipping", "discount of"):
        assert promise not in said
    values = {factor.key: factor.value for factor in found.churn_factors}
    assert values["average_gap_days"] == 40.0 and values["order_days"] == 3 and values["base_rate"] == 0.6


def test_published_averages_are_used_before_the_first_fit() -> None:
    found = EmbeddedProvider().analyze(facts(order(10), order(5)))
    assert found.churn_risk is not None and found.predicted_ltv_12mo is None and found.churn_percentile is None
    assert "The model is not fitted to this shop yet; published averages stand in." in found.provenance.reasons
    assert EmbeddedProvider().health().ok


def test_archetype_shares_and_percentiles_are_computed_from_the_shop() -> None:
    found = analyze(facts(order(3, 5.0)), SHOP, TODAY)
    assert found.archetype is not None
    assert (found.archetype.id, found.archetype.member_count, found.archetype.population_share) == (
        "budget_newcomer",
        30,
        0.75,
    )
    assert percentile((), 3.0) == 50.0 and percentile((1.0, 2.0, 2.0, 3.0), 2.0) == 50.0
    assert len(grid([float(value) for value in range(1000)])) == 200 and grid([2.0, 1.0]) == (1.0, 2.0)


def test_recency_table_has_rising_churn_shares() -> None:
    table = learn([(1, False), (2, True), (3, False), (3, False), (50, True), (60, True), (400, True)])
    assert table is not None and list(table.share) == sorted(table.share)
    assert table.churn(1) < table.churn(55) <= table.churn(9999) <= 1
    assert learn([]) is None


def test_recency_is_used_only_if_it_beats_the_model() -> None:
    outcome = [False, True] * 100
    days = [10, 90] * 100
    sure, unsure = [0.1, 0.9] * 100, [0.4, 0.6] * 100
    assert recency_wins(unsure, days, sure, outcome, EARLIER)[0]
    assert not recency_wins(unsure, days, sure, outcome, SAME)[0]
    assert not recency_wins(sure, days, unsure, outcome, EARLIER)[0]
    assert not recency_wins(sure, days, sure, outcome, EARLIER)[0]
    assert not recency_wins(unsure, [90, 10] * 100, sure, outcome, EARLIER)[0]


def test_churn_risk_comes_from_recency_table_if_the_shop_has_one() -> None:
    found = analyze(facts(order(70), order(50)), replace(SHOP, recency=Recency((30, 60), (0.2, 0.55))), TODAY)
    assert found.churn_risk == 0.55 and found.churn_level == "high"
    assert "Churn risk is from days since the last order alone, which forecast better here." in found.provenance.reasons


def test_backtest_of_a_short_record_is_skipped_with_a_reason() -> None:
    found = backtest([bought(300, 10)] * 30, DAY, 120)
    assert not found.judged and "there are 30, of whom 30 came back" in found.reason and found.auc is None


def test_backtest_uses_only_orders_before_the_cut() -> None:
    cases = cases_at([bought(300, 100, 5), bought(50)], DAY - 120, 60)
    assert len(cases) == 1
    assert (cases[0].known.purchases, cases[0].away, cases[0].orders, cases[0].spent) == (1, False, 1, 50.0)
