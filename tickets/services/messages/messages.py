"""Write messages and notes, and what they change on a ticket: status, ranking, read marks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from agents import audit
from agents.common.folding import fold
from agents.common.ids import new_id
from agents.common.transactions import atomic, send_signal
from agents.models import Agent
from agents.permissions import Capability, demand
from tickets import keyword_index
from tickets.models import ComposerDraft, Message, Note, ScheduledReply, Ticket
from tickets.services.customers.provisional import Cause, share, shares
from tickets.services.locks import lock_ticket, rank, still_works
from tickets.services.messages.composer_drafts import take_composer_draft
from tickets.services.messages.read_marks import move_mark
from tickets.services.snoozing import wake
from tickets.services.validation import NAME_LENGTH, clean_content, clean_line
from tickets.signals import message_posted, note_added, ticket_updated

PREVIEW_LENGTH = 160
OVERTAKEN = "The customer wrote before this reply went out; the ticket stays as it is."
CHANGED = "The ticket's status was changed before this reply went out; it stays."
REOPENED = "Reopened; the agent who had it is no longer active."


def set_status(ticket: Ticket, status: str, now: datetime) -> bool:
    """Set status and closing time on the unsaved ticket. Returns whether the status changed."""
    if ticket.status == status:
        return False
    ticket.status = status
    ticket.closed_at = now if status == Ticket.Status.CLOSED else None
    return True


def leave_inactive(ticket: Ticket, before: str) -> dict[str, tuple[Any, Any]]:
    """Unassign a reopened ticket whose agent is deactivated. Returns the change, if any; the caller has locked the ticket and
    saves it.
    """
    agent_id = ticket.assigned_to_id
    if before != Ticket.Status.CLOSED or ticket.status == before or agent_id is None or still_works(agent_id):
        return {}
    ticket.assigned_to = None
    return {"assigned_to": (agent_id, None)}


def author_of(actor: Agent | None, given: str | None, fallback: str) -> str:
    """The author's name of a text: only services and the program may choose it; a person signs with their own name."""
    if given and (actor is None or actor.is_service):
        return clean_line("author_name", given, NAME_LENGTH)
    return fallback


@dataclass(frozen=True)
class PreparedContent:
    """A validated text and its search text. Long ones take time, so they are made before anything is locked."""

    text: str
    folded: str


def prepare_content(content: str | None, field: str = "content") -> PreparedContent:
    """Validate a text and make its search text. Raises `ValidationError`."""
    text = clean_content(field, content)
    return PreparedContent(text, fold(text))


def append_message(
    ticket: Ticket,
    content: str | PreparedContent,
    *,
    from_agent: bool,
    actor: Agent | None,
    author_name: str | None,
    at: datetime,
    key: UUID | None = None,
    latest: bool = True,
) -> Message:
    """Write the message and its search text, and update the list's fields on the unsaved ticket.

    `key` is the id if the message was announced before; if it is not the `latest`, the list keeps showing the latest.
    """
    prepared = prepare_content(content) if isinstance(content, str) else content
    person = actor.name if from_agent and actor is not None else ticket.customer.name
    message = Message.objects.create(
        id=key or new_id(),
        ticket=ticket,
        from_agent=from_agent,
        content=prepared.text,
        author_name=author_of(actor, author_name, person if not from_agent or actor else "Support"),
        author=actor,
        created_at=at,
    )
    keyword_index.index_message(message, prepared.folded)
    if latest:
        note_latest(ticket, message)
    else:
        ticket.message_count += 1
    return message


def note_latest(ticket: Ticket, message: Message) -> None:
    """Count the message and make it the latest on the unsaved ticket."""
    ticket.message_count += 1
    ticket.last_message_at = message.created_at
    ticket.last_message_from_agent = message.from_agent
    ticket.last_message_preview = preview(message.content)


def preview(content: str) -> str:
    """The beginning of a message on one line."""
    line = " ".join(content[: PREVIEW_LENGTH * 4].split())
    return line if len(line) <= PREVIEW_LENGTH else line[: PREVIEW_LENGTH - 1].rstrip() + "…"


