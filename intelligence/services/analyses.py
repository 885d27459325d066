"""A service's analysis of a customer: requested in the background and read from the cache."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from intelligence.contract.deadline import Deadline
from intelligence.contract.facts import CustomerFacts
from intelligence.contract.provider import Capability
from intelligence.contract.results import CustomerAnalysis
from intelligence.providers.chain import Chain
from intelligence.services.configured_providers import chain
from intelligence.services.customer_facts import customer_facts
from intelligence.services.profiles import has_service_risk, take_service_risk
from intelligence.services.wanted import Work, want
from tickets.models import Customer


def at_hand(customer: CustomerFacts) -> CustomerAnalysis:
    """What is known now, without waiting; if it is not fresh, a service is asked in the background."""
    asking = chain()
    if not asking.asked_for(Capability.ANALYZE):
        return asking.embedded.analyze(customer)
    analysis, wanted = asking.analysis_at_hand(customer, digest(customer))
    # The retention probability always comes from the embedded model, which was fitted to this shop's orders.
    own = asking.embedded.analyze(customer)
    analysis = replace(analysis, retention_probability=own.retention_probability, retention_source=own.retention_source)
    if wanted:
        want(Work.ANALYSIS, customer.id)
    return analysis


def ask(customer_id: UUID, within: Deadline, allowed: Callable[[], bool] | None = None) -> None:
    """Ask a service, unless a fresh answer is known, for a reader. The answer goes to the shared cache; the worker stores its
    risk.
    """
    found = _asked(customer_id, within, allowed)
    if found is not None and not has_service_risk(customer_id, found.churn_risk):
        want(Work.ANALYSIS, customer_id)


def refresh(customer_id: UUID, within: Deadline, allowed: Callable[[], bool] | None = None) -> None:
    """Ask as `ask` does, and store the risk that the service gives."""
    found = _asked(customer_id, within, allowed)
    if found is not None:
        take_service_risk(customer_id, found.churn_risk)


def _asked(customer_id: UUID, within: Deadline, allowed: Callable[[], bool] | None) -> CustomerAnalysis | None:
    """What a service says about the customer; `None` if none is configured or none answers."""
    asking: Chain = chain()
    if not asking.asked_for(Capability.ANALYZE):
        return None
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        return None
    facts = customer_facts(customer)
    found = asking.analyze(facts, digest(facts), within, allowed)
    return found if found.provenance.source != asking.embedded.name else None


def digest(customer: CustomerFacts) -> str:
    """Fingerprint of all facts about the customer."""
    return hashlib.sha256(repr(customer).encode()).hexdigest()
