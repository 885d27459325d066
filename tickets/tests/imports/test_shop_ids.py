"""Tickets for which a service account names the customer by the shop's own id."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from agents.models import Agent, AuditEntry
from agents.services.keys import create_key
from tickets import services
from tickets.models import Contact, Customer, Ticket
from tickets.services.customers.external_ids import read_external_id
from tickets.tests.concurrency import at_once
from tickets.tests.factories import make_customer

pytestmark = pytest.mark.django_db
BODY = {
    "subject": "Where is it?",
    "channel": "form",
    "initial_message": "Where is my parcel?",
    "author_name": "Zoe Long",
}
SHOP_ID = 7011234567890


@pytest.fixture
def shop(service: Agent) -> APIClient:
    return APIClient(HTTP_X_API_KEY=create_key(None, service.pk, name="Shop", scope="write")[1])


def post(client: APIClient, status: int = 201, **values: Any) -> Any:
    answer = client.post("/api/tickets", {**BODY, **values}, format="json")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_new_shop_id_creates_customer_with_name_and_email(shop: APIClient) -> None:
    made = post(shop, customer_id=SHOP_ID, author_email="Zoe@Example.com")
    customer = Customer.objects.get(pk=made["customer_id"])
    assert (customer.external_id, customer.name, customer.email) == (str(SHOP_ID), "Zoe Long", "zoe@example.com")
    assert AuditEntry.objects.filter(action="customer.created").count() == 1


def test_shop_id_without_email_creates_customer(shop: APIClient) -> None:
    made = post(shop, customer_id="C-77", author_email="", author_name="")
    customer = Customer.objects.get(pk=made["customer_id"])
    assert (customer.external_id, customer.name, customer.email) == ("C-77", "Customer C-77", None)


@pytest.mark.parametrize("sent", [SHOP_ID, str(SHOP_ID), f"  {SHOP_ID} ", f"{SHOP_ID}.0"])
def test_known_shop_id_finds_customer_as_number_or_text(shop: APIClient, sent: Any) -> None:
    known = make_customer("Zoe", email="zoe@example.com", external_id=str(SHOP_ID))
    assert post(shop, customer_id=sent)["customer_id"] == str(known.pk)


def test_known_shop_id_takes_precedence_over_new_email_and_changes_nothing(shop: APIClient) -> None:
    known = make_customer("Zoe", email="zoe@example.com", external_id=str(SHOP_ID))
    assert post(shop, customer_id=SHOP_ID, author_email="other@example.com")["customer_id"] == str(known.pk)
    known.refresh_from_db()
    assert (known.name, known.email) == ("Zoe", "zoe@example.com")
    assert list(Contact.objects.values_list("value", flat=True)) == ["zoe@example.com"]


def test_unknown_shop_id_with_known_email_finds_customer_without_storing_the_id(shop: APIClient) -> None:
    known = make_customer("Zoe", email="zoe@example.com", external_id=None)
    assert post(shop, customer_id=SHOP_ID, author_email="ZOE@example.com")["customer_id"] == str(known.pk)
    known.refresh_from_db()
    assert known.external_id is None and Customer.objects.count() == 1


@pytest.mark.parametrize("theirs", ["C-2", None])
def test_shop_id_and_email_of_two_customers_are_409(shop: APIClient, theirs: str | None) -> None:
    make_customer("Zoe", email="zoe@example.com", external_id="C-1")
    make_customer("Yan", email="yan@example.com", external_id=theirs)
    refused = post(shop, 409, customer_id="C-1", author_email="yan@example.com")
    assert "different customers" in refused["detail"] and not Ticket.objects.exists()


def test_unknown_shop_id_with_email_of_another_shop_id_is_409(shop: APIClient) -> None:
    make_customer("Yan", email="yan@example.com", external_id="C-2")
    post(shop, 409, customer_id="C-1", author_email="yan@example.com")
    assert Customer.objects.count() == 1 and not Ticket.objects.exists()


PLACEHOLDERS = [
    0,
    "",
    " ",
    "0",
    "000",
    "null",
    "NULL",
    "None",
    "undefined",
    "NaN",
    "guest",
    "Guest",
    "-",
    "—",
    "n/a",
]


@pytest.mark.parametrize("sent", [*PLACEHOLDERS, None])
def test_placeholder_shop_id_is_ignored_in_favour_of_the_email(shop: APIClient, sent: Any) -> None:
    one, two = (post(shop, customer_id=sent, author_email=f"{name}@example.com") for name in ("zoe", "yan"))
    assert one["customer_id"] != two["customer_id"]
    assert set(Customer.objects.values_list("external_id", flat=True)) == {None}


@pytest.mark.parametrize("sent", [0, "guest", "", None])
def test_placeholder_shop_id_without_email_is_400(shop: APIClient, sent: Any) -> None:
    refused = post(shop, 400, customer_id=sent)
    assert "author_email" in refused["detail"] and not Customer.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        7.04e12,
        1e300,
        2**53,
        10**30,
        "7.04e12",
        "7.04E+12",
        "1,23457E+15",
        "7E+12",
        "701123456789012345.0",
        True,
        [1],
        {},
    ],
)
def test_rounded_or_malformed_shop_id_is_400(shop: APIClient, sent: Any) -> None:
    refused = post(shop, 400, customer_id=sent, author_email="zoe@example.com")
    assert refused["errors"]["customer_id"] and not Customer.objects.exists()


@pytest.mark.parametrize("sent", ["01a205ad-26e0-76ab-838e-e012624f6cb7", "x" * 101, "a\x00b"])
def test_unknown_uuid_or_unstorable_shop_id_is_400(shop: APIClient, sent: str) -> None:
    post(shop, 400, customer_id=sent, author_email="zoe@example.com")
    assert not Customer.objects.exists()


@pytest.mark.parametrize("sent", [SHOP_ID, str(SHOP_ID), "guest", "C-1", "01a205ad-26e0-76ab-838e-e012624f6cb7"])
def test_human_agent_cannot_name_a_customer_by_shop_id(
    lead: Agent, client_of: Callable[[Agent], APIClient], sent: Any
) -> None:
    make_customer("Zoe", email="zoe@example.com", external_id="C-1")
    post(client_of(lead), 400, customer_id=sent, author_email="zoe@example.com")
    assert not Ticket.objects.exists()


def test_read_key_creates_no_ticket(service: Agent) -> None:
    reader = APIClient(HTTP_X_API_KEY=create_key(None, service.pk, name="Reader", scope="read")[1])
    post(reader, 403, customer_id=SHOP_ID)
    assert not Customer.objects.exists()


def test_repeated_idempotency_key_creates_one_customer_and_one_ticket(shop: APIClient) -> None:
    body = {**BODY, "customer_id": SHOP_ID, "author_email": "zoe@example.com"}
    answers = [shop.post("/api/tickets", body, format="json", HTTP_IDEMPOTENCY_KEY="k-1").json() for _ in range(2)]
    assert answers[0] == answers[1] and Customer.objects.count() == Ticket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("email", ["zoe@example.com", None])
def test_concurrent_tickets_with_a_new_shop_id_create_one_customer(email: str | None, service: Agent) -> None:
    def write(number: int) -> Any:
        data = services.TicketData("S", "form", external_id="C-1", author_email=email, author_name=f"Zoe {number}")
        return services.retrying(lambda: services.create_ticket(service, data))

    assert all(isinstance(one, Ticket) for one in at_once(write, 4))
    assert Customer.objects.count() == 1 and Ticket.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_concurrent_shop_ids_with_one_email_merge_no_customers(service: Agent) -> None:
    def write(number: int) -> Any:
        data = services.TicketData("S", "form", external_id=f"C-{number}", author_email="zoe@example.com")
        return services.retrying(lambda: services.create_ticket(service, data))

    outcomes = at_once(write, 2)
    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict", "Ticket"]
    assert Customer.objects.count() == Ticket.objects.count() == 1


@given(st.integers(1, 2**53 - 1))
def test_every_exact_integer_is_accepted_as_shop_id(number: int) -> None:
    assert read_external_id(number) == read_external_id(str(number)) == str(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_float_is_never_accepted_as_shop_id(number: float) -> None:
    with pytest.raises(ValidationError):
        read_external_id(number)
