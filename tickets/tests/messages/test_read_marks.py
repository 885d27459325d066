"""Unread state: the customer wrote last and this agent has not seen the message."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from agents.models import Agent
from tickets import services
from tickets.models import Message, ReadMark, Ticket
from tickets.tests.concurrency import at_once
from tickets.tests.factories import NOW, make_ticket

pytestmark = pytest.mark.django_db
Clients = Callable[[Agent], APIClient]


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Callable[[], None]:
    """Returns a function that advances the time by one minute."""
    now = [NOW]

    def tick() -> None:
        now[0] += timedelta(minutes=1)
        time_machine.move_to(now[0], tick=False)

    time_machine.move_to(NOW, tick=False)
    return tick


def unread(client: APIClient, ticket: Ticket) -> bool:
    """Returns the unread state; list, detail and customer history must agree."""
    rows = client.get("/api/tickets?status=all&q=parcel").json()["tickets"]
    shown = {row["id"]: row["unread"] for row in rows}[str(ticket.pk)]
    assert shown is client.get(f"/api/tickets/{ticket.pk}").json()["unread"]
    history = client.get(f"/api/customers/{ticket.customer_id}/tickets").json()["tickets"]
    assert shown is next(row["unread"] for row in history if row["id"] == str(ticket.pk))
    return bool(shown)


def read(client: APIClient, ticket: Ticket, **body: Any) -> Any:
    return client.post(f"/api/tickets/{ticket.pk}/read", body)


def test_ticket_is_read_until_the_customer_writes_again(
    api: APIClient, lead: Agent, client_of: Clients, clock: Any
) -> None:
    ticket, other = make_ticket(), client_of(lead)
    assert unread(api, ticket) and unread(other, ticket)
    for _ in range(2):
        assert read(api, ticket).json() == {"ticket_id": str(ticket.pk), "unread": False}
    assert not unread(api, ticket) and unread(other, ticket)
    clock()
    services.post_message(None, ticket.pk, "The parcel?", from_agent=False)
    assert unread(api, ticket)
    assert ReadMark.objects.count() == 1


def test_agent_reply_marks_ticket_read_and_is_not_unread_for_other_agents(
    api: APIClient, lead: Agent, client_of: Clients, clock: Any
) -> None:
    ticket, other = make_ticket(), client_of(lead)
    clock()
    api.post(f"/api/tickets/{ticket.pk}/messages", {"content": "It is on its way."})
    assert not unread(api, ticket) and not unread(other, ticket)
    clock()
    services.post_message(None, ticket.pk, "The parcel is still not here.", from_agent=False)
    assert unread(api, ticket) and unread(other, ticket)


def test_read_mark_covers_shown_messages_and_never_moves_back(api: APIClient, clock: Any) -> None:
    ticket = make_ticket()
    first = Message.objects.get(ticket=ticket)
    clock()
    last = services.post_message(None, ticket.pk, "The parcel!", from_agent=False)
    assert read(api, ticket, message_id=str(first.pk)).json()["unread"] is True and unread(api, ticket)
    assert read(api, ticket, message_id=str(last.pk)).json()["unread"] is False
    assert read(api, ticket, message_id=str(first.pk)).json()["unread"] is False
    assert not unread(api, ticket)


def test_message_recorded_for_the_customer_does_not_mark_ticket_read(api: APIClient, clock: Any) -> None:
    ticket = make_ticket()
    read(api, ticket)
    clock()
    api.post(f"/api/tickets/{ticket.pk}/messages", {"content": "Called: where is the parcel?", "from_agent": False})
    assert unread(api, ticket)


def test_ticket_without_messages_is_read(api: APIClient) -> None:
    ticket = make_ticket(text=None, subject="A parcel")
    assert not unread(api, ticket)
    assert read(api, ticket).json()["unread"] is False and not ReadMark.objects.exists()


def test_invalid_read_mark_is_rejected(api: APIClient, agent: Agent, client_of: Clients) -> None:
    ticket, other = make_ticket(), make_ticket()
    answer = read(api, ticket, message_id=str(Message.objects.get(ticket=other).pk))
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"message_id": ["No message of this ticket has this id."]}
    assert read(api, ticket, message_id="last").status_code == 400
    assert read(client_of(agent), ticket).status_code == 404
    assert api.post(f"/api/tickets/{uuid4()}/read", {}).status_code == 404
    assert not ReadMark.objects.exists()


def test_unread_state_adds_no_query_to_the_ticket_list(api: APIClient, django_assert_num_queries: Any) -> None:
    for number in range(5):
        ticket = make_ticket()
        if number % 2:
            read(api, ticket)
    for query, number in (("", 3), ("?topic_alerts=parcel", 6)):
        with django_assert_num_queries(number):
            rows = api.get(f"/api/tickets{query}").json()["tickets"]
        assert sorted(row["unread"] for row in rows) == [False, False, True, True, True]


@pytest.mark.django_db(transaction=True)
def test_concurrent_read_marks_keep_the_latest(senior: Agent, clock: Any) -> None:
    ticket = make_ticket()
    messages: list[Message] = []
    for _ in range(5):
        clock()
        messages.append(services.post_message(None, ticket.pk, "More", from_agent=False))
    answers = at_once(lambda number: services.mark_read(senior, ticket.pk, messages[4 - number].pk), 5)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    mark: datetime = ReadMark.objects.get(agent=senior).seen_at
    assert mark == messages[-1].created_at
