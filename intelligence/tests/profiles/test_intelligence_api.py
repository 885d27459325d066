"""`/api/ai`: customer intelligence in documented and single-page-app form, permissions and the model card."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agents.models import Agent
from intelligence.services import profiles
from tickets.models import Customer
from tickets.services import LineData
from tickets.tests.factories import NOW, make_customer, make_order, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> datetime:
    time_machine.move_to(NOW, tick=False)
    return NOW


def path(customer: Customer) -> str:
    return f"/api/ai/customers/{customer.pk}/intelligence"


def regular_buyer() -> Customer:
    customer = make_customer()
    for days in (320, 280, 240):
        make_order(customer, placed_at=NOW - timedelta(days=days), total=Decimal("150.00"))
    make_order(
        customer,
        number="12345",
        placed_at=NOW - timedelta(days=222),
        total=Decimal("50.00"),
        status="shipped",
        fulfillment_status="shipped",
        lines=[LineData("Tea pot", 2)],
        tracking_numbers=["PL1"],
        tracking_urls=["https://track.example/PL1"],
        shipping_carrier="ParcelLark",
    )
    return customer


def test_intelligence_body_has_documented_and_single_page_app_fields(api: APIClient) -> None:
    customer = regular_buyer()
    make_order(make_customer())
    profiles.fit_shop()
    profiles.profile_customers()
    body = api.get(path(customer)).json()
    metrics = {
        "lifetime_value": 500.0,
        "total_orders": 4,
        "avg_order_value": 125.0,
        "days_since_last_purchase": 222,
        "customer_tenure_days": 320,
    }
    assert body["customer_id"] == str(customer.pk)
    assert body["behavioral_metrics"] == body["business_metrics"] == metrics
    archetype = body["archetype"]
    assert archetype["id"] == archetype["archetype_id"] and archetype["member_count"] == 1
    assert archetype["population_percentage"] == 50.0
    assert archetype["dominant_segments"] == body["dominant_segments"]
    assert body["dominant_segments"]["purchase_frequency"] == "regular"
    assert set(body["fuzzy_memberships"]) == set(body["dominant_segments"])
    predictions, churn = body["predictions"], body["churn_risk"]
    assert predictions["churn_risk"] == churn["churn_risk_score"] > 0.5
    assert predictions["churn_risk_level"] == churn["risk_level"]
    assert predictions["predicted_ltv_12mo"] > 0 and predictions["revenue_at_risk"] > 0
    assert churn["factors"]["days_since_last_order"] == {"text": "Last order 222 days ago.", "value": 222}
    assert churn["recommendation"] and body["communication_guidance"]
    assert body["last_purchase"] == {
        "order_number": "12345",
        "order_date": "2025-07-22T12:00:00Z",
        "total": 50.0,
        "status": "shipped",
        "fulfillment_status": "shipped",
        "days_ago": 222,
        "products": [{"title": "Tea pot", "quantity": 2}],
        "tracking_numbers": ["PL1"],
        "tracking_urls": ["https://track.example/PL1"],
        "shipping_carrier": "ParcelLark",
    }
    assert body["metadata"]["source"] == "embedded" and body["metadata"]["degraded"] is False
    assert body["metadata"]["confidence"] is None and body["metadata"]["model_version"].startswith("mbg-cnbd-k")


def test_ticket_detail_has_the_same_customer_profile(api: APIClient) -> None:
    customer = regular_buyer()
    ticket = make_ticket(customer)
    profiles.fit_shop()
    profiles.profile_customers()
    shown = api.get(f"/api/tickets/{ticket.pk}").json()
    assert shown["customer_profile"] == api.get(path(customer)).json()
    # Today's stored risk is today's computed one.
    assert shown["customer"]["churn_risk_score"] == shown["customer_profile"]["churn_risk"]["churn_risk_score"]


def test_churn_risk_is_computed_on_each_request(api: APIClient, time_machine: Any) -> None:
    customer = regular_buyer()
    profiles.fit_shop()
    profiles.profile_customers()
    before = api.get(path(customer)).json()["predictions"]["churn_risk"]
    time_machine.move_to(NOW + timedelta(hours=23), tick=False)
    after = api.get(path(customer)).json()["predictions"]["churn_risk"]
    assert after > before


@pytest.mark.parametrize("orders", ["none", "cancelled", "future"])
def test_customer_without_counted_orders_has_null_figures(api: APIClient, orders: str) -> None:
    customer = make_customer()
    if orders == "cancelled":
        make_order(customer, status="cancelled")
    if orders == "future":
        make_order(customer, placed_at=NOW + timedelta(days=40))
    body = api.get(path(customer)).json()
    assert body["archetype"] is None and body["churn_risk"] is None and body["last_purchase"] is None
    assert body["dominant_segments"] == {} == body["fuzzy_memberships"] and body["communication_guidance"] == []
    assert set(body["predictions"].values()) == {None}
    metrics = body["business_metrics"]
    assert metrics["days_since_last_purchase"] is None and metrics["customer_tenure_days"] is None
    if orders != "future":
        assert (metrics["lifetime_value"], metrics["total_orders"], metrics["avg_order_value"]) == (0, 0, 0)


def test_agent_sees_only_customers_of_visible_tickets(
    agent: Agent, client_of: Callable[[Agent], APIClient], db: None
) -> None:
    mine, other = make_customer(), make_customer()
    make_ticket(mine, assigned_to=agent)
    make_ticket(other)
    client = client_of(agent)
    assert client.get(path(mine)).status_code == 200
    for unseen in (path(other), "/api/ai/customers/not-an-id/intelligence"):
        answer = client.get(unseen)
        assert answer.status_code == 404 and isinstance(answer.json()["detail"], str)
    assert APIClient().get(path(mine)).status_code == 401
    assert client.post(path(mine), {}).status_code == 405


def test_model_card_shows_parameters_and_backtest_status(api: APIClient) -> None:
    before = api.get("/api/ai/model").json()
    assert before["fitted_at"] is None and before["backtest"] is None
    assert before["parameters"]["r"] == 0.5 and before["model_version"] == "mbg-cnbd-k prior"
    make_order(make_customer())
    profiles.fit_shop()
    body = api.get("/api/ai/model").json()
    assert body["fitted_at"] == "2026-03-01T12:00:00Z" and body["sample"]["customers"] == 1
    assert body["backtest"]["judged"] is False and "there are 0" in body["backtest"]["reason"]
    assert body["uses_recency"] is False and body["recency_rule"] and body["limits"]
    assert {"churn_risk", "predicted_ltv_12mo", "brier"} <= {figure["name"] for figure in body["figures"]}
    assert APIClient().get("/api/ai/model").status_code == 401


def test_intelligence_query_count_is_independent_of_order_count(api: APIClient) -> None:
    one, many = make_customer(), make_customer()
    make_order(one)
    for number in range(40):
        make_order(many, lines=[LineData(f"Item {number}")], placed_at=NOW - timedelta(days=number))
    counts = []
    for customer in (one, many):
        with CaptureQueriesContext(connection) as caught:
            assert api.get(path(customer)).status_code == 200
        counts.append(len(caught))
    assert counts[0] == counts[1] <= 6
