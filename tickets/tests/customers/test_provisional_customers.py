"""Tickets that an agent opens for an email address: the known customer stays hidden until a permitted step reveals it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from agents.models import Agent, AuditEntry
from tickets import services
from tickets.models import Contact, Customer, Order, Ticket
from tickets.ranking import scoring
from tickets.services.orders import wrong_figures
from tickets.tests.concurrency import at_once
from tickets.tests.factories import make_customer, make_order, make_ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_counters")]
Clients = Callable[[Agent], APIClient]
Agents = Callable[..., Agent]
KNOWN = "rosa.known@example.com"
SECRETS = ("Rosa Hidden", "N-7777", "1234.5", "Parcel of last year", "c-rosa", "rosa.other@example.com")


@pytest.fixture
def rosa(db: None) -> Customer:
    customer = make_customer(
        "Rosa Hidden", churn=0.9, email=KNOWN, emails=["rosa.other@example.com"], external_id="c-rosa"
    )
    make_order(customer, number="N-7777", total=Decimal("1234.50"))
    make_ticket(customer, subject="Parcel of last year", status="closed")
    customer.refresh_from_db()
    return customer


def body(email: str, **more: Any) -> dict[str, Any]:
    return {
        "author_email": email,
        "author_name": "Typed Name",
        "subject": "Call",
        "channel": "phone",
        "initial_message": "They called about order N-1.",
        **more,
    }


def open_for(agent: Agent, email: str = KNOWN, **more: Any) -> Ticket:
    return services.create_ticket(agent, services.TicketData(**{**body(email), **more}))


def shape(value: Any) -> Any:
    """Returns the keys and types of a response body, without its values."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


def test_known_and_unknown_emails_get_indistinguishable_responses(
    rosa: Customer, make_agent: Agents, client_of: Clients
) -> None:
    """Status, shape, values and query counts are equal when creating, reading, listing and drafting."""
    told = []
    for email in (KNOWN, "nobody.knows@example.com"):
        api, counts, seen = client_of(make_agent("agent")), [], []
        for step in ("create", "read", "list", "draft", "customer", "orders", "mcp"):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                if step == "create":
                    answer = api.post("/api/tickets", body(email))
                    made = answer.json()
                else:
                    where = {
                        "read": f"/api/tickets/{made['id']}",
                        "list": "/api/tickets",
                        "draft": f"/api/ai/tickets/{made['id']}/draft-response",
                        "customer": f"/api/customers/{made['customer_id']}",
                        "orders": f"/api/customers/{made['customer_id']}/orders",
                        "mcp": f"/api/mcp/customer/{made['customer_id']}",
                    }[step]
                    answer = api.get(where)
            counts.append(len(queries))
            seen.append((answer.status_code, shape(answer.json())))
            for secret in SECRETS:
                assert secret not in answer.content.decode(), (step, secret)
        told.append((counts, seen))
        assert made["customer"] == {
            "name": "Typed Name",
            "email": email,
            "lifetime_value": 0.0,
            "total_orders": 0,
            "churn_risk_score": None,
        }
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "where",
    [
        "/api/customers/{customer}",
        "/api/customers/{customer}/orders",
        "/api/customers/{customer}/tickets",
        "/api/orders/N-7777",
        "/api/ai/customers/{customer}/intelligence",
        "/api/mcp/customer/{customer}",
        "/api/tickets/{past}",
        "/customers/{customer}",
        "/tickets/{past}",
    ],
)
def test_hidden_customer_is_404_for_the_agent(rosa: Customer, agent: Agent, client_of: Clients, where: str) -> None:
    open_for(agent)
    past = rosa.tickets.get()
    path = where.format(customer=rosa.pk, past=past.pk)
    if where.startswith("/api"):
        assert client_of(agent).get(path).status_code == 404
    else:
        page = Client()
        page.force_login(agent, backend="agents.backends.RoleBackend")
        assert page.get(path).status_code == 404


def test_pages_search_and_events_show_only_typed_data(rosa: Customer, agent: Agent, client_of: Clients) -> None:
    ticket, api, page = open_for(agent), client_of(agent), Client()
    page.force_login(agent, backend="agents.backends.RoleBackend")
    shown = [
        page.get("/").content.decode(),
        page.get(f"/tickets/{ticket.pk}").content.decode(),
        page.get(f"/tickets/{ticket.pk}/about").content.decode(),
        page.get(f"/tickets/{ticket.pk}/history").content.decode(),
        page.get(f"/tickets/{ticket.pk}/draft").content.decode(),
        page.get(f"/customers/{ticket.customer_id}").content.decode(),
        api.get("/api/customers").content.decode(),
        api.get(f"/api/tickets/{ticket.pk}/score-breakdown").content.decode(),
        api.get(f"/api/ai/tickets/{ticket.pk}/recommendation").content.decode(),
        api.get("/api/events").content.decode(),
    ]
    for text in shown:
        assert not [secret for secret in SECRETS if secret in text]
    for words in ("Rosa Hidden", "N-7777", "c-rosa", "rosa.other"):
        assert api.get("/api/tickets", {"q": words}).json()["total"] == 0
        assert api.get("/api/customers", {"q": words}).json()["total"] == 0
    assert "You see only what you entered" in shown[1]


