"""The hot path: a page of tickets in smart order, as plain dicts, in few queries whatever the number of tickets.

Without topic alerts a page is a range of the rank index. With them it is the merge of two ranges: those that match, five
days earlier, and the rest. A match can only reach the page if its own rank lies within five days of the last row's, so
neither range is longer than the page is deep.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from agents.models import Agent
from agents.permissions import Capability, may
from tickets import counts, finding, scoring, search
from tickets.cursors import Cursor, decode
from tickets.models import Ticket, TicketTag
from tickets.services.rules import normal_tag


@dataclass(frozen=True)
class ListQuery:
    """What part of which tickets. `topic_alerts` reorder, the rest filters; `cursor` counts instead of `page`."""

    status: str = Ticket.Status.OPEN.value
    channel: str | None = None
    priority: str | None = None
    assigned_to: UUID | str | None = None  # an agent's id, "me" or "none"
    customer_id: UUID | None = None
    tag: str | None = None
    topic_alerts: list[str] = field(default_factory=list)
    q: list[str] = field(default_factory=list)  # the words of a search
    order: str = "smart"  # or "relevance", for a search
    limit: int = 50
    page: int = 1
    cursor: str | None = None

    @property
    def closed(self) -> bool:
        return self.status == Ticket.Status.CLOSED

    def filters(self) -> dict[str, Any]:
        """What a cursor is good for: the list, not the part of it."""
        return {name: value for name, value in asdict(self).items() if name not in ("limit", "page", "cursor")}


@dataclass(frozen=True)
class TicketPage:
    """One page, the number of tickets on all of them, and where the next one begins (`None` at the end)."""

    tickets: list[dict[str, Any]]
    total: int
    next_cursor: str | None = None


_COLUMNS = (
    "id",
    "customer_id",
    "subject",
    "status",
    "priority",
    "channel",
    "created_at",
    "updated_at",
    "customer_sentiment",
    "estimated_difficulty",
    "assigned_to_id",
    "message_count",
    "last_message_at",
    "last_message_from_agent",
    "last_message_preview",
)
_CUSTOMER = ("name", "email", "lifetime_value", "total_orders", "churn_risk_score")
Place = tuple[UUID, datetime]  # a ticket's id and its place in the order


def list_tickets(agent: Agent, query: ListQuery, now: datetime) -> TicketPage:
    """The page as `agent` sees it at `now`. Open and pending ones in smart order, closed ones newest first.

    Raises `ValidationError` for a cursor that is none.
    """
    cursor = decode(query.cursor, query.filters()) if query.cursor else None
    as_of = cursor.as_of if cursor else now
    tickets = _filtered(agent, query)
    total = _total(agent, query, tickets)
    start = 0 if cursor else (query.page - 1) * query.limit
    if start >= total:
        return TicketPage([], total)
    # One more than the page holds tells whether there is a next one.
    ahead = scoring.alert_head_start(scoring.current_weights()) if query.topic_alerts else timedelta(0)
    places = _places(tickets, query, start, start + query.limit + 1, cursor, ahead)
    shown, more = places[: query.limit], len(places) > query.limit
    rows = _rows(shown, query, as_of, ahead)
    last = (
        Cursor(as_of, shown[-1][1], shown[-1][0]).encode(query.filters()) if more and query.order == "smart" else None
    )
    return TicketPage(rows, total, last)


def history(agent: Agent, customer_id: UUID, limit: int, page: int) -> TicketPage:
    """A customer's tickets of every status that the agent may see, newest first."""
    tickets: QuerySet[Ticket] = Ticket.objects.visible_to(agent).filter(customer_id=customer_id)
    start = (page - 1) * limit
    rows = tickets.order_by("-created_at", "-id").values_list(*_columns(timezone.now()))
    return TicketPage([_row(values) for values in rows[start : start + limit]], tickets.count())


def _filtered(agent: Agent, query: ListQuery) -> "QuerySet[Ticket]":
    tickets: QuerySet[Ticket] = Ticket.objects.visible_to(agent)
    if query.status != "all":
        tickets = tickets.filter(status=query.status)
    if query.q:
        tickets = finding.search(tickets, query.q)
    if query.channel:
        tickets = tickets.filter(channel=query.channel)
    if query.priority:
        tickets = tickets.filter(priority=query.priority)
    if query.assigned_to is not None:
        wanted: Any = {"me": agent.pk, "none": None}.get(str(query.assigned_to), query.assigned_to)
        tickets = tickets.filter(assigned_to_id=wanted) if wanted else tickets.filter(assigned_to=None)
    if query.customer_id:
        tickets = tickets.filter(customer_id=query.customer_id)
    if query.tag:
        tagged = TicketTag.objects.filter(ticket_id=OuterRef("pk"), name=normal_tag(query.tag))
        tickets = tickets.filter(Exists(tagged))
    return tickets


def _total(agent: Agent, query: ListQuery, tickets: "QuerySet[Ticket]") -> int:
    """Exact: from the counters where status and channel say all, counted where they do not."""
    narrow = query.q or query.priority or query.assigned_to or query.customer_id or query.tag
    if narrow or not may(agent, Capability.SEE_ALL):
        return tickets.count()
    return counts.total(query.status, query.channel)


