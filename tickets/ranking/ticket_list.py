"""The hot path: a page of tickets by rank, as plain dicts, in a constant number of queries.

Without topic alerts a page is a range of the rank index. With topic alerts it is the merge of two ranges: tickets that match,
five days earlier, and the rest. A match can only reach the page if its own rank lies within five days of the last row's, so
neither range is longer than the page is deep.
"""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from agents.common import fast_sql
from agents.common.folding import fold
from agents.models import Agent
from agents.permissions import Capability, may
from tickets import search
from tickets.models import Ticket, TicketTag
from tickets.models.agent_state import unread_by
from tickets.models.tickets import TicketQuerySet, normal_tag
from tickets.ranking import counts, scoring
from tickets.ranking.alert_order import Place, first_places
from tickets.ranking.cursors import NEWEST, Cursor, decode, mirrored


@dataclass(frozen=True)
class ListQuery:
    """The query of a list. `topic_alerts` reorder, the other fields filter; `cursor` takes precedence over `page`."""

    status: str = Ticket.Status.OPEN.value
    channel: str | None = None
    priority: str | None = None
    assigned_to: UUID | str | None = None  # an agent's id, "me" or "none"
    customer_id: UUID | None = None
    tag: str | None = None
    snoozed: bool | None = None  # by default only a search includes snoozed tickets
    unread: bool | None = None  # whether the agent has not read the customer's last message
    topic_alerts: list[str] = field(default_factory=list)
    q: list[str] = field(default_factory=list)  # words of a search
    order: str = "smart"  # or "relevance", for a search
    limit: int = 50
    page: int = 1
    cursor: str | None = None

    @property
    def closed(self) -> bool:
        return self.status == Ticket.Status.CLOSED

    def filters(self) -> dict[str, Any]:
        """The filters that a cursor is valid for: those of the list, without the page."""
        return {name: value for name, value in asdict(self).items() if name not in ("limit", "page", "cursor")}


@dataclass(frozen=True)
class TicketPage:
    """One page, the total number of tickets, and the cursor of the next page (`None` at the end).

    `snooze_over` is true if any ticket, on this list or not, waits for the worker to end its snooze.
    """

    tickets: list[dict[str, Any]]
    total: int
    next_cursor: str | None = None
    snooze_over: bool = False


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
    "snoozed",
    "snoozed_until",
    "snoozed_until_reply",
    "snoozed_by_id",
)
_CUSTOMER = ("name", "email", "lifetime_value", "total_orders", "churn_risk_score")
_COLUMNS_SQL = ", ".join(f"t.{name}" for name in _COLUMNS)
_CUSTOMER_SQL = ", ".join(f"c.{name}" for name in _CUSTOMER)


def list_tickets(agent: Agent, query: ListQuery, now: datetime) -> TicketPage:
    """The page as `agent` sees it at `now`: open and pending tickets in smart order, then closed ones, last closed first.

    Raises `ValidationError` for an invalid cursor.
    """
    cursor = decode(query.cursor, query.filters()) if query.cursor else None
    as_of = cursor.as_of if cursor else now
    tickets = _filtered(agent, query)
    total, late, snooze_over = _total(agent, query, tickets, now)
    start = 0 if cursor else (query.page - 1) * query.limit
    if start >= total:
        return TicketPage([], total, snooze_over=snooze_over)
    # Fetch one row more than the page holds, to know whether there is a next page.
    end = start + query.limit + 1
    ranges = _index_ranges(tickets, query, now, late)
    if query.topic_alerts or query.q or len(ranges) > 1:
        ahead = scoring.alert_head_start(scoring.current_weights()) if query.topic_alerts else timedelta(0)
        places, matching = _merge_places(ranges, query, start, end, cursor, ahead)
        rows = _rows(agent, places[: query.limit], matching, query, as_of, ahead, now)
        next_place = places[query.limit - 1] if len(places) > query.limit else None
    else:
        rows, next_place = _range(agent, _in_order(ranges[0], query, cursor)[start:end], query, as_of, now)
    last = Cursor(as_of, next_place[1], next_place[0]) if next_place and query.order == "smart" else None
    return TicketPage(rows, total, last.encode(query.filters()) if last else None, snooze_over)


