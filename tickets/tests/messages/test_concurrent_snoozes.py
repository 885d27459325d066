"""Concurrent snoozes: a snooze never hides a customer message that arrives at the same time."""

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from agents.common.errors import Conflict
from agents.models import Agent, AuditEntry
from tickets import services
from tickets.models import Ticket
from tickets.ranking import counts
from tickets.ranking.ticket_list import ListQuery, list_tickets
from tickets.tests.concurrency import at_once, until_somebody_waits
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db(transaction=True)


def test_snooze_is_rejected_if_customer_message_arrives_meanwhile(senior: Agent) -> None:
    ticket = make_ticket()
    refused: list[Exception] = []

    def snooze() -> None:
        try:
            services.snooze_ticket(senior, ticket.pk, until=None)
        except Conflict as error:
            refused.append(error)
        finally:
            connections.close_all()

    with transaction.atomic():
        services.post_message(None, ticket.pk, "It came broken!", from_agent=False)
        waiting = Thread(target=snooze)
        waiting.start()
        assert until_somebody_waits()
    waiting.join()
    assert str(refused[0].sentence) == "The customer has just written; the ticket was not snoozed."  # type: ignore[attr-defined]
    assert not Ticket.objects.get(pk=ticket.pk).snoozed


def test_concurrent_snooze_and_customer_message_leave_ticket_in_queue(senior: Agent) -> None:
    for _ in range(6):
        ticket = make_ticket()

        def work(number: int, ticket: Ticket = ticket) -> Any:
            if number:
                return services.post_message(None, ticket.pk, "Any news?", from_agent=False)
            return services.snooze_ticket(senior, ticket.pk, until=None)

        snoozed, posted = at_once(work, 2)
        assert not isinstance(posted, Exception)
        now = Ticket.objects.get(pk=ticket.pk)
        # Seen before the message: the message woke it. Asked after it: who snoozes could have seen it.
        first = AuditEntry.objects.filter(subject_id=str(ticket.pk)).order_by("id")
        after_message = [e.action for e in first].index("message.posted") < len(first) - 1
        assert isinstance(snoozed, Conflict) or now.snoozed is after_message
    assert counts.recount() == {}


def test_concurrent_workers_end_each_snooze_once(senior: Agent) -> None:
    tickets = [make_ticket() for _ in range(4)]
    now = timezone.now()
    for ticket in tickets:
        services.snooze_ticket(senior, ticket.pk, until=now + timedelta(minutes=5))
    later = now + timedelta(minutes=6)
    woken = at_once(lambda _: services.wake_due(later), 6)
    assert sum(woken) == 4
    assert len(list_tickets(senior, ListQuery(), later).tickets) == 4
    assert AuditEntry.objects.filter(action="ticket.unsnoozed").count() == 4 and counts.recount() == {}


def test_list_shows_ended_snooze_while_ticket_is_locked(senior: Agent) -> None:
    held, free = make_ticket(), make_ticket()
    now = timezone.now()
    for ticket in (held, free):
        services.snooze_ticket(senior, ticket.pk, until=now + timedelta(minutes=5))
    later = now + timedelta(minutes=6)
    with transaction.atomic():
        services.add_note(senior, held.pk, "Writing to it.")

        def read(_: int) -> Any:
            return [row["id"] for row in list_tickets(senior, ListQuery(), later).tickets]

        assert at_once(read, 1) == [[held.pk, free.pk]]
        assert at_once(lambda _: services.wake_due(later), 1) == [1]  # the worker leaves it for the next minute
    assert services.wake_due(later) == 1
