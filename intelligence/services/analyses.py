"""What a service says of a customer: asked in the background, and at hand when somebody looks."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from django.core.cache import cache

from agents.common import shared_cache
from intelligence.contract.deadline import Deadline
from intelligence.contract.facts import CustomerFacts
from intelligence.contract.provider import Capability
from intelligence.contract.results import CustomerAnalysis
from intelligence.providers.chain import Chain
from intelligence.services.configured_providers import chain
from intelligence.services.customer_facts import customer_facts
from intelligence.services.profiles import take_service_risk
from tickets.models import Customer

ASKED_AGAIN = 60  # seconds after which somebody who looks makes the service be asked once more


def at_hand(customer: CustomerFacts) -> CustomerAnalysis:
    """What is known now; where that is not fresh, a service is asked in the background. Never waits."""
    asking = chain()
    if not asking.asked_for(Capability.ANALYZE):
        return asking.embedded.analyze(customer)
    analysis, wanted = asking.analysis_at_hand(customer, digest(customer))
    # Whatever a service says of the risk, whether they order again was measured on this shop's own orders.
    own = asking.embedded.analyze(customer)
    analysis = replace(analysis, retention_probability=own.retention_probability, retention_source=own.retention_source)
    if wanted:
        _want(customer.id)
    return analysis


def refresh(customer_id: UUID, within: Deadline, allowed: Callable[[], bool] | None = None) -> None:
    """Asks unless what is known is fresh; where no service is configured, does nothing."""
    asking: Chain = chain()
    if not asking.asked_for(Capability.ANALYZE):
        return
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is not None:
        facts = customer_facts(customer)
        found = asking.analyze(facts, digest(facts), within, allowed)
        if found.provenance.source != asking.embedded.name:
            take_service_risk(customer_id, found.churn_risk)


def digest(customer: CustomerFacts) -> str:
    """Changes with every fact of the customer."""
    return hashlib.sha256(repr(customer).encode()).hexdigest()


def _want(customer_id: UUID) -> None:
    from intelligence.tasks import analyze_customer

    try:
        first = shared_cache.ask(lambda client: cache.add(f"analysis-wanted:{customer_id}", 1, ASKED_AGAIN))
    except shared_cache.NotShared:
        return  # where nothing can be kept, asking would help nobody
    if first:
        analyze_customer.defer(customer_id=str(customer_id))
