"""Customers and orders in the admin site: the services write them, and refusals are shown on the form."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent
from agents.tests.browsing import errors, shown
from tickets import services
from tickets.models import Contact, Customer, Order, Ticket
from tickets.tests.admin.test_admin import CUSTOMERS, ORDERS, TICKETS, entries, page, ranks_are_true


# --- Customers ---------------------------------------------------------------------------------------------------------
def test_customer_search_matches_name_email_phone_and_order_number(
    managing: Client, customer: Customer, order: Order
) -> None:
    services.update_customer(None, customer.pk, {"phones": ["+14155550123"]})
    services.create_customer(None, services.CustomerData(name="Somebody Else", email="else@example.com"))
    for words in ("ohn", "JOHN@", "4155550123", "%231001", "1001"):
        text = managing.get(f"{CUSTOMERS}?q={words}").content.decode()
        assert "John Doe" in text, words
        assert "Somebody Else" not in text
    for nothing in ("%25", "_", "nobody"):
        assert "0 customers" in managing.get(f"{CUSTOMERS}?q={nothing}").content.decode()
    assert "John Doe" in managing.get(f"{CUSTOMERS}?churn=unknown&orders=one").content.decode()
    assert "John Doe" not in managing.get(f"{CUSTOMERS}?orders=none").content.decode()


def test_customer_form_adds_customer_through_the_service(managing: Client, manager: Agent) -> None:
    new = {"name": "Nova New", "email": "Nova@Example.com", "emails": "second@example.com", "phones": "(415) 555-0123"}
    assert managing.post(f"{CUSTOMERS}add/", new).status_code == 302
    made = Customer.objects.get(name="Nova New")
    values = set(Contact.objects.filter(customer=made).values_list("value", flat=True))
    assert values == {"nova@example.com", "second@example.com", "+14155550123"}
    assert entries(made, "customer.created")[0].actor == manager


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"email": "john@example.com"}, "exists already"),
        ({"email": "nonsense"}, "valid email address"),
        ({"emails": "a@example.com\nnonsense"}, "not an email address"),
        ({"phones": "12"}, "not a telephone number"),
        ({"name": " "}, "required"),
    ],
)
def test_refused_customer_form_keeps_typed_values(
    managing: Client, customer: Customer, values: dict[str, str], says: str
) -> None:
    answer = managing.post(f"{CUSTOMERS}add/", {"name": "Typed Name", "phones": "+14155550199", **values})
    assert says in errors(answer)
    assert Customer.objects.count() == 1
    assert ("Typed Name" in answer.content.decode()) == ("name" not in values)


def test_customer_form_writes_only_changed_fields(managing: Client, customer: Customer) -> None:
    data = shown(managing, page(customer))
    services.update_customer(None, customer.pk, {"name": "Renamed Meanwhile"})
    changed = {"emails": f"{data['emails']}\nsecond@example.com", "external_id": "hacked", "lifetime_value": "9"}
    answer = managing.post(page(customer), {**data, **changed})
    assert answer.status_code == 302, errors(answer)
    customer.refresh_from_db()
    assert (customer.name, customer.external_id, customer.lifetime_value) == ("Renamed Meanwhile", None, Decimal(0))
    assert {c.value for c in customer.contacts.all()} == {"john@example.com", "second@example.com"}
    assert len(entries(customer, "customer.updated")) == 2


def test_customer_form_rejects_email_of_another_customer(managing: Client, customer: Customer) -> None:
    services.create_customer(None, services.CustomerData(name="Else", email="else@example.com"))
    data = shown(managing, page(customer))
    answer = managing.post(page(customer), {**data, "emails": "else@example.com", "name": "Typed"})
    assert "belongs to another customer" in errors(answer)
    assert "Typed" in answer.content.decode()
    customer.refresh_from_db()
    assert customer.name == "John Doe"


def test_customer_page_shows_the_latest_twenty_orders_and_tickets(managing: Client, customer: Customer) -> None:
    for number in range(22):
        placed = timezone.now() - timedelta(days=number)
        services.put_order(None, services.OrderData(f"N-{number}.", placed, Decimal(10), customer.pk))
        new = services.TicketData(subject=f"Matter {number}.", channel="sms", customer_id=customer.pk)
        services.create_ticket(None, new)
    with CaptureQueriesContext(connection) as queries:
        text = managing.get(page(customer)).content.decode()
    assert len(queries) <= 8
    assert ("N-0." in text, "N-19." in text, "N-20." in text) == (True, True, False)
    assert ("Matter 21." in text, "Matter 2." in text, "Matter 1." in text) == (True, True, False)
    assert "220.00" in text
    assert managing.get(f"{ORDERS}?customer__id__exact={customer.pk}").status_code == 200
    listed = managing.get(f"{TICKETS}?status=all&customer__id__exact={customer.pk}").content.decode()
    assert "22 tickets" in listed


# --- Orders ------------------------------------------------------------------------------------------------------------
LINES = {"lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0", "lines-0-title": "Mug", "lines-0-quantity": "2"}
NEW_ORDER = {
    "number": "#2002",
    "placed_at_0": "2026-01-02",
    "placed_at_1": "10:00:00",
    "status": "paid",
    "fulfillment_status": "unfulfilled",
    "currency": "usd",
    "total": "1250.00",
    "discount": "0",
    "refunded": "0",
    "tracking_numbers": "1Z1\n1Z2",
    "tracking_urls": "https://ups.example/1Z1",
    "shipping_carrier": "UPS",
    **LINES,
}


def order_form(client: Client, order: Order) -> dict[str, Any]:
    """Returns the order form's data as a browser submits it: the date in two fields, the lines in a formset."""
    answer = client.get(page(order))
    data = shown(client, page(order))
    for name in ("placed_at", "initial-placed_at"):
        data[f"{name}_0"], data[f"{name}_1"] = str(data.pop(name)).split("+")[0].split(".")[0].split(" ")
    forms = answer.context["inline_admin_formsets"][0].formset
    data |= {
        "lines-TOTAL_FORMS": str(forms.initial_form_count()),
        "lines-INITIAL_FORMS": str(forms.initial_form_count()),
    }
    for form in forms.initial_forms:
        for bound in form:
            data[bound.html_name] = "" if bound.value() is None else str(bound.value())
        data.pop(f"{form.prefix}-DELETE", None)
    return data


