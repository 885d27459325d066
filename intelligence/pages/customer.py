"""The customer page with the profile: a subclass of the tickets' page, registered in `quimbi_crm/urls.py`."""

from datetime import datetime
from typing import Any

from agents.models import Agent
from intelligence.pages.customer_profile import person
from intelligence.services.customer_intelligence import load_customer_intelligence
from tickets.models import Customer
from tickets.pages.customer.views import CustomerView


class KnownCustomerView(CustomerView):
    """The customer page with records, archetype, churn risk with its reasons, and forecast."""

    def known(self, agent: Agent, customer: Customer, now: datetime) -> dict[str, Any]:
        return {"person": person(customer, load_customer_intelligence(customer, now))}