def history(agent: Agent, customer_id: UUID, limit: int, page: int) -> TicketPage:
    """A customer's tickets of every status that the agent may see, newest first."""
    tickets: QuerySet[Ticket] = Ticket.objects.visible_to(agent).filter(customer_id=customer_id)
    start = (page - 1) * limit
    ids = tickets.order_by("-created_at", "-id").values_list("pk", flat=True)[start : start + limit]
    now = timezone.now()
    found = _found(agent, list(ids), now, [])
    return TicketPage([_row(values, now) for values in found], tickets.count())


def _filtered(agent: Agent, query: ListQuery) -> TicketQuerySet:
    """The tickets that match the query, snoozed ones included."""
    tickets = Ticket.objects.visible_to(agent)
    if query.status != "all":
        tickets = tickets.filter(status=query.status)
    if query.q:
        tickets = cast(TicketQuerySet, search.find_tickets(tickets, query.q))
    if query.channel:
        tickets = tickets.filter(channel=query.channel)
    if query.priority:
        tickets = tickets.filter(priority=query.priority)
    if query.assigned_to is not None:
        wanted: Any = {"me": agent.pk, "none": None}.get(str(query.assigned_to), query.assigned_to)
        tickets = tickets.filter(assigned_to_id=wanted) if wanted else tickets.filter(assigned_to=None)
    if query.customer_id:
        tickets = tickets.filter(customer_id=query.customer_id)
    if query.unread is not None:
        tickets = tickets.filter(unread_by(agent)) if query.unread else tickets.exclude(unread_by(agent))
    if query.tag:
        tagged = TicketTag.objects.filter(ticket_id=OuterRef("pk"), name=normal_tag(query.tag))
        tickets = tickets.filter(Exists(tagged))
    return tickets


def _awake_alone(query: ListQuery) -> bool:
    """Whether the list excludes snoozed tickets; a search without a `snoozed` filter includes them."""
    return not query.closed and (not query.q if query.snoozed is None else not query.snoozed)


def _index_ranges(tickets: TicketQuerySet, query: ListQuery, now: datetime, late: int) -> list["QuerySet[Ticket]"]:
    """The list as one or two ranges, each of which a rank index gives in order.

    The second is of tickets whose snooze is over but not yet ended by the worker; `late` is their number.
    """
    if query.snoozed:
        return [tickets.asleep(now)]
    if not _awake_alone(query):
        return [tickets]
    if query.q:  # a search sorts anyway
        return [tickets.awake(now)]
    awake = tickets.filter(snoozed=False)
    return [awake, tickets.snooze_over(now)] if late else [awake]


def _total(agent: Agent, query: ListQuery, tickets: TicketQuerySet, now: datetime) -> tuple[int, int, bool]:
    """The exact number of tickets: from the counters if status and channel suffice, else counted.

    Also how many of the list have a snooze that is over but not yet ended, and whether any ticket has one. Counters and rank
    indexes use the stored state, so these are counted apart. One statement.
    """
    narrow = (
        query.q or query.priority or query.assigned_to or query.customer_id or query.tag or query.unread is not None
    )
    whole = query.status == "all"  # snoozed tickets, open and pending (if there is no `q`)
    params: list[Any] = []
    if narrow or not may(agent, Capability.SEE_ALL) or (query.snoozed and not whole):
        stored = tickets.filter(snoozed=query.snoozed or False) if query.snoozed or _awake_alone(query) else tickets
        total = _counted(stored, params)
    else:
        status = counts.SNOOZED if query.snoozed else query.status
        total, params = counts.TOTAL, [status, query.channel, query.channel]
    late = "0"
    if query.snoozed or _awake_alone(query):
        late = _counted(tickets.snooze_over(now), params)
    statement = f"SELECT {total}, {late}, EXISTS (SELECT FROM tickets_ticket WHERE snoozed AND snoozed_until <= %s)"  # noqa: S608  no input
    stored_total, found_late, snooze_over = fast_sql.fetch_rows(statement, [*params, now])[0]
    return int(stored_total + (-found_late if query.snoozed else found_late)), int(found_late), snooze_over


def _counted(tickets: "QuerySet[Ticket]", params: list[Any]) -> str:
    """The number of the tickets as an SQL expression; its parameters are appended to `params`."""
    part, values = tickets.order_by().values("pk").query.sql_with_params()
    params += values
    return f"(SELECT count(*) FROM ({part}) part)"  # noqa: S608  no input


