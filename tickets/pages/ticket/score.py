"""Explain a ticket's rank: its score as a bar and a table, its place in the queue, and what would change it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from agents.common import dates
from agents.models import Agent
from tickets import keyword_index
from tickets.extensions import ranking_keywords
from tickets.models import Ticket
from tickets.pages.common import short_texts
from tickets.pages.common.score_bar import GAP, PARTS
from tickets.ranking import scoring
from tickets.ranking.positions import WhatIf, place_and_changes

UNKNOWN = "–"
# Components in the order of the bar, each with the part that gives it its colour.
COMPONENTS = [(key, part) for part, _name, keys in PARTS for key in keys]


@dataclass(frozen=True)
class Row:
    """One component: name, fact, days, how it is computed, and its bar."""

    part: str
    name: str
    because: str
    days: str
    how: str
    share: str  # per cent of the largest component; empty if not visible


@dataclass(frozen=True)
class Change:
    """The effect of one further fact: days, and the resulting position."""

    points: str
    what: str
    then: str


@dataclass(frozen=True)
class Why:
    """Everything that the page says about the score."""

    heading: str
    total: str
    bar: list[tuple[str, str, str]]  # part, x and width in per cent
    made_of: str
    rows: list[Row]
    changes: list[Change]
    told: str  # why the ticket has no place in the queue; empty if it has one


def why(agent: Agent, ticket: Ticket, now: datetime) -> Why:
    """Explain the score as the agent sees the queue, with their active topic alerts. Four queries, six with alerts."""
    keywords = ranking_keywords(agent)
    weights = scoring.current_weights()
    closed = ticket.closed_at is not None
    keyword = None if closed else keyword_index.matching(ticket, keywords)
    broken = scoring.break_down(ticket, ticket.closed_at or now, keyword, weights)
    place: int | None = None
    changes: list[WhatIf] = []
    if not closed and not ticket.is_asleep(now):
        place, changes = place_and_changes(agent, ticket, keyword, keywords, weights)
    points = {key: max(0.0, days) for key, days in broken.components.items()}
    shown = [(part, str(name), sum(points[key] for key in keys)) for part, name, keys in PARTS]
    shown = [one for one in shown if one[2] >= 0.05]
    return Why(
        heading=_heading(ticket, place),
        total=short_texts.points(broken.total_score),
        bar=_bar([(part, days) for part, _name, days in shown]),
        made_of=", ".join(f"{name} {short_texts.points(days)}" for _part, name, days in shown),
        rows=_rows(ticket, broken, points, weights),
        changes=[_change(one) for one in changes],
        told=_told(ticket, now),
    )


def _heading(ticket: Ticket, place: int | None) -> str:
    if place is None:
        return _("Why it had this score") if ticket.closed_at else _("Why it has this score")
    if place == 1:
        return _("Why it ranks first")
    return _("Why it ranks number %(place)s") % {"place": short_texts.count(place)}


def _told(ticket: Ticket, now: datetime) -> str:
    if ticket.closed_at is not None:
        return _("The ticket is closed: it keeps its last score and is not in the queue.")
    if ticket.is_asleep(now):
        return _("The ticket is snoozed: it is not in the queue until the snooze ends.")
    return ""


def _bar(parts: list[tuple[str, float]]) -> list[tuple[str, str, str]]:
    """The components in a row over the whole width."""
    total = sum(days for _part, days in parts)
    found, x = [], 0.0
    for part, days in parts:
        share = 100 * days / total
        found.append((part, f"{x:.1f}", f"{max(share - GAP, 0.8):.1f}"))
        x += share
    return found


def _rows(ticket: Ticket, broken: scoring.Breakdown, points: dict[str, float], weights: scoring.Weights) -> list[Row]:
    most = max(max(points.values()), 0.001)
    rows = []
    for key, part in COMPONENTS:
        name, because, how, known = _said(key, ticket, broken.facts, weights)
        days = broken.components[key]
        rows.append(
            Row(
                part=part if known else "none",
                name=name,
                because=because,
                days=short_texts.points(days) if known else UNKNOWN,
                how=how,
                share=f"{100 * points[key] / most:.1f}" if points[key] >= 0.05 else "",
            )
        )
    return rows


def _said(key: str, ticket: Ticket, facts: dict[str, Any], weights: scoring.Weights) -> tuple[str, str, str, bool]:
    """The component's name, its fact, how it is computed, and whether the fact is known."""
    fact = facts[key]
    match key:
        case "topic_alert":
            how = _("%(days)s days if the ticket contains an alert keyword") % _days(weights.topic_alert)
            return _("Topic alert"), f"“{fact}”" if fact else _("no keyword matches"), how, True
        case "time_decay":
            return _("Waiting"), _since(ticket), _("one day for each day since the ticket was created"), True
        case "churn_risk":
            how = _("%(days)s days times the risk squared") % _days(weights.churn_risk)
            return _("Churn risk"), _("unknown") if fact is None else short_texts.percent(fact), how, fact is not None
        case "customer_value":
            said = {**_days(weights.customer_value), "scale": short_texts.amount(weights.value_scale)}
            how = _("%(days)s days times the logarithm of 1 + lifetime value ÷ %(scale)s") % said
            return _("Lifetime value"), short_texts.amount(float(fact)), how, True
        case "priority_weight":
            how = _("the weight of this priority")
            return _("Priority"), str(Ticket.Priority(ticket.priority).label).lower(), how, True
        case "sentiment":
            how = _("up to %(days)s days, more for negative sentiment") % _days(weights.sentiment / 2)
            return _("Sentiment"), _("not analyzed yet") if fact is None else _tone(fact), how, fact is not None
    how = _("up to %(days)s days, more for difficult tickets") % _days(weights.difficulty)
    return _("Difficulty"), _("not analyzed yet") if fact is None else short_texts.percent(fact), how, fact is not None


def _days(days: float) -> dict[str, str]:
    return {"days": short_texts.points(days, 2)}


def _since(ticket: Ticket) -> str:
    said = {"moment": dates.moment(ticket.created_at)}
    if ticket.closed_at is not None:
        return _("from %(moment)s until it was closed") % said
    return _("since %(moment)s") % said


def _tone(sentiment: float) -> str:
    if sentiment < 0.2:
        return _("sounds angry")
    if sentiment < 0.5:
        return _("sounds unhappy")
    return _("sounds neutral") if sentiment < 0.7 else _("sounds pleased")


def _change(one: WhatIf) -> Change:
    what = _("if a topic alert matched")
    if one.priority:
        what = _("with %(priority)s priority") % {"priority": str(Ticket.Priority(one.priority).label).lower()}
    if one.place_after == one.place_before:
        then = _("still number %(place)s") % {"place": short_texts.count(one.place_after)}
    else:
        then = _("number %(after)s instead of %(before)s") % {
            "after": short_texts.count(one.place_after),
            "before": short_texts.count(one.place_before),
        }
    sign = "+" if one.points > 0 else "−"
    return Change(f"{sign}{short_texts.points(abs(one.points))}", what, then)
