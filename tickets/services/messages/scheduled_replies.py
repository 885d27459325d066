"""Scheduled replies: a reply waits some seconds before it is sent, so that its author can undo sending.

Until then it is a row of its own (`ScheduledReply`) and nothing else: no message, no answer, no change of status. When it is
due, one transaction that locks the ticket deletes the row and writes the message under the same id, with everything that a
message changes (`messages.deliver`). So a crash can neither lose the reply nor send it twice, whether the job that was scheduled
with it retries or the sweep of each minute sends it. Undo locks the ticket too, so that exactly one of the two wins.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import audit
from agents.common.errors import Conflict
from agents.common.jobs import job
from agents.common.transactions import atomic
from agents.models import Agent
from agents.permissions import Capability, demand
from tickets.models import ComposerDraft, Message, ScheduledReply, Ticket
from tickets.services.locks import lock_ticket
from tickets.services.messages.composer_drafts import restore_composer_draft, take_composer_draft
from tickets.services.messages.messages import author_of, deliver
from tickets.services.messages.read_marks import move_mark
from tickets.services.validation import clean_content, fail

LONGEST = 30  # seconds


@atomic
def schedule_reply(
    actor: Agent,
    ticket_id: UUID,
    content: str,
    *,
    undo_seconds: int,
    author_name: str | None = None,
    status: str | None = None,
) -> ScheduledReply:
    """Schedule an agent's reply to be sent after the undo window; sets `status` then, pending by default.

    Raises `Ticket.DoesNotExist`, `ValidationError`, `PermissionDenied`.
    """
    demand(actor, Capability.WORK)
    if not 1 <= undo_seconds <= LONGEST:
        raise fail(
            "undo_seconds", _("The send delay must be between 1 and %(longest)s seconds.") % {"longest": LONGEST}
        )
    ticket = lock_ticket(actor, ticket_id)
    now = timezone.now()
    # Keep the order of sending, even if the undo time is now shorter.
    before = ScheduledReply.objects.filter(ticket=ticket, author=actor).order_by("-goes_out_at").first()
    goes_out_at = now + timedelta(seconds=undo_seconds)
    text = clean_content("content", content)
    unsent = take_composer_draft(actor, ticket, ComposerDraft.Kind.REPLY)
    reply = ScheduledReply.objects.create(
        ticket=ticket,
        author=actor,
        author_name=author_of(actor, author_name, actor.name),
        content=text,
        status=status or Ticket.Status.PENDING,
        status_before=ticket.status,
        tone=unsent.tone if unsent else "",
        based_on=unsent.based_on if unsent else None,
        created_at=now,
        goes_out_at=max(goes_out_at, before.goes_out_at) if before else goes_out_at,
    )
    if ticket.last_message_at is not None:
        move_mark(actor, ticket, ticket.last_message_at)
    job("tickets.tasks.release_reply", schedule_at=reply.goes_out_at).defer(message_id=str(reply.pk))
    return reply


@atomic
def undo_send(actor: Agent, ticket_id: UUID, message_id: UUID) -> ComposerDraft:
    """Undo sending one's own reply and make it a composer draft again. Raises `Ticket.DoesNotExist`,
    `ScheduledReply.DoesNotExist`, `PermissionDenied`, and `Conflict` if it is too late.
    """
    demand(actor, Capability.WORK)
    ticket = lock_ticket(actor, ticket_id)
    reply = ScheduledReply.objects.filter(pk=message_id, ticket=ticket).first()
    if reply is None and not Message.objects.filter(pk=message_id, ticket=ticket).exists():
        raise ScheduledReply.DoesNotExist
    if reply is not None and reply.author_id != actor.pk:
        raise PermissionDenied(_("Only the author of a message can undo sending it."))
    now = timezone.now()
    if reply is None or reply.goes_out_at <= now:
        raise Conflict(_("The message was already sent; sending it cannot be undone."))
    unsent = restore_composer_draft(actor, ticket, reply.content, reply.tone, reply.based_on)
    reply.delete()
    audit.record("message.taken_back", ticket, actor=actor, at=now)
    return unsent


@atomic
def send_scheduled_reply(message_id: UUID) -> Message | None:
    """Send a reply that is due; `None` where it was sent or undone already, or is not due yet."""
    ticket_id = ScheduledReply.objects.filter(pk=message_id).values_list("ticket_id", flat=True).first()
    if ticket_id is None:
        return None
    ticket = lock_ticket(None, ticket_id)
    reply = ScheduledReply.objects.filter(pk=message_id).select_related("author").first()
    now = timezone.now()
    return None if reply is None or reply.goes_out_at > now else deliver(ticket, reply, now)


def overdue(now: datetime) -> list[UUID]:
    """The ids of scheduled replies that are due."""
    return list(ScheduledReply.objects.filter(goes_out_at__lte=now).values_list("pk", flat=True))
