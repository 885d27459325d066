"""A conversation for its page: messages, notes and events, the newest shown and the rest folded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Value
from django.utils.translation import gettext as _

from agents.common.folding import fold
from agents.models import Agent
from agents.pages.page_context import initials
from tickets.conversation_part import octets
from tickets.models import Message, Note, ScheduledReply, Ticket
from tickets.pages.common import short_texts
from tickets.pages.ticket import message_html, ticket_events

OPEN = 4  # messages and notes shown unfolded
# Entries on the page, including folded ones; older ones are loaded on request.
AT_ONCE = 24
SIZE = 100_000  # bytes of all texts on the page


@dataclass(frozen=True)
class Entry:
    """One row. `kind` is customer, agent, note, sending or event; an event has an icon and words, the others a text."""

    kind: str
    key: str
    at: datetime
    author: str = ""
    initials: str = ""
    mine: bool = False
    text: message_html.Text | None = None
    icon: str = ""
    words: str = ""
    waiting: str = ""
    goes_out_at: datetime | None = None
    language: str = ""  # ISO 639-1, if known


@dataclass(frozen=True)
class Conversation:
    """The shown part of a conversation.

    `folded` and `open` are rows. `left` earlier ones can be loaded, from `before` on. `seen` is the newest entry, `last_message`
    the newest without scheduled replies.
    """

    folded: list[Entry]
    open: list[Entry]
    left: int
    before: str
    seen: UUID | None
    last_message: UUID | None = None
    newest: bool = True

    @property
    def folded_count(self) -> int:
        return len(self.folded) + self.left

    @property
    def since(self) -> datetime | None:
        return self.folded[0].at if self.folded else None


Written = Message | Note | ScheduledReply


@dataclass(frozen=True)
class Place:
    """Position of a message or note without its text, because a conversation may be very long."""

    at: datetime
    pk: UUID
    kind: type[Message] | type[Note]
    size: int  # bytes of the text, known without loading it

    @property
    def key(self) -> str:
        return f"{'n' if self.kind is Note else 'm'}-{self.pk}"


def build_conversation(
    ticket: Ticket, agent: Agent, keywords: list[str], now: datetime, before: str = "", *, ahead: bool = True
) -> Conversation:
    """The newest part, or the part before the entry with that key; only its texts are read.

    `ahead` says whether scheduled replies are shown.
    """
    outgoing = list(ScheduledReply.objects.filter(ticket=ticket).select_related("author")) if ahead else []
    places = _places(ticket)
    end = next((at for at, one in enumerate(places) if one.key == before), len(places)) if before else len(places)
    begin = _beginning(places, end)
    shown = _read(places[begin:end])
    newest = end == len(places)
    entries = [_entry(one, agent, ticket, now) for one in shown]
    first = shown[0].created_at if begin else None
    last = None if newest else places[end].at
    between = [
        Entry("event", line.key, line.at, icon=line.icon, words=line.text)
        for line in ticket_events.event_lines(ticket, agent)
        if (first is None or line.at >= first) and (last is None or line.at < last)
    ]
    rows = sorted([*entries, *between, *_alerts(shown, keywords)], key=_place)
    if newest:
        rows += [_entry(one, agent, ticket, now) for one in outgoing]
    last_message = next((one.pk for one in reversed(places) if one.kind is Message), None)
    seen = outgoing[-1].pk if outgoing else last_message
    folded, opened = _fold(rows) if newest else ([], rows)
    return Conversation(folded, opened, begin, _key(shown[0]) if begin else "", seen, last_message, newest=newest)


def _places(ticket: Ticket) -> list[Place]:
    """Positions of all messages and notes, oldest first."""
    columns = ("created_at", "pk", "is_note", "size")
    messages, notes = (
        kind.objects.filter(ticket=ticket)
        .annotate(is_note=Value(kind is Note), size=octets())
        .order_by()
        .values_list(*columns)
        for kind in (Message, Note)
    )
    found = [
        Place(at, pk, Note if is_note else Message, size) for at, pk, is_note, size in messages.union(notes, all=True)
    ]
    return sorted(found, key=lambda one: (one.at, one.pk))


def _read(places: list[Place]) -> list[Message | Note]:
    """The entries with their texts, in two queries."""
    found: dict[UUID, Message | Note] = {}
    for kind in (Message, Note):
        # Query even without ids, so that the number of queries is constant.
        found |= kind.objects.in_bulk([one.pk for one in places if one.kind is kind] or [UUID(int=0)])
    return [found[one.pk] for one in places if one.pk in found]


def _beginning(written: list[Place], end: int) -> int:
    """Where the part begins: limited by entries and bytes, at least one entry."""
    at, taken = end, 0
    while at > 0 and end - at < AT_ONCE:
        taken += written[at - 1].size
        if taken > SIZE and at < end:
            break
        at -= 1
    return at


def _fold(rows: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Fold all but the newest messages and notes, with the events before them. A single row is never folded."""
    spoken = [at for at, row in enumerate(rows) if row.kind != "event"]
    if len(spoken) <= OPEN:
        return [], rows
    at = spoken[-OPEN]
    return (rows[:at], rows[at:]) if at > 1 else ([], rows)


def _place(row: Entry) -> tuple[datetime, int]:
    # An event that a message caused comes after it, although both have the same time.
    return row.at, int(row.kind == "event")


def _key(one: Written) -> str:
    return f"{'n' if isinstance(one, Note) else 'm'}-{one.pk}"


def _entry(one: Written, agent: Agent, ticket: Ticket, now: datetime) -> Entry:
    kind, waiting, goes_out_at = "note", "", None
    if isinstance(one, ScheduledReply):
        kind, goes_out_at = "sending", one.goes_out_at
    elif isinstance(one, Message):
        kind = "agent" if one.from_agent else "customer"
        if kind == "customer" and one.created_at == ticket.last_message_at and ticket.closed_at is None:
            waiting = short_texts.waiting(max(now - one.created_at, timedelta(0)) / timedelta(days=1))
    return Entry(
        kind=kind,
        key=_key(one),
        at=one.created_at,
        author=one.author_name,
        initials=initials(one.author_name),
        mine=one.author_id == agent.pk,
        text=message_html.parse_message(one.content),
        waiting=waiting,
        language=getattr(one, "language", None) or "",
        goes_out_at=goes_out_at,
    )


def _alerts(shown: list[Message | Note], keywords: list[str]) -> list[Entry]:
    """The first place in the shown part where the customer used a topic alert's keyword."""
    told = _("Topic alert “%(word)s” matched")
    said = [(one, fold(one.content)) for one in shown if isinstance(one, Message) and not one.from_agent]
    for keyword in keywords:
        folded = fold(keyword)
        first = next((one for one, text in said if folded in text), None)
        if first is not None:
            return [Entry("event", f"a-{first.pk}", first.created_at, icon="flag", words=told % {"word": keyword})]
    return []
