"""Mark what changes of records make out of date, and enqueue the jobs, within the same transaction."""

from typing import Any
from uuid import UUID

from django.db import connection

from agents.common.transactions import after_commit
from intelligence.services import enqueueing
from intelligence.services.drafts import mark_answered, mark_stale
from intelligence.services.profiles import mark_stale as mark_profiles_stale
from tickets.models import Message, Ticket
from tickets.signals import customers_changed, listen, message_posted, ticket_updated

# A change of more customers is an import: their drafts are only renewed on request.
FEW_CUSTOMERS = 20


@listen(customers_changed)
def profiles_are_stale(customer_ids: list[UUID], **kwargs: Any) -> None:
    """Mark the profile as stale in the change's own transaction and wake the worker after the commit.

    The job is not enqueued in the transaction: its lock would make the writers of a long import wait for each other. The worker
    also looks every minute.
    """
    mark_profiles_stale(customer_ids)
    waiting = (entry[1] for entry in connection.run_on_commit)
    if not any(function is _wake for function in waiting):
        after_commit(_wake)


def _wake() -> None:
    enqueueing.enqueue_profiles()


@listen(message_posted)
def read_what_the_customer_wrote(message: Message, ticket: Ticket, **kwargs: Any) -> None:
    """Enqueue the reading of a customer's message, also of a new ticket's first message.

    Each message has its own job: a waiting job might start before this message is committed.
    """
    if message.from_agent:
        return
    enqueueing.enqueue_reading(ticket.pk)


@listen(message_posted)
def draft_an_answer(message: Message, ticket: Ticket, **kwargs: Any) -> None:
    """A customer's message makes the draft stale and requests a new one; an agent's message answers the draft."""
    if message.from_agent and ticket.last_message_from_agent is False:
        # The customer's next message arrived before this reply: renew the draft for it, since its context has changed.
        _draft_again([ticket.pk])
        return
    if message.from_agent:
        answered = mark_answered(ticket.pk, message.pk)
        if answered is not None:
            enqueueing.enqueue_feedback(answered)
        return
    mark_stale([ticket.pk])
    enqueueing.enqueue_draft(ticket.pk)


@listen(ticket_updated)
def facts_of_a_ticket_changed(ticket: Ticket, changes: dict[str, Any], **kwargs: Any) -> None:
    """Renew the draft when its topic, its signer or its readers change."""
    if changes.keys() & {"tags", "subject", "assigned_to", "customer_id"}:
        _draft_again([ticket.pk])


@listen(customers_changed)
def facts_of_customers_changed(customer_ids: list[UUID], **kwargs: Any) -> None:
    """Renew drafts when an order changes, for example by a tracking number or a refund."""
    tickets = Ticket.objects.ranked().filter(customer_id__in=customer_ids).values_list("pk", flat=True)
    if len(customer_ids) <= FEW_CUSTOMERS:
        _draft_again(list(tickets))
    else:
        mark_stale(tickets)


def _draft_again(ticket_ids: list[UUID]) -> None:
    """Renew the draft if there was one; a conversation that nobody wanted a draft for gets none."""
    for ticket_id in mark_stale(ticket_ids):
        enqueueing.enqueue_draft(ticket_id)
