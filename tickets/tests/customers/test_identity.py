"""Uncertain identity never merges two customers and never moves a record: services, API and imports."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from tickets import services
from tickets.models import Contact, Customer, Order
from tickets.services.customers.identity import have_different_names, is_placeholder, is_placeholder_email, is_rounded
from tickets.services.validation import clean_id
from tickets.tests.factories import make_customer, make_order
from tickets.tests.importing import rejects, run
from tickets.tests.imports.test_import_details import details

ORDERS = "number,customer_id,email,date,total\n"
ORDER: dict[str, Any] = {"placed_at": "2026-01-05T10:00:00+01:00", "total": 89.90}
db = pytest.mark.django_db


@pytest.mark.parametrize(
    "text",
    ["", " ", "0", "000", "0.0", "-", "--", "—", "?", "null", " NULL ", "None", "nil", "NaN", "guest", "GUEST USER", "n/a",
     "N.A.", "#N/A", "undefined", "(none)", "<null>", "\\N", "-1", "unknown", "anonymous", "00000000-0000-0000-0000-000000000000",
     "{00000000-0000-0000-0000-000000000000}", "ffffffff-ffff-ffff-ffff-ffffffffffff", "#REF!", "Not set", "Gast"],
)  # fmt: skip
def test_placeholder_is_not_accepted_as_external_id(text: str) -> None:
    assert is_placeholder(text) and clean_id("external_id", text) is None


@pytest.mark.parametrize(
    "text",
    ["1", "10", "guest-12", "A0", "0x1", "nullable", "customer-1", "00001", "1e5", "#1001", "EU/0", "0-0", "0/1"],
)
def test_external_id_that_resembles_a_placeholder_is_kept(text: str) -> None:
    assert clean_id("external_id", text) == text


@pytest.mark.parametrize(
    "text", ["guest", "n/a", "no-email", "No Email", "none", "-", "none@none.com", "noemail@example.com"]
)
def test_placeholder_is_not_accepted_as_email_address(text: str) -> None:
    assert is_placeholder_email(text)


@pytest.mark.parametrize("text", ["guest@example.com", "unknown@example.com", "nina@example.com", "guest1@example.com"])
def test_email_address_that_resembles_a_placeholder_is_kept(text: str) -> None:
    assert not is_placeholder_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "7.04E+12",
        "1.23457E+15",
        "1,23457E+15",
        "1e+05",
        "5.1E12",
        "+4.9151E+11",
        "7040000000000.0",
        "1234567890123456.0",
    ],
)
def test_number_rounded_by_a_spreadsheet_is_recognised(text: str) -> None:
    assert is_rounded(text)


@given(st.integers(min_value=1, max_value=10**15 - 1).filter(lambda number: number % 10**5 != 0))
def test_external_id_with_trailing_point_zero_is_read_exactly(number: int) -> None:
    assert clean_id("external_id", f"{number}.0") == clean_id("external_id", str(number)) == str(number)


@given(st.text(max_size=300))
def test_external_id_of_any_text_is_cleaned_or_rejected_with_one_message(text: str) -> None:
    try:
        found = clean_id("external_id", text)
    except ValidationError as error:
        assert len(error.messages) == 1
    else:
        assert found is None or not is_placeholder(found)


@db
def test_guests_with_id_zero_and_different_emails_are_different_customers(write: Any) -> None:
    file = write(
        f"{ORDERS}1,0,a@example.com,2024-01-01,1\n2,0,b@example.com,2024-01-01,1\n3,guest,c@example.com,2024-01-01,1\n"
        "4,null,a@example.com,2024-01-01,1\n5,0,n/a,2024-01-01,1\n6,0,,2024-01-01,1\n"
    )
    assert "4 created, 0 updated, 0 unchanged, 2 lines rejected" in run("orders", file)
    assert Customer.objects.count() == 3
    assert not Customer.objects.exclude(external_id=None).exists()
    assert "It names no customer" in rejects(file)[1][1]
    assert "4 unchanged" in run("orders", file)
    assert Customer.objects.count() == 3


@db
@pytest.mark.parametrize("placeholder", ["0", "guest", "null", "-", " n/a "])
def test_pushed_order_with_placeholder_customer_id_is_matched_by_email_alone(api: APIClient, placeholder: str) -> None:
    for number, email in enumerate(["a@example.com", "b@example.com"], start=1):
        body = {**ORDER, "customer_external_id": placeholder, "customer_email": email}
        assert api.put(f"/api/orders/{number}", body).status_code == 201
    assert set(Customer.objects.values_list("external_id", "email")) == {
        (None, "a@example.com"),
        (None, "b@example.com"),
    }
    nobody = api.put("/api/orders/3", {**ORDER, "customer_external_id": placeholder, "customer_email": None})
    assert nobody.status_code == 400
    assert Order.objects.count() == 2


@db
def test_placeholder_order_number_is_refused_and_placeholder_customer_id_ignored(api: APIClient) -> None:
    assert api.put("/api/orders/null", {**ORDER, "customer_email": "a@example.com"}).status_code == 400
    made = api.post("/api/customers", {"name": "Ann", "external_id": "0", "email": "ann@example.com"})
    assert made.status_code == 201 and Customer.objects.get().external_id is None
    assert api.post("/api/customers", {"name": "Bo", "external_id": "0"}).status_code == 201
    assert Customer.objects.count() == 2


@db
def test_rounded_ids_are_rejected_with_advice_to_export_as_text(write: Any, api: APIClient) -> None:
    file = write(f"{ORDERS}1,7.04E+12,a@example.com,2024-01-01,1\n1.2E+12,7,a@example.com,2024-01-01,1\n")
    assert "0 created" in run("orders", file)
    for row in rejects(file)[1:]:
        assert "was rounded by a spreadsheet: format the column as text there, and export again" in row[1]
    assert Customer.objects.count() == 0
    people = write("id,name\n1.23457E+15,Ada\n5123456789012.0,Bo\n", "people.csv")
    run("customers", people)
    assert list(Customer.objects.values_list("external_id", flat=True)) == ["5123456789012"]
    answer = api.put("/api/orders/1", {**ORDER, "customer_external_id": "7.04E+12"})
    assert answer.status_code == 400 and "format the column as text" in answer.json()["detail"]
    body = {**ORDER, "customer_external_id": "7", "tracking_numbers": ["9.4E+21"]}
    assert api.put("/api/orders/1", body).status_code == 400


@db
@pytest.mark.parametrize("rounded", [2**53, 9007199254740996, 7.04e20, 5123456789012.5])
def test_json_number_beyond_exact_range_is_rejected_as_id(api: APIClient, rounded: float) -> None:
    pushed = api.put("/api/orders/1", {**ORDER, "customer_external_id": rounded}, format="json")
    created = api.post("/api/customers", {"name": "Ann", "external_id": rounded}, format="json")
    assert (pushed.status_code, created.status_code) == (400, 400)
    assert "send the id as a text" in pushed.json()["detail"] and Customer.objects.count() == 0


@db
def test_import_rejects_rounded_json_number_as_id_and_reads_exact_one(write: Any) -> None:
    file = write(b'{"id": 7.04e12, "name": "Ada"}\n{"id": 5123456789012.0, "name": "Bo"}\n', "people.jsonl")
    assert "1 created, 0 updated, 0 unchanged, 1 lines rejected" in run("customers", file)
    assert Customer.objects.get().external_id == "5123456789012"


@db
def test_shared_telephone_number_neither_merges_nor_renames_customers(write: Any) -> None:
    file = write(
        "name,email,phone\nAda,ada@example.com,+14155550123\nBo,bo@example.com,+14155550123\nCy,,+14155550123\n"
    )
    assert "2 created, 0 updated, 0 unchanged, 1 lines rejected" in run("customers", file)
    assert "telephone number" in rejects(file)[1][1]
    assert list(Customer.objects.order_by("name").values_list("name", "email")) == [
        ("Ada", "ada@example.com"),
        ("Bo", "bo@example.com"),
    ]
    assert Contact.objects.filter(value="+14155550123").count() == 2
    assert "2 unchanged" in run("customers", file)


@db
def test_api_accepts_telephone_number_of_another_customer(api: APIClient) -> None:
    make_customer("Ann", email="ann@example.com", phones=["+14155550123"])
    made = api.post("/api/customers", {"name": "Bo", "phones": ["+14155550123"]})
    assert made.status_code == 201
    assert api.patch(f"/api/customers/{made.json()['id']}", {"phones": ["+1 415 555 0123"]}).status_code == 200
    assert Customer.objects.count() == 2


@db
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("7,New name,bo@example.com", "id 7 belongs to Ada (id 7), bo@example.com belongs to Bo (id 8)"),
        ("9,New,ada@example.com", "ada@example.com belongs to Ada (id 7), not to the customer with id 9"),
    ],
)
def test_row_with_id_and_email_of_two_customers_changes_neither(write: Any, row: str, reason: str) -> None:
    make_customer("Ada", email="ada@example.com", external_id="7")
    make_customer("Bo", email="bo@example.com", external_id="8")
    before = list(Customer.objects.order_by("name").values()), list(Contact.objects.order_by("id").values())
    file = write(f"id,name,email\n{row}\n")
    run("customers", file)
    assert reason in rejects(file)[1][1]
    assert before == (list(Customer.objects.order_by("name").values()), list(Contact.objects.order_by("id").values()))


@db
@pytest.mark.parametrize(
    ("number", "row", "region", "stored"),
    [
        ("0412 345 678", "AU", "", "+61412345678"),
        ("0412 345 678", "Australia", "US", "+61412345678"),
        ("0412 345 678", "", "AU", "+61412345678"),
        ("0412 345 678", "", "", ""),
        ("0412 345 678", "US", "", ""),
        ("0412 345 678", "Atlantis", "AU", ""),
        ("030 123456", "Deutschland", "", "+4930123456"),
        ("312 345 6789", "IT", "", "+393123456789"),
        ("(415) 555-0123", "", "", "+14155550123"),
        ("+61412345678", "US", "", "+61412345678"),
        ("4.9151E+11", "DE", "", ""),
        ("07700 900200", "GB", "", ""),
    ],
)  # fmt: skip
def test_national_phone_number_is_parsed_with_the_rows_country(
    write: Any, number: str, row: str, region: str, stored: str
) -> None:
    file = write(f"id,phone,country\n7,{number},{row}\n")
    run("customers", file, *(["--region", region] if region else []))
    assert list(Contact.objects.values_list("value", flat=True)) == ([stored] if stored else [])
    assert Customer.objects.get().external_id == "7"
    if not stored:
        assert number in details(file)[1][1]


@db
def test_order_of_another_customer_is_rejected_with_both_names(write: Any) -> None:
    order = make_order(make_customer("Ada", email="ada@example.com", external_id="7"), number="A1", total=Decimal(10))
    other = make_customer("Bo", email="bo@example.com", external_id="8")
    file = write(f"{ORDERS}A1,8,bo@example.com,2024-01-01,99\n")
    run("orders", file)
    text = str(rejects(file))
    assert "It belongs to Ada (id 7), and was sent as Bo (id 8)'s" in text
    file = write(f"{ORDERS}A1,,new@example.com,2024-01-01,99\n", "second.csv")
    assert "0 created, 0 updated, 0 unchanged, 1 lines rejected" in run("orders", file)
    assert "was sent as a new customer (new@example.com)'s" in rejects(file)[1][1]
    order.refresh_from_db()
    other.refresh_from_db()
    assert (order.customer.name, order.total, other.lifetime_value) == ("Ada", Decimal(10), Decimal(0))
    assert Customer.objects.count() == 2 and not Contact.objects.filter(value="new@example.com").exists()


@db
def test_pushed_order_of_another_customer_is_409(api: APIClient) -> None:
    ada = make_customer("Ada", email="ada@example.com", external_id="7")
    bo = make_customer("Bo", email="bo@example.com", external_id="8")
    make_order(ada, number="A1", total=Decimal(10))
    for named in ({"customer_id": str(bo.pk)}, {"customer_external_id": "8"}, {"customer_email": "new@example.com"}):
        answer = api.put("/api/orders/A1", {**ORDER, **named})
        assert answer.status_code == 409, answer.json()
        assert "Order A1" in answer.json()["detail"] and "Ada (id 7)" in answer.json()["detail"]
    assert Order.objects.get().customer == ada and Order.objects.get().total == 10
    assert Customer.objects.count() == 2
    assert api.put("/api/orders/A1", {**ORDER, "customer_external_id": "7"}).status_code == 200


@db
def test_guest_with_a_new_account_keeps_earlier_orders(write: Any) -> None:
    guest = write(f"{ORDERS}A1,0,ada@example.com,2024-01-01,10\n")
    run("orders", guest)
    account = write(f"{ORDERS}A1,7,ada@example.com,2024-01-01,10\nA2,7,ada@example.com,2024-02-01,5\n", "later.csv")
    assert "1 created, 0 updated, 1 unchanged, 0 lines rejected" in run("orders", account)
    customer = Customer.objects.get()
    assert (customer.external_id, customer.total_orders, customer.lifetime_value) == ("7", 2, Decimal(15))


@db
def test_order_dated_two_days_ahead_is_rejected_but_tomorrow_is_accepted(api: APIClient) -> None:
    for days, status in ((0.9, 201), (2, 400)):
        placed = (timezone.now() + timedelta(days=days)).isoformat()
        body = {**ORDER, "placed_at": placed, "customer_email": "a@example.com"}
        assert api.put("/api/orders/A1", body).status_code == status
    customer = services.CustomerData(external_id="9", created_at=datetime(2190, 1, 1, tzinfo=UTC))
    assert services.save_customers([customer], None)[0].error is not None


@db
def test_refund_above_the_order_total_is_rejected(api: APIClient, write: Any) -> None:
    body = {**ORDER, "customer_email": "a@example.com", "refunded": 90}
    answer = api.put("/api/orders/A1", body)
    assert answer.status_code == 400 and "more than the total" in answer.json()["detail"]
    file = write("number,email,date,total,refunded\n1,a@example.com,2024-01-01,5,6\n2,a@example.com,2024-01-01,5,-5\n")
    assert "1 created, 0 updated, 0 unchanged, 1 lines rejected" in run("orders", file)
    assert "more than the total" in rejects(file)[1][1]
    assert Order.objects.get().refunded == 5


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("Mia Lund", "lund, mia", False),
        ("José Peña", "JOSE PENA", False),
        ("Siri Seven", "Seven Other", True),
        ("Siri Seven", "", False),
        ("Siri Seven", None, False),
        ("siri@example.com", "Sam", False),
        ("Customer 7", "Sam", False),
        ("Customer 8", "Sam", True),
    ],
)
def test_names_differ_only_if_both_are_names_with_different_words(one: str, other: str | None, differ: bool) -> None:
    assert have_different_names(one, other, "Customer 7") is differ


SIRI: dict[str, Any] = {"external_id": "7", "email": "siri@example.com"}


@db
@pytest.mark.parametrize(
    ("row", "state"),
    [
        ("7,sam@example.com,Sam Other", "rejected"),
        ("7,sam@example.com,SEVEN SIRI", "joined"),
        ("7,siri@example.com,Sam Other", "joined"),
        ("7,sam@example.com,", "joined"),
        ("7,,Sam Other", "joined"),
        (",siri@example.com,Sam Other", "joined"),
    ],
)
@pytest.mark.parametrize("kind", ["orders", "customers", "tickets"])
def test_row_with_known_id_but_other_name_and_email_is_rejected(write: Any, kind: str, row: str, state: str) -> None:
    make_customer("Siri Seven", **SIRI)
    before = list(Customer.objects.values()), list(Contact.objects.values())
    header = {
        "orders": "customer_external_id,customer_email,customer_name,number,placed_at,total",
        "customers": "external_id,email,name",
        "tickets": "customer_external_id,customer_email,customer_name,external_id,created_at,subject,channel",
    }[kind]
    rest = {"orders": ",A1,2024-01-01,5", "customers": "", "tickets": ",T1,2024-01-01,Hello,email"}[kind]
    file = write(f"{header}\n{row}{rest}\n")
    said = run(kind, file)
    assert Customer.objects.count() == 1
    if state == "joined":
        assert "0 lines rejected" in said
        return
    assert "1 lines rejected" in said
    reason = rejects(file)[1][1]
    assert "The id 7 belongs to Siri Seven (siri@example.com)" in reason
    assert "Sam Other (sam@example.com)" in reason and "--id-prefix" in reason
    assert before == (list(Customer.objects.values()), list(Contact.objects.values()))


@db
def test_pushed_order_with_known_id_but_other_name_and_email_is_409(api: APIClient) -> None:
    make_customer("Siri Seven", **SIRI)
    body = {**ORDER, "customer_external_id": "7", "customer_email": "sam@example.com", "customer_name": "Sam Other"}
    answer = api.put("/api/orders/A1", body)
    assert answer.status_code == 409
    assert "Siri Seven (siri@example.com)" in answer.json()["detail"]
    assert "Sam Other (sam@example.com)" in answer.json()["detail"]
    assert not Order.objects.exists() and not Contact.objects.filter(value="sam@example.com").exists()
    assert api.put("/api/orders/A1", {**body, "customer_name": "Siri Seven"}).status_code == 201


@db
def test_two_customers_with_one_id_in_one_file_are_not_merged(write: Any) -> None:
    header = "number,customer_id,email,billing name,date,total\n"
    file = write(f"{header}1,7,siri@example.com,Siri,2024-01-01,1\n2,7,sam@example.com,Sam,2024-01-01,1\n")
    assert "1 created, 0 updated, 0 unchanged, 1 lines rejected" in run("orders", file)
    assert "Siri (siri@example.com)" in rejects(file)[1][1]
    assert "1 unchanged, 1 lines rejected" in run("orders", file)


@db
def test_second_id_of_a_customer_is_rejected_with_option_to_match_by_email(write: Any) -> None:
    make_customer("Ada", email="ada@example.com", external_id="7040000000001")
    orders = write(f"{ORDERS}1,9,ada@example.com,2024-01-01,1\n")
    run("orders", orders)
    assert "--map customer_external_id= goes by the address alone" in rejects(orders)[1][1]
    assert "1 created" in run("orders", orders, "--map", "customer_external_id=")
    people = write("id,email\n9,ada@example.com\n", "people.csv")
    run("customers", people)
    assert "--map external_id= goes by the address alone" in rejects(people)[1][1]
    assert Customer.objects.get().external_id == "7040000000001"


@db
def test_invalid_telephone_number_is_reported_but_a_placeholder_is_not(write: Any) -> None:
    file = write("id,phone,country\n7,07700 900200,GB\n8,n/a,GB\n9,-,\n")
    assert "3 created" in run("customers", file)
    assert [row[1] for row in details(file)[1:]] == [
        "phone: “07700 900200” is not a telephone number in GB; write it as +14155550123."
    ]
