"""A ticket's page: the conversation, a reply, a note, the status; and why the order is as it is."""

import pytest
from django.test import Client

from agents.models import Agent
from agents.tests.browsing import HOSTILE, browser
from tickets import services
from tickets.models import Message, Note, Ticket
from tickets.tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db


def html(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def test_conversation_and_notes_in_their_order(agent: Agent) -> None:
    ticket = make_ticket(make_customer("Dorothy Pelham"), "Where is it?", assigned_to=agent)
    services.post_message(agent, ticket.pk, "On its way.\n\nSoon.")
    services.add_note(agent, ticket.pk, "Called the carrier.")
    page = html(browser(agent), f"/tickets/{ticket.pk}")
    assert page.index("Where is it?") < page.index("<p>On its way.</p>") < page.index("Called the carrier.")
    assert page.index("Internal note") < page.index("Called the carrier.")


def test_others_tickets_are_not_there(agent: Agent, senior: Agent) -> None:
    ticket = make_ticket(assigned_to=senior)
    client = browser(agent)
    html(client, f"/tickets/{ticket.pk}", 404)
    for path in ("reply", "note", "status"):
        data = {"content": "Hello", "status": "closed"}
        assert client.post(f"/tickets/{ticket.pk}/{path}", data).status_code == 404
    assert Message.objects.filter(from_agent=True).count() == 0


def test_reply_note_and_status(agent: Agent) -> None:
    ticket, client = make_ticket(assigned_to=agent), browser(agent)
    here = f"/tickets/{ticket.pk}"
    page = client.post(f"{here}/reply", {"content": "On its way."}, follow=True).content.decode()
    assert "Sent." in page and "On its way." in page
    assert Ticket.objects.get().status == "pending"
    client.post(f"{here}/reply", {"content": "Arrived.", "close": "1"})
    assert Ticket.objects.get().status == "closed"
    assert "Only agents see it." in client.post(f"{here}/note", {"content": "Nice."}, follow=True).content.decode()
    assert Note.objects.get().content == "Nice."
    assert "The ticket is open." in client.post(f"{here}/status", {"status": "open"}, follow=True).content.decode()
    assert "The status is one of" in client.post(f"{here}/status", {"status": "x"}, follow=True).content.decode()


@pytest.mark.parametrize(("path", "model"), [("reply", Message), ("note", Note)])
def test_a_refused_text_stays_in_its_field(agent: Agent, path: str, model: type[Message | Note]) -> None:
    ticket = make_ticket(text=None, assigned_to=agent)
    answer = browser(agent).post(f"/tickets/{ticket.pk}/{path}", {"content": "kept " * 20_001})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "takes at most 100,000 characters" in page and "kept kept" in page and 'aria-invalid="true"' in page
    assert not model.objects.exists()


def test_hostile_texts_stay_texts(agent: Agent) -> None:
    ticket = make_ticket(make_customer(HOSTILE), HOSTILE, subject=HOSTILE, assigned_to=agent)
    services.add_note(agent, ticket.pk, HOSTILE)
    page = html(browser(agent), f"/tickets/{ticket.pk}")
    assert "<script>alert" not in page and "<img" not in page


def test_a_slash_at_the_end_means_the_same(agent: Agent) -> None:
    html(browser(agent), f"/tickets/{make_ticket(assigned_to=agent).pk}/")


def test_why_this_order(agent: Agent, manager: Agent) -> None:
    page = html(browser(agent), "/order")
    for said in ("5.00", "0.75", "urgent 3.00, high 1.50, normal 0.50, low 0.00"):
        assert said in page
    assert "Change the weights" not in page and "Change the weights" in html(browser(manager), "/order")
    assert Client().get("/order").status_code == 302
