"""Store the sentiment, difficulty, language and tags that were read from a conversation."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from agents.common.transactions import atomic
from tickets.models import Event, Message, Ticket
from tickets.services.events import announce
from tickets.services.locks import lock_ticket, rank
from tickets.services.tags import set_automatic_tags
from tickets.services.validation import clean_share, fail


@atomic
def set_sentiment_and_difficulty(
    ticket_id: UUID,
    *,
    sentiment: float | None,
    difficulty: float | None,
    language: str | None = None,
    tags: Iterable[str] | None = None,
    languages: Mapping[UUID, str] | None = None,
    message_count: int | None = None,
) -> Ticket | None:
    """Store sentiment and difficulty (0…1, `None` unknown), language (ISO 639-1, `None` unknown) and automatic tags
    (unchanged if `None`), and re-rank. `languages` are those of the messages, "" if one could not be detected.

    `updated_at` stays: it is not an edit. If `message_count` is given and the conversation has moved on, nothing is written and
    the answer is `None`: read again. Raises `Ticket.DoesNotExist`, `ValidationError`.
    """
    ticket = lock_ticket(None, ticket_id)
    if message_count is not None and ticket.message_count != message_count:
        return None
    values = {
        "customer_sentiment": clean_share(sentiment, "customer_sentiment"),
        "estimated_difficulty": clean_share(difficulty, "estimated_difficulty"),
        "language": _clean_language(language),
    }
    changed = [name for name, value in values.items() if getattr(ticket, name) != value]
    for name in changed:
        setattr(ticket, name, values[name])
    for message_id, code in (languages or {}).items():
        Message.objects.filter(pk=message_id, ticket=ticket).update(language=_clean_language(code))
    retagged = tags is not None and set_automatic_tags(ticket, tags)
    if changed:
        ticket.save(update_fields=changed)
    if changed and changed != ["language"]:
        rank(ticket)
    if told := sorted([*changed, "tags"] if retagged else changed):
        announce(Event.Kind.UPDATED, ticket.pk, changes=told, status=ticket.status, priority=ticket.priority)
    return ticket


def _clean_language(code: str | None) -> str | None:
    if code and not (len(code) == 2 and code.isascii() and code.islower()):
        raise fail("language", "A language is a code of two letters, such as en.")
    return code
