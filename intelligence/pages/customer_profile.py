"""A customer's profile in words: value, churn risk with reasons, and communication guidance."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agents.pages.page_context import initials
from intelligence.contract.results import CustomerAnalysis, Factor, Provenance
from intelligence.pages.inbox import STAGES, VALUES, archetype_words
from intelligence.profiles.analysis import SOURCE, history_of
from intelligence.services.customer_intelligence import CustomerIntelligence
from tickets.models import Customer
from tickets.pages.common import short_texts
from tickets.pages.customer import purchases

LEVELS: dict[str, str | Promise] = {
    "low": gettext_lazy("low"),
    "medium": gettext_lazy("medium"),
    "high": gettext_lazy("high"),
    "critical": gettext_lazy("critical"),
}
GRAVE = ("high", "critical")
VALUE_MEANINGS: dict[str, str | Promise] = {
    "whale": gettext_lazy("Spends more than 95 of 100 customers."),
    "premium": gettext_lazy("Spends more than 80 of 100 customers."),
    "mid_tier": gettext_lazy("Spends more than half of the customers."),
    "budget": gettext_lazy("Spends less than half of the customers."),
}
STAGE_MEANINGS: dict[str, str | Promise] = {
    "newcomer": gettext_lazy("One recent order."),
    "one_timer": gettext_lazy("One order, a long time ago."),
    "loyalist": gettext_lazy("Orders repeatedly and is likely to order again."),
    "at_risk": gettext_lazy("Repeat customer with a high churn risk."),
    "lapsed": gettext_lazy("Repeat customer who has most likely left."),
}
SHOWN_ORDERS = 5


@dataclass(frozen=True)
class Fact:
    """A figure with its label and its source."""

    name: str
    value: str
    how: str = ""


@dataclass(frozen=True)
class Churn:
    """The risk that the customer does not order again."""

    percent: str
    width: str  # width of the bar in per cent
    level: str
    grave: bool
    about: str
    reasons: list[str]
    advice: str


@dataclass(frozen=True)
class Told:
    """Source of the shown figures or advice; `stands_in` is true if it replaces a provider that failed."""

    source: str
    stands_in: bool
    reasons: tuple[str, ...]
    version: str
    made_at: datetime | None


@dataclass(frozen=True)
class Person:
    """Everything that the page shows about a customer."""

    id: Any
    name: str
    initials: str
    archetype: str
    meanings: list[str]
    since: datetime | None  # date of the first order
    known_since: datetime
    facts: list[Fact]
    churn: Churn | None
    guidance: tuple[str, ...]
    forecast: list[Fact]
    last: purchases.Purchase | None
    orders: list[purchases.Purchase]
    more_orders: int
    told: Told


def person(customer: Customer, seen: CustomerIntelligence) -> Person:
    """Build the page's data from what was already loaded; no query."""
    analysis, orders = seen.analysis, list(reversed(seen.facts.orders))
    last = seen.facts.last_order(seen.now)
    others = [order for order in orders if order is not last]
    return Person(
        id=customer.pk,
        name=customer.name,
        initials=initials(customer.name),
        archetype=archetype_words(analysis.archetype.id) if analysis.archetype else "",
        meanings=_meanings(analysis.archetype.id) if analysis.archetype else [],
        since=customer.first_order_at,
        known_since=customer.created_at,
        facts=_facts(seen),
        churn=_churn(analysis),
        guidance=analysis.communication_guidance,
        forecast=_forecast(analysis),
        last=_purchase(last) if last else None,
        orders=[_purchase(order) for order in others[:SHOWN_ORDERS]],
        more_orders=max(0, len(others) - SHOWN_ORDERS),
        told=describe_provenance(analysis.provenance),
    )


def describe_provenance(provenance: Provenance) -> Told:
    source = _("built-in rules") if provenance.source == SOURCE else provenance.source
    return Told(source, provenance.degraded, provenance.reasons, provenance.model_version, provenance.made_at)


