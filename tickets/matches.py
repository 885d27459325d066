"""Topic alerts as they are shown: each with how many open tickets mention it now."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from agents import reading
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
    """Per alert, how many of the open tickets that the agent sees mention it: one statement, a part for each."""
    if not alerts:
        return {}
    tickets: Any = (
        Ticket.objects.visible_to(agent).awake().filter(status=Ticket.Status.OPEN).order_by().values_list("pk")
    )
    source, visible = tickets.query.sql_with_params()
    parts, params = [], []
    for place, alert in enumerate(alerts):
        test, words = search.mentioned([alert.keyword], "part.id")
        parts.append(f"SELECT {place}, count(*) FROM ({source}) part (id) WHERE {test}")  # noqa: S608  no input
        params += [*visible, *words]
    return {alerts[place].pk: count for place, count in reading.read(" UNION ALL ".join(parts), params)}
