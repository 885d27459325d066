"""Shopify and WooCommerce exports with difficult cases: imported records, reports and repeated imports."""

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tickets.models import Contact, Customer, Order, OrderLine, Ticket
from tickets.tests.factories import make_customer, make_order, make_ticket
from tickets.tests.importing import run

pytestmark = pytest.mark.django_db
EXPORTS = Path(__file__).parents[1] / "exports"


def counts() -> tuple[int, int, int]:
    return Customer.objects.count(), Order.objects.count(), Ticket.objects.count()


def everything() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Customer, Contact, Order, OrderLine, Ticket)]


@pytest.mark.parametrize(
    ("name", "outcome", "customers", "orders", "details"),
    [
        # Ada twice, Bo, Cy; rejected: a telephone alone, a refund above the total, the future, a rounded number, #2001 again.
        ("shopify_orders.csv", "4 created, 0 updated, 0 unchanged, 5 lines rejected", 3, 4, 0),
        # Ada twice, Bo, Cy, Di; rejected: two customers in one, an order that came before, nobody.
        ("shopify_orders.jsonl", "5 created, 0 updated, 0 unchanged, 3 lines rejected", 4, 5, 0),
        # Ann twice, Ben, Cat, Fay, Gus; rejected: a rounded id, no address, Cat with Ben's address, an unknown status.
        ("woocommerce_orders.csv", "6 created, 0 updated, 0 unchanged, 4 lines rejected", 5, 6, 2),
        # Ann twice, Ben, Cat, Fay; rejected: no address, the future, a refund above the total.
        ("woocommerce_orders.jsonl", "5 created, 0 updated, 0 unchanged, 3 lines rejected", 4, 5, 0),
    ],
)
def test_shop_export_is_imported_once_and_changes_no_other_record(
    tmp_path: Path, name: str, outcome: str, customers: int, orders: int, details: int
) -> None:
    known = make_customer("Known", email="known@example.com")
    make_order(known, number="#1", total=Decimal(10))
    make_ticket(known)
    before = list(Customer.objects.filter(pk=known.pk).values()), counts()
    file = Path(shutil.copy(EXPORTS / name, tmp_path))
    said = run("orders", file)
    assert outcome in said
    assert (f"{details} details left out" in said) if details else ("left out" not in said)
    assert counts() == (1 + customers, 1 + orders, 1)
    assert list(Customer.objects.filter(pk=known.pk).values()) == before[0]
    stored = everything()
    assert f"0 created, 0 updated, {orders} unchanged" in run("orders", file)
    assert everything() == stored


def test_shopify_customers_with_one_telephone_number_are_not_merged(tmp_path: Path) -> None:
    run("orders", Path(shutil.copy(EXPORTS / "shopify_orders.csv", tmp_path)))
    assert list(Customer.objects.order_by("email").values_list("email", "name", "lifetime_value")) == [
        ("ada@example.com", "Ada Lamb", Decimal("77.50")),
        ("bo@example.com", "Bo Lamb", Decimal(0)),
        ("cy@example.com", "Cy Reed", Decimal(5)),
    ]
    assert sorted(Contact.objects.filter(kind="phone").values_list("customer__email", "value")) == [
        ("ada@example.com", "+4930123456"),
        ("bo@example.com", "+4930123456"),
        ("cy@example.com", "+61412345678"),
    ]
    assert OrderLine.objects.get(title="Bowl, blue").unit_price == Decimal("10.83")


def test_shopify_api_export_imports_names_refunds_and_shipments(tmp_path: Path) -> None:
    run("orders", Path(shutil.copy(EXPORTS / "shopify_orders.jsonl", tmp_path)))
    assert list(Customer.objects.order_by("email").values_list("external_id", "name", "lifetime_value")) == [
        ("7001000000001", "Ada Lamb", Decimal(50)),
        ("7001000000002", "Bo Lamb", Decimal("22.05")),
        (None, "Cy Reed", Decimal(30)),
        ("7001000000003", "Di Moss", Decimal(0)),
    ]
    sent = Order.objects.get(number="#3001")
    assert (sent.fulfillment_status, sent.shipping_carrier, sent.tracking_numbers) == (
        "delivered",
        "DHL",
        ["JJD1", "JJD2"],
    )
    assert sent.tracking_urls == ["https://example.com/t?n=JJD1,JJD2"]
    assert Order.objects.get(number="#3002").refunded == Decimal(10)
    assert Order.objects.get(number="#3003").refunded == Decimal("7.95")
    assert Order.objects.get(number="#3006").status == "cancelled"
    assert Contact.objects.get(customer__name="Cy Reed", kind="phone").value == "+61412345678"


