"""The models against the published CDNOW figures: fitted on weeks 1–39, evaluated on weeks 40–78."""

from functools import cache

import pytest

from intelligence.lifetime import model
from intelligence.lifetime.backtest import Backtest, auc, backtest, briers, cases_at
from intelligence.lifetime.fit import Fitted, choose_k, fit_k, sample_of
from intelligence.lifetime.model import Parameters
from intelligence.lifetime.order_history import WEEK, History
from intelligence.lifetime.spend import fit_spend, spending
from intelligence.tests.cdnow import CUT, WEEKS, sample

HORIZON = round(WEEKS * WEEK)


@cache
def known() -> list[History]:
    return [case.known for case in cases_at(sample(), CUT, HORIZON)]


@cache
def fitted(leaves_at_first: bool) -> Fitted:
    """The fit; the published BG/NBD model is fitted without a prior."""
    return fit_k(sample_of(known(), CUT), 1, prior=leaves_at_first, leaves_at_first=leaves_at_first)


@cache
def judged() -> Backtest:
    return backtest(sample(), CUT + HORIZON, HORIZON)


def test_fit_reproduces_published_parameters_and_likelihood() -> None:
    found = fitted(False)
    assert found.customers == 2357
    assert found.log_likelihood == pytest.approx(-9582.4, abs=0.1)
    parameters = found.parameters
    assert [round(value, 3) for value in (parameters.r, parameters.alpha, parameters.a, parameters.b)] == [
        0.243,
        4.414,
        0.793,
        2.426,
    ]


@pytest.mark.parametrize(("leaves_at_first", "mae", "brier"), [(False, 0.79, 0.166), (True, 0.77, 0.166)])
def test_holdout_errors_stay_within_limits(leaves_at_first: bool, mae: float, brier: float) -> None:
    parameters = fitted(leaves_at_first).parameters
    cases = cases_at(sample(), CUT, HORIZON)
    assert len(cases) == 2357
    errors, forecast = [], []
    for case in cases:
        facts = case.known.weeks(CUT)
        errors.append(abs(model.expected(parameters, *facts, WEEKS) - case.orders))
        forecast.append(model.churn(parameters, *facts, WEEKS))
    away = [case.away for case in cases]
    assert sum(errors) / len(errors) <= mae
    assert sum(briers(forecast, away)) / len(cases) <= brier
    assert 0.755 <= auc(forecast, away) <= 0.762


def test_one_minus_p_alive_ranks_churn_worse_than_chance() -> None:
    """1 − p_alive of BG/NBD is 0 for everybody who ordered once: it ranks worse than chance."""
    parameters = fitted(False).parameters
    cases = cases_at(sample(), CUT, HORIZON)
    gone = [1 - model.p_alive(parameters, *case.known.weeks(CUT)) for case in cases]
    assert auc(gone, [case.away for case in cases]) < 0.4


def test_choose_k_selects_1_for_cdnow() -> None:
    assert choose_k(sample_of(known(), CUT)) == 1


def test_spend_fit_reproduces_published_parameters() -> None:
    repeats = [(one.repeats, sum(one.amounts[1:]) / one.repeats) for one in known() if one.repeats]
    spend = fit_spend(repeats, prior=False)
    assert spend is not None
    assert (spend.p, spend.q, spend.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=0.01)


def test_spend_forecast_beats_the_naive_forecast() -> None:
    found = judged()
    assert found.spend_mae is not None and found.spend_mae_naive is not None
    assert found.spend_mae <= 30.4 and found.spend_mae_naive == pytest.approx(43.3, abs=0.1)
    assert fit_spend(spending(known())) is not None


def test_backtest_reports_model_and_recency_accuracy() -> None:
    found = judged()
    assert found.judged and found.cut == "1997-09-30" and found.customers == 2357
    assert found.auc == pytest.approx(0.760, abs=0.002)
    assert found.recency_auc == pytest.approx(0.771, abs=0.002)
    assert found.brier is not None and found.recency_brier is not None and found.brier_of_base_rate is not None
    assert found.brier <= 0.166 < found.brier_of_base_rate
    assert sum(part.customers for part in found.calibration) == 2357
    off = [abs(part.predicted - part.observed) for part in found.calibration]
    assert sum(off) / 10 < 0.06 and max(off) < 0.15
    # Nine months before the cut there was no shop, so recency is judged by what it could not have known, and not used.
    assert found.recency_basis == "same_period" and not found.uses_recency


def test_prior_alone_ranks_churn_with_auc_above_070() -> None:
    cases = cases_at(sample(), CUT, HORIZON)
    prior = Parameters(0.5, 8.0, 0.8, 2.5)
    forecast = [model.churn(prior, *case.known.weeks(CUT), WEEKS) for case in cases]
    assert auc(forecast, [case.away for case in cases]) > 0.70
