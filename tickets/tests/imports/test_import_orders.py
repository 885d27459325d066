"""`manage.py import_orders`: CSV tables, JSON lines, Shopify exports and CDNOW's two layouts."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from tickets.models import Customer, Order, OrderLine
from tickets.tests.importing import rejects, run

pytestmark = pytest.mark.django_db

HEADER = "number,customer_external_id,placed_at,total,line_title,line_quantity,line_unit_price\n"
SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Total,Discount Amount,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Cancelled at,Refunded Amount,Id\n"
    "#1001,ada@example.com,paid,,fulfilled,EUR,50.00,45.00,5.00,2024-03-01 10:00:00 +0100,1,Mug,20.00,M-1,Ada L,,0.00,111\n"
    "#1001,ada@example.com,,,,,,,,2024-03-01 10:00:00 +0100,3,Plate,10.00,P-1,,,,\n"
    "#1002,bob@example.com,voided,,,EUR,9.00,9.00,0.00,2024-03-02 10:00:00 +0100,1,Cup,9.00,C-1,Bob,,0.00,112\n"
    "#1003,ada@example.com,partially_refunded,,,EUR,8.00,8.00,0.00,2024-03-03 10:00:00 +0100,1,Cup,8.00,C-1,Ada Other,,3.00,113\n"
)
# The customer of the second and third line bought twice on the same day; the last two lines are equal.
MASTER = """ customer_id  date number_of_cds  dollar_value
 00001 19970101  1   11.77
 00002 19970112  1   12.00
 00002 19970112  5   77.00
 00003 19970102  2   20.76
 00003 19970102  2   20.76
