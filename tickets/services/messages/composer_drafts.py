"""Composer drafts: what an agent typed and did not send. Only the agent may read it; sending deletes it.

Two tabs never overwrite each other: each sends the revision that it has seen. A revision is the time of the write in
milliseconds, or the last revision plus one, so that it grows across a deletion and no old tab mistakes a new text for its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from agents.common.errors import Conflict
from agents.common.transactions import atomic
from agents.models import Agent
from agents.permissions import Capability, demand
from tickets.models import ComposerDraft, Message, ScheduledReply, Ticket
from tickets.services.validation import CONTENT_LENGTH, TAKEN_APART, fail, storable

KEPT_DAYS = 30  # days after the ticket was closed
TONE_LENGTH = 20


@dataclass(frozen=True)
class Answered:
    """The last answer of another agent since the composer draft was begun."""

    message_id: UUID
    author_name: str
    at: datetime

    @property
    def warning(self) -> str:
        return f"{self.author_name} has answered since you began."


def composer_drafts_of(actor: Agent, ticket_id: UUID) -> dict[str, ComposerDraft]:
    """The actor's composer drafts on a ticket, by kind. Raises `Ticket.DoesNotExist`."""
    ticket = Ticket.objects.visible_to(actor).only("pk").get(pk=ticket_id)
    return {one.kind: one for one in ComposerDraft.objects.filter(ticket=ticket, agent=actor)}


@atomic
def save_composer_draft(
    actor: Agent,
    ticket_id: UUID,
    *,
    kind: str = ComposerDraft.Kind.REPLY,
    content: str,
    tone: str = "",
    based_on: UUID | None = None,
    revision: int = 0,
) -> ComposerDraft:
    """Store the text. `revision` is the one that the writer saw, 0 for none; the same text again changes nothing.

    Raises `Ticket.DoesNotExist`, `ValidationError`, and `Conflict` with the newer text if another tab was faster.
    """
    demand(actor, Capability.WORK)
    ticket = Ticket.objects.visible_to(actor).only("pk").get(pk=ticket_id)
    values = {"content": _clean(content), "tone": _clean_tone(tone), "based_on": _clean_message(ticket, based_on)}
    mine = ComposerDraft.objects.filter(ticket=ticket, agent=actor, kind=kind)
    found: ComposerDraft | None = mine.select_for_update().first()
    if found is None and revision:
        raise Conflict(_("The text was sent or discarded in another tab; nothing was saved."), {"current": None})
    if found is not None and all(getattr(found, name) == value for name, value in values.items()):
        return found
    if found is not None and found.revision != revision:
        raise _newer(found)
    now = timezone.now()
    if found is None:
        found = ComposerDraft(ticket=ticket, agent=actor, kind=kind, begun_at=now, revision=0)
    _write(found, now, values)
    return found


@atomic
def discard_composer_draft(actor: Agent, ticket_id: UUID, kind: str, revision: int | None = None) -> None:
    """Delete the text; no-op without one. With `revision`, only the text that the writer saw.

    Raises `Ticket.DoesNotExist`, and `Conflict` with the newer text if another tab was faster.
    """
    demand(actor, Capability.WORK)
    ticket = Ticket.objects.visible_to(actor).only("pk").get(pk=ticket_id)
    mine = ComposerDraft.objects.filter(ticket=ticket, agent=actor, kind=kind)
    if revision is not None:
        found = mine.select_for_update().first()
        if found is not None and found.revision != revision:
            raise _newer(found)
    mine.delete()


def take_composer_draft(agent: Agent, ticket: Ticket, kind: str) -> ComposerDraft | None:
    """Delete and return the composer draft that is being sent; the caller has locked the ticket."""
    found: ComposerDraft | None = (
        ComposerDraft.objects.select_for_update().filter(ticket=ticket, agent=agent, kind=kind).first()
    )
    if found is not None:
        ComposerDraft.objects.filter(pk=found.pk).delete()
    return found


