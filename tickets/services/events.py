"""Write events: a row in the event log in the transaction of the change, and a hint to the web processes after it.

An event holds ids and plain facts. Who may see it is decided when it is read, so that permissions follow the ticket.
"""

from typing import Any
from uuid import UUID

from django.db import connection

from agents import audit
from agents.common.json_text import dumps
from agents.common.transactions import after_commit
from agents.models import Agent
from tickets.live import hints
from tickets.models import Event


def announce(kind: str, ticket_id: UUID, *, actor: Agent | None = None, **facts: Any) -> None:
    """Write an event about the ticket; a rollback removes it. Facts are ids, names of fields, plain values."""
    write([event(kind, ticket_id, actor, facts)])


def announce_order(because: str, *, actor: Agent | None = None) -> None:
    """Write an event that the ranking of all tickets changed."""
    write([event(Event.Kind.ORDER, None, actor, {"because": because})])


def event(
    kind: str, ticket_id: UUID | None, actor: Agent | None, facts: dict[str, Any], taken_from: UUID | None = None
) -> Event:
    """An unsaved event, for callers who write several at once."""
    plain = {name: audit.plain(value) for name, value in facts.items()}
    return Event(
        kind=kind, ticket_id=ticket_id, actor_id=actor.pk if actor else None, taken_from=taken_from, facts=plain
    )


_INSERT = """INSERT INTO tickets_event (kind, ticket_id, actor_id, taken_from, facts, created_at)
             VALUES (%s, %s, %s, %s, %s, %s)"""


def write(events: list[Event]) -> None:
    """Write the events and wake listeners once after the commit.

    Uses a plain statement: every reply writes one or two events, and composing it by the ORM takes longer than running it.
    """
    with connection.cursor() as cursor:
        for one in events:
            facts = dumps(one.facts).decode()
            row = (one.kind, one.ticket_id, one.actor_id, one.taken_from, facts, one.created_at)
            cursor.execute(_INSERT, row)
    if not any(entry[1] is hints.look for entry in connection.run_on_commit):
        after_commit(hints.look)