def test_second_ticket_for_the_email_has_the_same_provisional_customer(rosa: Customer, agent: Agent) -> None:
    first, second = open_for(agent), open_for(agent, author_name="Other Name")
    assert first.customer == second.customer != rosa and second.customer.name == "Typed Name"


def test_two_agents_get_separate_provisional_customers_for_one_email(agent: Agent, make_agent: Agents) -> None:
    first, second = open_for(agent, "new@example.com"), open_for(make_agent("agent"), "new@example.com")
    assert first.customer != second.customer


def test_ticket_for_an_already_visible_customer_gets_the_real_customer(rosa: Customer, agent: Agent) -> None:
    make_ticket(rosa, assigned_to=agent)
    assert open_for(agent).customer == rosa


@pytest.mark.parametrize("role", ["senior_agent", "team_lead", "manager", "admin"])
def test_roles_that_see_all_customers_get_the_real_customer(rosa: Customer, make_agent: Agents, role: str) -> None:
    assert open_for(make_agent(role)).customer == rosa


# --- What shares it ----------------------------------------------------------------------------------------------------
def sees(agent: Agent, rosa: Customer) -> bool:
    found = Customer.objects.visible_to(agent).filter(pk=rosa.pk).exists()
    assert found == Order.objects.visible_to(agent).filter(customer=rosa).exists()
    return found


@pytest.mark.parametrize(
    "how", ["service", "program", "senior records", "assigned", "taken", "shared by API", "shared on page"]
)
def test_sharing_steps_reveal_the_real_customer(
    rosa: Customer, agent: Agent, senior: Agent, lead: Agent, service: Agent, client_of: Clients, how: str
) -> None:
    ticket, page = open_for(agent), Client()
    page.force_login(senior, backend="agents.backends.RoleBackend")
    assert not sees(agent, rosa)
    path = f"/api/tickets/{ticket.pk}"
    if how == "service":
        sent = {"content": "It is me.", "from_agent": False}
        assert client_of(service).post(f"{path}/messages", sent).status_code == 201
    elif how == "program":
        services.post_message(None, ticket.pk, "It is me.", from_agent=False)
    elif how == "senior records":
        services.post_message(senior, ticket.pk, "It is me.", from_agent=False)
    elif how == "assigned":
        services.update_ticket(lead, ticket.pk, {"assigned_to": agent.pk})
    elif how == "taken":
        services.update_ticket(senior, ticket.pk, {"assigned_to": senior.pk})
    elif how == "shared by API":
        assert client_of(senior).post(f"{path}/share-customer").json()["customer"]["name"] == "Rosa Hidden"
    else:
        assert "Share the customer with the assignee" in page.get(f"/tickets/{ticket.pk}").text
        assert page.post(f"/tickets/{ticket.pk}/share-customer").status_code == 302
    assert sees(agent, rosa) == (how != "taken")
    ticket.refresh_from_db()
    assert ticket.customer == rosa and not Customer.objects.filter(provisional_for__isnull=False).exists()
    assert AuditEntry.objects.filter(action="ticket.customer_shared", subject_id=str(ticket.pk)).count() == 1
    assert not scoring.stale_ranks().exists() and not wrong_figures()


@pytest.mark.parametrize("how", ["own record", "reply", "peer records", "peer takes it", "note", "tag"])
def test_other_steps_do_not_reveal_the_real_customer(
    rosa: Customer, agent: Agent, make_agent: Agents, client_of: Clients, how: str
) -> None:
    ticket, peer = open_for(agent), make_agent("agent")
    path = f"/api/tickets/{ticket.pk}"
    if how == "own record":
        sent = {"content": "They said yes.", "from_agent": False}
        assert client_of(agent).post(f"{path}/messages", sent).status_code == 201
    elif how == "reply":
        services.post_message(agent, ticket.pk, "Hello Rosa")
    elif how in ("peer takes it", "peer records"):
        services.hand_back(agent, ticket.pk, "Not mine.")
        assert services.claim_next(peer) is not None
        services.post_message(peer, ticket.pk, "They said yes.", from_agent=False)
    elif how == "note":
        services.add_note(agent, ticket.pk, "Ask for the number.")
    else:
        services.update_ticket(agent, ticket.pk, {"add_tags": ["vip"]})
    assert not sees(agent, rosa) and not sees(peer, rosa)
    assert client_of(agent).post(f"{path}/share-customer").status_code in (403, 404)


