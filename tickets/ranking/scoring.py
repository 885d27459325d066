"""The smart score: one point is one day of seniority (docs/ordering.md).

    points  = priority + customer value + churn risk + sentiment + difficulty      no clock in it
    rank_at = created_at − points × 1 day                                          stored, indexed
    score   = (now − rank_at) in days, and 5 more where a topic alert matches

The formula stands once, below, as database expressions, and the database alone evaluates it: to store ranks, and to explain one.
Whatever is unknown counts 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    DateTimeField,
    Expression,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, Greatest, Ln

from agents.common import fast_sql
from tickets.models import Customer, Ticket
from tickets.ranking.weights import DEFAULT_WEIGHTS as DEFAULT_WEIGHTS
from tickets.ranking.weights import Weights as Weights
from tickets.ranking.weights import current_weights as current_weights
from tickets.ranking.weights import weights_for_writing

# Version of the formula; raise it when a change makes stored ranks stale.
VERSION = 1


def alert_head_start(weights: Weights) -> timedelta:
    """How much earlier a ticket ranks that matches a topic alert of the request."""
    return timedelta(days=weights.topic_alert)


@dataclass(frozen=True)
class Component:
    """One component of the score: its key in the breakdown, and its points as an expression over a ticket."""

    key: str
    points: Expression


def components(weights: Weights) -> list[Component]:
    """The components of the score (docs/ordering.md), without age and topic alert, which depend on the clock and the request."""
    # float8 throughout: numeric logarithms are slow, and ranks only have microseconds.
    value = Greatest(Cast("customer__lifetime_value", FloatField()), Value(0.0))
    risk = Coalesce(F("customer__churn_risk_score"), Value(0.0))
    # Unknown sentiment counts as 0.5, where the component is 0.
    anger = Greatest(Value(0.0), Value(0.5) - Coalesce(F("customer_sentiment"), Value(0.5)))
    difficulty = Coalesce(F("estimated_difficulty"), Value(0.0))
    priority = Case(
        *(When(priority=name, then=Value(points)) for name, points in weights.priority.items()),
        default=Value(0.0),
        output_field=FloatField(),
    )
    return [
        Component("priority_weight", priority),
        Component(
            "customer_value",
            _times(weights.customer_value, Ln(Value(1.0) + value / Value(weights.value_scale))),
        ),
        Component("churn_risk", _times(weights.churn_risk, risk * risk)),
        Component("sentiment", _times(weights.sentiment, anger)),
        Component("difficulty", _times(weights.difficulty, difficulty)),
    ]


def _times(weight: float, expression: Any) -> Any:
    return ExpressionWrapper(Value(weight) * expression, output_field=FloatField())


class _Days(Func):
    """A number of days as an interval of seconds: exact in every time zone of the session, on days of 23 hours too."""

    template = "((%(expressions)s) * interval '86400 seconds')"
    output_field = DateTimeField()


AGE_IN_DAYS = "(extract(epoch from (%(expressions)s))::float8 / 86400)"


class _AgeInDays(Func):
    """Days between two moments, as float8."""

    template = AGE_IN_DAYS
    arg_joiner = " - "
    output_field = FloatField()


def rank_expression(weights: Weights) -> Any:
    """The ticket's rank as an expression: its creation time, earlier by one day per point."""
    points: Any = None
    for component in components(weights):
        points = component.points if points is None else points + component.points
    return ExpressionWrapper(F("created_at") - _Days(points), output_field=DateTimeField())


def rerank(tickets: "QuerySet[Ticket]") -> int:
    """Store the rank of the matching tickets by the formula and their current facts. Returns how many.

    The caller holds their row locks: the rows must not change between reading the facts and writing the rank.
    """
    rank = Ticket.objects.filter(pk=OuterRef("pk")).order_by().values(rank=rank_expression(weights_for_writing()))
    return tickets.order_by().update(rank_at=Subquery(rank))


def these(ids: list[UUID]) -> RawSQL:
    """The ids as one array parameter for `id__in`: composing a statement with thousands of parameters is slow."""
    return RawSQL("SELECT unnest(%s::uuid[])", [ids])


def rerank_customers(customer_ids: Iterable[UUID]) -> int:
    """Re-rank the open and pending tickets of customers whose facts changed. Returns how many.

    Locks the tickets first, in order of their ids, and computes in a statement of its own: otherwise a concurrent write to a
    ticket would be overwritten with a rank of its old facts.
    """
    held = Ticket.objects.ranked().filter(customer_id__in=list(customer_ids))
    ids = list(held.order_by("id").select_for_update(no_key=True).values_list("id", flat=True))
    return rerank(Ticket.objects.filter(id__in=these(ids))) if ids else 0


def stale_ranks() -> "QuerySet[Ticket]":
    """Ranked tickets whose stored rank differs from the formula; empty when all is well."""
    live = Ticket.objects.ranked().annotate(live_rank=rank_expression(current_weights()))
    stale: QuerySet[Ticket] = live.exclude(rank_at=F("live_rank"))
    return stale


def parts(ids: list[UUID], now: datetime, weights: Weights) -> dict[UUID, dict[str, float]]:
    """The points of every component but the topic alert's, for the tickets of a page, in one statement."""
    global _parts
    if _parts is None or _parts[0] != weights:
        _parts = (weights, *_parts_statement(weights))
    _, sql, params = _parts
    given = {_NOW: now, _IDS: ids}
    rows = fast_sql.fetch_rows(sql, [given.get(value, value) if isinstance(value, str) else value for value in params])
    return {row[0]: dict(zip(_KEYS, row[1:], strict=True)) for row in rows}


