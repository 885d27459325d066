"""The top of the queue beside a conversation: name, score and bar, with the open ticket marked."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from agents.models import Agent
from tickets.models import Ticket
from tickets.pages.common import short_texts
from tickets.pages.common.score_bar import GAP, PARTS, SHOWN_FROM
from tickets.ranking import scoring
from tickets.ranking.ticket_list import ListQuery, list_tickets

SHOWN = 12


def strip(agent: Agent, ticket: Ticket, keywords: list[str], now: datetime) -> dict[str, Any]:
    """`queue` and `open_count` for the templates. Bars are relative to the longest one."""
    page = list_tickets(agent, ListQuery(topic_alerts=keywords, limit=SHOWN), now)
    weights = scoring.current_weights()
    points = scoring.parts([row["id"] for row in page.tickets], now, weights)
    each = []
    for row in page.tickets:
        found = {key: max(0.0, value) for key, value in points.get(row["id"], {}).items()}
        if row["matches_topic_alert"]:
            found["topic_alert"] = weights.topic_alert
        each.append([(part, sum(found.get(key, 0.0) for key in keys)) for part, _name, keys in PARTS])
    longest = max((sum(value for _part, value in parts) for parts in each), default=0.0)
    queue = [
        {
            "address": reverse("ticket", args=[row["id"]]),
            "name": row["customer"]["name"],
            "subject": row["subject"],
            "score": short_texts.points(row["smart_score"]),
            "bar": _bar(parts, longest),
            "open": row["id"] == ticket.pk,
        }
        for row, parts in zip(page.tickets, each, strict=True)
    ]
    return {"queue": queue, "open_count": short_texts.count(page.total)}


def _bar(parts: list[tuple[str, float]], longest: float) -> SafeString:
    found, x = [], 0.0
    for part, value in parts:
        if value < SHOWN_FROM / 2:
            continue
        share = 100 * value / longest
        found.append((part, f"{x:.1f}", f"{max(share - GAP, 0.8):.1f}"))
        x += share
    return format_html_join("", '<rect class="p-{}" x="{}%" width="{}%" height="100%"/>', found)
