"""The one way to tell those who watch: a row in the event log, in the transaction of the change, and a hint after it.

An event holds ids and plain facts. Who may know of it is decided when it is read, so that it follows the ticket.
"""

from typing import Any
from uuid import UUID

from django.db import connection, transaction

from agents import audit
from agents.models import Agent
from tickets.live import hints
from tickets.models import Event


def announce(kind: str, ticket_id: UUID, *, actor: Agent | None = None, **facts: Any) -> None:
    """Notes that something happened to the ticket; a rollback takes it back. Facts are ids, names of fields, plain values."""
    write([event(kind, ticket_id, actor, facts)])


def event(
    kind: str, ticket_id: UUID, actor: Agent | None, facts: dict[str, Any], taken_from: UUID | None = None
) -> Event:
    """An unsaved event, for those who write several at once."""
    plain = {name: audit.plain(value) for name, value in facts.items()}
    return Event(
        kind=kind, ticket_id=ticket_id, actor_id=actor.pk if actor else None, taken_from=taken_from, facts=plain
    )


def write(events: list[Event]) -> None:
    """One statement for all of them; whoever listens is woken when the transaction is committed, once."""
    Event.objects.bulk_create(events)
    if not any(entry[1] is hints.look for entry in connection.run_on_commit):
        transaction.on_commit(hints.look, robust=True)
