"""Signals about records, sent inside the transaction of the change.

A receiver (registered with `listen`) only enqueues jobs: a crash after the commit cannot lose them. Each receiver runs in a
savepoint (agents/common/transactions.py), so a failing receiver is rolled back and cannot lose the ticket; where the transaction
cannot commit after it, the service raises.
"""

import functools
from collections.abc import Callable
from typing import Any

from django.dispatch import Signal

from agents.common.transactions import atomic

ticket_created = Signal()  # ticket: Ticket, actor: Agent | None
message_posted = Signal()  # message: Message, ticket: Ticket, actor: Agent | None
note_added = Signal()  # note: Note, ticket: Ticket, actor: Agent | None
# ticket: Ticket, changes: {field: (before, after)}, actor: Agent | None, reason: str (never empty if assigned_to changed)
ticket_updated = Signal()
# customer_ids: list[UUID] of customers whose facts or orders changed; their tickets are already re-ranked.
customers_changed = Signal()

weights_changed = Signal()  # version: int of the WeightSet now in force, sent before its re-rank


def listen(signal: Signal, *, essential: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a receiver that runs in its own savepoint.

    An `essential` receiver's writes are part of the change: if the database cannot store them, the change fails (`send_signal`).
    """

    def register(receiver: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(receiver)
        def in_savepoint(**what: Any) -> Any:
            with atomic():
                return receiver(**what)

        setattr(in_savepoint, "essential", essential)  # noqa: B010  no type knows it
        signal.connect(in_savepoint, weak=False)
        return in_savepoint

    return register
