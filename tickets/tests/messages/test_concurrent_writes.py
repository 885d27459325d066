"""Idempotency keys, edits of outdated versions, and concurrent writers."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from agents.models import Agent
from agents.services import deactivate_agent
from tickets import services
from tickets.models import Contact, Customer, IdempotencyKey, Message, Order, SearchText, Ticket
from tickets.ranking import scoring
from tickets.services.orders import wrong_figures
from tickets.tests.concurrency import at_once
from tickets.tests.factories import NOW, make_customer, make_order, make_ticket


@pytest.mark.django_db
def test_repeated_idempotency_key_returns_the_stored_response(api: APIClient, customer: Customer) -> None:
    body = {"customer_id": str(customer.pk), "subject": "S", "channel": "email", "initial_message": "Hi"}
    first = api.post("/api/tickets", body, headers={"Idempotency-Key": "k1"})
    second = api.post("/api/tickets", body, headers={"Idempotency-Key": "k1"})
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json() and second.headers["Idempotent-Replay"] == "true"
    assert Ticket.objects.count() == 1
    other = api.post("/api/tickets", {**body, "subject": "T"}, headers={"Idempotency-Key": "k1"})
    assert other.status_code == 422 and "Idempotency-Key" in other.json()["detail"]
    url = f"/api/tickets/{first.json()['id']}/messages"
    for _ in range(2):
        assert api.post(url, {"content": "Yes"}, headers={"Idempotency-Key": "k2"}).status_code == 201
    assert Message.objects.filter(content="Yes").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("door", ["create", "next", "messages", "escalate"])
@pytest.mark.parametrize("loss", ["reassigned", "role lowered"])
def test_repeated_idempotency_key_is_404_if_ticket_is_no_longer_visible(
    door: str, loss: str, make_agent: Callable[..., Agent], client_of: Callable[[Agent], APIClient]
) -> None:
    role = "agent" if loss == "reassigned" else "senior_agent"
    person, other, lead = make_agent(role), make_agent("agent"), make_agent("team_lead")
    mine = make_ticket(assigned_to=None if door == "next" else person if loss == "reassigned" else other)
    url, body = {
        "create": ("/api/tickets", {"author_email": "a@example.com", "subject": "S", "channel": "email"}),
        "next": ("/api/tickets/next", {}),
        "messages": (f"/api/tickets/{mine.pk}/messages", {"content": "Yes"}),
        "escalate": (f"/api/tickets/{mine.pk}/escalate", {"reason": "Too hard."}),
    }[door]
    if door == "escalate" and loss == "role lowered":
        Ticket.objects.filter(pk=mine.pk).update(assigned_to=person)
    first = client_of(person).post(url, body, headers={"Idempotency-Key": "k"})
    assert first.status_code in (200, 201)
    ticket = Ticket.objects.get(pk=first.json()["id"] if door in ("create", "next") else mine.pk)
    services.update_ticket(lead, ticket.pk, {"assigned_to": other.pk})
    if loss == "role lowered":
        Agent.objects.filter(pk=person.pk).update(role="agent")
        person.refresh_from_db()
    again = client_of(person).post(url, body, headers={"Idempotency-Key": "k"})
    assert again.status_code == 404 and again.json().keys() == {"detail"}


@pytest.mark.django_db
def test_idempotency_key_of_another_agent_returns_no_stored_response(
    agent: Agent, make_agent: Callable[..., Agent], client_of: Callable[[Agent], APIClient]
) -> None:
    ticket = make_ticket(assigned_to=agent)
    url, key = f"/api/tickets/{ticket.pk}/messages", {"Idempotency-Key": "k"}
    assert client_of(agent).post(url, {"content": "Yes"}, headers=key).status_code == 201
    assert client_of(make_agent("agent")).post(url, {"content": "Yes"}, headers=key).status_code == 404


@pytest.mark.django_db
def test_rejected_write_does_not_consume_its_idempotency_key(api: APIClient, customer: Customer) -> None:
    body = {"customer_id": str(customer.pk), "subject": "S", "channel": "email"}
    assert api.post("/api/tickets", {**body, "subject": " "}, headers={"Idempotency-Key": "k"}).status_code == 400
    assert api.post("/api/tickets", body, headers={"Idempotency-Key": "k"}).status_code == 201


@pytest.mark.django_db
def test_equal_idempotency_keys_of_two_agents_are_independent(
    api: APIClient, lead: Agent, client_of: Callable[[Agent], APIClient], customer: Customer
) -> None:
    body = {"customer_id": str(customer.pk), "subject": "S", "channel": "email"}
    first = api.post("/api/tickets", body, headers={"Idempotency-Key": "k"}).json()
    second = client_of(lead).post("/api/tickets", body, headers={"Idempotency-Key": "k"}).json()
    assert first["id"] != second["id"] and IdempotencyKey.objects.count() == 2


@pytest.mark.django_db
def test_stale_edit_is_409_with_the_changes(
    api: APIClient, lead: Agent, client_of: Callable[[Agent], APIClient]
) -> None:
    ticket = make_ticket()
    url = f"/api/tickets/{ticket.pk}"
    seen = api.get(url)
    api.patch(url, {"add_tags": ["seen"]})
    seen = api.get(url)
    client_of(lead).patch(url, {"priority": "urgent"})
    for attempt in (
        api.patch(url, {"status": "closed"}, headers={"If-Match": seen.headers["ETag"]}),
        api.patch(url, {"status": "closed", "updated_at": seen.json()["updated_at"]}),
    ):
        assert attempt.status_code == 409
        body = attempt.json()
        assert body["detail"] == "The ticket has changed since you saw it; nothing was written."
        assert list(body["changed"]) == ["priority"]
        assert body["changed"]["priority"]["now"] == "urgent" and body["changed"]["priority"]["by"] == "Lea Lead"
    assert Ticket.objects.get(pk=ticket.pk).status == "open"
    fresh = api.get(url)
    done = api.patch(url, {"status": "closed"}, headers={"If-Match": fresh.headers["ETag"]})
    assert done.status_code == 200 and done.headers["ETag"] != fresh.headers["ETag"]


@pytest.mark.django_db
def test_failing_receiver_does_not_fail_the_write(customer: Customer) -> None:
    from tickets.signals import listen, ticket_created

    def broken(**what: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    registered = listen(ticket_created)(broken)
    try:
        ticket = services.create_ticket(None, services.TicketData("S", "email", customer_id=customer.pk))
    finally:
        ticket_created.disconnect(registered)
    assert Ticket.objects.filter(pk=ticket.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_with_one_idempotency_key_create_one_ticket(
    senior: Agent, client_of: Callable[[Agent], APIClient], customer: Customer
) -> None:
    body = {"customer_id": str(customer.pk), "subject": "S", "channel": "email"}

    def create(number: int) -> Any:
        return client_of(senior).post("/api/tickets", body, headers={"Idempotency-Key": "same"})

    answers = at_once(create, 8)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Ticket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_with_one_email_create_one_customer(
    senior: Agent, client_of: Callable[[Agent], APIClient]
) -> None:
    def create(number: int) -> Any:
        address = "New@Example.com" if number % 2 else "new@example.com"
        body = {"author_email": address, "subject": f"S{number}", "channel": "email", "initial_message": "Hi"}
        return client_of(senior).post("/api/tickets", body).status_code

    assert at_once(create, 8) == [201] * 8
    assert Customer.objects.count() == Contact.objects.count() == 1
    assert Ticket.objects.count() == 8


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_of_one_customer_leave_correct_figures_and_ranks(senior: Agent) -> None:
    customer = make_customer()
    tickets = [make_ticket(customer, days=n) for n in range(3)]

    def write(number: int) -> Any:
        for turn in range(6):
            kind = (number + turn) % 4
            ticket = tickets[turn % 3]
            if kind == 0:
                order = services.OrderData(f"{number}-{turn}", NOW, Decimal(number * 100 + turn), customer.pk)
                services.retrying(partial(services.put_order, None, order))
            elif kind == 1:
                services.set_sentiment_and_difficulty(ticket.pk, sentiment=number / 10, difficulty=turn / 10)
            elif kind == 2:
                services.update_ticket(senior, ticket.pk, {"priority": ["low", "urgent"][number % 2]})
            else:
                services.set_churn_risk({customer.pk: (number + turn) / 20})
                services.create_ticket(None, services.TicketData("S", "email", customer_id=customer.pk))

    assert at_once(write, 8) == [None] * 8
    assert not scoring.stale_ranks().exists()
    customer.refresh_from_db()
    orders = Order.objects.filter(customer=customer)
    assert customer.total_orders == orders.count() > 0
    assert customer.lifetime_value == sum(order.total for order in orders)


@pytest.mark.django_db(transaction=True)
def test_concurrent_messages_are_all_stored_and_counted(senior: Agent) -> None:
    ticket = make_ticket(text=None)

    def post(number: int) -> Any:
        services.post_message(senior, ticket.pk, f"message {number}", from_agent=bool(number % 2))

    assert at_once(post, 8) == [None] * 8
    ticket.refresh_from_db()
    last = Message.objects.filter(ticket=ticket).order_by("-created_at", "-id")[0]
    assert ticket.message_count == Message.objects.filter(ticket=ticket).count() == 8
    assert SearchText.objects.filter(ticket=ticket).count() == 9
    assert ticket.last_message_at is not None and ticket.last_message_at - last.created_at < timedelta(seconds=1)


@pytest.mark.django_db(transaction=True)
def test_concurrently_pushed_order_of_another_customer_is_not_moved() -> None:
    owner, other = make_customer(), make_customer()
    for turn in range(6):
        make_order(owner, number=f"kept-{turn}", total=Decimal(10))

        def write(number: int, turn: int = turn) -> Any:
            if number == 0:
                moved = services.OrderData(f"kept-{turn}", NOW, Decimal(100), other.pk)
                return services.retrying(partial(services.save_orders, [moved], None))[0].state
            added = services.OrderData(f"{turn}-{number}", NOW, Decimal(10), owner.pk)
            return services.retrying(partial(services.put_order, None, added)).error

        assert at_once(write, 4) == [services.State.UNCHANGED, None, None, None]
    assert wrong_figures() == 0
    owner.refresh_from_db()
    other.refresh_from_db()
    assert (owner.total_orders, owner.lifetime_value) == (24, Decimal(240))
    assert (other.total_orders, other.lifetime_value) == (0, Decimal(0))


@pytest.mark.django_db(transaction=True)
def test_concurrent_ticket_and_order_give_a_correct_rank() -> None:
    for turn in range(10):
        customer = make_customer(email=f"both{turn}@example.com")

        def write(number: int, turn: int = turn, customer: Customer = customer) -> Any:
            if number == 0:
                order = services.OrderData(f"with-{turn}", NOW, Decimal(5000), customer.pk)
                services.retrying(partial(services.put_order, None, order))
            else:
                data = services.TicketData("S", "email", author_email=customer.email)
                services.retrying(partial(services.create_ticket, None, data))

        assert at_once(write, 3) == [None] * 3
    assert not scoring.stale_ranks().exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_assignment_and_deactivation_leave_ticket_unassigned(
    admin: Agent, make_agent: Callable[..., Agent]
) -> None:
    for turn in range(8):
        leaver, ticket = make_agent("agent"), make_ticket()

        def write(number: int, leaver: Agent = leaver, ticket: Ticket = ticket) -> Any:
            if number == 0:
                return deactivate_agent(admin, leaver.pk)
            return services.update_ticket(None, ticket.pk, {"assigned_to": leaver.pk})

        at_once(write, 2)
        ticket.refresh_from_db()
        assert ticket.assigned_to_id is None, turn
