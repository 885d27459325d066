"""Gather a conversation for a provider: copies of records, in a constant number of queries."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from agents.models import Agent
from agents.permissions import Capability, may
from intelligence.contract.facts import Conversation, MessageFacts, PastTicket, Resolution, TicketFacts
from intelligence.drafting import TOPICS
from intelligence.models import Advice
from intelligence.reading import ConversationReading
from intelligence.services.customer_intelligence import load_customer_intelligence
from intelligence.services.message_reading import tags_with
from tickets.models import Message, Ticket, TicketTag

MESSAGES = 30  # newest messages; older ones do not change the next action or reply
PAST, RESOLUTIONS = 5, 2
CHARACTERS = 40_000  # of all messages together, newest first: bounds the reads of a page view
LONG = 8  # messages; a longer conversation gets a summary


@dataclass(frozen=True)
class Gathered:
    """The conversation, its last message, and whether it includes tickets that only senior agents and above may see."""

    conversation: Conversation
    based_on: UUID | None
    saw_all: bool

    @property
    def fingerprint(self) -> str:
        """Changes with each fact that a draft is made from; does not change with time."""
        one = self.conversation
        level = one.analysis.churn_level if one.analysis else None
        facts = (self.based_on, one.ticket, one.customer, level, one.agent_name, one.shop_name, self.saw_all)
        return hashlib.sha256(repr(facts).encode()).hexdigest()


def gather(ticket_id: UUID, reading: ConversationReading | None = None) -> Gathered:
    """Collect what a draft for the ticket is made from. Raises `Ticket.DoesNotExist`.

    Other tickets are those that the ticket's assignee may see, because anybody else who sees this ticket sees all. The assignee
    signs, else the shop: the first reader of the draft may not be its sender. A given `reading` counts even if it is not stored
    yet.
    """
    now = timezone.now()
    ticket = Ticket.objects.select_related("customer", "assigned_to").get(pk=ticket_id)
    latest = Message.objects.filter(ticket=ticket).order_by("-created_at", "-id")[:MESSAGES]
    messages = _bounded(latest)
    if reading is None:
        tags = tuple(TicketTag.objects.filter(ticket=ticket).order_by("name").values_list("name", flat=True))
    else:
        tags, ticket.language = tags_with(ticket, reading), reading.language
        ticket.customer_sentiment, ticket.estimated_difficulty = reading.sentiment, reading.difficulty
    seen = load_customer_intelligence(ticket.customer, now)
    viewer = ticket.assigned_to
    facts = replace(
        ticket_facts(ticket, messages, tags, _past(ticket, viewer)),
        resolutions=_resolutions(ticket, viewer, tags),
        summary=_summary(ticket, viewer),
    )
    name = viewer.name if viewer is not None and not viewer.is_service else ""
    conversation = Conversation(facts, seen.facts, now, seen.analysis, name, settings.SHOP_NAME)
    return Gathered(
        conversation, messages[-1].id if messages else None, viewer is None or may(viewer, Capability.SEE_ALL)
    )


def ticket_facts(
    ticket: Ticket, messages: tuple[MessageFacts, ...], tags: tuple[str, ...], past: tuple[PastTicket, ...]
) -> TicketFacts:
    """The ticket's own facts, with what plans and drafts have in common."""
    return TicketFacts(
        id=ticket.pk,
        subject=ticket.subject,
        channel=ticket.channel,
        status=ticket.status,
        priority=ticket.priority,
        created_at=ticket.created_at,
        messages=messages,
        tags=tags,
        language=ticket.language,
        sentiment=ticket.customer_sentiment,
        difficulty=ticket.estimated_difficulty,
        past=past,
    )


def message_facts(message: Message, content: str | None = None) -> MessageFacts:
    """The message's facts; `content` replaces its text if it must be shorter."""
    text = message.content if content is None else content
    return MessageFacts(message.pk, message.from_agent, message.author_name, text, message.created_at)


def _bounded(latest: Iterable[Message]) -> tuple[MessageFacts, ...]:
    """The messages, oldest first, with at most `CHARACTERS` of text. `latest` is newest first and is cut last."""
    found: list[MessageFacts] = []
    left = CHARACTERS
    for one in latest:
        if not left:
            break
        content = one.content[:left]
        left -= len(content)
        found.append(message_facts(one, content))
    return tuple(reversed(found))


def _summary(ticket: Ticket, viewer: Agent | None) -> str:
    """A service's earlier summary of the conversation; none for a short one."""
    kept = Advice.objects.filter(ticket=ticket, kind=Advice.Kind.SUMMARY)
    if viewer is not None and not may(viewer, Capability.SEE_ALL):
        kept = kept.filter(saw_all=False)
    content = kept.values_list("content", flat=True).first() if ticket.message_count > LONG else None
    return str(content["text"]) if content else ""


def _past(ticket: Ticket, viewer: Agent | None) -> tuple[PastTicket, ...]:
    """The customer's newest earlier tickets."""
    others = Ticket.objects.visible_to(viewer) if viewer else Ticket.objects.all()
    rows = others.filter(customer_id=ticket.customer_id, created_at__lt=ticket.created_at).order_by("-created_at")
    found = rows.values_list("id", "subject", "status", "created_at", "closed_at")[:PAST]
    return tuple(PastTicket(*row) for row in found)


def _resolutions(ticket: Ticket, viewer: Agent | None, tags: tuple[str, ...]) -> tuple[Resolution, ...]:
    """Agents' last answers on the newest closed tickets with the tag that is answered first."""
    topic = next((topic for topic in TOPICS if topic in tags), None)
    if topic is None:
        return ()
    others = Ticket.objects.visible_to(viewer) if viewer else Ticket.objects.all()
    answer = Message.objects.filter(ticket=OuterRef("pk"), from_agent=True).order_by("-created_at", "-id")
    rows = (
        others.filter(Exists(TicketTag.objects.filter(ticket=OuterRef("pk"), name=topic)), status=Ticket.Status.CLOSED)
        .exclude(pk=ticket.pk)
        .annotate(answer=Subquery(answer.values("content")[:1]))
        .order_by("-closed_at", "-id")
        .values_list("id", "subject", "answer", "closed_at")[:RESOLUTIONS]
    )
    return tuple(Resolution(key, subject, text, closed) for key, subject, text, closed in rows if text and closed)
