"""Snoozed tickets and scheduled replies in the admin site."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from agents.models import Agent
from tickets import services
from tickets.models import Ticket
from tickets.tests.admin.test_admin import TICKETS
from tickets.tests.factories import make_ticket


def listed(client: Client, query: str) -> list[Ticket]:
    return list(client.get(f"{TICKETS}?{query}").context["cl"].result_list)


def test_snoozed_tickets_have_a_separate_list(managing: Client) -> None:
    away, due, here = make_ticket(days=9), make_ticket(days=8), make_ticket(days=1)
    soon = timezone.now() + timedelta(hours=1)
    for ticket in (away, due):
        services.snooze_ticket(None, ticket.pk, until=soon)
    assert listed(managing, "") == [here] and listed(managing, "status=snoozed") == [away, due]
    assert set(listed(managing, "status=all")) == {away, due, here}
    assert "(snoozed)" in managing.get(f"{TICKETS}?status=snoozed").content.decode()
    Ticket.objects.filter(pk=due.pk).update(snoozed_until=timezone.now() - timedelta(seconds=1))
    assert listed(managing, "") == [due, here]


def test_ticket_form_shows_end_of_snooze_and_closing_ends_the_snooze(managing: Client) -> None:
    ticket = make_ticket()
    url = f"{TICKETS}{ticket.pk}/change/"
    assert "not snoozed" in managing.get(url).content.decode()
    services.snooze_ticket(None, ticket.pk, until=None)
    assert "the customer writes" in managing.get(url).content.decode()
    managing.post(TICKETS, {"action": "close", "_selected_action": [str(ticket.pk)]})
    assert Ticket.objects.filter(pk=ticket.pk, snoozed=True).exists()  # not among those that the list shows
    managing.post(f"{TICKETS}?status=snoozed", {"action": "close", "_selected_action": [str(ticket.pk)]})
    assert Ticket.objects.filter(pk=ticket.pk, snoozed=False, status="closed").exists()


def test_ticket_form_shows_scheduled_replies(managing: Client, senior: Agent) -> None:
    ticket = make_ticket()
    services.schedule_reply(senior, ticket.pk, "On its way.", undo_seconds=30)
    page = managing.get(f"{TICKETS}{ticket.pk}/change/").content.decode()
    assert "On its way." in page and "not sent yet" in page
