"""Backtest the forecasts for this shop: fit on the orders until H days ago and compare with those since."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from math import sqrt
from typing import Any

from intelligence.lifetime import model
from intelligence.lifetime.fit import fit
from intelligence.lifetime.order_history import WEEK, History
from intelligence.lifetime.recency import Recency, learn
from intelligence.lifetime.spend import Spend, fit_spend, spending

MIN_CUSTOMERS = 100
MIN_OUTCOMES = 20  # customers of each kind: churned, returned
BINS = 10
EARLIER, SAME = "earlier_period", "same_period"


@dataclass(frozen=True)
class Case:
    """One customer as known at the cut, and what happened afterwards."""

    known: History
    away: bool
    orders: int
    spent: float


@dataclass(frozen=True)
class Bin:
    """Customers with similar forecasts. In a calibrated model the mean forecast equals the share who did not order."""

    customers: int
    predicted: float
    observed: float


@dataclass(frozen=True)
class Backtest:
    """Result of a backtest. If `judged` is False, `reason` says why and the figures are missing.

    Brier score: 0 is perfect. AUC: 0.5 is chance.
    """

    judged: bool
    reason: str
    horizon_days: int
    cut: str | None = None
    customers: int = 0
    base_rate: float | None = None  # share of customers who churned
    auc: float | None = None
    brier: float | None = None
    brier_of_base_rate: float | None = None
    recency_auc: float | None = None
    recency_brier: float | None = None
    recency_basis: str | None = None  # period from which the recency shares were learned
    orders_mae: float | None = None
    spend_mae: float | None = None
    spend_mae_naive: float | None = None  # baseline: the customer's repeat spending so far, continued at the same rate
    calibration: list[Bin] = field(default_factory=list)
    uses_recency: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def backtest(histories: Sequence[History], today: int, horizon: int) -> Backtest:
    """Split the record `horizon` days before `today` and judge the forecast. Says so if the shop has too little history."""
    cut = today - horizon
    cases = cases_at(histories, cut, horizon)
    away = sum(case.away for case in cases)
    if len(cases) < MIN_CUSTOMERS or min(away, len(cases) - away) < MIN_OUTCOMES:
        return Backtest(
            False,
            f"It takes {MIN_CUSTOMERS} customers who had ordered {horizon} days before the end of the record, of whom "
            f"{MIN_OUTCOMES} came back since and {MIN_OUTCOMES} did not; there are {len(cases)}, "
            f"of whom {len(cases) - away} came back.",
            horizon,
        )
    known = [case.known for case in cases]
    fitted = fit(known, cut).parameters
    weeks = horizon / WEEK
    forecast = [model.churn(fitted, *one.weeks(cut), weeks) for one in known]
    outcome = [case.away for case in cases]
    other, basis = _recency(histories, cases, cut, horizon)
    days = [cut - one.days[-1] for one in known]
    wins, reason = recency_wins(forecast, days, other, outcome, basis)
    orders = [model.expected(fitted, *one.weeks(cut), weeks) for one in known]
    spend_mae, naive = _spend_errors(cases, orders, cut, horizon)
    base = away / len(cases)
    return Backtest(
        judged=True,
        reason=reason,
        horizon_days=horizon,
        cut=date.fromordinal(cut).isoformat(),
        customers=len(cases),
        base_rate=base,
        auc=auc(forecast, outcome),
        brier=_mean(briers(forecast, outcome)),
        brier_of_base_rate=base * (1 - base),
        recency_auc=auc(days, outcome),
        recency_brier=_mean(briers(other, outcome)),
        recency_basis=basis,
        orders_mae=_mean([abs(o - case.orders) for o, case in zip(orders, cases, strict=True)]),
        spend_mae=spend_mae,
        spend_mae_naive=naive,
        calibration=calibration(forecast, outcome),
        uses_recency=wins,
    )


def cases_at(histories: Sequence[History], cut: int, horizon: int) -> list[Case]:
    """All customers who had ordered by the cut, and their orders in the `horizon` days after it."""
    cases = []
    for one in histories:
        known = one.until(cut)
        if known is not None:
            later = slice(known.purchases, bisect_right(one.days, cut + horizon))
            amounts = one.amounts[later]
            cases.append(Case(known, not amounts, len(amounts), sum(amounts)))
    return cases


def learned_until(histories: Sequence[History], today: int, horizon: int) -> Recency | None:
    """Shares of the recency model, learned from the last `horizon` days before `today`."""
    cut = today - horizon
    return learn([(cut - case.known.days[-1], case.away) for case in cases_at(histories, cut, horizon)])


def _recency(histories: Sequence[History], cases: Sequence[Case], cut: int, horizon: int) -> tuple[list[float], str]:
    """The recency model's forecast for each case, with shares from the period before the cut, as in use.

    If the record is too short for that, each half of the cases is forecast with the shares of the other half. That favours
    recency, which then knows the outcome of the period.
    """
    seen = [(cut - case.known.days[-1], case.away) for case in cases]
    before = cases_at(histories, cut - horizon, horizon)
    away = sum(case.away for case in before)
    if len(before) >= MIN_CUSTOMERS and min(away, len(before) - away) >= MIN_OUTCOMES:
        table = learn([(cut - horizon - case.known.days[-1], case.away) for case in before])
        if table is not None:
            return [table.churn(days) for days, _ in seen], EARLIER
    halves = [learn(seen[1::2]), learn(seen[0::2])]
    forecast = []
    for index, (days, _) in enumerate(seen):
        half = halves[index % 2]
        forecast.append(half.churn(days) if half else 0.5)
    return forecast, SAME


def recency_wins(
    forecast: Sequence[float], days: Sequence[int], other: Sequence[float], outcome: Sequence[bool], basis: str
) -> tuple[bool, str]:
    """Whether the recency model is used instead of the fitted one, and the reason in a sentence.

    Each customer has an entry in `forecast` (of the fitted model), `days` (since the last order), `other` (the recency model's
    forecast) and `outcome` (stayed away); `basis` says from which period recency's shares were learned. Recency must rank no
    worse (AUC) and forecast better (Brier) by more than two standard errors of the difference, with shares learned before the
    judged period. On a tie the fitted model is used, which also knows how often somebody ordered.
    """
    gains = [m - r for m, r in zip(briers(forecast, outcome), briers(other, outcome), strict=True)]
    mean = _mean(gains)
    error = sqrt(_mean([(gain - mean) ** 2 for gain in gains]) / len(gains))
    if mean <= 2 * error:
        return False, "Days since the last order alone do not forecast better, so the model is used."
    if auc(days, outcome) < auc(forecast, outcome):
        return False, "Days since the last order alone are better calibrated but rank worse, so the model is used."
    if basis != EARLIER:
        return False, "The record is too short to judge days since the last order fairly, so the model is used."
    return (
        True,
        "Days since the last order alone forecast this shop's customers better, so they are used for churn risk.",
    )


def _spend_errors(cases: Sequence[Case], orders: Sequence[float], cut: int, horizon: int) -> tuple[float, float]:
    spend: Spend | None = fit_spend(spending(case.known for case in cases))
    model_errors, naive_errors = [], []
    for case, expected in zip(cases, orders, strict=True):
        known = case.known
        mean = known.spent / known.purchases
        value = expected * spend.expected(known.purchases, mean) if spend else 0.0
        pace = sum(known.amounts[1:]) / max(cut - known.days[0], 1) * horizon
        model_errors.append(abs(value - case.spent))
        naive_errors.append(abs(pace - case.spent))
    return _mean(model_errors), _mean(naive_errors)


def auc(forecast: Sequence[float], outcome: Sequence[bool]) -> float:
    """Probability that a customer who stayed away has a higher forecast than one who came back; ties count half."""
    back = sorted(value for value, away in zip(forecast, outcome, strict=True) if not away)
    gone = [value for value, away in zip(forecast, outcome, strict=True) if away]
    below = sum(bisect_left(back, value) + bisect_right(back, value) for value in gone) / 2
    return below / (len(back) * len(gone))


def briers(forecast: Sequence[float], outcome: Sequence[bool]) -> list[float]:
    return [(value - away) ** 2 for value, away in zip(forecast, outcome, strict=True)]


def calibration(forecast: Sequence[float], outcome: Sequence[bool]) -> list[Bin]:
    """Ten groups of equal size, lowest forecasts first."""
    pairs = sorted(zip(forecast, outcome, strict=True))
    bins = []
    for index in range(BINS):
        part = pairs[index * len(pairs) // BINS : (index + 1) * len(pairs) // BINS]
        if part:
            bins.append(Bin(len(part), _mean([p for p, _ in part]), _mean([float(away) for _, away in part])))
    return bins


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
