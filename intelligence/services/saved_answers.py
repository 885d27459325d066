"""Saved answers: the last answers of agents on closed tickets, without personal data, for other agents to reuse.

There is no separate knowledge base. An answer is offered only to agents who may see its ticket, and never as it was sent:
names, addresses and words with digits are replaced by placeholders, since it was written to another customer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from agents.common.patterns import Match, compile_pattern
from agents.models import Agent
from intelligence import reading
from intelligence.contract.facts import Conversation, CustomerFacts, MessageFacts, TicketFacts
from intelligence.drafting import TOPICS
from intelligence.providers.safety.placeholders import Placeholders
from tickets.models import Message, Ticket, TicketTag
from tickets.search import find_tickets, parse_words

MOST = 20  # answers returned at once
LOOKED_AT = 2  # candidates read for each answer returned, because some are duplicates
LONGEST = 5_000  # characters; a longer answer is specific to its customer
READ = 2_000  # characters of a question that are used
AUTHORS = 20  # authors whose names are removed from an answer
_HOLDS_DIGIT = compile_pattern(r"[^\s\[\]]*\pN[^\s\[\]]*")
NUMBER, NAME = "[NUMBER]", "[NAME]"
# Names of third parties, streets and places are on no record; within a sentence their capital letters give them away.
_CAPITALS = compile_pattern(r"\p{Lu}[\pL\p{Mn}'’-]*(?:[ \t]+\p{Lu}[\pL\p{Mn}'’-]*)*")
_ENDS_SENTENCE = frozenset(".!?…:\n")
_NO_NAMES = frozenset(
    [
        "I",
        "I'm",
        "I'll",
        "I've",
        "I'd",
        "I’m",
        "I’ll",
        "I’ve",
        "I’d",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "Sie",
        "Ihr",
        "Ihre",
        "Ihnen",
        "Ihrem",
        "Ihren",
        "Ihrer",
        "Ihres",
    ]
)
# The addressee may not be on record, for example if somebody writes on behalf of somebody else.
_GREETING = compile_pattern(
    r"(?i)^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|guten (?:tag|morgen|abend)|liebe[rs]?"
    r"|sehr geehrte[rs]?|bonjour|bonsoir|ch[eè]re?|salut|hola|buen[oa]s (?:d[ií]as|tardes|noches)|estimad[oa]|ciao|buongiorno"
    r"|gentile|beste|geachte|hoi|dag|ol[áa]|bom dia|boa tarde|prezad[oa]|cześć|dzień dobry|szanown[yai])"
    r"(?:[^\pL\n,.!:;][^\n,.!:;]{0,60})?[\n,.!:;]+\s*"
)


@dataclass(frozen=True)
class SavedAnswer:
    """`relevance` is 0…1: shared topics divided by all topics of question and answer; `None` if nothing was asked."""

    id: UUID
    topics: tuple[str, ...]
    content: str
    answered_at: datetime
    relevance: float | None = None

    @property
    def title(self) -> str:
        """The answer's topics. The ticket's subject is not used: it is the customer's own words."""
        return "Saved answer: " + (", ".join(topic.replace("_", " ") for topic in self.topics) or "other")


def list_answers(actor: Agent, limit: int = MOST) -> list[SavedAnswer]:
    """The newest saved answers."""
    return _read(_closed(actor), limit)


def find_answer(actor: Agent, message_id: UUID) -> SavedAnswer | None:
    """One saved answer; `None` if the actor may see none with this id."""
    tickets: Any = _closed(actor)
    # Filter by the ticket first, so that the latest answer is only looked up for this ticket.
    tickets = tickets.filter(pk__in=Message.objects.filter(pk=message_id).values("ticket_id"), answer_id=message_id)
    return next(iter(_read(tickets, 1)), None)


def search_answers(actor: Agent, query: str, limit: int = MOST) -> list[SavedAnswer]:
    """Answers of tickets that contain every word, else answers on the topics of the text."""
    try:
        words = parse_words(query)
    except ValidationError:
        words = []  # a whole message, not a search query
    found = _read(find_tickets(_closed(actor), words), limit, 1.0) if words else []
    return found or _about(actor, reading.read_message(query[:READ]).tags, limit)


