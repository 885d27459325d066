"""When somebody was last seen, and a key last used: to the minute, by at most one write a minute, and none to the audit trail."""

from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from agents.models import Agent, ApiKey

log = structlog.get_logger(__name__)
PRECISION = timedelta(minutes=1)


def note(request: HttpRequest) -> None:
    """Remembers who made the request, where it was somebody: what was loaded with them says whether it is time to."""
    now = timezone.now()
    try:
        agent = _known_agent(request)
        if agent is not None and _is_due(agent.last_seen_at, now):
            _write(Agent.objects.filter(pk=agent.pk), "last_seen_at", now)
        key = request.__dict__.get("auth")
        if isinstance(key, ApiKey) and _is_due(key.last_used_at, now):
            _write(ApiKey.objects.filter(pk=key.pk), "last_used_at", now)
    except DatabaseError:
        log.warning("presence_not_noted")  # the answer is made already, and worth more


def _known_agent(request: HttpRequest) -> Agent | None:
    """The signed-in agent, if the request has asked who that is; never a query of its own."""
    user = request.__dict__.get("user")
    if type(user) is not Agent:
        user = request.__dict__.get("_cached_user")
    return user if isinstance(user, Agent) else None


def _is_due(noted: datetime | None, now: datetime) -> bool:
    return noted is None or noted <= now - PRECISION


def _write(rows: QuerySet[Agent] | QuerySet[ApiKey], field: str, now: datetime) -> None:
    """Two requests at once write once: the second finds it noted."""
    rows.filter(Q(**{field: None}) | Q(**{f"{field}__lte": now - PRECISION})).update(**{field: now})