def test_order_search_matches_number_and_status_filter(managing: Client, order: Order) -> None:
    for words in ("1001", "%231001", "100"):
        assert "John Doe" in managing.get(f"{ORDERS}?q={words}").content.decode()
    assert "0 orders" in managing.get(f"{ORDERS}?q=%25").content.decode()
    assert "John Doe" in managing.get(f"{ORDERS}?status__exact=paid").content.decode()
    assert "0 orders" in managing.get(f"{ORDERS}?status__exact=pending").content.decode()


def test_order_form_adds_order_and_updates_customer_figures(
    managing: Client, manager: Agent, customer: Customer, ticket: Ticket
) -> None:
    before = ticket.rank_at
    answer = managing.post(f"{ORDERS}add/", {**NEW_ORDER, "customer": str(customer.pk)})
    assert answer.status_code == 302, errors(answer)
    made = Order.objects.get(number="#2002")
    assert (made.currency, made.tracking_numbers) == ("USD", ["1Z1", "1Z2"])
    assert [(line.title, line.quantity) for line in made.lines.all()] == [("Mug", 2)]
    customer.refresh_from_db()
    ticket.refresh_from_db()
    assert customer.lifetime_value == Decimal(1250)
    assert ticket.rank_at < before
    assert ranks_are_true()
    assert entries(made, "order.created")[0].actor == manager


def test_order_form_rejects_existing_order_number(managing: Client, order: Order, customer: Customer) -> None:
    for number in ("#1001", " #1001 "):
        answer = managing.post(f"{ORDERS}add/", {**NEW_ORDER, "number": number, "customer": str(customer.pk)})
        assert "already exists" in errors(answer)
    order.refresh_from_db()
    assert order.total == Decimal(25)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"total": "-1"}, "greater than or equal to 0"),
        ({"currency": "EURO"}, "3 characters"),
        ({"currency": "12$"}, "three letters"),
        ({"tracking_urls": "javascript:alert(1)"}, "valid URL"),
        ({"placed_at_0": "1950-01-01"}, "1970"),
        ({"customer": ""}, "required"),
    ],
)
def test_refused_order_form_keeps_typed_values(
    managing: Client, customer: Customer, values: dict[str, str], says: str
) -> None:
    answer = managing.post(f"{ORDERS}add/", {**NEW_ORDER, "customer": str(customer.pk), **values})
    assert says in errors(answer)
    assert "UPS" in answer.content.decode()
    assert not Order.objects.exists()


def test_order_form_updates_order_and_its_lines(managing: Client, order: Order, customer: Customer) -> None:
    data = order_form(managing, order)
    added = {"lines-TOTAL_FORMS": "3", "lines-2-title": "Fork", "lines-2-quantity": "4", "lines-2-unit_price": "1.5"}
    change = {"total": "30", "number": "#9", "lines-0-title": "Red mug", "lines-1-DELETE": "on"}
    answer = managing.post(page(order), {**data, **change, **added})
    assert answer.status_code == 302, errors(answer)
    order.refresh_from_db()
    assert (order.number, order.total) == ("#1001", Decimal(30))
    lines = [(line.title, line.sku, line.quantity, line.unit_price) for line in order.lines.all()]
    assert lines == [("Red mug", "MUG-1", 2, Decimal("12.50")), ("Fork", "", 4, Decimal("1.50"))]
    customer.refresh_from_db()
    assert customer.lifetime_value == Decimal(30)
    assert set(entries(order, "order.updated")[0].changes) == {"total", "lines"}


def test_saving_unchanged_order_form_writes_nothing_and_keeps_lines(managing: Client, order: Order) -> None:
    answer = managing.post(page(order), order_form(managing, order))
    assert answer.status_code == 302, errors(answer)
    assert not entries(order, "order.updated")
    assert order.lines.count() == 2


def test_refunded_status_refunds_full_total_and_keeps_partial_refund(managing: Client, order: Order) -> None:
    managing.post(page(order), {**order_form(managing, order), "status": "refunded"})
    order.refresh_from_db()
    assert order.refunded == Decimal(25)
    managing.post(page(order), {**order_form(managing, order), "refunded": "10"})
    managing.post(page(order), {**order_form(managing, order), "shipping_carrier": "DHL"})
    order.refresh_from_db()
    assert (order.refunded, order.shipping_carrier) == (Decimal(10), "DHL")
