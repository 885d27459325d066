"""Refuse a reply once where somebody wrote after the last message that its author has seen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from agents.common.errors import Conflict
from agents.common.transactions import atomic
from agents.models import Agent
from agents.permissions import Capability, demand
from tickets.models import Message, ScheduledReply, Ticket
from tickets.services.locks import lock_ticket
from tickets.services.messages.messages import post_message
from tickets.services.messages.scheduled_replies import schedule_reply
from tickets.services.validation import clean_content


@dataclass(frozen=True)
class Newer:
    """The last text written since: by somebody else, or the same text by the agent; a message or a scheduled reply."""

    id: UUID
    from_agent: bool
    author_name: str
    at: datetime
    mine: bool = False


class ReplyCollision(Conflict):
    """Another person has written since the page was loaded; nothing was sent."""

    def __init__(self, newer: Newer) -> None:
        super().__init__("Somebody has written since you looked; nothing was sent.", {"message_id": newer.id})
        self.newer = newer


@atomic
def send_reply(
    actor: Agent, ticket_id: UUID, content: str, *, seen: UUID | None, undo_seconds: int = 0, status: str | None = None
) -> Message | ScheduledReply:
    """Send a reply of an agent whose page showed `seen` as last message; `None` if there was none.

    Raises `ReplyCollision`, and what `post_message` and `schedule_reply` raise.
    """
    demand(actor, Capability.WORK)
    lock_ticket(actor, ticket_id)  # locked, so that no message arrives between check and sending
    if newer := newer_than(actor, ticket_id, seen) or _same(actor, ticket_id, seen, content):
        raise ReplyCollision(newer)
    if undo_seconds:
        return schedule_reply(actor, ticket_id, content, undo_seconds=undo_seconds, status=status)
    return post_message(actor, ticket_id, content, status=status)


def newer_than(agent: Agent, ticket_id: UUID, seen: UUID | None) -> Newer | None:
    """The last of what others wrote after the message `seen`; one's own never counts. The caller may see the ticket.

    An id that is not of this ticket, such as that of an undone reply, makes all messages count as new. (The time in an id cannot
    be used: of ids made in a burst it runs ahead of the clock.)
    """
    messages, replies = Message.objects.filter(ticket_id=ticket_id), ScheduledReply.objects.filter(ticket_id=ticket_id)
    since = _seen_at(ticket_id, seen)
    theirs = messages.filter(Q(from_agent=False) | ~Q(author=agent) | Q(author=None))
    others = replies.exclude(author=agent)
    if since is not None:
        theirs, others = theirs.filter(created_at__gt=since), others.filter(created_at__gt=since)
    last = theirs.order_by("-created_at", "-id").values_list("id", "from_agent", "author_name", "created_at").first()
    sending = others.order_by("-created_at", "-id").values_list("id", "author_name", "created_at").first()
    if sending is not None and (last is None or sending[2] > last[3]):
        return Newer(sending[0], True, sending[1], sending[2])
    return Newer(*last) if last else None


def _same(agent: Agent, ticket_id: UUID, seen: UUID | None, content: str) -> Newer | None:
    """The agent's own reply with the same text that this page has not shown: sent in another tab, or its response was lost."""
    since = _seen_at(ticket_id, seen)
    kinds: tuple[Any, ...] = (ScheduledReply.objects, Message.objects.filter(from_agent=True))
    for kind in kinds:
        found = kind.filter(ticket_id=ticket_id, author=agent, content=clean_content("content", content))
        if since is not None:
            found = found.filter(created_at__gt=since)
        last = found.order_by("-created_at").values_list("id", "author_name", "created_at").first()
        if last is not None and last[0] != seen:
            return Newer(last[0], True, last[1], last[2], mine=True)
    return None


def _seen_at(ticket_id: UUID, seen: UUID | None) -> datetime | None:
    """The time of the last message that the page has shown; `None` where it is unknown."""
    if seen is None:
        return None
    for kind in (Message.objects, ScheduledReply.objects):
        at: datetime | None = kind.filter(ticket_id=ticket_id, pk=seen).values_list("created_at", flat=True).first()
        if at is not None:
            return at
    return None


def begun_elsewhere(agent: Agent, now: datetime, here: UUID | None = None) -> ScheduledReply | None:
    """The agent's last scheduled reply to another ticket, with that ticket and its customer."""
    found: ScheduledReply | None = (
        ScheduledReply.objects.filter(author=agent, goes_out_at__gt=now)
        .exclude(ticket_id__in=[here] if here else [])
        .select_related("ticket__customer")
        .order_by("-goes_out_at")
        .first()
    )
    return found


def begun_by(agent: Agent, ticket: Ticket) -> ScheduledReply | None:
    """The agent's last scheduled reply to this ticket."""
    found: ScheduledReply | None = (
        ScheduledReply.objects.filter(ticket=ticket, author=agent).order_by("-goes_out_at").first()
    )
    return found
