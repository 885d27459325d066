"""What topic alerts look for, and where."""

import unicodedata

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from tickets.models import Message, SearchText, Ticket

MAX_KEYWORDS = 20
KEYWORD_LENGTH = range(2, 101)


def fold(text: str) -> str:
    """The text as it is compared: NFC and casefolded, so that STRASSE and straße meet."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def parse_keywords(raw: str) -> list[str]:
    """The keywords of a `topic_alerts` parameter, as given, without blanks and repetitions. Raises `ValidationError`."""
    keywords: dict[str, str] = {}
    for part in raw.split(","):
        keyword = part.strip()
        if keyword:
            keywords.setdefault(fold(keyword), keyword)
    if len(keywords) > MAX_KEYWORDS:
        raise ValidationError(f"topic_alerts takes at most {MAX_KEYWORDS} keywords; these are {len(keywords)}.")
    for keyword in keywords.values():
        if len(keyword) not in KEYWORD_LENGTH:
            raise ValidationError("topic_alerts takes keywords of 2 to 100 characters each.")
        if "\x00" in keyword:
            raise ValidationError("topic_alerts must not contain NUL characters.")
    return list(keywords.values())


def mentions(keywords: list[str]) -> Exists:
    """Whether a ticket's subject or one of its public messages contains any of the keywords; wildcards are literal."""
    found = Q()
    for keyword in keywords:
        found |= Q(text__contains=fold(keyword))
    return Exists(SearchText.objects.filter(found, ticket_id=OuterRef("pk")))


def mentions_literally(keywords: list[str]) -> Exists:
    """The same test as `mentions`, by reading a ticket's texts: for a page's worth of tickets. No index can serve `strpos`."""
    found = Q()
    for keyword in keywords:
        found |= Q(GreaterThan(StrIndex("text", Value(fold(keyword))), 0))
    return Exists(SearchText.objects.filter(found, ticket_id=OuterRef("pk")))


def matching(ticket: Ticket, keywords: list[str]) -> str | None:
    """The first of the keywords that the ticket mentions."""
    texts: QuerySet[SearchText] = SearchText.objects.filter(ticket=ticket)
    return next((k for k in keywords if texts.filter(text__contains=fold(k)).exists()), None)


def index_subject(ticket: Ticket) -> None:
    SearchText.objects.update_or_create(ticket=ticket, message=None, defaults={"text": fold(ticket.subject)})


def index_messages(messages: list[Message]) -> None:
    SearchText.objects.bulk_create(SearchText(ticket_id=m.ticket_id, message=m, text=fold(m.content)) for m in messages)