def test_woocommerce_exports_map_statuses_guests_and_refunds(tmp_path: Path) -> None:
    run("orders", Path(shutil.copy(EXPORTS / "woocommerce_orders.csv", tmp_path)))
    run("orders", Path(shutil.copy(EXPORTS / "woocommerce_orders.jsonl", tmp_path)))
    assert list(Customer.objects.order_by("email").values_list("external_id", "name")) == [
        (None, "Ann Guest"),
        (None, "Ben Guest"),
        ("31", "Cat Guest"),
        (None, "Fay Guest"),
        (None, "Gus Guest"),
    ]
    found = Order.objects.order_by("number").values_list("number", "status", "fulfillment_status", "refunded")
    assert list(found) == [
        ("4001", "paid", "unfulfilled", Decimal(0)),
        ("4002", "paid", "unfulfilled", Decimal(0)),
        ("4003", "shipped", "shipped", Decimal(0)),
        ("4005", "refunded", "unfulfilled", Decimal(20)),
        ("4007", "cancelled", "unfulfilled", Decimal(0)),
        ("4009", "paid", "unfulfilled", Decimal(0)),
        ("5001", "paid", "unfulfilled", Decimal(0)),
        ("5002", "shipped", "shipped", Decimal(0)),
        ("5003", "paid", "unfulfilled", Decimal(0)),
        ("5004", "paid", "unfulfilled", Decimal("7.50")),
        ("5007", "refunded", "unfulfilled", Decimal(20)),
    ]
    sent = Order.objects.get(number="5002")
    assert (sent.shipping_carrier, sent.tracking_numbers) == ("Royal Mail", ["RM1"])
    assert sent.placed_at.isoformat() == "2024-05-01T10:00:00+00:00"


def test_shopify_bulk_export_matches_records_of_the_rest_api(write: Any, tmp_path: Path) -> None:
    run("orders", Path(shutil.copy(EXPORTS / "shopify_orders.jsonl", tmp_path)))
    amount = {"shopMoney": {"amount": "30.0", "currencyCode": "EUR"}}
    order = {
        "id": "gid://shopify/Order/5200000003001", "name": "#3001", "createdAt": "2024-04-01T08:00:00Z",
        "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "FULFILLED", "totalPriceSet": amount,
        "customer": {"id": "gid://shopify/Customer/7001000000001", "email": "ada@example.com", "firstName": "Ada"},
        "billingAddress": {"name": "Ada Lamb", "countryCodeV2": "DE"},
        "fulfillments": [{"status": "SUCCESS", "trackingInfo": [{"number": "JJD1", "company": "DHL", "url": None}]}],
    }  # fmt: skip
    line = {
        "id": "gid://shopify/LineItem/1", "title": "Mug", "quantity": 2, "sku": "M-1",
        "originalUnitPriceSet": {"shopMoney": {"amount": "15.0"}}, "__parentId": order["id"],
    }  # fmt: skip
    second = {**order, "id": "gid://shopify/Order/9", "name": "#3009", "fulfillments": []}
    file = write([order, line, second, {**line, "__parentId": "gid://shopify/Order/404"}], "bulk.jsonl")
    assert "1 created, 1 updated, 0 unchanged, 1 lines rejected" in run("orders", file)
    assert Customer.objects.filter(email="ada@example.com").get().total_orders == 3
    stored = Order.objects.get(number="#3001")
    assert (stored.tracking_numbers, stored.fulfillment_status) == (["JJD1"], "shipped")
    assert list(stored.lines.values_list("title", "quantity", "unit_price")) == [("Mug", 2, Decimal(15))]


def test_woocommerce_guests_are_separate_customers_with_billing_contacts(write: Any) -> None:
    billing = {
        "first_name": "Ann",
        "last_name": "Guest",
        "email": "ann@example.com",
        "phone": "020 7946 0958",
        "country": "GB",
    }
    people: list[dict[str, Any]] = [
        {"id": 0, "email": "", "first_name": "", "date_created_gmt": "2024-01-01T10:00:00", "billing": billing},
        {"id": 0, "email": "ben@example.com", "first_name": "Ben", "billing": {**billing, "email": "ben@example.com"}},
        {"id": 0, "email": "", "billing": {**billing, "email": ""}},
    ]
    assert "2 created, 0 updated, 0 unchanged, 1 lines rejected" in run("customers", write(people, "people.jsonl"))
    assert list(Customer.objects.order_by("email").values_list("external_id", "name", "email")) == [
        (None, "Ann Guest", "ann@example.com"),
        (None, "Ben Guest", "ben@example.com"),
    ]
    assert set(Contact.objects.filter(kind="phone").values_list("value", flat=True)) == {"+442079460958"}


def articles() -> list[tuple[Any, ...]]:
    return list(OrderLine.objects.order_by("title").values_list("title", "sku", "quantity", "unit_price"))