def suggest_answers(actor: Agent, ticket_id: UUID, limit: int = MOST) -> list[SavedAnswer]:
    """Answers on the topics of the ticket. Raises `Ticket.DoesNotExist` if the actor may not see it."""
    ticket = Ticket.objects.visible_to(actor).prefetch_related("ticket_tags").get(pk=ticket_id)
    return _about(actor, [tag.name for tag in ticket.ticket_tags.all()], limit, besides=ticket_id)


def _about(actor: Agent, tags: Iterable[str], limit: int, besides: UUID | None = None) -> list[SavedAnswer]:
    """Answers by the topic that drafts answer first; most shared topics come first."""
    asked = set(tags) & set(TOPICS)
    topic = next((topic for topic in TOPICS if topic in asked), None)
    if topic is None:
        return []
    same = TicketTag.objects.filter(ticket=OuterRef("pk"), name=topic)
    tickets = _closed(actor).filter(Exists(same)).exclude(pk=besides or UUID(int=0))
    found = [(one, len(asked & set(one.topics)) / len(asked | set(one.topics))) for one in _read(tickets, limit)]
    found.sort(key=lambda pair: -pair[1])
    return [
        SavedAnswer(one.id, one.topics, one.content, one.answered_at, round(relevance, 4)) for one, relevance in found
    ]


def _closed(actor: Agent) -> QuerySet[Ticket]:
    """Closed tickets that the actor may see, with the id of an agent's last answer."""
    answers = Message.objects.filter(ticket=OuterRef("pk"), from_agent=True).order_by("-created_at", "-id")
    tickets: QuerySet[Ticket] = Ticket.objects.visible_to(actor).filter(status=Ticket.Status.CLOSED)
    return tickets.annotate(answer_id=Subquery(answers.values("pk")[:1]))


def _read(tickets: Any, limit: int, relevance: float | None = None) -> list[SavedAnswer]:
    """Load the answers without personal data, each text once, newest first. One query."""
    answer = Message.objects.filter(pk=OuterRef("answer_id"))
    authors = Message.objects.filter(ticket=OuterRef("pk")).order_by("-created_at").values("author_name")[:AUTHORS]
    topics = TicketTag.objects.filter(ticket=OuterRef("pk"), name__in=TOPICS).order_by("name").values("name")
    rows: Any = (
        tickets.exclude(answer_id=None)
        .annotate(
            answer=Subquery(answer.values("content")[:1]),
            answered_at=Subquery(answer.values("created_at")[:1]),
            authors=ArraySubquery(authors),
            topics=ArraySubquery(topics),
        )
        .order_by("-closed_at", "-id")
        .values_list("answer_id", "topics", "answer", "answered_at", "customer__name", "authors", "language")[
            : limit * LOOKED_AT
        ]
    )
    found: dict[str, SavedAnswer] = {}
    for key, about, content, answered_at, customer, names, language in rows:
        text = without_personal_data(content, customer, names, language) if len(content) <= LONGEST else ""
        if text and text not in found and len(found) < limit:
            found[text] = SavedAnswer(key, tuple(about), text, answered_at, relevance)
    return list(found.values())


def without_personal_data(content: str, customer: str, names: Iterable[str], language: str | None = None) -> str:
    """The text without greeting, with placeholders for names, addresses, links and everything that has digits, such as
    order numbers, amounts and dates.
    """
    now, nobody = timezone.now(), UUID(int=0)
    authors = tuple(MessageFacts(nobody, True, name, "", now) for name in names)
    ticket = TicketFacts(nobody, "", "email", "closed", "normal", now, messages=authors)
    hidden = Placeholders(Conversation(ticket, CustomerFacts(nobody, customer, 0.0, 0), now))
    return _HOLDS_DIGIT.sub(
        NUMBER, _without_names(hidden.replace(_GREETING.sub("", content.strip())), language)
    ).strip()


def _without_names(text: str, language: str | None) -> str:
    """The text without capitalised words inside a sentence, and without runs of capitalised words anywhere. German
    capitalises nouns, so only runs are removed there.
    """

    def hide(match: Match) -> str:
        before = text[max(0, match.start() - 40) : match.start()]
        if before[-1:].isalpha() or before[-1:] == "[":  # inside a word or placeholder
            return match.group()
        before = before.rstrip(" \t\"'“„«»(*-–—")
        begins = not before or before[-1] in _ENDS_SENTENCE
        count = sum(word not in _NO_NAMES for word in match.group().split())
        return match.group() if count == 0 or (count == 1 and (begins or language == "de")) else NAME

    return _CAPITALS.sub(hide, text)
