"""Topic alerts as they are shown: each with how many open tickets mention it now."""

from typing import Any
from uuid import UUID

from django.db.models import Count, UUIDField, Value
from django.utils import timezone

from agents.models import Agent
from tickets import search
from tickets.models import Ticket, TopicAlert


def described(agent: Agent, alerts: "list[TopicAlert]") -> "list[dict[str, Any]]":
    """The alerts with how many open tickets match each, counted in one statement."""
    now = timezone.now()
    found = matches(agent, alerts)
    return [
        {
            "id": alert.pk,
            "keyword": alert.keyword,
            "team": alert.owner_id is None,
            "is_on": alert.is_on,
            "expires_at": alert.expires_at,
            "active": alert.is_on and (alert.expires_at is None or alert.expires_at > now),
            "open_matches": found.get(alert.pk, 0),
            "created_at": alert.created_at,
        }
        for alert in alerts
    ]


def matches(agent: Agent, alerts: "list[TopicAlert]") -> dict[UUID, int]:
    """Per alert, how many of the open tickets that the agent sees mention it."""
    tickets = Ticket.objects.visible_to(agent).filter(status=Ticket.Status.OPEN).order_by()
    parts = [
        tickets.filter(search.mentions([alert.keyword]))
        .values(alert=Value(alert.pk, output_field=UUIDField()))
        .annotate(count=Count("pk"))
        .values_list("alert", "count")
        for alert in alerts
    ]
    if not parts:
        return {}
    counted: Any = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return dict(counted)
