"""A ticket keeps its customer: a record that gives its number to another customer is rejected with both names."""

from typing import Any

import pytest

from tickets.models import Contact, Customer, Message, Ticket
from tickets.tests.importing import rejects, run
from tickets.tests.imports.test_import_tickets import OURS, TABLE, said

pytestmark = pytest.mark.django_db

HERS = {
    **OURS,
    "customer_email": "eve@example.com",
    "customer_name": "Eve",
    "messages": [{"content": "I am Eve.", "created_at": "2024-03-02T10:00:00Z", "from_agent": False}],
}
REASON = "Ticket T1 belongs to “Ada” (ada@example.com); this record gives it to “Eve” (eve@example.com)"


def counts() -> tuple[int, int, int, int]:
    return Customer.objects.count(), Contact.objects.count(), Ticket.objects.count(), Message.objects.count()


def test_ticket_number_of_another_customer_is_rejected_with_both_names(write: Any) -> None:
    run("tickets", write([OURS], "first.jsonl"))
    before = counts()
    file = write([HERS, {**OURS, "external_id": "T2"}], "second.jsonl")
    assert "1 created, 0 updated, 0 unchanged, 1 lines rejected" in run("tickets", file)
    assert REASON in file.with_name("second.jsonl.rejected.jsonl").read_text()
    assert Ticket.objects.get(external_id="T1").customer.email == "ada@example.com"
    assert said("T1") == [("Where is my parcel?", False), ("On its way.", True)]
    assert counts() == (before[0], before[1], before[2] + 1, before[3] + 2)


def test_ticket_number_of_another_customer_in_the_same_file_is_rejected(write: Any) -> None:
    file = write([OURS, HERS], "tickets.jsonl")
    assert "1 created, 0 updated, 0 unchanged, 1 lines rejected" in run("tickets", file)
    assert REASON in file.with_name("tickets.jsonl.rejected.jsonl").read_text()
    assert counts() == (1, 1, 1, 2)


def test_known_ticket_of_another_customer_is_not_moved(write: Any) -> None:
    run("tickets", write([OURS, {**HERS, "external_id": "T9"}], "first.jsonl"))
    before = counts()
    assert "0 updated, 0 unchanged, 1 lines rejected" in run("tickets", write([HERS], "second.jsonl"))
    assert counts() == before


def test_known_customer_with_second_email_still_updates_the_ticket(write: Any) -> None:
    run("tickets", write([{**OURS, "customer_external_id": "7"}], "first.jsonl"))
    more = {**HERS, "customer_external_id": "7", "customer_email": "ada.two@example.com", "customer_name": "Ada"}
    assert "1 updated" in run("tickets", write([more], "second.jsonl"))
    assert Customer.objects.get().contacts.count() == 2


def test_rows_of_one_ticket_with_different_customers_are_rejected(write: Any) -> None:
    file = write(TABLE.replace("9,,,,,,Soon.", "9,,,,,eve@example.com,Soon."))
    assert "1 created, 0 updated, 0 unchanged, 3 lines rejected" in run("tickets", file)
    assert "different customers: a@example.com and eve@example.com" in rejects(file)[1][1]
    assert not Customer.objects.filter(email="a@example.com").exists()
