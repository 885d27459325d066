"""The inbox shows the customer's archetype."""

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import Agent
from agents.tests.browsing import browser
from intelligence.models import CustomerProfile, ShopModel
from intelligence.pages.inbox import archetype_words
from intelligence.profiles.segments import _VALUE_FROM
from tickets.models import Customer
from tickets.tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db


def profile(customer: Customer, archetype: str) -> None:
    shop = ShopModel.objects.create(horizon_days=90, k=1, r=1, alpha=1, a=1, b=1, log_likelihood=0)
    CustomerProfile.objects.update_or_create(
        customer=customer,
        defaults={
            "archetype_id": archetype,
            "churn_risk": 0.2,
            "churn_percentile": 10,
            "model": shop,
            "computed_at": timezone.now(),
        },
    )


def test_archetype_is_shown_beside_the_channel(senior: Agent) -> None:
    known = make_customer("Known")
    profile(known, "premium_loyalist")
    make_ticket(known)
    make_ticket(make_customer("Unknown"), channel="sms")
    page = browser(senior).get("/").content.decode()
    assert "<span>Email · Premium, loyal</span>" in page and "<span>SMS</span>" in page


@pytest.mark.parametrize("stage", ["newcomer", "one_timer", "loyalist", "at_risk", "lapsed"])
def test_every_archetype_has_a_readable_name(stage: str) -> None:
    for value in (*(name for name, _ in _VALUE_FROM), "budget"):
        said = archetype_words(f"{value}_{stage}")
        assert "_" not in said and ", " in said


def test_unknown_archetype_of_a_service_is_shown_escaped(senior: Agent) -> None:
    strange = make_customer()
    profile(strange, "quilt_<b>fan")
    make_ticket(strange)
    client: Client = browser(senior)
    assert "Quilt &lt;b&gt;fan" in client.get("/").content.decode()
