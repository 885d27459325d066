"""What intelligence does when records change: notes it and enqueues work, nothing more."""

from typing import Any
from uuid import UUID

from django.db import connection, transaction

from intelligence.services.profiles import mark_stale
from tickets.signals import customers_changed, listen


@listen(customers_changed)
def profiles_are_stale(customer_ids: list[UUID], **kwargs: Any) -> None:
    """The mark is part of the change; the worker is woken once it is committed, and looks every minute anyway.

    The job itself is not enqueued in the transaction: its lock would make the writers of a long import wait for each other.
    """
    mark_stale(customer_ids)
    waiting = (entry[1] for entry in connection.run_on_commit)
    if not any(function is _wake for function in waiting):
        transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    from intelligence.tasks import enqueue_refresh

    enqueue_refresh()
