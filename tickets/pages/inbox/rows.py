"""Render a row of the inbox: the score's bar, the strongest reasons, and the rest in words."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from agents.pages.page_context import initials
from tickets.channels import CHANNELS
from tickets.models import Ticket
from tickets.pages.common import short_texts
from tickets.pages.common.score_bar import GAP, PARTS, SHOWN_FROM
from tickets.pages.common.short_texts import _

MOST_REASONS = 3
PREVIEW = 100  # characters
HIGH_RISK = 0.6  # from here on the churn risk is red, with an arrow
NO_TICKET = str(UUID(int=0))


@dataclass(frozen=True)
class Beside:
    """What the page knows beside the list: each ticket's points and viewers, names of people, customers' archetypes."""

    points: dict[UUID, dict[str, float]]
    topic_alert: float
    names: dict[UUID, str]
    archetypes: dict[UUID, str]
    languages: dict[UUID, str]  # only of tickets in another language than the page
    viewers: dict[UUID, list[str]]
    me: UUID
    next_id: UUID | None
    now: datetime
    ticked: frozenset[str] = frozenset()  # ids of selected tickets
    mixed: bool = False  # whether the list has tickets of several statuses
    # URL with a placeholder, made once for all rows.
    address: str = field(default_factory=lambda: reverse("ticket", args=[NO_TICKET]))
    parts: list[tuple[str, str, tuple[str, ...]]] = field(
        default_factory=lambda: [(part, str(name), keys) for part, name, keys in PARTS]
    )
    channels: dict[str, str] = field(default_factory=lambda: {name: str(one.label) for name, one in CHANNELS.items()})


def render_rows(tickets: list[dict[str, Any]], beside: Beside) -> SafeString:
    """The rows as HTML. Bars are relative to the longest one, which is the first in smart order.

    `tickets/row.html` is rendered once and then filled for each ticket: rendering it for each would take longer than all other
    work for the page. Filled-in values are escaped and never parsed as template.
    """
    if not tickets:
        return SafeString("")
    shape = render_to_string("tickets/row.html")
    each = [_points(ticket, beside) for ticket in tickets]
    longest = max(sum(points.values()) for points in each)
    return format_html_join(
        "",
        shape,
        (
            _cells(number, ticket, points, longest, beside)
            for number, (ticket, points) in enumerate(zip(tickets, each, strict=True), 1)
        ),
    )


def _points(ticket: dict[str, Any], beside: Beside) -> dict[str, float]:
    """Points by component. A time in the future does not shorten a bar."""
    found = {key: max(0.0, points) for key, points in beside.points.get(ticket["id"], {}).items()}
    if ticket["matches_topic_alert"] and ticket["status"] != Ticket.Status.CLOSED:
        found["topic_alert"] = beside.topic_alert
    return found


def _cells(
    number: int, ticket: dict[str, Any], points: dict[str, float], longest: float, beside: Beside
) -> dict[str, Any]:
    by_part = [(part, name, sum(points.get(key, 0.0) for key in keys)) for part, name, keys in beside.parts]
    shown = [(part, name, value) for part, name, value in by_part if value >= SHOWN_FROM / 2]
    channel, archetype = beside.channels[ticket["channel"]], beside.archetypes.get(ticket["customer_id"])
    unread = ticket["unread"]
    spoken = beside.languages.get(ticket["id"])
    lang = SafeString(f' lang="{escape(spoken)}"') if spoken else ""
    return {
        "n": number,
        "id": ticket["id"],
        "ticked": SafeString(" checked") if str(ticket["id"]) in beside.ticked else "",
        "address": beside.address.replace(NO_TICKET, str(ticket["id"])),
        "state": (" is-unread" if unread else "") + (" is-next" if ticket["id"] == beside.next_id else ""),
        "unread": format_html('<span class="vh">{}</span>', _("Unread. ")) if unread else "",
        "score": short_texts.points(ticket["smart_score"]),
        "made_of": ", ".join(f"{name} {short_texts.points(value)}" for _part, name, value in shown),
        "bar": _bar([(part, value) for part, _name, value in shown], longest),
        "name": ticket["customer"]["name"],
        "by": ticket["channel"],
        "channel": f"{channel} · {archetype}" if archetype else channel,
        "subject": ticket["subject"],
        "subject_lang": lang,
        "lang": "" if _ours(ticket) else lang,
        "ours": _status(ticket, beside) + (_label(_("Our reply:")) if _ours(ticket) else SafeString("")),
        "preview": _one_line(ticket["last_message_preview"]),
        "reasons": _reasons(ticket, points),
        "value": short_texts.amount(ticket["customer"]["lifetime_value"]),
        "churn": _churn(ticket["customer"]["churn_risk_score"]),
        "holder": _holder(ticket["assigned_to"], beside),
        "viewing": viewing(beside.viewers.get(ticket["id"], [])),
        "time": _time(ticket, beside.now),
    }


def _bar(parts: list[tuple[str, float]], longest: float) -> SafeString:
    """The components in a row; positions are SVG attributes in per cent of its width."""
    found, x = "", 0.0
    for part, value in parts:
        share = 100 * value / longest
        found += f'<rect class="p-{part}" x="{x:.1f}%" width="{max(share - GAP, 0.8):.1f}%"/>'
        x += share
    return SafeString(found)


def _one_line(preview: str) -> str:
    """The text cut to what one line of the widest row can show."""
    return preview if len(preview) <= PREVIEW else f"{preview[:PREVIEW].rstrip()}…"


def _ours(ticket: dict[str, Any]) -> bool:
    return bool(ticket["last_message_from_agent"])


def _status(ticket: dict[str, Any], beside: Beside) -> SafeString:
    """The status, if it is closed or pending and not evident from the filter."""
    if not beside.mixed or ticket["status"] == Ticket.Status.OPEN:
        return SafeString("")
    label = str(Ticket.Status(ticket["status"]).label)
    return _label(f"{label} ·")


def _label(text: str) -> SafeString:
    return SafeString(f'<span class="ours">{escape(text)}</span> ')


def _churn(risk: float | None) -> SafeString:
    if risk is None:
        return SafeString("")
    named, share = _("churn"), short_texts.percent(risk)
    if risk < HIGH_RISK:
        return format_html("<div><dt>{}</dt><dd>{}</dd></div>", named, share)
    shape = '<div><dt>{}</dt><dd class="ico bad"><span class="vh">{}</span>{}</dd></div>'
    return format_html(shape, named, _("high: "), share)


def _holder(holder: UUID | None, beside: Beside) -> SafeString:
    if holder is None:
        return format_html('<span class="face none"></span>{}', pgettext("assignee in a row", "Unassigned"))
    name, mine = beside.names.get(holder, _("Someone")), holder == beside.me
    face = f'<span class="face{" you" if mine else ""}" aria-hidden="true">{escape(initials(name))}</span>'
    shown = _("You") if mine else name
    return SafeString(f"{face}<bdi>{escape(shown)}</bdi>")


def viewing(names: list[str]) -> SafeString:
    """Who has the ticket open now. `inbox.js` writes the same for live changes."""
    if not names:
        return SafeString("")
    first = (names[0].split() or [""])[0]
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    shape = '<span class="viewing"><bdi>{}</bdi>{}<span class="vh"> {}</span></span>'
    return format_html(shape, first, more, _("is viewing"))


def _time(ticket: dict[str, Any], now: datetime) -> SafeString:
    """The ticket's age; of a snoozed one, when its snooze ends."""
    if not ticket["snoozed"]:
        at, said = ticket["created_at"], short_texts.age(now - ticket["created_at"])
    elif (at := ticket["snoozed_until"]) is None:
        return format_html("<span>{}</span>", _("until a reply"))
    else:
        said = _("until %(moment)s") % {"moment": short_texts.moment(at, now)}
    return SafeString(f'<time datetime="{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}">{escape(said)}</time>')


