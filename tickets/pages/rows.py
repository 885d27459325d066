"""A row of the inbox, ready to be shown: the score with its parts as a bar, the strongest reasons, and the rest in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.pages.frame import initials
from tickets.models import Ticket
from tickets.pages import words

MOST_REASONS = 3
SHOWN_FROM = 0.1  # points: the least that shows in a score of one decimal
HIGH_RISK = 0.6  # from here on the churn risk is red, with an arrow
GAP = 1.2  # per cent of the bar between two parts

# The parts of the bar in their order, with the components of the formula that each stands for.
PARTS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("topic", gettext_lazy("topic alert"), ("topic_alert",)),
    ("wait", gettext_lazy("waiting"), ("time_decay",)),
    ("churn", gettext_lazy("churn risk"), ("churn_risk",)),
    ("value", gettext_lazy("customer value"), ("customer_value",)),
    ("prio", gettext_lazy("priority"), ("priority_weight",)),
    ("tone", gettext_lazy("tone"), ("sentiment", "difficulty")),
)
ICONS = {"topic": "flag", "wait": "clock", "churn": "churn", "value": "value", "prio": "up", "tone": "tone"}
CHANNELS = {"email": "mail", "sms": "sms", "phone": "phone", "chat": "chat", "form": "form"}


@dataclass(frozen=True)
class Reason:
    part: str
    icon: str
    before: str  # what a narrow chip leaves out
    text: str


@dataclass(frozen=True)
class Segment:
    """A part of the bar; places are attributes of an SVG, in per cent of the bar."""

    part: str
    x: str
    width: str


@dataclass(frozen=True)
class Row:
    ticket: dict[str, Any]
    score: str
    made_of: str
    segments: list[Segment]
    reasons: list[Reason]
    channel_icon: str
    channel: str
    archetype: str
    value: str
    churn: str
    churn_is_high: bool
    assignee: str
    initials: str
    is_mine: bool
    is_next: bool
    age: str
    status: str
    selected: bool = False


@dataclass(frozen=True)
class Beside:
    """What the page knows beside the list: of each ticket its points, of people their names, of customers what they are like."""

    points: dict[UUID, dict[str, float]]
    topic_alert: float
    names: dict[UUID, str]
    archetypes: dict[UUID, str]
    me: UUID
    next_id: UUID | None
    now: datetime


def rows(tickets: list[dict[str, Any]], beside: Beside) -> list[Row]:
    """Bars compare with the longest one, which in smart order is the first."""
    each = [_points(ticket, beside) for ticket in tickets]
    longest = max((sum(p.values()) for p in each), default=0)
    return [_row(ticket, points, longest, beside) for ticket, points in zip(tickets, each, strict=True)]


def _points(ticket: dict[str, Any], beside: Beside) -> dict[str, float]:
    """Points by component. A time in the future shortens no bar."""
    found = {key: max(0.0, points) for key, points in beside.points.get(ticket["id"], {}).items()}
    if ticket["matches_topic_alert"] and ticket["status"] != Ticket.Status.CLOSED:
        found["topic_alert"] = beside.topic_alert
    return found


def _row(ticket: dict[str, Any], points: dict[str, float], longest: float, beside: Beside) -> Row:
    customer, holder = ticket["customer"], ticket["assigned_to"]
    by_part = [(part, name, sum(points.get(key, 0.0) for key in keys)) for part, name, keys in PARTS]
    shown = [(part, name, value) for part, name, value in by_part if value >= SHOWN_FROM / 2]
    risk = customer["churn_risk_score"]
    name = beside.names.get(holder, _("Somebody")) if holder else ""
    return Row(
        ticket=ticket,
        score=words.points(ticket["smart_score"]),
        made_of=", ".join(f"{name} {words.points(value)}" for _, name, value in shown),
        segments=_segments([(part, value) for part, _, value in shown], longest),
        reasons=_reasons(ticket, points),
        channel_icon=CHANNELS.get(ticket["channel"], "mail"),
        channel=str(Ticket.Channel(ticket["channel"]).label),
        archetype=beside.archetypes.get(ticket["customer_id"], ""),
        value=words.amount(customer["lifetime_value"]),
        churn="" if risk is None else words.percent(risk),
        churn_is_high=risk is not None and risk >= HIGH_RISK,
        assignee=name,
        initials=initials(name),
        is_mine=holder == beside.me,
        is_next=ticket["id"] == beside.next_id,
        age=words.age(beside.now - ticket["created_at"]),
        status=str(Ticket.Status(ticket["status"]).label),
    )


def _segments(parts: list[tuple[str, float]], longest: float) -> list[Segment]:
    found, x = [], 0.0
    for part, value in parts:
        share = 100 * value / longest
        found.append(Segment(part, f"{x:.1f}%", f"{max(share - GAP, 0.8):.1f}%"))
        x += share
    return found


def _reasons(ticket: dict[str, Any], points: dict[str, float]) -> list[Reason]:
    """What put the ticket where it is, strongest first. A priority that everybody has is no reason."""
    said = {
        "topic_alert": ("topic", _("topic alert: "), ticket["matched_keyword"] or ""),
        "time_decay": ("wait", "", words.waiting(points.get("time_decay", 0.0))),
        "churn_risk": ("churn", "", _("churn risk %(risk)s") % {"risk": words.percent(_risk(ticket))}),
        "customer_value": (
            "value",
            "",
            _("worth %(value)s") % {"value": words.amount(ticket["customer"]["lifetime_value"])},
        ),
        "sentiment": ("tone", "", _tone(ticket["customer_sentiment"])),
        "difficulty": ("tone", "", _("looks difficult")),
    }
    if ticket["priority"] in (Ticket.Priority.URGENT, Ticket.Priority.HIGH):
        label = str(Ticket.Priority(ticket["priority"]).label).lower()
        said["priority_weight"] = ("prio", "", _("%(priority)s priority") % {"priority": label})
    strongest = sorted((key for key in said if points.get(key, 0.0) >= SHOWN_FROM), key=lambda key: -points[key])
    return [
        Reason(part, ICONS[part], before, text)
        for part, before, text in map(said.__getitem__, strongest[:MOST_REASONS])
    ]


def _risk(ticket: dict[str, Any]) -> float:
    return float(ticket["customer"]["churn_risk_score"] or 0)


def _tone(sentiment: float | None) -> str:
    return _("sounds angry") if sentiment is not None and sentiment < 0.2 else _("sounds unhappy")
