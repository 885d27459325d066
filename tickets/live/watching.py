"""Who looks at a ticket or writes to it: in Redis for half a minute, never stored, told only to those who may see the ticket."""

import time
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

import orjson
from django.core.cache import cache
from redis.exceptions import RedisError

from agents.models import Agent
from tickets.live import hints

LASTS = 30  # seconds without a word


class State(StrEnum):
    VIEWING = "viewing"
    TYPING = "typing"


Watcher = dict[str, Any]  # id, name, state, until: seconds since 1970


def note(ticket_id: UUID, agent: Agent, state: str) -> list[Watcher]:
    """Remembers that the agent is there for another while; returns all who are. One round trip."""
    row = {"id": str(agent.pk), "name": agent.name, "state": state, "until": time.time() + LASTS}
    with _redis().pipeline() as all_of_it:
        all_of_it.hset(_key(ticket_id), str(agent.pk), orjson.dumps(row))
        all_of_it.expire(_key(ticket_id), LASTS)
        all_of_it.hvals(_key(ticket_id))
        return present(orjson.loads(one) for one in all_of_it.execute()[-1])


def forget(ticket_id: UUID, agent_id: UUID) -> list[Watcher]:
    """The agent has left; returns who is still there."""
    with _redis().pipeline() as both:
        both.hdel(_key(ticket_id), str(agent_id))
        both.hvals(_key(ticket_id))
        return present(orjson.loads(one) for one in both.execute()[-1])


def viewers(ticket_ids: Iterable[UUID]) -> dict[UUID, list[Watcher]]:
    """Who is at each of these tickets, in one round trip; none where Redis does not answer."""
    wanted = list(ticket_ids)
    try:
        with _redis().pipeline(transaction=False) as all_of_it:
            for ticket_id in wanted:
                all_of_it.hvals(_key(ticket_id))
            found = all_of_it.execute() if wanted else []
    except RedisError as error:
        hints.complain(error)
        return {}
    return {pk: there for pk, rows in zip(wanted, found, strict=True) if (there := present(map(orjson.loads, rows)))}


def present(watchers: Iterable[Watcher], now: float | None = None) -> list[Watcher]:
    """Those whose time is not over, by name."""
    now = time.time() if now is None else now
    return sorted((one for one in watchers if one["until"] > now), key=lambda one: (one["name"], one["id"]))


def body(ticket_id: str, watchers: list[Watcher]) -> dict[str, Any]:
    """What is told: everybody who is there, not only what changed."""
    agents = [{"id": one["id"], "name": one["name"], "state": one["state"]} for one in watchers]
    return {"type": "presence", "ticket": ticket_id, "agents": agents}


def _key(ticket_id: UUID) -> str:
    return str(cache.make_key(f"watching:{ticket_id}"))


def _redis() -> Any:
    """The cache's own client: the program has one set of time-outs for Redis."""
    return cast(Any, cache)._cache.get_client(None, write=True)