_NOW, _IDS = "the moment", "the tickets"  # placeholders among the parameters
_KEYS = ("time_decay", "priority_weight", "customer_value", "churn_risk", "sentiment", "difficulty")
_parts: tuple[Weights, str, tuple[Any, ...]] | None = None


def _parts_statement(weights: Weights) -> tuple[str, tuple[Any, ...]]:
    """The SQL of `parts`, cached while the weights stay the same: composing it takes longer than running it."""
    until = Coalesce(F("closed_at"), RawSQL("%s::timestamptz", [_NOW], output_field=DateTimeField()))
    points = {f"points_{c.key}": c.points for c in components(weights)}
    rows = (
        Ticket.objects.filter(pk__in=RawSQL("SELECT unnest(%s::uuid[])", [_IDS]))
        .order_by()
        .annotate(time_decay=_AgeInDays(until, F("created_at")), **points)
        .values_list("pk", "time_decay", *(f"points_{key}" for key in _KEYS[1:]))
    )
    sql, params = rows.query.sql_with_params()
    return sql, tuple(params)


@dataclass(frozen=True)
class Breakdown:
    """A ticket's score by component. Points are days; `components` sum to `total_score`."""

    components: dict[str, float]
    base_score: float
    total_score: float
    facts: dict[str, Any]
    weights: dict[str, float]
    keyword: str | None


def break_down(ticket: Ticket, now: datetime, keyword: str | None = None, weights: Weights | None = None) -> Breakdown:
    """Compute the breakdown of one ticket. `keyword` is the topic alert that matched, if one did."""
    weights = weights or current_weights()
    row: Any = (
        Ticket.objects.filter(pk=ticket.pk)
        .annotate(
            time_decay=_AgeInDays(Value(now, output_field=DateTimeField()), F("created_at")),
            **{f"points_{c.key}": c.points for c in components(weights)},
        )
        .values()  # a dict, so that labels can pick by key
        .annotate(ltv=F("customer__lifetime_value"), churn=F("customer__churn_risk_score"))
        .get()
    )
    points = {"time_decay": round(row["time_decay"], 6)}
    points |= {c.key: round(row[f"points_{c.key}"], 6) for c in components(weights)}
    base = round(sum(points.values()), 6)
    points["topic_alert"] = weights.topic_alert if keyword else 0.0
    facts = {
        "time_decay": points["time_decay"],
        "priority_weight": row["priority"],
        "customer_value": row["ltv"],
        "churn_risk": row["churn"],
        "sentiment": row["customer_sentiment"],
        "difficulty": row["estimated_difficulty"],
        "topic_alert": keyword,
    }
    each = {
        "time_decay": 1.0,
        "priority_weight": weights.priority[row["priority"]],
        **{
            key: getattr(weights, key)
            for key in ("customer_value", "churn_risk", "sentiment", "difficulty", "topic_alert")
        },
    }
    return Breakdown(points, base, round(sum(points.values()), 6), facts, each, keyword)


def explain(breakdown: Breakdown) -> str:
    """Explain a score in one sentence: the largest components with their facts, then what is unknown."""
    facts = breakdown.facts
    says = {
        "time_decay": _age(facts["time_decay"]),
        "priority_weight": f"{facts['priority_weight']} priority",
        "customer_value": f"lifetime value {facts['customer_value']:.2f}",
        "churn_risk": f"customer churn risk ({_short(facts['churn_risk'])})",
        "sentiment": f"negative sentiment ({_short(facts['sentiment'])})",
        "difficulty": f"difficulty ({_short(facts['difficulty'])})",
        "topic_alert": f"topic alert match ({facts['topic_alert']})",
    }
    # A tenth of a day is the smallest amount visible in a score with one decimal.
    heavy = sorted(
        (key for key, points in breakdown.components.items() if points >= 0.1),
        key=lambda key: -breakdown.components[key],
    )
    reasons = ", ".join(says[key] for key in heavy[:4]) or "nothing that counts yet"
    unknown = [name for key, name in _UNKNOWN.items() if facts[key] is None]
    tail = f". Not known yet, so counted 0: {', '.join(unknown)}" if unknown else ""
    return f"{_level(breakdown.total_score)} priority due to: {reasons}{tail}"


_UNKNOWN = {"churn_risk": "churn risk", "sentiment": "sentiment", "difficulty": "difficulty"}


def _level(score: float) -> str:
    """The word before the colon: a ticket may be "high" by its age or by its customer's value."""
    if score >= 15:
        return "Very high"
    if score >= 6:
        return "High"
    return "Medium" if score >= 2 else "Low"


def _age(days: float) -> str:
    if days < 0:
        return "dated in the future"
    if days < 1 / 24:
        return f"{days * 1440:.0f} minutes old"
    return f"{days * 24:.1f} hours old" if days < 1 else f"{days:.1f} days old"


def _short(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def lock_customer(customer_id: UUID) -> Customer:
    """Lock the customer's row until the end of the transaction, so that ranks from its figures stay true. Raises
    `DoesNotExist`.
    """
    return Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