def test_agent_role_cannot_share_a_customer(rosa: Customer, agent: Agent) -> None:
    ticket = open_for(agent)
    with pytest.raises(PermissionDenied, match="senior agent"):
        services.share_customer(agent, ticket.pk)
    assert not sees(agent, rosa)


def test_sharing_an_already_real_customer_changes_nothing(
    rosa: Customer, agent: Agent, senior: Agent, client_of: Clients
) -> None:
    ticket = make_ticket(rosa, assigned_to=agent)
    before = AuditEntry.objects.count()
    answer = client_of(senior).post(f"/api/tickets/{ticket.pk}/share-customer")
    assert answer.status_code == 200 and AuditEntry.objects.count() == before


def test_unknown_email_becomes_a_customer_when_the_customer_writes(agent: Agent) -> None:
    ticket = open_for(agent, "new@example.com")
    assert not Contact.objects.filter(value="new@example.com").exists()
    services.post_message(None, ticket.pk, "It is me.", from_agent=False)
    customer = Customer.objects.get()
    assert customer.provisional_for is None and customer.contacts.get().value == "new@example.com"
    assert services.find_or_create_customer(None, "new@example.com") == customer


def test_orders_of_a_provisional_customer_move_to_the_real_customer(
    rosa: Customer, agent: Agent, senior: Agent
) -> None:
    ticket = open_for(agent)
    make_order(ticket.customer, number="N-8888", total=Decimal(10))
    services.share_customer(senior, ticket.pk)
    rosa.refresh_from_db()
    assert rosa.total_orders == 2 and not wrong_figures()


@pytest.mark.django_db(transaction=True)
def test_concurrent_sharing_steps_share_the_customer_once(agent: Agent, senior: Agent) -> None:
    rosa = make_customer("Rosa Hidden", email=KNOWN)
    ticket = open_for(agent)
    works: list[Callable[[], Any]] = [
        lambda: services.share_customer(senior, ticket.pk),
        lambda: services.post_message(None, ticket.pk, "Me.", from_agent=False),
        lambda: services.update_ticket(senior, ticket.pk, {"assigned_to": senior.pk}),
    ]
    outcomes = at_once(lambda number: services.retrying(works[number]), len(works))
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    ticket.refresh_from_db()
    assert ticket.customer == rosa and Customer.objects.count() == 1
    assert AuditEntry.objects.filter(action="ticket.customer_shared").count() == 1


# --- In any order ------------------------------------------------------------------------------------------------------
STEPS: dict[str, Callable[[Agent, Agent, Agent, Ticket], Any]] = {
    "own record": lambda agent, lead, shop, t: services.post_message(agent, t.pk, "Said so.", from_agent=False),
    "reply": lambda agent, lead, shop, t: services.post_message(agent, t.pk, "Hello"),
    "open another": lambda agent, lead, shop, t: open_for(agent),
    "hand back and take": lambda agent, lead, shop, t: (
        services.hand_back(agent, t.pk, "Why not."),
        Ticket.objects.filter(pk=t.pk).update(assigned_to=agent),
    ),
    "lead notes": lambda agent, lead, shop, t: services.add_note(lead, t.pk, "Look."),
    "lead closes": lambda agent, lead, shop, t: services.update_ticket(lead, t.pk, {"status": "closed"}),
    "CUSTOMER ANSWERS": lambda agent, lead, shop, t: services.post_message(shop, t.pk, "Me.", from_agent=False),
    "LEAD ASSIGNS": lambda agent, lead, shop, t: services.update_ticket(lead, t.pk, {"assigned_to": agent.pk}),
    "LEAD SHARES": lambda agent, lead, shop, t: services.share_customer(lead, t.pk),
}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=6))
def test_customer_is_visible_exactly_after_a_sharing_step(steps: list[str], make_agent: Agents) -> None:
    with transaction.atomic():
        agent, lead, shop = make_agent("agent"), make_agent("team_lead"), make_agent("senior_agent", is_service=True)
        rosa = make_customer("Rosa Hidden", email=KNOWN)
        make_order(rosa)
        ticket, shared = open_for(agent), False
        for step in steps:
            ticket.refresh_from_db()
            if ticket.status == "closed":
                services.update_ticket(lead, ticket.pk, {"status": "open"})
            STEPS[step](agent, lead, shop, ticket)
            shared = shared or step.isupper()
            assert sees(agent, rosa) == shared
            names = {customer.name for customer in Customer.objects.visible_to(agent)}
            assert names == ({"Rosa Hidden"} if shared else {"Typed Name"})
        transaction.set_rollback(True)
