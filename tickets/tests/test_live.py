"""The live socket: who gets in, who is told what, and who is cut off."""

from collections.abc import Callable
from typing import Any

import pytest

from agents import services as accounts
from agents.authentication import issue_token
from agents.models import Agent
from tickets import services
from tickets.models import Customer, Event, Ticket
from tickets.tests.listening import OWN, Listener, cookies, do, listening, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ticket(customer: Customer) -> Ticket:
    data = services.TicketData(subject="Where is it?", channel="email", customer_id=customer.pk, initial_message="Hi.")
    return services.create_ticket(None, data)


# --- What is told ------------------------------------------------------------------------------------------------------
def test_a_reply_is_told_at_once(senior: Agent, ticket: Ticket) -> None:
    async def scene() -> None:
        async with listening(senior) as one:
            message = await do(services.post_message, senior, ticket.pk, "On its way.")
            told = await one.hear()
            assert (told["type"], told["ticket"], told["by"]) == ("message", str(ticket.pk), str(senior.pk))
            assert told["message_id"] == str(message.pk) and told["from_agent"] and told["status"] == "pending"
            told = await one.hear()
            assert (told["type"], told["changes"], told["status"]) == ("updated", ["status"], "pending")
            assert told["sequence"] == one.told[-2]["sequence"] + 1

    run(scene)
