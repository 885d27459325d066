"""`/api/customers` and `/api/orders`: customer search, contacts, and figures derived from orders."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from agents.models import Agent, AuditEntry
from tickets.models import Customer, Order
from tickets.tests.factories import make_customer, make_order, make_ticket

pytestmark = pytest.mark.django_db
ORDER: dict[str, Any] = {
    "placed_at": "2026-01-05T10:00:00+01:00",
    "total": 89.90,
    "discount": 10,
    "status": "shipped",
    "fulfillment_status": "shipped",
    "lines": [{"title": "Linen, flax", "sku": "LIN-1", "quantity": 2, "unit_price": 44.95}, {"title": "Thread"}],
    "tracking_numbers": ["1Z999"],
    "tracking_urls": ["https://track.example.com/1Z999"],
    "shipping_carrier": "UPS",
}


def test_put_order_creates_replaces_and_is_idempotent(api: APIClient) -> None:
    body = {
        **ORDER,
        "customer_email": "Shopper@example.com",
        "customer_name": "Sam Shopper",
        "customer_external_id": "42",
    }
    made = api.put("/api/orders/%231001", body)
    assert made.status_code == 201
    order = made.json()
    assert order["number"] == "#1001" and order["placed_at"] == "2026-01-05T09:00:00Z"
    assert order["total"] == 89.9 and order["discount"] == 10.0 and order["refunded"] == 0.0
    assert order["lines"] == [
        {"title": "Linen, flax", "sku": "LIN-1", "quantity": 2, "unit_price": 44.95},
        {"title": "Thread", "sku": "", "quantity": 1, "unit_price": None},
    ]
    entries = AuditEntry.objects.count()
    again = api.put("/api/orders/%231001", body)
    assert again.status_code == 200 and again.json() == order
    assert AuditEntry.objects.count() == entries
    changed = api.put(
        "/api/orders/%231001", {**body, "total": 100, "lines": [{"title": "Other"}], "tracking_numbers": []}
    ).json()
    assert changed["total"] == 100.0 and [line["title"] for line in changed["lines"]] == ["Other"]
    assert changed["tracking_numbers"] == [] and changed["id"] == order["id"]
    assert api.get("/api/orders/%231001").json() == changed
    customer = api.get(f"/api/customers/{order['customer_id']}").json()
    assert customer["name"] == "Sam Shopper" and customer["emails"] == ["shopper@example.com"]
    assert customer["lifetime_value"] == 100.0 and customer["total_orders"] == 1
    assert customer["average_order_value"] == 100.0
    assert customer["first_order_at"] == customer["last_order_at"] == "2026-01-05T09:00:00Z"


def test_lifetime_value_excludes_cancelled_orders_and_refunds(api: APIClient) -> None:
    customer = make_customer()
    cases: list[dict[str, Any]] = [
        {"total": 100},
        {"total": 50, "status": "cancelled"},
        {"total": 30, "status": "refunded"},
        {"total": 20, "refunded": 5},
    ]
    for number, changes in enumerate(cases, start=1):
        body = {**ORDER, "status": "paid", "customer_id": str(customer.pk), **changes}
        assert api.put(f"/api/orders/{number}", body).status_code == 201
    customer.refresh_from_db()
    assert customer.lifetime_value == 115 and customer.total_orders == 3
    assert api.get("/api/orders/3").json()["refunded"] == 30.0


def test_new_order_raises_the_customers_ticket_in_ranking_at_once(api: APIClient) -> None:
    first, second = make_ticket(days=1.2), make_ticket(days=1)
    assert [t["id"] for t in api.get("/api/tickets").json()["tickets"]] == [str(first.pk), str(second.pk)]
    api.put("/api/orders/1", {**ORDER, "customer_id": str(second.customer_id), "total": 900})
    assert [t["id"] for t in api.get("/api/tickets").json()["tickets"]] == [str(second.pk), str(first.pk)]


def test_agents_neither_see_nor_write_customers_of_other_agents(
    agent: Agent, client_of: Callable[[Agent], APIClient]
) -> None:
    mine, other = make_customer("Mine"), make_customer("Other")
    make_ticket(mine, assigned_to=agent)
    past = make_ticket(mine)
    own, foreign = make_order(mine), make_order(other)
    client = client_of(agent)
    assert [c["name"] for c in client.get("/api/customers").json()["customers"]] == ["Mine"]
    assert client.get(f"/api/customers?q={other.email}").json()["total"] == 0
    assert client.get(f"/api/customers/{mine.pk}").status_code == 200
    assert client.get(f"/api/customers/{other.pk}").status_code == 404
    assert client.patch(f"/api/customers/{other.pk}", {"name": "X"}).status_code == 404
    assert client.get(f"/api/customers/{other.pk}/orders").status_code == 404
    assert client.get(f"/api/customers/{mine.pk}/orders").json()["total"] == 1
    tickets = client.get(f"/api/customers/{mine.pk}/tickets").json()
    assert tickets["total"] == 1 and str(past.pk) not in str(tickets)
    assert client.get(f"/api/orders/{own.number}").status_code == 200
    assert client.get(f"/api/orders/{foreign.number}").status_code == 404
    refused = client.put(f"/api/orders/{own.number}", {**ORDER, "customer_id": str(mine.pk)})
    assert refused.status_code == 403 and "senior agent" in refused.json()["detail"]
    assert client.post("/api/customers", {"name": "New"}).status_code == 403
    takeover = client.patch(f"/api/customers/{mine.pk}", {"email": "attacker@example.net"})
    assert takeover.status_code == 403 and "senior agent" in takeover.json()["detail"]
    body = {"customer_id": str(other.pk), "subject": "S", "channel": "email"}
    assert client.post("/api/tickets", body).status_code == 400


def test_customer_search_matches_name_email_external_id_phone_and_order_number(api: APIClient) -> None:
    ann = make_customer("Ann Straßer", email="ann@example.com", phones=["+1 415 555 0123"], external_id="shop-7")
    make_customer("Bob")
    make_order(ann, number="#4711")
    for words in ["ann", "ANN@EX", "Straß", "shop-7", "+1415555", "(415) 555-0123", "4711", "#4711"]:
        found = api.get("/api/customers", {"q": words}).json()
        assert [c["name"] for c in found["customers"]] == ["Ann Straßer"], words
        assert found["total"] == 1
    assert api.get("/api/customers", {"q": "%"}).status_code == 400
    assert api.get("/api/customers", {"q": "%%"}).json()["total"] == 0
    assert api.get("/api/customers").json()["total"] == 2


def test_customer_is_created_and_updated_with_audit_entry(api: APIClient) -> None:
    made = api.post("/api/customers", {"name": "Ann", "email": "Ann@Example.com", "phones": ["(415) 555-0123"]})
    assert made.status_code == 201
    body = made.json()
    assert (
        body["email"] == "ann@example.com" and body["phones"] == ["+14155550123"] and body["churn_risk_score"] is None
    )
    url = f"/api/customers/{body['id']}"
    changed = api.patch(
        url, {"name": "Anna", "email": "anna@example.com", "emails": ["ann@example.com"], "phones": []}
    ).json()
    assert changed["name"] == "Anna" and changed["email"] == "anna@example.com" and changed["phones"] == []
    assert sorted(changed["emails"]) == ["ann@example.com", "anna@example.com"]
    entry = AuditEntry.objects.filter(subject_id=body["id"], action="customer.updated").get()
    assert entry.changes["name"] == ["Ann", "Anna"]
    assert api.patch(url, {"name": "Anna"}).json()["updated_at"] == changed["updated_at"]


def test_email_address_belongs_to_one_customer(api: APIClient) -> None:
    make_customer("Ann", email="ann@example.com", phones=["+14155550123"])
    bob = make_customer("Bob", email="bob@example.com")
    cases: list[dict[str, Any]] = [
        {"email": "ANN@example.com"},
        {"email": "x@example.com", "emails": ["ann@example.com"]},
    ]
    for body in cases:
        assert api.post("/api/customers", {"name": "Twin", **body}).status_code == 400
        assert Customer.objects.filter(name="Twin").count() == 0
    refused = api.patch(f"/api/customers/{bob.pk}", {"email": "Ann@example.com"})
    assert refused.status_code == 400 and "another customer" in refused.json()["detail"]
    bob.refresh_from_db()
    assert bob.email == "bob@example.com"


def test_order_naming_two_customers_is_400_and_creates_nothing(api: APIClient) -> None:
    make_customer("Ann", email="ann@example.com", external_id="1")
    make_customer("Bob", email="bob@example.com", external_id="2")
    answer = api.put("/api/orders/9", {**ORDER, "customer_email": "ann@example.com", "customer_external_id": "2"})
    assert answer.status_code == 400 and "different customers" in answer.json()["detail"]
    bad = api.put("/api/orders/9", {**ORDER, "customer_email": "new@example.com", "total": -5})
    assert bad.status_code == 400
    assert Order.objects.count() == 0 and Customer.objects.count() == 2


@pytest.mark.parametrize(("sent", "stored"), [("RV%20%20B", "RV B"), ("e%CC%81x", "\u00e9x"), ("a%0Ab", "a b")])
def test_order_number_is_normalised(api: APIClient, sent: str, stored: str) -> None:
    made = api.put(f"/api/orders/{sent}", {**ORDER, "customer_email": "a@example.com"})
    assert made.status_code == 201 and made.json()["number"] == stored
    assert api.get(f"/api/orders/{sent}").json() == made.json()