def _places(
    tickets: "QuerySet[Ticket]", query: ListQuery, start: int, end: int, cursor: Cursor | None, ahead: timedelta
) -> list[Place]:
    """Ids and places in the order, from `start` to `end` of the list or of what comes after the cursor."""
    if query.closed:
        rest = tickets.filter(_after("closed_at", cursor.key, cursor.id, down=True)) if cursor else tickets
        newest: Any = rest.order_by("-closed_at", "-id").values_list("pk", "closed_at")  # never null where closed
        return list(newest[start:end])
    if query.order == "relevance":
        fitting = tickets.annotate(fit=finding.relevance(query.q)).order_by("-fit", "rank_at", "id")
        return list(fitting.values_list("pk", "rank_at")[start:end])
    if not query.topic_alerts:
        rest = tickets.filter(_after("rank_at", cursor.key, cursor.id)) if cursor else tickets
        return list(rest.order_by("rank_at", "id").values_list("pk", "rank_at")[start:end])
    return _merged(tickets, query.topic_alerts, end, cursor, ahead)[start:end]


def _merged(
    tickets: "QuerySet[Ticket]", alerts: list[str], end: int, cursor: Cursor | None, ahead: timedelta
) -> list[Place]:
    """The first places where matches stand earlier. Neither part is read further than the page can reach."""
    mentions = search.mentions(alerts)
    ranked: Any = tickets.order_by("rank_at", "id")
    matches: Any = ranked.filter(mentions)
    if cursor:
        ranked = ranked.filter(_after("rank_at", cursor.key, cursor.id))
        matches = matches.filter(_after("rank_at", cursor.key + ahead, cursor.id))
    # Of these tickets alone it is asked whether they match: as a condition of the range itself, the planner would look for a
    # common word in the whole table.
    head = Ticket.objects.filter(pk__in=ranked.values("pk")[: 2 * end]).annotate(hit=search.mentions_literally(alerts))
    looked_at = list(head.order_by("rank_at", "id").values_list("pk", "rank_at", "hit"))
    others: list[Place] = [(id, rank) for id, rank, hit in looked_at if not hit][:end]
    if len(others) == end:
        # Where the page would end without a match is as far as any match may reach, five days on.
        matches = matches.filter(rank_at__lte=others[-1][1] + ahead)
    earlier = [(id, rank - ahead) for id, rank in matches.values_list("pk", "rank_at")[:end]]
    if len(others) < end and len(looked_at) == 2 * end and (len(earlier) < end or earlier[-1][1] >= looked_at[-1][1]):
        # Most match, and the page reaches beyond what was looked at.
        reach = Q(rank_at__lte=earlier[-1][1]) if len(earlier) == end else Q()
        others = list(ranked.filter(reach).exclude(mentions).values_list("pk", "rank_at")[:end])
    return sorted(others + earlier, key=lambda place: (place[1], place[0]))[:end]


def _after(name: str, key: datetime, id: UUID, *, down: bool = False) -> Q:
    """Behind a place in the order. Said so that the index is entered at the place: a bound, then the tie."""
    side, tie = ("lt", "lt") if down else ("gt", "gt")
    return Q(**{f"{name}__{side}e": key}) & (Q(**{f"{name}__{side}": key}) | Q(**{f"id__{tie}": id}))


def _rows(places: list[Place], query: ListQuery, as_of: datetime, ahead: timedelta) -> list[dict[str, Any]]:
    """The page's rows, in the order of their places, each with the topic alert that it matches."""
    ids = [id for id, _ in places]
    columns = (*_columns(as_of), _keyword(query.topic_alerts))
    found = {values[0]: values for values in Ticket.objects.filter(pk__in=ids).values_list(*columns)}
    rows = []
    for values in (found[id] for id in ids if id in found):
        row, keyword = _row(values[:-1]), values[-1]
        row["matches_topic_alert"], row["matched_keyword"] = keyword is not None, keyword
        if keyword is not None and not query.closed:
            row["smart_score"] = round(row["smart_score"] + ahead / timedelta(days=1), 6)
        rows.append(row)
    return rows


def _keyword(alerts: list[str]) -> Any:
    """The first of the keywords that a ticket mentions."""
    if not alerts:
        return Value(None, output_field=CharField())
    return Case(*(When(search.mentions([word]), then=Value(word)) for word in alerts), output_field=CharField())


def _columns(as_of: datetime) -> tuple[Any, ...]:
    """What `_row` expects, in its order. A closed ticket keeps the score that it had when it was closed."""
    at = Coalesce(F("closed_at"), Value(as_of, output_field=DateTimeField()))
    tags = TicketTag.objects.filter(ticket_id=OuterRef("pk")).order_by("name").values("name")
    customer = (F(f"customer__{name}") for name in _CUSTOMER)
    return (*_COLUMNS, scoring.score_expression(at, F("rank_at")), ArraySubquery(tags), *customer)


def _row(values: tuple[Any, ...]) -> dict[str, Any]:
    count = len(_COLUMNS)
    row = dict(zip(_COLUMNS, values, strict=False))
    row["assigned_to"] = row.pop("assigned_to_id")
    row["smart_score"] = round(values[count], 6)
    row["tags"] = values[count + 1]
    customer = dict(zip(_CUSTOMER, values[count + 2 :], strict=True))
    customer["lifetime_value"] = float(customer["lifetime_value"])
    row["customer"] = customer
    return row