def _merge_places(
    ranges: list["QuerySet[Ticket]"], query: ListQuery, start: int, end: int, cursor: Cursor | None, ahead: timedelta
) -> tuple[list[Place], set[UUID] | None]:
    """Like `_places`, for several ranges of a list merged."""
    if len(ranges) == 1:
        return _places(ranges[0], query, start, end, cursor, ahead)
    found = [_places(part, query, 0, end, cursor, ahead) for part in ranges]
    places = sorted((place for places, _ in found for place in places), key=lambda place: (place[1], place[0]))
    matching = [some for _, some in found if some is not None]
    return places[start:end], set().union(*matching) if len(matching) == len(found) else None


def _places(
    tickets: "QuerySet[Ticket]", query: ListQuery, start: int, end: int, cursor: Cursor | None, ahead: timedelta
) -> tuple[list[Place], set[UUID] | None]:
    """Ids and positions in order, from `start` to `end` of the list or after the cursor; and which match, if known."""
    if query.order == "relevance":
        fitting = tickets.annotate(fit=search.relevance(query.q)).order_by("-fit", "rank_at", "id")
        return list(fitting.values_list("pk", "rank_at")[start:end]), None
    if query.q and query.status == "all":
        return _open_then_closed(tickets, query, start, end, cursor, ahead)
    if query.closed or not query.topic_alerts:
        return list(_in_order(tickets, query, cursor)[start:end]), None
    after = (cursor.id, cursor.key) if cursor else None
    places, matching = first_places(tickets, query.topic_alerts, end, ahead, after)
    return places[start:end], matching


def _open_then_closed(
    tickets: "QuerySet[Ticket]", query: ListQuery, start: int, end: int, cursor: Cursor | None, ahead: timedelta
) -> tuple[list[Place], set[UUID] | None]:
    """Open tickets by rank, then closed ones: the score of a closed ticket no longer says how urgent it is."""
    waiting: list[Place] = []
    matching: set[UUID] | None = set()
    if cursor is None or cursor.key < NEWEST:
        part = replace(query, status="")  # any status except closed
        waiting, matching = _places(tickets.exclude(status=Ticket.Status.CLOSED), part, 0, end, cursor, ahead)
        cursor = None
    else:
        cursor = replace(cursor, key=mirrored(cursor.key))
    if len(waiting) >= end:
        return waiting[start:], matching
    done = tickets.filter(status=Ticket.Status.CLOSED)
    rest = _in_order(done, replace(query, status=Ticket.Status.CLOSED), cursor)
    closed = rest[max(0, start - len(waiting)) : end - len(waiting)]
    places = waiting[start:] + [(id, mirrored(at)) for id, at in closed]
    return places, None if query.topic_alerts else matching  # None: texts of closed tickets are searched, too


def _in_order(tickets: "QuerySet[Ticket]", query: ListQuery, cursor: Cursor | None) -> Any:
    """A query of ids and keys in list order, after the cursor if there is one; topic alerts are not considered."""
    if query.closed:
        rest = tickets.filter(_after("closed_at", cursor.key, cursor.id, down=True)) if cursor else tickets
        # closed tickets always have a closed_at
        return rest.order_by("-closed_at", "-id").values_list("pk", "closed_at")
    rest = tickets.filter(_after("rank_at", cursor.key, cursor.id)) if cursor else tickets
    return rest.order_by("rank_at", "id").values_list("pk", "rank_at")


def _after(name: str, key: datetime, id: UUID, *, down: bool = False) -> Q:
    """Keyset pagination: start the index scan at the cursor (a bound), then break ties by id."""
    side, tie = ("lt", "lt") if down else ("gt", "gt")
    return Q(**{f"{name}__{side}e": key}) & (Q(**{f"{name}__{side}": key}) | Q(**{f"id__{tie}": id}))


