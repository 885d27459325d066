"""Who views a ticket or types on it: kept in Redis for half a minute, never stored, shown only to agents who may see the ticket.

Each socket reports for itself, in whichever process: an agent is present until the last of their tabs is closed.
"""

import time
from collections.abc import Iterable
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from django.core.cache import cache

from agents.common import shared_cache
from agents.models import Agent

LASTS = 30  # seconds until presence expires without a message


class State(StrEnum):
    VIEWING = "viewing"
    TYPING = "typing"


Watcher = dict[str, Any]  # id, name, state, until (Unix time)


def note(ticket_id: UUID, agent: Agent, state: str, socket: str) -> list[Watcher]:
    """Record for a while that the agent is present, by socket; returns what all sockets there have said.

    One round trip. Raises `NotShared`.
    """
    key, field = _key(ticket_id), _field(agent.pk, socket)
    row = {"id": str(agent.pk), "name": agent.name, "state": state, "until": time.time() + LASTS}

    def work(client: Any) -> list[Watcher]:
        with client.pipeline() as all_of_it:
            all_of_it.hset(key, field, orjson.dumps(row))
            all_of_it.expire(key, LASTS)
            all_of_it.hgetall(key)
            said = all_of_it.execute()[-1]
        rows = {name: orjson.loads(one) for name, one in said.items()}
        there = alive(rows.values())
        if over := [name for name, one in rows.items() if one not in there]:  # entries left behind by dead processes
            client.hdel(key, *over)
        return there

    return shared_cache.call_redis(work)


def forget(ticket_id: UUID, agent_id: UUID, socket: str) -> list[Watcher]:
    """Remove the agent's socket; returns what the remaining ones have said. Raises `NotShared`."""
    key = _key(ticket_id)

    def work(client: Any) -> list[Watcher]:
        with client.pipeline() as both:
            both.hdel(key, _field(agent_id, socket))
            both.hvals(key)
            return alive(orjson.loads(one) for one in both.execute()[-1])

    return shared_cache.call_redis(work)


def viewers(ticket_ids: Iterable[UUID]) -> dict[UUID, list[Watcher]]:
    """The viewers of each of these tickets in one round trip; none if Redis does not answer."""
    wanted = list(ticket_ids)

    def work(client: Any) -> list[Any]:
        with client.pipeline(transaction=False) as all_of_it:
            for ticket_id in wanted:
                all_of_it.hvals(_key(ticket_id))
            found: list[Any] = all_of_it.execute()
        return found

    try:
        found = shared_cache.call_redis(work) if wanted else []
    except shared_cache.NotShared:
        return {}
    return {pk: there for pk, rows in zip(wanted, found, strict=True) if (there := present(map(orjson.loads, rows)))}


def alive(said: Iterable[Watcher], now: float | None = None) -> list[Watcher]:
    """Entries that have not expired."""
    now = time.time() if now is None else now
    return [one for one in said if one["until"] > now]


def present(said: Iterable[Watcher], now: float | None = None) -> list[Watcher]:
    """Each present agent once, by name: typing in one tab outweighs viewing in another."""
    people: dict[str, Watcher] = {}
    for one in sorted(alive(said, now), key=lambda one: (one["state"] == State.TYPING, one["until"])):
        people[one["id"]] = one
    return sorted(people.values(), key=lambda one: (one["name"], one["id"]))


def body(ticket_id: str, said: Iterable[Watcher]) -> dict[str, Any]:
    """The message with everybody who is present, not only the change."""
    agents = [{"id": one["id"], "name": one["name"], "state": one["state"]} for one in present(said)]
    return {"type": "presence", "ticket": ticket_id, "agents": agents}


def _key(ticket_id: UUID) -> str:
    return str(cache.make_key(f"watching:{ticket_id}"))


def _field(agent_id: UUID, socket: str) -> str:
    return f"{agent_id}:{socket}"