def _reasons(ticket: dict[str, Any], points: dict[str, float]) -> SafeString:
    """Chips with what moved the ticket most, strongest first. A priority that all tickets have is no reason."""
    strongest = sorted((key for key, value in points.items() if value >= SHOWN_FROM), key=lambda key: -points[key])
    said = [found for key in strongest if (found := _reason(key, ticket, points[key]))]
    return SafeString(
        "".join(
            f'<li class="chip {part}">{before}{escape(text)}{after}</li>'
            for part, before, text, after in said[:MOST_REASONS]
        )
    )


def _reason(key: str, ticket: dict[str, Any], value: float) -> tuple[str, str, str, str] | None:
    """The component and its text, as safe HTML."""
    match key:
        case "topic_alert":
            before = format_html('<span class="pre">{}</span><bdi>', _("topic alert: "))
            return "topic", before, ticket["matched_keyword"] or "", "</bdi>"
        case "time_decay":
            over = ticket["status"] == Ticket.Status.CLOSED
            return "wait", "", short_texts.waited(value) if over else short_texts.waiting(value), ""
        case "churn_risk":
            return "churn", "", _("churn risk %(risk)s") % {"risk": short_texts.percent(_risk(ticket))}, ""
        case "customer_value":
            return (
                "value",
                "",
                _("value %(value)s") % {"value": short_texts.amount(ticket["customer"]["lifetime_value"])},
                "",
            )
        case "sentiment":
            return "tone", "", _tone(ticket["customer_sentiment"]), ""
        case "difficulty":
            return "tone hard", "", _("difficult"), ""
        case "priority_weight" if ticket["priority"] in (Ticket.Priority.URGENT, Ticket.Priority.HIGH):
            label = str(Ticket.Priority(ticket["priority"]).label).lower()
            return "prio", "", _("%(priority)s priority") % {"priority": label}, ""
    return None


def _risk(ticket: dict[str, Any]) -> float:
    return float(ticket["customer"]["churn_risk_score"] or 0)


def _tone(sentiment: float | None) -> str:
    return _("sounds angry") if sentiment is not None and sentiment < 0.2 else _("sounds unhappy")