def _range(
    agent: Agent, places: Any, query: ListQuery, as_of: datetime, now: datetime
) -> tuple[list[dict[str, Any]], Place | None]:
    """The rows of a range, read in one statement, and the last row's position if more follow."""
    sql, params = places.query.sql_with_params()
    way = "DESC" if query.closed else "ASC"
    wanted, order = f"({sql}) wanted (id, place)", f"wanted.place {way}, wanted.id {way}"
    found = fast_sql.fetch_rows(_statement(wanted, order), [as_of, agent.pk, [], *params])
    shown = [_row(values, now) for values in found[: query.limit]]
    for row in shown:
        row["matches_topic_alert"], row["matched_keyword"] = False, None
    last = found[query.limit - 1] if len(found) > query.limit else None
    return shown, (last[0], last[-1]) if last else None


def _rows(
    agent: Agent,
    places: list[Place],
    matching: set[UUID] | None,
    query: ListQuery,
    as_of: datetime,
    ahead: timedelta,
    now: datetime,
) -> list[dict[str, Any]]:
    """The page's rows in the order of their positions, each with the topic alert that it matches."""
    # Texts are read again only to tell which of several alerts matches.
    alerts = query.topic_alerts if matching is None or (matching and len(query.topic_alerts) > 1) else []
    rows = []
    for values in _found(agent, [id for id, _ in places], as_of, alerts):
        row, place = _row(values, now), values[-2]
        keyword = query.topic_alerts[place - 1] if place else None
        if not alerts and matching and row["id"] in matching:
            keyword = query.topic_alerts[0]
        row["matches_topic_alert"], row["matched_keyword"] = keyword is not None, keyword
        if keyword is not None and row["status"] != Ticket.Status.CLOSED:
            row["smart_score"] = round(row["smart_score"] + ahead / timedelta(days=1), 6)
        rows.append(row)
    return rows


def _found(agent: Agent, ids: list[UUID], as_of: datetime, alerts: list[str]) -> list[tuple[Any, ...]]:
    """The tickets' values in the order of the ids, each with the index of the first topic alert that it contains."""
    statement = _statement("unnest(%s::uuid[]) WITH ORDINALITY wanted (id, place)", "wanted.place")
    return fast_sql.fetch_rows(statement, [as_of, agent.pk, [fold(word) for word in alerts], ids])


def _statement(wanted: str, order: str) -> str:
    """SQL that reads the rows of the tickets that `wanted` names, in its order.

    SQL instead of a queryset, whose construction took two thirds of a page's time. A closed ticket keeps its last score. Of
    several keywords the first one given counts.
    """
    return f"""
        SELECT {_COLUMNS_SQL},
               {scoring.AGE_IN_DAYS % {"expressions": "coalesce(t.closed_at, %s) - t.rank_at"}},
               ARRAY(SELECT g.name FROM tickets_tickettag g WHERE g.ticket_id = t.id ORDER BY g.name),
               {_CUSTOMER_SQL},
               t.last_message_from_agent IS FALSE AND NOT EXISTS (
                   SELECT FROM tickets_readmark m WHERE m.ticket_id = t.id AND m.agent_id = %s
                      AND m.seen_at >= t.last_message_at),
               (SELECT min(k.place) FROM unnest(%s::text[]) WITH ORDINALITY k (word, place)
                 WHERE EXISTS (SELECT FROM tickets_searchtext s
                                WHERE s.ticket_id = t.id AND strpos(s.text, k.word) > 0)),
               wanted.place
          FROM {wanted}
          JOIN tickets_ticket t ON t.id = wanted.id
          JOIN tickets_customer c ON c.id = t.customer_id
         ORDER BY {order}
    """  # noqa: S608  only constants; values are passed as parameters


def _row(values: tuple[Any, ...], now: datetime) -> dict[str, Any]:
    """A ticket as a dict of the list."""
    count = len(_COLUMNS)
    row = dict(zip(_COLUMNS, values, strict=False))
    row["assigned_to"] = row.pop("assigned_to_id")
    row["snoozed_by"] = row.pop("snoozed_by_id")
    if row["snoozed_until"] is not None and row["snoozed_until"] <= now:  # the worker has not reopened it yet
        row |= {"snoozed": False, "snoozed_until": None, "snoozed_until_reply": False, "snoozed_by": None}
    row["smart_score"] = round(values[count], 6)
    row["tags"] = values[count + 1]
    row["customer"] = customer = dict(zip(_CUSTOMER, values[count + 2 : -3], strict=True))
    row["unread"] = values[-3]
    customer["lifetime_value"] = float(customer["lifetime_value"])
    return row