@atomic
def post_message(
    actor: Agent | None,
    ticket_id: UUID,
    content: str,
    *,
    from_agent: bool = True,
    author_name: str | None = None,
    status: str | None = None,
) -> Message:
    """Add a public message: an agent's makes the ticket pending, a customer's opens it, unless `status` is given.

    Raises `Ticket.DoesNotExist` if the actor may not see the ticket, `ValidationError` for a text that cannot be sent.
    """
    demand(actor, Capability.WORK)
    prepared = prepare_content(content)
    if not from_agent and shares(actor):
        share(actor, ticket_id, Cause.ANSWERED)
    ticket = lock_ticket(actor, ticket_id)
    now = timezone.now()
    if actor is not None and from_agent:
        # Send the agent's scheduled replies first, to keep their order.
        for reply in ScheduledReply.objects.filter(ticket=ticket, author=actor):
            deliver(ticket, reply, now)
    message = append_message(ticket, prepared, from_agent=from_agent, actor=actor, author_name=author_name, at=now)
    announce(ticket, message, actor, status or (Ticket.Status.PENDING if from_agent else Ticket.Status.OPEN), now)
    if actor is not None and from_agent:
        take_composer_draft(actor, ticket, ComposerDraft.Kind.REPLY)
        move_mark(actor, ticket, now)
    return message


def announce(
    ticket: Ticket, message: Message, actor: Agent | None, status: str, now: datetime, reason: str = ""
) -> None:
    """Apply a written message to its locked ticket: status, snooze, rank, audit entry, events."""
    before = ticket.status
    changed = set_status(ticket, status, now)
    left = leave_inactive(ticket, before)
    changes = ({"status": (before, ticket.status)} if changed else {}) | left
    if ticket.closed_at is not None or (not message.from_agent and ticket.snoozed_until_reply):
        changes |= wake(ticket)
    reason = reason or (REOPENED if left else "")
    ticket.updated_at = now
    ticket.save()
    if changed:
        rank(ticket)
    audit.record("message.posted", ticket, actor=actor, changes=changes, reason=reason, at=now)
    send_signal(message_posted, Message, message=message, ticket=ticket, actor=actor)
    if changes:
        send_signal(ticket_updated, Ticket, ticket=ticket, changes=changes, actor=actor, reason=reason)


def deliver(ticket: Ticket, reply: ScheduledReply, now: datetime) -> Message:
    """Turn a scheduled reply (scheduled_replies.py) into the message; the caller has locked the ticket.

    If the customer wrote after the reply was scheduled, it stands before their message, does not count as an answer to it, and
    the ticket stays open. A status that somebody has set meanwhile also stays.
    """
    newer = Message.objects.filter(ticket=ticket, from_agent=False, created_at__gt=reply.created_at)
    overtaken = newer.exists()
    key = reply.pk
    reply.delete()
    message = append_message(
        ticket,
        reply.content,
        from_agent=True,
        actor=reply.author,
        author_name=reply.author_name,
        at=reply.created_at if overtaken else now,
        key=key,
        latest=not overtaken,
    )
    stays = overtaken or ticket.status != reply.status_before
    reason = OVERTAKEN if overtaken else CHANGED if stays else ""
    announce(ticket, message, reply.author, ticket.status if stays else reply.status, now, reason)
    return message


@atomic
def add_note(
    actor: Agent | None,
    ticket_id: UUID,
    content: str,
    *,
    author_name: str | None = None,
    kept_as: str = ComposerDraft.Kind.NOTE,
) -> Note:
    """Add an internal note; status and ranking stay. Deletes the composer draft of kind `kept_as`.

    Raises `Ticket.DoesNotExist`, `ValidationError`.
    """
    demand(actor, Capability.WORK)
    ticket = lock_ticket(actor, ticket_id)
    now = timezone.now()
    note = append_note(ticket, content, actor=actor, author_name=author_name, at=now)
    if actor is not None:
        take_composer_draft(actor, ticket, kept_as)
    ticket.updated_at = now
    ticket.save(update_fields=["updated_at"])
    audit.record("note.added", ticket, actor=actor, at=now)
    send_signal(note_added, Note, note=note, ticket=ticket, actor=actor)
    return note


def append_note(
    ticket: Ticket, content: str, *, actor: Agent | None, author_name: str | None = None, at: datetime
) -> Note:
    """Write a note; the caller has locked the ticket, saves it and writes the event."""
    return Note.objects.create(
        ticket=ticket,
        content=clean_content("content", content),
        author_name=author_of(actor, author_name, actor.name if actor else "Quimbi"),
        author=actor,
        created_at=at,
    )