def _purchase(order: Any) -> purchases.Purchase:
    return purchases.purchase(order, [(line.title, line.quantity) for line in order.lines], order.carrier)


def _meanings(archetype: str) -> list[str]:
    """What an archetype means; one named by a service means its name and nothing is added."""
    for value in VALUES:
        stage = archetype.removeprefix(f"{value}_")
        if stage in STAGES and stage != archetype:
            return [str(VALUE_MEANINGS[value]), str(STAGE_MEANINGS[stage])]
    return []


def _facts(seen: CustomerIntelligence) -> list[Fact]:
    facts = seen.facts
    returned = sum(order.fulfillment_status == "returned" for order in facts.orders)
    refunded = sum(order.refunded for order in facts.orders)
    found = [
        Fact(
            _("Lifetime value"),
            short_texts.amount(facts.lifetime_value),
            _("Order totals minus refunds, without cancelled orders."),
        ),
        Fact(_("Orders"), short_texts.count(facts.total_orders), _("Without cancelled orders.")),
        Fact(_("Returns"), short_texts.count(returned), _("Returned orders.")),
    ]
    if refunded:
        found.append(Fact(_("Refunds"), short_texts.amount(refunded), _("Total refunded, including cancelled orders.")))
    found.append(Fact(_("Order interval"), _gap(seen), _("Average number of days between two orders.")))
    return found


def _gap(seen: CustomerIntelligence) -> str:
    """Mean gap between days with orders in words; “unknown” for a single order."""
    one = history_of(seen.facts)
    known = one.until(seen.now.date().toordinal()) if one is not None else None
    if known is None or not known.repeats:
        return _("unknown")
    # Rounded like the churn factor's figure, because the page shows both.
    days = round(round((known.days[-1] - known.days[0]) / known.repeats, 1))
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": short_texts.count(days)}


def _churn(analysis: CustomerAnalysis) -> Churn | None:
    risk = analysis.churn_risk
    if risk is None:
        return None
    about = ""
    if analysis.horizon_days:
        about = ngettext(
            "Probability of no order within %(count)s day.",
            "Probability of no order within %(count)s days.",
            analysis.horizon_days,
        ) % {"count": short_texts.count(analysis.horizon_days)}
    level = analysis.churn_level or ""
    return Churn(
        percent=short_texts.percent(risk),
        width=f"{100 * min(max(risk, 0.0), 1.0):.1f}",
        level=str(LEVELS.get(level) or level.replace("_", " ")),
        grave=level in GRAVE,
        about=about,
        reasons=[said for factor in analysis.churn_factors if (said := _reason(factor))],
        advice=analysis.churn_recommendation or "",
    )


def _reason(factor: Factor) -> str:
    """The provider's own words, or words for a name and a figure if the service gave only those."""
    if factor.text:
        return factor.text
    name = factor.key.replace("_", " ").strip().capitalize()
    if factor.value is None or not name:
        return name
    value = short_texts.number(factor.value) if isinstance(factor.value, float) else str(factor.value)
    return f"{name}: {value}"


def _forecast(analysis: CustomerAnalysis) -> list[Fact]:
    """The known forecasts. If none is known, the page says so."""
    found = []
    if analysis.predicted_ltv_12mo is not None:
        found.append(
            Fact(
                _("Expected value, 12 months"),
                short_texts.amount(analysis.predicted_ltv_12mo),
                _("Expected orders × expected amount per order."),
            )
        )
    if analysis.revenue_at_risk is not None:
        how = _("Churn risk × the 12-month value of the customer if they stay.")
        found.append(Fact(_("Value at risk"), short_texts.amount(analysis.revenue_at_risk), how))
    if analysis.churn_percentile is not None:
        how = _("Out of 100 customers, this many have a lower churn risk.")
        found.append(Fact(_("Churn percentile"), short_texts.number(analysis.churn_percentile), how))
    if analysis.churn_base_rate is not None:
        how = _("Share of all customers of the shop who place no order in this period.")
        found.append(Fact(_("Shop average"), short_texts.percent(analysis.churn_base_rate), how))
    return found
