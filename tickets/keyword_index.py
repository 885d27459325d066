"""Match topic alerts: normalize keywords, and find the tickets whose texts contain them."""

from django.core.exceptions import ValidationError
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from agents.common import fast_sql
from agents.common.folding import fold
from agents.common.patterns import compile_unicode
from agents.common.unicode_composition import composed, seen_alone
from tickets.models import Message, SearchText, Ticket

MAX_KEYWORDS = 20
KEYWORD_LENGTH = range(2, 101)


def normal_keyword(keyword: str) -> str:
    """Normalize a keyword for comparison with others: NFC, case folded."""
    return composed(composed(keyword).casefold())


def parse_keywords(raw: str) -> list[str]:
    """Parse a `topic_alerts` parameter into distinct keywords. Raises `ValidationError`."""
    given = list(dict.fromkeys(keyword for part in raw.split(",") if (keyword := seen_alone(part).strip())))
    if any(len(keyword) not in KEYWORD_LENGTH for keyword in given):
        raise ValidationError("topic_alerts takes keywords of 2 to 100 characters each.")
    if any("\x00" in keyword for keyword in given):
        raise ValidationError("topic_alerts must not contain NUL characters.")
    keywords: dict[str, str] = {}
    for keyword in given:
        keywords.setdefault(fold(keyword), keyword)
    if len(keywords) > MAX_KEYWORDS:
        raise ValidationError(f"topic_alerts takes at most {MAX_KEYWORDS} keywords; these are {len(keywords)}.")
    return list(keywords.values())


def mentions(keywords: list[str]) -> RawSQL:
    """Condition on tickets: the subject or a public message contains any of the keywords; wildcards are literal."""
    test, params = mentioned(keywords, '"tickets_ticket"."id"')
    return RawSQL(test, params, output_field=BooleanField())  # noqa: S611  the words are parameters


def rarest(folded: str) -> str:
    """The part of a phrase to look up in the trigram index; the rest is compared afterwards.

    The word with most digits, else the longest, with the blanks around it: looking up common words would read their long lists.
    """
    words = [word.span() for word in compile_unicode("[^ ]+").finditer(folded)]
    if len(words) < 2:
        return folded
    start, end = max(words, key=lambda span: (sum(map(str.isdigit, folded[slice(*span)])), span[1] - span[0]))
    # Keep one space on each side: it tells the trigram index where a word begins or ends.
    return folded[max(0, start - 1) : end + 1] if end - start >= 3 else folded


def literally(keywords: list[str], ticket_id: str) -> tuple[str, list[str]]:
    """SQL and parameters that test `mentions` by reading a ticket's texts, for one page of tickets. `ticket_id` is a column.

    No index can serve `strpos`.
    """
    tests = " OR ".join(["strpos(s.text, %s) > 0"] * len(keywords))
    return _exists(tests, ticket_id), [fold(keyword) for keyword in keywords]


def mentioned(keywords: list[str], ticket_id: str) -> tuple[str, list[str]]:
    """SQL and parameters of the condition `mentions` in a form that indexes serve. `ticket_id` is a column."""
    tests, params = [], []
    for folded in map(fold, keywords):
        rare = rarest(folded)
        params.append(f"%{_LIKE.sub(_ESCAPED, rare)}%")
        tests.append("s.text LIKE %s")
        if rare != folded:
            params.append(folded)
            tests[-1] = "(s.text LIKE %s AND strpos(s.text, %s) > 0)"
    return _exists(" OR ".join(tests), ticket_id), params


_LIKE, _ESCAPED = compile_unicode(r"([\\%_])"), r"\\\1"


def _exists(tests: str, ticket_id: str) -> str:
    return f"EXISTS (SELECT FROM tickets_searchtext s WHERE s.ticket_id = {ticket_id} AND ({tests}))"


def matching(ticket: Ticket, keywords: list[str]) -> str | None:
    """The first keyword that the ticket's texts contain, or `None`."""
    if not keywords:
        return None
    statement = """
        SELECT min(k.place) FROM unnest(%s::text[]) WITH ORDINALITY k (word, place)
         WHERE EXISTS (SELECT FROM tickets_searchtext s WHERE s.ticket_id = %s AND strpos(s.text, k.word) > 0)
    """
    place = fast_sql.fetch_rows(statement, [[fold(word) for word in keywords], ticket.pk])[0][0]
    return keywords[place - 1] if place else None


def index_subject(ticket: Ticket) -> None:
    SearchText.objects.update_or_create(ticket=ticket, message=None, defaults={"text": fold(ticket.subject)})


def index_message(message: Message, folded: str) -> None:
    SearchText.objects.create(ticket_id=message.ticket_id, message=message, text=folded)


def index_messages(messages: list[Message]) -> None:
    SearchText.objects.bulk_create(SearchText(ticket_id=m.ticket_id, message=m, text=fold(m.content)) for m in messages)
