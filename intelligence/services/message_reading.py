"""Read a ticket's conversation and store its sentiment, difficulty, language and tags."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from intelligence.reading import ConversationReading, read_conversation
from intelligence.reading.conversation import NEWEST, Said, newest
from tickets.models import Message, Ticket, TicketTag
from tickets.services import set_sentiment_and_difficulty
from tickets.services.tags import fitting_tags

ATTEMPTS = 5


class MovingOn(Exception):
    """The conversation changes faster than it can be read; the next message's job reads it."""


def said_by_customer(ticket_id: UUID) -> list[Said]:
    """The customer's newest messages, oldest first; one more than are read, so that the reading knows if there are more."""
    rows = (
        Message.objects.filter(ticket_id=ticket_id, from_agent=False)
        .order_by("-created_at", "-id")
        .values_list("id", "content", "language")[: NEWEST + 1]
    )
    return [Said(*row) for row in reversed(rows)]


def read_ticket(ticket_id: UUID, *, keep: bool = False) -> ConversationReading | None:
    """Read the conversation and store its figures, language and automatic tags. Idempotent.

    If a message arrives meanwhile, nothing is written and the conversation is read again. With `keep`, existing figures and tags
    stay. `None`: the ticket is gone, or its customer has written nothing.
    """
    for _ in range(ATTEMPTS):
        # Count before reading the messages, so that a message arriving in between makes the counts differ.
        ticket = Ticket.objects.filter(pk=ticket_id).first()
        said = said_by_customer(ticket_id) if ticket else []
        if ticket is None or not said:
            return None
        reading = read_conversation(ticket.subject, said)
        if _store(ticket, said, reading, keep):
            return reading
    raise MovingOn(f"The conversation of ticket {ticket_id} keeps changing.")


def _store(ticket: Ticket, said: list[Said], reading: ConversationReading, keep: bool) -> bool:
    """Store the reading; returns whether the conversation was still the one that was read."""
    known = {one.id: one.language for one in said}
    sentiment, difficulty = reading.sentiment, reading.difficulty
    tags: tuple[str, ...] | None = reading.tag_names
    if keep:
        sentiment = sentiment if ticket.customer_sentiment is None else ticket.customer_sentiment
        difficulty = difficulty if ticket.estimated_difficulty is None else ticket.estimated_difficulty
        tags = None if ticket.ticket_tags.exists() else tags
    stored = set_sentiment_and_difficulty(
        ticket.pk,
        sentiment=sentiment,
        difficulty=difficulty,
        language=reading.language,
        tags=tags,
        languages={one.id: one.language for one in reading.messages if known[one.id] != one.language},
        message_count=ticket.message_count,
    )
    return stored is not None


def read_now(ticket_id: UUID) -> ConversationReading | None:
    """Read a conversation that the background has not read yet, without storing; `None` if there is nothing new."""
    ticket = unread().filter(pk=ticket_id).first()
    return None if ticket is None else read_conversation(ticket.subject, said_by_customer(ticket_id))


def tags_with(ticket: Ticket, reading: ConversationReading) -> tuple[str, ...]:
    """The tags that the ticket will have when the reading is stored."""
    own = set(TicketTag.objects.filter(ticket=ticket, automatic=False).values_list("name", flat=True))
    return tuple(sorted(own | fitting_tags(ticket, own, reading.tag_names)))


def unread() -> "QuerySet[Ticket]":
    """Open and pending tickets whose customer's newest message was not read yet."""
    last = Message.objects.filter(ticket_id=OuterRef("pk"), from_agent=False).order_by("-created_at", "-id")
    return (
        Ticket.objects.ranked()
        .filter(Exists(last))
        .alias(newest_language=Subquery(last.values("language")[:1]))
        .filter(newest_language=None)
    )


@dataclass(frozen=True)
class Explanation:
    """What the conversation says now, and what its ticket has stored."""

    reading: ConversationReading
    up_to_date: bool  # whether the worker has read all messages that count
    tags: dict[str, bool]  # tags on the ticket: whether each was set automatically
    rejected: frozenset[str]  # tags that an agent removed


def explain(ticket: Ticket) -> Explanation:
    """Read the texts now. Uses the languages found in the background, so that web processes load no model."""
    said = said_by_customer(ticket.pk)
    reading = read_conversation(ticket.subject, [Said(one.id, one.content, one.language or "") for one in said])
    return Explanation(
        reading=reading,
        up_to_date=all(one.language is not None for one in newest(said)),
        tags=dict(TicketTag.objects.filter(ticket=ticket).values_list("name", "automatic")),
        rejected=frozenset(ticket.rejected_tags.values_list("name", flat=True)),
    )
