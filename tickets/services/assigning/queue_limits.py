"""Limit how often a person may take the next ticket of the queue and unassign tickets, per hour.

Without a limit, an agent who does not see the queue could read all of it by taking and unassigning in a loop. Uses are rows of
the database, counted under a lock per person: the limit holds across processes, restarts and simultaneous requests.
"""

from datetime import datetime, timedelta
from math import ceil

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agents import audit
from agents.common.errors import LimitReached
from agents.models import Agent
from agents.permissions import Capability, may
from tickets.models import QueueUse

HOUR = timedelta(hours=1)
_USING = 0x5176  # class of advisory locks, one for each agent; the number is arbitrary
NEXT, GIVE_UP = QueueUse.Kind.NEXT, QueueUse.Kind.GIVE_UP


def check_limit(actor: Agent, kind: QueueUse.Kind, now: datetime) -> int:
    """How often the actor did this within the last hour. Raises `LimitReached` at the limit.

    Call it before any row is locked. Its lock lasts as long as the transaction.
    """
    if not _is_limited(actor, kind):
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_USING, str(actor.pk)])
    limit = limit_of(kind)
    latest = list(_in_the_hour(actor, kind, now).order_by("-at").values_list("at", flat=True)[:limit])
    if len(latest) == limit:
        raise LimitReached(_sentence(kind, limit), max(1, ceil((latest[-1] + HOUR - now).total_seconds())))
    return len(latest)


def count_use(actor: Agent, kind: QueueUse.Kind, now: datetime, used: int) -> None:
    """Count a use that `check_limit` allowed, in its transaction. The use that reaches the limit is written to the audit log."""
    if not _is_limited(actor, kind):
        return
    QueueUse.objects.create(agent=actor, kind=kind, at=now)
    if used + 1 >= limit_of(kind):
        audit.record("agent.queue_limit_reached", actor, actor=actor, changes={str(kind): (None, used + 1)}, at=now)


def limit_of(kind: QueueUse.Kind) -> int:
    """The limit per hour."""
    return int(settings.NEXT_TICKETS_PER_HOUR if kind == NEXT else settings.HAND_BACKS_PER_HOUR)


def _is_limited(actor: Agent, kind: QueueUse.Kind) -> bool:
    """Whether the limit applies: to people, but not to unassigning by those who may assign tickets."""
    return not actor.is_service and (kind == NEXT or not may(actor, Capability.ASSIGN))


def _in_the_hour(actor: Agent, kind: QueueUse.Kind, now: datetime) -> "QuerySet[QueueUse]":
    return QueueUse.objects.filter(agent=actor, kind=kind, at__gt=now - HOUR)


def _sentence(kind: QueueUse.Kind, limit: int) -> str:
    if kind == NEXT:
        return _("You have taken %(limit)s tickets from the queue within an hour; try again later.") % {"limit": limit}
    return _("You have unassigned or escalated %(limit)s tickets within an hour; try again later.") % {"limit": limit}
