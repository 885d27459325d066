"""The lifetime model's formulas against `lifetimes`, against each other and at extreme values."""

import random
from datetime import date
from math import isfinite, lgamma, log

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from intelligence.lifetime import model
from intelligence.lifetime.fit import Fitted, choose_k, fit, fit_k, log_likelihood, sample_of, usual_wait
from intelligence.lifetime.model import Parameters
from intelligence.lifetime.order_history import History, history
from intelligence.lifetime.spend import Spend, fit_spend
from intelligence.tests.reference import ORDERS, PARAMETERS, SPEND

TODAY = date(2026, 3, 1).toordinal()


@pytest.mark.parametrize(("fitter", "name", "x", "t_x", "age", "alive", "orders", "likelihood"), ORDERS)
def test_model_agrees_with_lifetimes(
    fitter: str, name: str, x: int, t_x: float, age: float, alive: float, orders: float, likelihood: float
) -> None:
    m = Parameters(**PARAMETERS[name], leaves_at_first=fitter == "ModifiedBetaGeoFitter")
    assert model.p_alive(m, x, t_x, age) == pytest.approx(alive, rel=1e-6)
    assert model.expected(m, x, t_x, age, 39) == pytest.approx(orders, rel=1e-6)
    assert model.log_likelihood(m, x, t_x, age) == pytest.approx(likelihood, rel=1e-6)


@pytest.mark.parametrize(("purchases", "mean", "expected"), SPEND)
def test_spend_agrees_with_lifetimes(purchases: int, mean: float, expected: float) -> None:
    assert Spend(6.25, 3.74, 15.44).expected(purchases, mean) == pytest.approx(expected, rel=1e-6)


parameters = st.builds(
    Parameters,
    r=st.floats(1e-3, 1e3),
    alpha=st.floats(1e-3, 1e4),
    a=st.floats(1e-3, 1e3),
    b=st.floats(1e-3, 1e3),
    k=st.sampled_from([1, 2, 3, 4, 6]),
    leaves_at_first=st.booleans(),
)
ages = st.tuples(st.floats(0, 5000), st.floats(0, 1)).map(lambda pair: (pair[0] * pair[1], pair[0]))


@given(m=parameters, x=st.integers(0, 3000), when=ages, weeks=st.lists(st.floats(0, 1000), min_size=2, max_size=4))
@example(m=Parameters(1e-3, 1e-3, 1e3, 1e-3, 6), x=3000, when=(0.0, 5000.0), weeks=[0.0, 1000.0])
@example(m=Parameters(1e3, 1e-3, 1e-3, 1e3, 6), x=3000, when=(5000.0, 5000.0), weeks=[0.0, 1e-9])
def test_churn_probability_is_valid_at_extreme_values(
    m: Parameters, x: int, when: tuple[float, float], weeks: list[float]
) -> None:
    """Churn is a probability, does not rise with a longer horizon, and is 1 for a horizon of zero."""
    t_x, age = (0.0, when[1]) if x == 0 else when
    alive = model.p_alive(m, x, t_x, age)
    assert 0 <= alive <= 1
    risks = [model.churn(m, x, t_x, age, span) for span in sorted(weeks)]
    assert all(0 <= risk <= 1 for risk in risks)
    assert all(later <= earlier + 1e-9 for earlier, later in zip(risks, risks[1:], strict=False))
    assert model.churn(m, x, t_x, age, 0) == 1
    assert risks[-1] >= 1 - alive - 1e-9
    assert isfinite(model.log_likelihood(m, x, t_x, age, 0.0))


@given(
    m=st.builds(
        Parameters,
        r=st.floats(0.05, 20),
        alpha=st.floats(0.1, 200),
        a=st.floats(0.05, 20),
        b=st.floats(0.05, 20),
        k=st.sampled_from([1, 2, 6]),
    ),
    x=st.integers(0, 200),
    age=st.floats(0.1, 600),
)
def test_euler_series_and_mean_of_counts_give_the_same_expected_orders(m: Parameters, x: int, age: float) -> None:
    """The Euler series and the mean over counts are one function; the model uses the more stable one."""
    shape, scale, c = m.r + m.k * x, m.k * (m.alpha + age), m.a + m.b + x
    orders = model.expected_if_stays(m, x, age, 52)
    assert 0 <= orders <= shape / scale * 52 * (1 + 1e-9)
    if shape * 52 / scale < 2000 and 0 < shape - c < 15:
        assert model._mean_of_counts(shape, scale, c, m.a, 52) == pytest.approx(
            model._euler_series(shape, scale, c, m.a, 52), rel=1e-6
        )


def test_expected_orders_are_continuous_at_a_equal_to_1() -> None:
    values = [model.expected(Parameters(0.5, 8, a, 2.5), 3, 20, 30, 52) for a in (1 - 1e-7, 1, 1 + 1e-7)]
    assert values[0] == pytest.approx(values[1], rel=1e-6) == pytest.approx(values[2], rel=1e-6)