"""
CDNOW = ("--delimiter", "whitespace", "--set", "line_title=CD", "--number-from", "customer_external_id,placed_at")
NUMBERS = ["00001-19970101-1", "00002-19970112-1", "00002-19970112-2", "00003-19970102-1", "00003-19970102-2"]


def order(number: str) -> Order:
    return Order.objects.get(number=number)


def articles(number: str) -> list[tuple[Any, ...]]:
    return list(OrderLine.objects.filter(order__number=number).values_list("title", "sku", "quantity", "unit_price"))


def test_order_csv_is_imported_and_updates_customer_figures(write: Any) -> None:
    said = run("orders", write(f"{HEADER}A1,7,2024-01-01,10.50,Mug,2,5.25\nA2,7,2024-02-01,20,,,\n"))
    assert "2 created" in said
    customer = Customer.objects.get(external_id="7")
    assert (customer.lifetime_value, customer.total_orders, customer.name) == (Decimal("30.50"), 2, "Customer 7")
    assert articles("A1") == [("Mug", "", 2, Decimal("5.25"))]
    assert articles("A2") == []


def test_order_json_lines_with_nested_line_items_are_imported(write: Any) -> None:
    line = {
        "order_number": 1001, "created_at": "2024-01-01T00:00:00Z", "total_price": "29.90", "currency": "EUR",
        "customer": {"id": 99, "email": "ada@example.com"}, "financial_status": "refunded",
        "line_items": [{"title": "Mug", "quantity": 2, "price": 14.95, "sku": None}],
    }  # fmt: skip
    file = write([line], "orders.jsonl")
    run("orders", file)
    assert (order("1001").status, order("1001").refunded) == ("refunded", Decimal("29.90"))
    assert articles("1001") == [("Mug", "", 2, Decimal("14.95"))]
    assert order("1001").customer.external_id == "99"
    assert "1 unchanged" in run("orders", file)


def test_shopify_rows_of_one_order_become_its_order_lines(write: Any) -> None:
    file = write(SHOPIFY)
    assert "3 created" in run("orders", file)
    assert articles("#1001") == [("Mug", "M-1", 1, Decimal(20)), ("Plate", "P-1", 3, Decimal(10))]
    first = order("#1001")
    assert (first.total, first.discount, first.status) == (Decimal(45), Decimal(5), "paid")
    assert (first.fulfillment_status, first.currency, first.customer.name) == ("shipped", "EUR", "Ada L")
    assert order("#1002").status == "cancelled"
    assert order("#1003").refunded == Decimal(3)
    assert first.customer.lifetime_value == Decimal(50)
    before = list(Customer.objects.order_by("id").values())
    assert "0 created, 0 updated, 3 unchanged" in run("orders", file)
    assert list(Customer.objects.order_by("id").values()) == before


def test_order_with_rows_in_two_batches_keeps_its_lines(write: Any) -> None:
    run("orders", write(SHOPIFY), "--batch", "1")
    assert len(articles("#1001")) == 2


def test_unreadable_row_rejects_the_whole_order(write: Any) -> None:
    file = write(
        f"{HEADER}A1,7,2024-01-01,10,Mug,1,\nA1,,,,Pl\xffate,1,\nA1,,,,Cup,1,\nA2,7,2024-01-01,1,,,\n".encode("latin-1")
    )
    assert "1 created" in run("orders", file)
    assert [row[0] for row in rejects(file)[1:]] == ["2", "3", "4"]
    assert "Line 3" in rejects(file)[1][1]


def test_contradicting_rows_of_one_order_are_rejected(write: Any) -> None:
    file = write(f"{HEADER}A1,7,2024-01-01,10,Mug,1,\nA1,7,2024-01-01,12,Cup,1,\n")
    assert "0 created" in run("orders", file)
    assert "contradict: total is 10 in the first and 12 in row 2" in rejects(file)[1][1]


def test_repeated_order_number_is_rejected_in_every_run(write: Any) -> None:
    file = write(f"{HEADER}A1,7,2024-01-01,10,,,\nA2,7,2024-01-01,1,,,\nA1,7,2024-01-01,99,,,\n")
    for _ in range(2):
        run("orders", file)
        assert order("A1").total == 10
        assert [row[0] for row in rejects(file)[1:]] == ["4"]


def test_order_with_too_many_rows_is_rejected_and_its_rows_are_counted(write: Any) -> None:
    file = write(HEADER + "A1,7,2024-01-01,10,Mug,1,\n" * 2500 + "A2,7,2024-01-01,1,,,\n")
    assert "1 created, 0 updated, 0 unchanged, 2,500 lines rejected" in run("orders", file)
    assert len(rejects(file)) == 2501


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A1,7,someday,10,,,", "placed_at: “someday” is not a time"),
        ("A1,7,,10,,,", "placed_at is empty"),
        ("A1,7,2024-01-01,,,,", "total is empty"),
        ("A1,7,2024-01-01,ten,,,", "total: “ten” is not an amount"),
        ('A1,7,2024-01-01,"1,234",,,', "decimal comma"),
        ("A1,7,2024-01-01,-5,,,", "total: The total is an amount"),
        ("A1,7,2024-01-01,€5,,,", "--set currency"),
        ("A1,7,1969-01-01,5,,,", "between 1970 and 2200"),
        (",7,2024-01-01,5,,,", "no number"),
        ("A1,,2024-01-01,5,,,", "names no customer"),
    ],
)
def test_invalid_order_row_is_rejected_with_the_reason(write: Any, row: str, reason: str) -> None:
    file = write(f"{HEADER}{row}\n")
    run("orders", file)
    assert reason in rejects(file)[1][1]
    assert not Order.objects.exists()


def test_unknown_order_status_is_rejected_and_can_be_mapped(write: Any) -> None:
    file = write("number,email,date,total,status\nA1,a@example.com,2024-01-01,5,Komplett\n")
    run("orders", file)
    assert "none of pending, paid, shipped" in rejects(file)[1][1]
    run("orders", file, "--values", "status:komplett=delivered")
    assert order("A1").status == "delivered"
    with pytest.raises(CommandError, match="is one of pending"):
        run("orders", file, "--values", "status:komplett=nonsense")


def test_generated_order_numbers_are_stable_between_imports(write: Any) -> None:
    file = write(MASTER.replace("\n", "\r\n"), "master.txt.gz")
    arguments = (*CDNOW, "--map", "line_quantity=number_of_cds")
    assert "5 created" in run("orders", file, *arguments)
    assert list(Order.objects.order_by("number").values_list("number", flat=True)) == NUMBERS
    assert Customer.objects.get(external_id="00002").lifetime_value == 89
    assert articles("00002-19970112-2") == [("CD", "", 5, None)]
    assert "0 created, 0 updated, 5 unchanged" in run("orders", file, *arguments, "--batch", "2")


def test_cdnow_sample_layout_matches_orders_of_the_master_layout(write: Any) -> None:
    run("orders", write(MASTER, "master.txt"), *CDNOW, "--map", "line_quantity=number_of_cds")
    sample = " 00002 0001 19970112  1   12.00\n 00002 0001 19970112  5   77.00\n 00003 0002 19970102  2   20.76\n"
    said = run(
        "orders", write(sample, "sample.txt"), *CDNOW, "--no-header",
        "--map", "customer_external_id=1,placed_at=3,line_quantity=4,total=5",
    )  # fmt: skip
    assert "0 created, 0 updated, 3 unchanged, 0 lines rejected" in said


def test_order_numbers_are_generated_only_from_existing_columns(write: Any) -> None:
    with pytest.raises(CommandError, match="no column is nonsense"):
        run("orders", write(MASTER), "--delimiter", "whitespace", "--number-from", "nonsense")
    with pytest.raises(CommandError, match="No column for number"):
        run("orders", write(MASTER), "--delimiter", "whitespace")
    with pytest.raises(CommandError, match="the file has some"):
        run("orders", write(f"{HEADER}A1,7,2024-01-01,10,,,\n"), "--number-from", "placed_at")


def test_german_amounts_and_dates_are_parsed_with_options(write: Any) -> None:
    file = write("Order No;Email;Date;Total\nA1;a@example.com;01.02.2024 09:00;1.234,56 €\n")
    run(
        "orders",
        file,
        "--decimal-comma",
        "--set",
        "currency=EUR",
        "--date-format",
        "%d.%m.%Y %H:%M",
        "--timezone",
        "Europe/Berlin",
    )
    assert (order("A1").total, order("A1").placed_at.isoformat()) == (Decimal("1234.56"), "2024-02-01T08:00:00+00:00")


def test_order_import_adds_emails_but_renames_no_customer(write: Any) -> None:
    header = "number,customer id,email,billing name,date,total\n"
    file = write(f"{header}A1,7,a@example.com,Ada,2024-01-01,1\nA2,7,b@example.com,ADA,2024-01-02,1\n")
    run("orders", file)
    customer = Customer.objects.get()
    assert (customer.name, customer.email, customer.contacts.count()) == ("Ada", "a@example.com", 2)
    assert "2 unchanged" in run("orders", file)
    assert Customer.objects.get().updated_at == customer.updated_at


def test_dry_run_writes_the_requested_reject_file(write: Any, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    run("orders", write(f"{HEADER}A1,7,never,10,,,\n"), "--dry-run", "--rejects", str(path))
    assert "never" in path.read_text()
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"line_items": [{"name": "Mug", "quantity": 1, "price": 10.125}]}, "article 1, unit_price: “10.125” has"),
        ({"line_items": [{"name": "Mug", "quantity": 1, "price": "1e-16"}]}, "article 1, unit_price: “1e-16” is not"),
        ({"line_items": [{"name": "Mug"}]}, "article 1: “Mug” has no quantity; it is not known how many"),
        ({"line_items": [{"name": "M\0ug", "quantity": 1}]}, "article 1, title: its NUL characters were taken out."),
        ({"customer_name": "A\0da"}, "customer_name: its NUL characters were taken out."),
        ({"line_items": [{"name": "Mug", "quantity": "1.5"}]}, "article 1: “1.5” is not a whole number"),
        ({"line_items": [{"quantity": 1}]}, "article 1: The title must not be blank"),
        ({"line_items": "Mug and plate"}, "lines: a list of objects is expected"),
        ({"tracking_number": "1.99E+12"}, "tracking_numbers: “1.99E+12” was rounded"),
        ({"tracking_url": "ftp://example.com/1"}, "tracking_urls: A tracking link starts with"),
        ({"carrier": "x" * 101}, "shipping_carrier: The shipping carrier can have at most 100"),
        ({"currency": "Euro"}, "XXX (no currency) is stored."),
        ({"discount": "lots"}, "discount: “lots” is not an amount"),
        ({"fulfillment_status": "odd"}, "fulfillment_status: “odd” is none of"),
        ({"customer_phone": "12"}, "customer_phone: “12” is not a telephone number"),
        ({"customer_name": "x" * 201}, "customer_name: The name can have at most 200"),
        ({"email": "nonsense", "customer_id": 7}, "customer_email: “nonsense” is not an email address"),
    ],
)  # fmt: skip
def test_invalid_order_detail_is_left_out_and_reported(write: Any, changes: dict[str, Any], reason: str) -> None:
    line = {"number": "A1", "email": "a@example.com", "date": "2024-01-01", "total": 5, **changes}
    said = run("orders", write([line], "orders.jsonl"))
    assert "1 created, 0 updated, 0 unchanged, 0 lines rejected" in said and "1 details left out" in said
    assert reason in (Path(said.split("; ")[-1].split(" names each")[0])).read_text()
    assert order("A1").total == 5


def test_tracking_links_in_one_cell_are_split_and_keep_their_commas(write: Any) -> None:
    cell = "https://example.com/t?n=1,2; https://example.com/t?n=3,https://example.com/4"
    file = write(
        f'number,email,date,total,tracking url,tracking number\nA1,a@example.com,2024-01-01,5,"{cell}","1Z1, 1Z2,n/a"\n'
    )
    assert "left out" not in run("orders", file)
    assert order("A1").tracking_urls == [
        "https://example.com/t?n=1,2",
        "https://example.com/t?n=3",
        "https://example.com/4",
    ]
    assert order("A1").tracking_numbers == ["1Z1", "1Z2"]


def test_line_items_packed_into_one_cell_are_imported(write: Any) -> None:
    cell = "id:1|name:Mug|sku:M-1|quantity:2|total:20.00;id:2|name:Plate|quantity:1"
    run("orders", write(f"number,email,date,total,line_items\nA1,a@example.com,2024-01-01,5,{cell}\n"))
    assert [(title, quantity) for title, _, quantity, _ in articles("A1")] == [("Mug", 2), ("Plate", 1)]


def test_unknown_currency_is_stored_as_xxx(write: Any) -> None:
    run("orders", write("number,email,date,total,currency\nA1,a@example.com,2024-01-01,5,Taler\n"))
    assert order("A1").currency == "XXX"


def test_id_prefix_keeps_two_shops_with_the_same_ids_and_numbers_apart(write: Any) -> None:
    header = "number,customer id,email,billing name,date,total\n"
    run("orders", write(f"{header}1003,7,siri@example.com,Siri,2024-01-01,10\n", "one.csv"))
    other = write(f"{header}1003,7,sam@example.com,Sam,2025-09-09,99\n", "other.csv")
    assert "1 created" in run("orders", other, "--id-prefix", "B-")
    assert "1 unchanged" in run("orders", other, "--id-prefix", "B-")
    assert list(Order.objects.order_by("number").values_list("number", "customer__external_id", "total")) == [
        ("1003", "7", Decimal(10)),
        ("B-1003", "B-7", Decimal(99)),
    ]
    people = write("id,name,email\n7,Sam,sam@example.com\n", "people.csv")
    assert "1 unchanged" in run("customers", people, "--id-prefix", "B-")
    with pytest.raises(CommandError, match="without blanks"):
        run("orders", other, "--id-prefix", "shop 2")


def test_id_prefix_is_not_added_to_a_missing_id(write: Any) -> None:
    run("orders", write("number,customer id,email,date,total\n1,0,a@example.com,2024-01-01,5\n"), "--id-prefix", "B-")
    assert Customer.objects.get().external_id is None


def test_known_order_number_with_other_date_is_rejected_with_advice(write: Any) -> None:
    header = "number,customer id,date,total,email\n"
    run("orders", write(f"{header}#1003,7,2024-03-01T10:00:00Z,10,\n", "one.csv"))
    before = list(Order.objects.values()), list(Customer.objects.values())
    file = write(f"{header}#1003,7,2025-09-09T10:00:00Z,99,new@example.com\n", "other.csv")
    assert "0 created, 0 updated, 0 unchanged, 1 lines rejected" in run("orders", file)
    reason = rejects(file)[1][1]
    assert "placed at 2024-03-01 10:00 UTC, and was sent as placed at 2025-09-09 10:00 UTC" in reason
    assert "--id-prefix" in reason
    assert before == (list(Order.objects.values()), list(Customer.objects.values()))
    zone = write(f"{header}#1003,7,2024-03-02T09:00:00Z,12,\n", "zone.csv")
    assert "1 updated" in run("orders", zone)


@pytest.mark.parametrize("price", [16.666666666666668, "16.666666666666668", "16.6666666666666666", "16.67"])
def test_unit_price_with_many_decimals_is_rounded_to_the_cent(write: Any, price: Any) -> None:
    line = {"name": "Mug", "quantity": 3, "price": price}
    said = run("orders", write([{"number": "A1", "email": "a@example.com", "date": "2024-01-01", "total": 50, "currency": "EUR",
                                 "line_items": [line]}], "orders.jsonl"))  # fmt: skip
    assert "left out" not in said
    assert articles("A1") == [("Mug", "", 3, Decimal("16.67"))]
    assert order("A1").total == 50


def test_nul_characters_are_removed_from_customer_name(write: Any) -> None:
    line = {"number": "A1", "email": "a@example.com", "date": "2024-01-01", "total": 5, "customer_name": "A\0da Lamb"}
    run("orders", write([line], "orders.jsonl"))
    assert Customer.objects.get().name == "Ada Lamb"


@pytest.mark.parametrize(("total", "options"), [("0.00", ["--decimal-comma"]), ('"0,00"', [])])
def test_zero_amount_is_parsed_with_point_or_comma(write: Any, total: str, options: list[str]) -> None:
    file = write(f"number,email,date,total,discount\nA1,a@example.com,2024-01-01,{total},{total}\n")
    assert "1 created" in run("orders", file, *options)
    assert order("A1").total == 0
