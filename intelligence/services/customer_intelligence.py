"""Load one customer's intelligence: figures of the records, analysis, and last purchase."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intelligence.contract.facts import CustomerFacts, OrderLineFacts, age_in_days, utc_day
from intelligence.contract.results import Archetype, CustomerAnalysis
from intelligence.profiles.analysis import history_of
from intelligence.services.analyses import at_hand
from intelligence.services.customer_facts import customer_facts
from tickets.models import Customer


@dataclass(frozen=True)
class CustomerIntelligence:
    """Computed on reading from the shop's last fit, because a stored risk would age by the day. Three queries.

    A service's part comes from its last answer.
    """

    facts: CustomerFacts
    analysis: CustomerAnalysis
    now: datetime


def load_customer_intelligence(customer: Customer, now: datetime) -> CustomerIntelligence:
    facts = customer_facts(customer)
    return CustomerIntelligence(facts, at_hand(facts), now)


def intelligence_body(seen: CustomerIntelligence) -> dict[str, Any]:
    """The documented body."""
    analysis = seen.analysis
    return {
        "customer_id": seen.facts.id,
        "archetype": _archetype(analysis.archetype),
        "fuzzy_memberships": analysis.archetype.memberships if analysis.archetype else {},
        "behavioral_metrics": behavioral_metrics(seen),
        "predictions": {
            "churn_risk": analysis.churn_risk,
            "churn_risk_level": analysis.churn_level,
            "churn_percentile": analysis.churn_percentile,
            "churn_base_rate": analysis.churn_base_rate,
            "churn_horizon_days": analysis.horizon_days,
            "predicted_ltv_12mo": analysis.predicted_ltv_12mo,
            "revenue_at_risk": analysis.revenue_at_risk,
            "retention_probability": analysis.retention_probability,
            "retention_probability_source": analysis.retention_source,
        },
        "churn_risk": _churn_risk(analysis),
        "communication_guidance": list(analysis.communication_guidance),
        "last_purchase": last_purchase(seen),
        "metadata": analysis.provenance.as_metadata(seen.now),
    }


def behavioral_metrics(seen: CustomerIntelligence) -> dict[str, Any]:
    """Figures from the records. Recency and tenure ignore orders dated in the future."""
    facts, today = seen.facts, utc_day(seen.now)
    one = history_of(facts)
    known = one.until(today) if one is not None else None
    return {
        "lifetime_value": facts.lifetime_value,
        "total_orders": facts.total_orders,
        "avg_order_value": round(facts.lifetime_value / facts.total_orders, 4) if facts.total_orders else 0.0,
        "days_since_last_purchase": today - known.days[-1] if known else None,
        "customer_tenure_days": today - known.days[0] if known else None,
    }


def _archetype(found: Archetype | None) -> dict[str, Any] | None:
    if found is None:
        return None
    body: dict[str, Any] = {
        "archetype_id": found.id,
        "dominant_segments": found.segments,
        "member_count": found.member_count,
    }
    if found.population_share is not None:  # the single-page app does not accept null here
        body["population_percentage"] = round(100 * found.population_share, 4)
    return body


def _churn_risk(analysis: CustomerAnalysis) -> dict[str, Any] | None:
    if analysis.churn_risk is None:
        return None
    return {
        "risk_level": analysis.churn_level,
        "churn_risk_score": analysis.churn_risk,
        "percentile": analysis.churn_percentile,
        "base_rate": analysis.churn_base_rate,
        "horizon_days": analysis.horizon_days,
        "factors": {factor.key: {"text": factor.text, "value": factor.value} for factor in analysis.churn_factors},
        "recommendation": analysis.churn_recommendation,
    }


def _product(line: OrderLineFacts) -> dict[str, Any]:
    told: dict[str, Any] = {"title": line.title, "quantity": line.quantity}
    if line.unit_price is not None:  # the single-page app does not accept null for numbers
        told["price"] = line.unit_price
    return told


def last_purchase(seen: CustomerIntelligence) -> dict[str, Any] | None:
    """The newest order up to today that was not cancelled."""
    order = seen.facts.last_order(seen.now)
    if order is None:
        return None
    return {
        "order_number": order.number,
        "order_date": order.placed_at,
        "total": order.total,
        "status": order.status,
        "fulfillment_status": order.fulfillment_status,
        "days_ago": age_in_days(order.placed_at, seen.now),
        "products": [_product(line) for line in order.lines],
        "tracking_numbers": list(order.tracking_numbers),
        "tracking_urls": list(order.tracking_urls),
        "shipping_carrier": order.carrier or None,
    }
