"""Reset a conversation for a demonstration; refused in production."""

from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import audit
from agents.common.transactions import atomic, send_signal
from agents.models import Agent
from agents.permissions import Capability, demand
from tickets.channels import find_channel
from tickets.models import Message, Ticket
from tickets.services.locks import lock_ticket, rank
from tickets.services.messages.messages import append_message, leave_inactive, set_status
from tickets.services.validation import fail
from tickets.signals import message_posted, ticket_updated


@atomic
def reset_conversation(actor: Agent | None, ticket_id: UUID) -> tuple[Ticket, int]:
    """Post the customer's first message again and delete all others; notes stay. Also returns the number deleted.

    Raises `PermissionDenied` outside demo mode, `ValidationError` for channels other than SMS and chat or without a customer's
    message, `Ticket.DoesNotExist`.
    """
    demand(actor, Capability.WORK)
    ticket = lock_ticket(actor, ticket_id)
    if not settings.DEMO_MODE:
        raise PermissionDenied(_("Conversations can be reset only in demo mode."))
    if not find_channel(ticket.channel).has_demo_reset:
        raise fail("channel", _("Only SMS and chat conversations can be reset."))
    messages = Message.objects.filter(ticket=ticket)
    first = messages.filter(from_agent=False).order_by("created_at", "id").first()
    if first is None:
        raise fail("channel", _("The customer has written no message to start the conversation with."))
    now, before, count = timezone.now(), ticket.status, ticket.message_count
    gone = messages.delete()[1].get(Message._meta.label, 0) - 1
    ticket.message_count = 0
    message = append_message(ticket, first.content, from_agent=False, actor=None, author_name=first.author_name, at=now)
    changed = set_status(ticket, Ticket.Status.OPEN, now)
    changes = ({"status": (before, ticket.status)} if changed else {}) | leave_inactive(ticket, before)
    ticket.updated_at = now
    ticket.save()
    rank(ticket)
    audit.record(
        "ticket.conversation_reset", ticket, actor=actor, changes={**changes, "message_count": (count, 1)}, at=now
    )
    send_signal(message_posted, Message, message=message, ticket=ticket, actor=actor)
    if changes:
        send_signal(ticket_updated, Ticket, ticket=ticket, changes=changes, actor=actor, reason="")
    return ticket, gone
