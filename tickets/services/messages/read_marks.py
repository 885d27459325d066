"""Read marks: how far an agent has read a ticket. A mark only moves forward."""

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from agents.models import Agent
from agents.permissions import Capability, demand
from tickets.models import Message, Ticket
from tickets.models.agent_state import unread_by
from tickets.services.validation import fail


def mark_read(actor: Agent, ticket_id: UUID, message_id: UUID | None = None) -> bool:
    """Mark everything up to the message as read; up to the last one by default. Returns whether there is more to read.

    A client that shows a conversation passes the last message it shows, so that one that arrives meanwhile stays unread. Raises
    `Ticket.DoesNotExist`, `ValidationError`.
    """
    demand(actor, Capability.WORK)
    ticket = Ticket.objects.visible_to(actor).get(pk=ticket_id)
    seen = ticket.last_message_at
    if message_id is not None:
        seen = Message.objects.filter(ticket=ticket, pk=message_id).values_list("created_at", flat=True).first()
        if seen is None:
            raise fail("message_id", _("No message of this ticket has this id."))
    if seen is not None:
        move_mark(actor, ticket, seen)
    found: bool = Ticket.objects.filter(unread_by(actor), pk=ticket_id).exists()
    return found


def move_mark(agent: Agent, ticket: Ticket, seen: datetime) -> None:
    """Move the agent's read mark forward, never back: two tabs may report in any order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets_readmark AS mark (agent_id, ticket_id, seen_at) VALUES (%s, %s, %s) "
            "ON CONFLICT (ticket_id, agent_id) DO UPDATE SET seen_at = excluded.seen_at "
            "WHERE mark.seen_at < excluded.seen_at",
            [agent.pk, ticket.pk, seen],
        )