REST: dict[str, Any] = {
    "id": 1, "name": "#1", "created_at": "2024-04-01T08:00:00Z", "total_price": "5.00", "currency": "EUR",
    "financial_status": "paid", "customer": {"id": 71, "email": "ada@example.com", "first_name": "Ada"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("quantity", "stored"),
    [("Quantity (- Refund)", 3), ("Quantity", 3), ("Item Quantity", 3), ("Menge", None)],
)
def test_advanced_order_export_imports_or_reports_quantities_and_prices(
    write: Any, quantity: str, stored: int | None
) -> None:
    header = (
        "Order Number,Order Date,Email (Billing),Order Total Amount,SKU,Item #,Item Name,Item Cost,Customer User ID"
    )
    file = write(f"{header},{quantity}\n501,2024-04-01 10:00,gina@example.com,15,W1,1,Soap,5,0,3\n")
    said = run("orders", file)
    assert "1 created" in said and "1 orders say no currency: USD is taken; --set currency=EUR" in said
    assert articles() == ([("Soap", "W1", 3, Decimal(5))] if stored else [])
    if not stored:
        assert "--map line_quantity=COLUMN names its column" in Path(f"{file}.details.csv").read_text()
        assert "1 updated" in run("orders", file, "--map", "line_quantity=Menge")
        assert articles() == [("Soap", "W1", 3, Decimal(5))]


def test_negative_quantity_is_reported_and_not_imported(write: Any) -> None:
    file = write(
        "Order Number,Order Date,Email,Total,Item Name,Quantity (- Refund)\n1,2024-04-01,a@example.com,5,Soap,-1\n"
    )
    assert "1 details left out" in run("orders", file, "--set", "currency=EUR")
    assert articles() == []


def test_line_items_in_separate_columns_are_imported(write: Any) -> None:
    header = "order_number;order_date;customer_email;order_total;order_currency;line_item_1;line_item_10;line_item_2"
    lamp = '"name:Lamp; red|sku:L1|quantity:1|total:2.00"'
    file = write(
        f"{header}\n9;2024-04-02 11:00:00;a@example.com;5,00;EUR;{lamp};;name:Bulb 2:1|quantity:4\n"
        "8;2024-04-02 11:00:00;a@example.com;5,00;EUR;Lamp;;name:Cup\n"
    )
    said = run("orders", file, "--decimal-comma")
    assert "2 created" in said and "2 details left out" in said and "Nothing of the file uses" not in said
    assert articles() == [("Bulb 2:1", "", 4, None), ("Lamp; red", "L1", 1, None)]
    assert "2 unchanged" in run("orders", file, "--decimal-comma")


def test_second_email_of_an_order_is_added_if_unused_and_otherwise_reported(write: Any) -> None:
    file = write([{**REST, "email": "ada.work@example.com"}], "orders.jsonl")
    assert "left out" not in run("orders", file)
    assert set(Contact.objects.values_list("value", flat=True)) == {"ada@example.com", "ada.work@example.com"}
    make_customer("Bo", email="bo@example.com")
    second = write([{**REST, "name": "#2", "email": "bo@example.com"}], "second.jsonl")
    assert "1 details left out" in run("orders", second)
    reason = Path(f"{second}.details.csv").read_text()
    assert "The address bo@example.com was left out: Bo (" in reason
    assert Customer.objects.get(external_id="71").contacts.count() == 2
    assert "1 unchanged" in run("orders", second)


def test_woocommerce_billing_email_is_added_to_the_customer(write: Any) -> None:
    person = {"id": 5, "email": "ann@example.com", "first_name": "Ann", "billing": {"email": "ann.bill@example.com"}}
    run("customers", write([person], "people.jsonl"))
    customer = Customer.objects.get()
    assert customer.email == "ann@example.com"
    assert set(customer.contacts.values_list("value", flat=True)) == {"ann@example.com", "ann.bill@example.com"}


def test_phone_of_shopify_default_address_is_parsed_with_its_country(write: Any) -> None:
    header = "Customer ID,First Name,Email,Default Address Country Code,Default Address Phone,Phone"
    run("customers", write(f"{header}\n'71,Ann,ann@example.com,GB,020 7946 0958,\n"))
    nested = {"id": 72, "email": "bo@example.com", "default_address": {"phone": "030 23125002", "country_code": "DE"}}
    run("customers", write([nested], "people.jsonl"))
    assert set(Contact.objects.filter(kind="phone").values_list("value", flat=True)) == {
        "+442079460958",
        "+493023125002",
    }


def test_test_orders_and_draft_orders_are_rejected(write: Any) -> None:
    rest = {**REST, "name": "#2", "test": True}
    file = write([{**REST, "test": False}, rest], "orders.jsonl")
    assert "1 created, 0 updated, 0 unchanged, 1 lines rejected" in run("orders", file)
    assert "It is a test order." in Path(f"{file}.rejected.jsonl").read_text()
    rows = "".join(
        f"{number},2024-04-01,a@example.com,5,EUR,{status}\n"
        for number, status in enumerate(
            ["checkout-draft", "auto-draft", "wc-checkout-draft", "trash", "pending"], start=10
        )
    )
    table = write(f"number,date,email,total,currency,status\n{rows}")
    assert "1 created, 0 updated, 0 unchanged, 4 lines rejected" in run("orders", table)
    assert "It is a draft: nobody has ordered (status checkout-draft)." in Path(f"{table}.rejected.csv").read_text()
    assert "1 created" in run("orders", table, "--map-value", "status:trash=cancelled")