def restore_composer_draft(
    agent: Agent, ticket: Ticket, content: str, tone: str, based_on: UUID | None
) -> ComposerDraft:
    """Put an unsent reply back before the current composer draft; the caller has locked the ticket."""
    now = timezone.now()
    fresh = ComposerDraft(ticket=ticket, agent=agent, kind=ComposerDraft.Kind.REPLY, revision=0)
    ComposerDraft.objects.bulk_create([fresh], ignore_conflicts=True)
    reply = ComposerDraft.objects.select_for_update().get(ticket=ticket, agent=agent, kind=ComposerDraft.Kind.REPLY)
    both = f"{content}\n\n{reply.content}" if reply.content.strip() else content
    _write(reply, now, {"content": both, "tone": tone or reply.tone, "based_on": based_on})
    return reply


def answered_since(reply: ComposerDraft) -> Answered | None:
    """The last answer of another agent since the composer draft was begun."""
    others = Message.objects.filter(ticket_id=reply.ticket_id, from_agent=True).exclude(author_id=reply.agent_id)
    theirs = Message.objects.filter(ticket_id=reply.ticket_id)
    base = theirs.filter(pk=reply.based_on).values_list("created_at", flat=True).first() if reply.based_on else None
    found = others.filter(created_at__gt=base or reply.begun_at).order_by("-created_at", "-id")
    last = found.only("pk", "author_name", "created_at").first()
    return Answered(last.pk, last.author_name, last.created_at) if last else None


def as_dict(reply: ComposerDraft) -> dict[str, Any]:
    """The composer draft for its agent, with a warning where another agent has answered meanwhile."""
    answered = answered_since(reply)
    return {
        "kind": reply.kind,
        "content": reply.content,
        "tone": reply.tone,
        "based_on": reply.based_on,
        "revision": reply.revision,
        "updated_at": reply.updated_at,
        "answered_since": vars(answered) if answered else None,
        "warning": answered.warning if answered else None,
    }


def prune_composer_drafts(now: datetime) -> int:
    """Delete the composer drafts of tickets that were closed long ago. Returns the number."""
    return ComposerDraft.objects.filter(ticket__closed_at__lt=now - timedelta(days=KEPT_DAYS)).delete()[0]


def _newer(found: ComposerDraft) -> Conflict:
    return Conflict(_("Another tab has a newer version of the text; nothing was saved."), {"current": as_dict(found)})


def _write(reply: ComposerDraft, now: datetime, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(reply, name, value)
    reply.revision = max(reply.revision + 1, int(now.timestamp() * 1000))
    reply.updated_at = now
    reply.save()


def _clean(content: str) -> str:
    """As it is typed, blank ends and all."""
    text = storable("content", content) if len(content) <= CONTENT_LENGTH * TAKEN_APART else content
    if len(text) > CONTENT_LENGTH:
        raise fail(
            "content",
            _("The content can have at most %(content_length)s characters; this one has %(text)s.")
            % {"content_length": f"{CONTENT_LENGTH:,}", "text": f"{len(text):,}"},
        )
    return text


def _clean_tone(tone: str) -> str:
    if len(tone) > TONE_LENGTH or not (tone == "" or (tone.isascii() and tone.isalpha())):
        raise fail("tone", _("The tone must be one word, such as friendly."))
    return tone.lower()


def is_shown(ticket_id: UUID, message_id: UUID) -> bool:
    """Whether the conversation has this message or scheduled reply."""
    kinds = (Message.objects, ScheduledReply.objects)
    return any(kind.filter(pk=message_id, ticket_id=ticket_id).exists() for kind in kinds)


def _clean_message(ticket: Ticket, message_id: UUID | None) -> UUID | None:
    if message_id is not None and not is_shown(ticket.pk, message_id):
        raise fail("based_on", _("No message of this ticket has this id."))
    return message_id
