"""Segments per axis, the degree of membership, and the archetype (value × lifecycle)."""

from collections.abc import Sequence

from intelligence.lifetime.order_history import History
from intelligence.profiles.shop_figures import Shop, percentile

VALUE, FREQUENCY, PRICE = "purchase_value", "purchase_frequency", "price_sensitivity"
_VALUE_FROM = (("whale", 95.0), ("premium", 80.0), ("mid_tier", 50.0))
# Pseudo-count of orders that draws a customer's discount share towards the shop's.
_ALIKE = 3

# Centre of each segment; between two neighbouring centres membership changes linearly.
_MIDDLES: dict[str, tuple[tuple[str, float], ...]] = {
    VALUE: (("budget", 25.0), ("mid_tier", 65.0), ("premium", 87.5), ("whale", 97.5)),
    FREQUENCY: (("occasional", 1.0), ("regular", 3.0), ("power_buyer", 6.0)),
    PRICE: (("full_price", 0.1), ("strategic", 0.4), ("deal_hunter", 0.8)),
}


def risk_level(risk: float, *, purchases: int) -> str:
    """low < .3 ≤ medium < .5 ≤ high < .7 ≤ critical. A customer who bought once is at most high: critical means worth saving."""
    if risk < 0.3:
        return "low"
    if risk < 0.5:
        return "medium"
    return "high" if risk < 0.7 or purchases < 2 else "critical"


def lifecycle(purchases: int, days_silent: int, level: str, horizon_days: int) -> str:
    """newcomer, one_timer, loyalist, at_risk or lapsed."""
    if purchases < 2:
        return "newcomer" if days_silent <= horizon_days else "one_timer"
    return {"high": "at_risk", "critical": "lapsed"}.get(level, "loyalist")


def segments(one: History, shop: Shop) -> tuple[dict[str, str], dict[str, dict[str, float]]]:
    """{axis: segment} and {axis: {segment: degree}}.

    Price sensitivity is left out below two purchases and if no order of the shop has a discount: it is unknown then.
    """
    place = percentile(shop.spend_grid, one.spent) if one.spent > 0 else 0.0
    found = {VALUE: _value(place), FREQUENCY: _frequency(one.purchases)}
    measures = {VALUE: place, FREQUENCY: float(one.purchases)}
    if one.purchases >= 2 and (shop.discount_share > 0 or any(one.discounted)):
        share = (sum(one.discounted) + _ALIKE * shop.discount_share) / (one.purchases + _ALIKE)
        found[PRICE] = "deal_hunter" if share >= 0.6 else "full_price" if share <= 0.2 else "strategic"
        measures[PRICE] = share
    return found, {axis: memberships(_MIDDLES[axis], value) for axis, value in measures.items()}


def _value(place: float) -> str:
    return next((name for name, start in _VALUE_FROM if place >= start), "budget")


def _frequency(purchases: int) -> str:
    return "power_buyer" if purchases >= 5 else "regular" if purchases >= 2 else "occasional"


def memberships(middles: Sequence[tuple[str, float]], value: float) -> dict[str, float]:
    """A degree for each segment, 0…1; the degrees sum to 1."""
    degrees = dict.fromkeys((name for name, _ in middles), 0.0)
    if value <= middles[0][1]:
        degrees[middles[0][0]] = 1.0
    elif value >= middles[-1][1]:
        degrees[middles[-1][0]] = 1.0
    else:
        above = next(index for index, (_, middle) in enumerate(middles) if middle > value)
        (lower, start), (upper, end) = middles[above - 1], middles[above]
        degrees[upper] = round((value - start) / (end - start), 4)
        degrees[lower] = round(1 - degrees[upper], 4)
    return degrees
