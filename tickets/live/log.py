"""Read the event log so that no reader misses a row.

A row's id says when its transaction began, not when it committed: a slow transaction commits a low id after a reader has read
past it. So each row also gets a `position`, once it can be seen. `place` gives the rows without a position the next numbers,
under an advisory lock that it holds until it has committed: no position appears below one that a reader has seen. The worker
calls `place` each second (quimbi_crm/job_worker.py), and so does the listener of the live sockets before it reads; a GET reads
the rows with a position and writes nothing. Writers pay one plain INSERT and take no lock: a slow writer (an import) holds up
neither other writers nor their events, and a rollback leaves nothing.

Two alternatives were worse. Numbers that writers take under a lock make all commits wait for each other. Waiting until every
older transaction has ended (`pg_snapshot_xmin`) lets one long transaction hold back all events.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max, Min
from django.utils import timezone

from agents.common.transactions import atomic
from agents.models import Agent
from tickets.models import Event
from tickets.models.tickets import TicketQuerySet

KEPT = timedelta(hours=24)
HEARTBEAT = 25  # seconds; announced to clients
# Missed events that a client receives one by one; if there are more, it must reload.
MOST = 1000
_PLACING = 0x5176  # key of an advisory lock; the number is arbitrary


def place() -> None:
    """Give each visible event without a position the next one."""
    if not Event.objects.filter(position=None).exists():
        return
    with atomic(), connection.cursor() as cursor:
        # A separate statement, so that the next one sees what was committed while this one waited for the lock.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PLACING])
        # The newest row is never pruned (see below), so that numbering continues.
        cursor.execute(
            """UPDATE tickets_event event SET position = placed.position
               FROM (SELECT id, row_number() OVER (ORDER BY id)
                                + (SELECT coalesce(max(position), 0) FROM tickets_event) AS position
                     FROM tickets_event WHERE position IS NULL) placed
               WHERE event.id = placed.id"""
        )


def head() -> int:
    """The highest position, 0 before the first; no event appears below it later."""
    place()
    return int(Event.objects.aggregate(head=Max("position"))["head"] or 0)


def after(position: int, limit: int) -> list[Any]:
    """The next events, with the current assignee of their tickets."""
    place()
    return list(Event.objects.all().placed_after(position)[:limit])


@dataclass(frozen=True)
class CatchUp:
    """Missed events that the agent may see up to `head`, or that the position is too old."""

    head: int
    events: list[dict[str, Any]] = field(default_factory=list)
    reset: bool = False

    def bodies(self) -> list[dict[str, Any]]:
        return [reset_body(self.head)] if self.reset else self.events


def catch_up(agent: Agent, since: int | None, missed: Any = None) -> CatchUp:
    """What the agent missed after that position, from the placed events; the log's position if none is given.

    `missed` are the agent's events after `since`, if the caller has them already.
    """
    ends = Event.objects.aggregate(head=Max("position"), oldest=Min("position"))
    top, oldest = int(ends["head"] or 0), int(ends["oldest"] or 1)
    if since is None:
        return CatchUp(top)
    if since > top or since + 1 < oldest:  # from another database, or older than the kept events
        return CatchUp(top, reset=True)
    if missed is None:
        missed = Event.objects.visible_to(agent).placed_after(since)
    rows = list(missed.filter(position__lte=top)[: MOST + 1])
    if len(rows) > MOST:
        return CatchUp(top, reset=True)
    found = (body_for(agent.role, agent.pk, event) for event in rows)
    return CatchUp(top, [body for body in found if body is not None])


def body_for(role: str, agent_id: UUID, event: Any) -> dict[str, Any] | None:
    """The event (from `placed_after`) as an active agent of that role may see it: whole, only that the ticket is no longer
    theirs, or `None`.
    """
    if is_everybodys(event) or TicketQuerySet.sees(role, agent_id, event.assignee):
        return body(event)
    return removed_body(event) if event.taken_from == agent_id else None


def is_everybodys(event: Event) -> bool:
    """Whether the event is about the order of all tickets and names none."""
    return event.kind == Event.Kind.ORDER


def body(event: Event) -> dict[str, Any]:
    """The event for agents who see the ticket; for all agents if it has no ticket."""
    if is_everybodys(event):
        return {
            "type": event.kind,
            "sequence": event.position,
            "at": event.created_at,
            "by": event.actor_id,
            **event.facts,
        }
    return {
        "type": event.kind,
        "sequence": event.position,
        "ticket": event.ticket_id,
        "at": event.created_at,
        "by": event.actor_id,
        **event.facts,
    }


def removed_body(event: Event) -> dict[str, Any]:
    """For an agent who lost the ticket: without its new assignee and who took it."""
    return {"type": "removed", "sequence": event.position, "ticket": event.ticket_id, "at": event.created_at}


def welcome_body(position: int) -> dict[str, Any]:
    """The log's position, from which a client catches up next time."""
    return {"type": "welcome", "sequence": position, "heartbeat": HEARTBEAT}


def reset_body(position: int) -> dict[str, Any]:
    """The client's data may be out of date in any part: reload."""
    return {"type": "reset", "sequence": position}


def prune() -> int:
    """Delete events older than the retention period, except the newest; returns how many."""
    place()
    newest = Event.objects.aggregate(newest=Max("position"))["newest"] or 0
    old = Event.objects.filter(created_at__lt=timezone.now() - KEPT, position__lt=newest)
    return old.delete()[0]
