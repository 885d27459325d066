"""The embedded provider's analysis of a customer, from their orders and the fitted shop."""

from datetime import date

from intelligence.contract.facts import CustomerFacts, utc_day
from intelligence.contract.results import Archetype, CustomerAnalysis, Provenance
from intelligence.lifetime.order_history import History, history
from intelligence.profiles import explaining
from intelligence.profiles.customer_figures import Profile, profile
from intelligence.profiles.shop_figures import Shop

SOURCE = "embedded"


def analyze(customer: CustomerFacts, shop: Shop, today: date) -> CustomerAnalysis:
    """Analyze a customer. Without an order up to today there is no archetype, churn risk or value."""
    one = history_of(customer)
    made = profile(one, shop, today)
    later = sum(order.counts and utc_day(order.placed_at) > today.toordinal() for order in customer.orders)
    provenance = Provenance(SOURCE, shop.version, reasons=explaining.reasons(made, shop, later))
    if made is None:
        return CustomerAnalysis(customer.id, provenance)
    return CustomerAnalysis(
        customer_id=customer.id,
        provenance=provenance,
        archetype=archetype(made, shop),
        churn_risk=made.churn_risk,
        churn_level=made.churn_level,
        # Before the first fit there are no customers to compare with, so there is no percentile.
        churn_percentile=made.churn_percentile if shop.churn_grid else None,
        churn_base_rate=shop.base_rate,
        churn_factors=explaining.churn_factors(made, shop),
        churn_recommendation=explaining.recommendation(made, shop),
        horizon_days=shop.horizon_days,
        predicted_ltv_12mo=made.predicted_ltv_12mo,
        revenue_at_risk=made.revenue_at_risk,
        # Before the first fit the risk comes from published averages, which are no probability for this shop.
        retention_probability=round(1 - made.churn_risk, 6) if shop.fitted_on else None,
        retention_source=retention_source(shop),
        communication_guidance=explaining.guidance(made),
    )


def retention_source(shop: Shop) -> str | None:
    """What measured the probability of another order within the horizon; `None` before the first fit."""
    if shop.fitted_on is None:
        return None
    return f"{shop.version}, by days since the last order" if shop.recency is not None else shop.version


def history_of(customer: CustomerFacts) -> History | None:
    """The customer's orders in the form of the models: without cancelled ones, days in UTC."""
    return history(
        (utc_day(order.placed_at), order.total - order.refunded, order.discount > 0)
        for order in customer.orders
        if order.counts
    )


def archetype(made: Profile, shop: Shop) -> Archetype:
    """The customer's archetype. The customer counts as a member even if the shop was last counted before that."""
    members = max(shop.members.get(made.archetype_id, 0), 1)
    everybody = max(sum(shop.members.values()), members)
    return Archetype(made.archetype_id, members, members / everybody, made.segments, made.memberships)
