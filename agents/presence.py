"""When an agent was last seen and an API key was last used, to the minute.

A request notes it in the shared cache, so that a GET writes nothing to the database; each minute the worker stores the notes.
They do not go to the audit log, and are lost with the cache.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from agents.common import shared_cache
from agents.models import Agent, ApiKey

PRECISION = timedelta(minutes=1)
AGENTS, KEYS = "presence-agents", "presence-keys"  # sorted sets in the cache: id by Unix time
# What this process has noted and the worker may not have stored yet: otherwise each request in that minute would note it again,
# which takes a tenth of a list request.
NOTED_AGAIN, MOST_NOTED = timedelta(seconds=30), 10_000
_noted_here: dict[UUID, datetime] = {}


def note_request(request: HttpRequest) -> None:
    """Notes who made the request, unless the database knew of a moment less than a minute ago when they were loaded."""
    now = timezone.now()
    agent, key = _known_agent(request), request.__dict__.get("auth")
    if agent is not None and _is_due(agent.last_seen_at, now):
        _note(AGENTS, agent.pk, now)
    if isinstance(key, ApiKey) and _is_due(key.last_used_at, now):
        _note(KEYS, key.pk, now)


def store_noted() -> None:
    """Write the noted times to the database. Times noted meanwhile stay for the next call.

    Row by row: one statement for all would lock the accounts' rows in an order of its own. Raises nothing.
    """
    for name, rows, field in (
        (AGENTS, Agent.objects.all(), "last_seen_at"),
        (KEYS, ApiKey.objects.all(), "last_used_at"),
    ):
        noted = _noted(name)
        for pk, moment in noted:
            _store(rows.filter(pk=pk), field, moment)
        if noted:
            _forget(name, max(moment for _pk, moment in noted))


def _known_agent(request: HttpRequest) -> Agent | None:
    """The signed-in agent, if the request has asked who that is; never a query of its own."""
    user = request.__dict__.get("user")
    if type(user) is not Agent:
        user = request.__dict__.get("_cached_user")
    return user if isinstance(user, Agent) else None


def _is_due(noted: datetime | None, now: datetime) -> bool:
    return noted is None or noted <= now - PRECISION


def _note(name: str, pk: UUID, now: datetime) -> None:
    """Keeps the latest moment of each, noted at most twice a minute by each process."""
    if now - NOTED_AGAIN < _noted_here.get(pk, now - PRECISION) <= now:
        return
    try:
        shared_cache.call_redis(lambda client: client.zadd(cache.make_key(name), {str(pk): now.timestamp()}, gt=True))
    except shared_cache.NotShared:
        return  # presence must not fail a request that is already answered
    if len(_noted_here) >= MOST_NOTED:
        _noted_here.clear()
    _noted_here[pk] = now


def _noted(name: str) -> list[tuple[UUID, datetime]]:
    try:
        found = shared_cache.call_redis(lambda client: client.zrange(cache.make_key(name), 0, -1, withscores=True))
    except shared_cache.NotShared:
        return []
    return [(UUID(member.decode()), datetime.fromtimestamp(score, UTC)) for member, score in found]


def _forget(name: str, until: datetime) -> None:
    try:
        shared_cache.call_redis(lambda client: client.zremrangebyscore(cache.make_key(name), "-inf", until.timestamp()))
    except shared_cache.NotShared:
        return  # the next call stores the same moments again, which changes nothing


def _store(rows: "QuerySet[Agent] | QuerySet[ApiKey]", field: str, moment: datetime) -> None:
    rows.filter(Q(**{field: None}) | Q(**{f"{field}__lt": moment})).update(**{field: moment})
