"""Compute a customer's figures from their history and the shop, for one customer or for thousands."""

from dataclasses import dataclass
from datetime import date

from intelligence.lifetime import model
from intelligence.lifetime.order_history import WEEK, History
from intelligence.profiles.segments import VALUE, lifecycle, risk_level, segments
from intelligence.profiles.shop_figures import Shop, percentile

YEAR = 52.0  # weeks


@dataclass(frozen=True)
class Profile:
    """Risks and degrees are 0…1, percentiles 0…100, amounts in the shop's currency, days as of `seen_on`."""

    history: History
    seen_on: int  # proleptic Gregorian ordinal of the last observed day
    days_silent: int
    archetype_id: str
    lifecycle: str
    segments: dict[str, str]
    memberships: dict[str, dict[str, float]]
    churn_risk: float
    churn_level: str
    churn_percentile: float
    p_alive: float
    predicted_ltv_12mo: float | None  # `None` if the shop's amounts are unknown
    revenue_at_risk: float | None


def profile(one: History | None, shop: Shop, today: date) -> Profile | None:
    """Profile a customer; `None` without an order up to today. Orders dated later are left out."""
    known = one.until(today.toordinal()) if one is not None else None
    if known is None:
        return None
    seen_on = max(shop.day(today), known.days[-1])
    silent = seen_on - known.days[-1]
    x, t_x, age = known.weeks(seen_on)
    parameters = shop.parameters
    alive = model.p_alive(parameters, x, t_x, age)
    risk = churn_risk(known, shop, seen_on)
    worth = None
    if shop.spend is not None:
        each = shop.spend.expected(known.purchases, known.spent / known.purchases)
        worth = model.expected_if_stays(parameters, x, age, YEAR) * each
    level = risk_level(risk, purchases=known.purchases)
    stage = lifecycle(known.purchases, silent, level, shop.horizon_days)
    found, degrees = segments(known, shop)
    return Profile(
        history=known,
        seen_on=seen_on,
        days_silent=silent,
        archetype_id=f"{found[VALUE]}_{stage}",
        lifecycle=stage,
        segments=found,
        memberships=degrees,
        churn_risk=risk,
        churn_level=level,
        churn_percentile=round(percentile(shop.churn_grid, risk), 2),
        p_alive=alive,
        predicted_ltv_12mo=None if worth is None else round(alive * worth, 4),
        revenue_at_risk=None if worth is None else round(risk * worth, 4),
    )


def churn_risk(known: History, shop: Shop, day: int) -> float:
    """The probability of no order within the shop's horizon, by the model, or by recency if the backtest preferred it."""
    if shop.recency is not None:
        return round(shop.recency.churn(day - known.days[-1]), 6)
    return round(model.churn(shop.parameters, *known.weeks(day), shop.horizon_days / WEEK), 6)