@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0.0, 12.0), (4, 20.0, 30.0), (60, 100.0, 104.0)])
def test_churn_equals_closed_form_if_k_is_1(x: int, t_x: float, age: float) -> None:
    """S(H)/S(0) = ((α+T)/(α+T+H))^(r+x), and p_alive = 1/(1 + a/(b+x) ((α+T)/(α+t_x))^(r+x))."""
    m = Parameters(0.5, 8, 0.8, 2.5)
    staying = ((m.alpha + age) / (m.alpha + age + 20)) ** (m.r + x)
    alive = 1 / (1 + m.a / (m.b + x) * ((m.alpha + age) / (m.alpha + t_x)) ** (m.r + x))
    assert model.churn(m, x, t_x, age, 20) == pytest.approx(1 - alive * (1 - staying), rel=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_log_survival_equals_the_sum_over_its_terms(k: int) -> None:
    """S(H) = Σ_{j<k} (T+H−t_x)^j/j! · Γ(r+kx+j)/(α+T+H)^{r+kx+j}, term by term."""
    m, x, t_x, age, weeks = Parameters(0.7, 5, 0.8, 2.5, k), 3, 21.0, 30.0, 8.0

    def log_sum(span: float) -> float:
        total = 0.0
        for j in range(k):
            shape = m.r + k * x + j
            total += 2.718281828459045 ** (
                j * log(age + span - t_x) - lgamma(j + 1) + lgamma(shape) - shape * log(m.alpha + age + span)
            )
        return log(total)

    assert model.log_survival(m, x, t_x, age, weeks) == pytest.approx(log_sum(weeks) - log_sum(0), rel=1e-9)


def bought(rng: random.Random, shape: int, weeks: float) -> History:
    """A customer who orders with Erlang-`shape` gaps until leaving or until the record ends."""
    rate, leaving = shape * rng.gammavariate(3, 1 / 12), rng.betavariate(1, 8)
    first = TODAY - int(weeks * 7) + rng.randrange(60)
    days, at = [first], float(first)
    while rng.random() > leaving:
        at += max(rng.gammavariate(shape, 1 / rate) * 7, 1)
        if at > TODAY:
            break
        days.append(int(at))
    found = history((day, 10.0, False) for day in days)
    assert found is not None
    return found


def test_choose_k_distinguishes_regular_from_random_buyers() -> None:
    rng = random.Random(5)
    regular = [bought(rng, 5, 100) for _ in range(150)]
    by_chance = [bought(rng, 1, 100) for _ in range(150)]
    assert choose_k(sample_of(regular, TODAY)) in (4, 6)
    assert choose_k(sample_of(by_chance, TODAY)) == 1


def test_churn_rises_sooner_for_regular_buyers() -> None:
    """Two months without an order mean more for a monthly buyer than for an occasional one."""
    due = [model.churn(Parameters(1, 4 / k, 0.8, 4, k), 12, 48, 57, 8) for k in (1, 6)]
    assert due[1] > due[0] + 0.1


def test_grouped_likelihood_equals_the_sum_of_single_likelihoods() -> None:
    rng = random.Random(6)
    histories = [bought(rng, 2, 60) for _ in range(40)] * 2
    for m in (Parameters(0.5, 8, 0.8, 2.5, 3), Parameters(0.5, 8, 0.8, 2.5, 1, leaves_at_first=False)):
        single = sum(
            model.log_likelihood(m, *one.weeks(TODAY), sum(log(gap / 7) for gap in one.gaps)) for one in histories
        )
        assert log_likelihood(sample_of(histories, TODAY), m) == pytest.approx(single, rel=1e-12)


def test_fit_with_little_data_stays_near_the_prior() -> None:
    assert fit([], TODAY) == Fitted(Parameters(0.5, 8.0, 0.8, 2.5), 0.0, 0)
    one = history([(TODAY - 30, 20.0, False)])
    assert one is not None
    found = fit_k(sample_of([one], TODAY), 1).parameters
    assert 0.2 < found.r < 1.2 and 3 < found.alpha < 20


def test_orders_on_the_same_day_are_one_purchase() -> None:
    found = history([(TODAY, 5.0, False), (TODAY - 9, 1.0, False), (TODAY, 7.0, True)])
    assert found == History((TODAY - 9, TODAY), (1.0, 12.0), (False, True))
    assert found.until(TODAY - 1) == History((TODAY - 9,), (1.0,), (False,))
    assert found.until(TODAY - 10) is None


def test_usual_wait_stays_within_bounds() -> None:
    daily = History(tuple(range(TODAY - 50, TODAY)), (1.0,) * 50, (False,) * 50)
    rare = History((TODAY - 4000, TODAY), (1.0, 1.0), (False, False))
    assert [usual_wait(some) for some in ([], [daily], [rare])] == [180, 60, 365]


def test_spend_fit_requires_a_paying_customer() -> None:
    assert fit_spend([]) is None and fit_spend([(3, 0.0), (1, 0.0)]) is None
    same = fit_spend([(1, 50.0)] * 30)
    assert same is not None and same.expected(1, 50.0) == pytest.approx(50.0, rel=0.1)
    assert 0 < same.expected(4, 0.0) < 25 and isfinite(same.expected(1000, 1e10))
