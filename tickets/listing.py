"""The hot path: a page of tickets in smart order, as plain dicts, in two queries whatever the number of tickets."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from agents.models import Agent
from tickets import scoring, search
from tickets.models import Ticket, TicketTag


@dataclass(frozen=True)
class ListQuery:
    """What part of which tickets. `topic_alerts` reorder, the rest filters."""

    status: str = Ticket.Status.OPEN.value
    channel: str | None = None
    priority: str | None = None
    assigned_to: UUID | str | None = None  # an agent's id, "me" or "none"
    customer_id: UUID | None = None
    tag: str | None = None
    topic_alerts: list[str] = field(default_factory=list)
    limit: int = 50
    page: int = 1


@dataclass(frozen=True)
class TicketPage:
    """One page and the number of tickets on all of them."""

    tickets: list[dict[str, Any]]
    total: int


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


def list_tickets(agent: Agent, query: ListQuery, now: datetime) -> TicketPage:
    """The page as `agent` sees it at `now`. Open and pending ones in smart order, closed ones newest first."""
    tickets = _filtered(agent, query)
    total = tickets.count()
    start = (query.page - 1) * query.limit
    if start >= total:
        return TicketPage([], total)
    order = _order(query)
    # The ids through the index first, then the join: deep pages would join every row that they skip.
    ids = _alerted(tickets, query).order_by(*order).values("pk")[start : start + query.limit]
    rows = _alerted(Ticket.objects.filter(pk__in=ids), query).order_by(*order)
    return TicketPage([_row(values) for values in rows.values_list(*_columns(query, now))], total)


def history(agent: Agent, customer_id: UUID, limit: int, page: int) -> TicketPage:
    """A customer's tickets of every status that the agent may see, newest first."""
    tickets: QuerySet[Ticket] = Ticket.objects.visible_to(agent).filter(customer_id=customer_id)
    total = tickets.count()
    start = (page - 1) * limit
    query = ListQuery(limit=limit, page=page)
    rows = _alerted(tickets, query).order_by("-created_at", "-id")[start : start + limit]
    return TicketPage([_row(values) for values in rows.values_list(*_columns(query, timezone.now()))], total)


def _filtered(agent: Agent, query: ListQuery) -> "QuerySet[Ticket]":
    tickets: QuerySet[Ticket] = Ticket.objects.visible_to(agent).filter(status=query.status)
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
        tag = " ".join(query.tag.split()).lower()
        tickets = tickets.filter(Exists(TicketTag.objects.filter(ticket_id=OuterRef("pk"), name=tag)))
    return tickets


def _alerted(tickets: "QuerySet[Ticket]", query: ListQuery) -> "QuerySet[Ticket]":
    """Adds whether a topic alert matches, and the rank with its head start, for this request only."""
    if not query.topic_alerts:
        return tickets.annotate(matched=Value(False), ranked_at=F("rank_at"))
    ahead = scoring.alert_head_start(scoring.current_weights())
    earlier = ExpressionWrapper(F("rank_at") - Value(ahead), output_field=DateTimeField())
    return tickets.annotate(
        matched=ExpressionWrapper(search.mentions(query.topic_alerts), output_field=BooleanField())
    ).annotate(ranked_at=Case(When(matched=True, then=earlier), default=F("rank_at"), output_field=DateTimeField()))


def _order(query: ListQuery) -> tuple[str, str]:
    if query.status == Ticket.Status.CLOSED:
        return "-closed_at", "-id"
    return ("ranked_at", "id") if query.topic_alerts else ("rank_at", "id")


def _columns(query: ListQuery, now: datetime) -> tuple[Any, ...]:
    """What `_row` expects, in its order. A closed ticket keeps the score that it had when it was closed."""
    at = Coalesce(F("closed_at"), Value(now, output_field=DateTimeField()))
    tags = TicketTag.objects.filter(ticket_id=OuterRef("pk")).order_by("name").values("name")
    customer = (F(f"customer__{name}") for name in _CUSTOMER)
    return (
        *_COLUMNS,
        "matched",
        scoring.score_expression(at, F("ranked_at")),
        ArraySubquery(tags),
        *customer,
    )


def _row(values: tuple[Any, ...]) -> dict[str, Any]:
    count = len(_COLUMNS)
    row = dict(zip(_COLUMNS, values, strict=False))
    row["assigned_to"] = row.pop("assigned_to_id")
    row["matches_topic_alert"] = values[count]
    row["smart_score"] = round(values[count + 1], 6)
    row["tags"] = values[count + 2]
    customer = dict(zip(_CUSTOMER, values[count + 3 :], strict=True))
    customer["lifetime_value"] = float(customer["lifetime_value"])
    row["customer"] = customer
    return row
