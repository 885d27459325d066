"""Admin site for customers, orders and tickets: writes go through the services, and refusals are shown on the form."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agents.common.admin_base import BoundedPaginator
from agents.models import Agent, AuditEntry
from agents.tests.browsing import HOSTILE, browser
from tickets import keyword_index, services
from tickets.models import Customer, ImportRun, Order, Ticket, TicketTag
from tickets.ranking import scoring

CUSTOMERS, ORDERS, TICKETS = ("/admin/tickets/customer/", "/admin/tickets/order/", "/admin/tickets/ticket/")


def page(record: Any) -> str:
    return reverse(f"admin:tickets_{record._meta.model_name}_change", args=[record.pk])


def entries(record: Any, action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(subject_id=str(record.pk), action=action))


def ranks_are_true() -> bool:
    return not scoring.stale_ranks().exists()


# --- The door ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["agent", "senior_agent", "team_lead", "service", "manager", "admin"])
def test_admin_pages_are_only_for_managers_and_admins(
    make_agent: Callable[..., Agent], ticket: Ticket, order: Order, customer: Customer, role: str
) -> None:
    run = ImportRun.objects.create(kind="orders", fingerprint="f", file_name="orders.csv")
    person = make_agent("admin", is_service=True) if role == "service" else make_agent(role)
    client = browser(person)
    code = 200 if role in ("manager", "admin") else 302
    lists = [CUSTOMERS, ORDERS, TICKETS, "/admin/tickets/importrun/"]
    forms = [page(record) for record in (customer, order, ticket, run)]
    for address in [*lists, *forms, *(f"{one}add/" for one in lists[:3])]:
        assert client.get(address).status_code == code, address
    client.post(page(ticket), {"subject": "Changed", "status": "closed", "priority": "low", "kind": "note"})
    ticket.refresh_from_db()
    assert (ticket.subject == "Changed") == (code == 200)


def test_import_runs_are_read_only(managing: Client) -> None:
    run = ImportRun.objects.create(kind="orders", fingerprint="f", file_name=HOSTILE)
    assert managing.get("/admin/tickets/importrun/add/").status_code == 403
    assert "_save" not in managing.get(page(run)).content.decode()
    assert "<script>alert" not in managing.get("/admin/tickets/importrun/").content.decode()


def test_admin_pages_have_no_inline_script_or_style(
    managing: Client, ticket: Ticket, order: Order, customer: Customer
) -> None:
    forms = [page(record) for record in (customer, order, ticket)]
    lists = [CUSTOMERS, ORDERS, TICKETS, f"{TICKETS}?q=parcel&tag=x"]
    for address in [*lists, *forms, *(f"{one}add/" for one in lists[:3])]:
        text = managing.get(address).content.decode()
        for forbidden in ("<style", " style=", "<script>", " onclick=", "javascript:"):
            assert forbidden not in text.replace("javascript:;", ""), (address, forbidden)


def test_admin_site_deletes_no_record(managing: Client, ticket: Ticket, order: Order, customer: Customer) -> None:
    for record in (ticket, order, customer):
        managing.post(page(record).replace("change", "delete"), {"post": "yes"})
        listed = reverse(f"admin:tickets_{record._meta.model_name}_changelist")
        managing.post(listed, {"action": "delete_selected", "_selected_action": [str(record.pk)], "post": "yes"})
        assert type(record).objects.filter(pk=record.pk).exists()


# --- Lists cost the same, whatever is in them --------------------------------------------------------------------------
def fill(count: int, agent: Agent, start: int) -> None:
    numbers = range(start, start + count)
    people = [services.CustomerData(name=f"Person {n}", email=f"p{n}@example.com") for n in numbers]
    customers = [outcome.customer for outcome in services.save_customers(people, None)]
    keys = [customer.pk for customer in customers if customer is not None]
    now = timezone.now()
    services.save_orders(
        [services.OrderData(f"N{n}", now, Decimal(10), key) for n, key in zip(numbers, keys, strict=True)], None
    )
    tickets = Ticket.objects.bulk_create(
        Ticket(subject=f"Matter {n}", channel="email", customer_id=key, assigned_to=agent)
        for n, key in zip(numbers, keys, strict=True)
    )
    for ticket in tickets:
        keyword_index.index_subject(ticket)
    TicketTag.objects.bulk_create(
        TicketTag(ticket=t, name=name) for t in tickets for name in ("vip", t.subject.lower())
    )


@pytest.mark.parametrize(
    "address", [CUSTOMERS, ORDERS, TICKETS, f"{TICKETS}?q=Matter", f"{CUSTOMERS}?q=person", f"{TICKETS}?status=all"]
)
def test_list_page_query_count_is_independent_of_record_count(managing: Client, agent: Agent, address: str) -> None:
    fill(5, agent, 0)
    with CaptureQueriesContext(connection) as few:
        managing.get(address)
    fill(55, agent, 5)
    with CaptureQueriesContext(connection) as many:
        answer = managing.get(address)
    assert "60 " in answer.content.decode()
    assert len(many) == len(few) <= 8  # one of them puts tickets back whose snooze is over


def test_list_page_stops_counting_at_the_limit(managing: Client, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedPaginator, "LIMIT", 3)
    fill(3, agent, 0)
    assert "3 customers" in managing.get(CUSTOMERS).content.decode()
    fill(1, agent, 3)
    with CaptureQueriesContext(connection) as queries:
        assert "the first 3 customers" in " ".join(managing.get(CUSTOMERS).content.decode().split())
    counts = [q["sql"] for q in queries if "COUNT(" in q["sql"]]
    assert counts
    assert all("LIMIT 4" in sql for sql in counts)


# --- What others wrote, and odd addresses
def test_hostile_text_is_escaped_on_admin_pages(managing: Client) -> None:
    customer = services.create_customer(None, services.CustomerData(name=HOSTILE, email="h@example.com"))
    new = services.TicketData(
        subject=HOSTILE, channel="email", customer_id=customer.pk, initial_message=HOSTILE, tags=["<b>x</b>"]
    )
    ticket = services.create_ticket(None, new)
    services.add_note(None, ticket.pk, HOSTILE)
    line = services.LineData(HOSTILE)
    order = services.put_order(
        None, services.OrderData("<i>1</i>", timezone.now(), Decimal(1), customer.pk, lines=[line])
    ).order
    lists = [CUSTOMERS, ORDERS, TICKETS, f"{TICKETS}?q={HOSTILE}", f"{TICKETS}?tag={HOSTILE}", f"{TICKETS}?{HOSTILE}=1"]
    for address in [
        *lists,
        page(customer),
        page(ticket),
        page(order),
        page(ticket) + "?_changelist_filters=" + HOSTILE,
    ]:
        text = managing.get(address, follow=True).content.decode()
        for raw in ("<script>alert", "<img src=x", "<b>x", "<i>1"):
            assert raw not in text, address


def test_customer_field_is_an_autocomplete_instead_of_a_full_list(managing: Client, customer: Customer) -> None:
    for address in (f"{ORDERS}add/", f"{TICKETS}add/"):
        text = managing.get(address).content.decode()
        assert "John Doe" not in text
        assert "admin-autocomplete" in text
    query = {"app_label": "tickets", "model_name": "ticket", "field_name": "customer", "term": "john"}
    found = managing.get("/admin/autocomplete/", query).json()["results"]
    assert found == [{"id": str(customer.pk), "text": "John Doe (john@example.com)"}]


@pytest.mark.parametrize("address", [CUSTOMERS, ORDERS, TICKETS])
@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=%ED%A0%80",
        "p=999999",
        "p=-1",
        "o=99.-5",
        "status=%00",
        "tag=%00",
        "assigned_to=%00",
        "customer__id__exact=x",
    ],
)
def test_list_page_answers_for_odd_query_strings(managing: Client, address: str, query: str) -> None:
    assert managing.get(f"{address}?{query}").status_code in (200, 302)


@pytest.mark.parametrize("filled", ["customer=x", "customer=%00", "assigned_to=x", "subject=%00&customer=" + "9" * 36])
def test_new_ticket_form_answers_for_odd_prefilled_values(managing: Client, filled: str) -> None:
    assert managing.get(f"{TICKETS}add/?{filled}").status_code == 200


@pytest.mark.parametrize("term", ["\x00", "%", "", "x" * 3000, "\ud800".encode("utf-8", "replace").decode()])
def test_autocomplete_answers_for_odd_search_terms(managing: Client, term: str) -> None:
    for field in ("customer", "assigned_to"):
        query = {"app_label": "tickets", "model_name": "ticket", "field_name": field, "term": term}
        assert managing.get("/admin/autocomplete/", query).status_code == 200


def test_invalid_record_id_redirects(managing: Client) -> None:
    for address in (CUSTOMERS, ORDERS, TICKETS):
        assert managing.get(f"{address}019a/change/").status_code == 302
