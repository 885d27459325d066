"""Find messages whose jobs were lost, and enqueue the jobs again.

A receiver enqueues a message's jobs in the message's own transaction. Where it could not (a full disk, say), the message is
stored all the same, and would stay without reading, draft or feedback.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from agents.common.transactions import atomic
from intelligence.models import CatchUp, Draft, DraftFeedback
from intelligence.services import enqueueing
from tickets.models import Message, Ticket

log = structlog.get_logger(__name__)
LOOKED_BACK = timedelta(hours=24)
ENOUGH_TIME = timedelta(minutes=3)  # time in which the worker should do the job on its own
MOST_AT_ONCE = 50
FIRST_PAUSE = timedelta(minutes=5)  # doubles with each attempt
MOST_ATTEMPTS = 4


def catch_up(now: datetime | None = None) -> int:
    """Enqueue the jobs of at most `MOST_AT_ONCE` messages of the last day that have none; returns the number of messages.

    Each message is tried `MOST_ATTEMPTS` times, with doubling pauses.
    """
    now = now or timezone.now()
    done = 0
    for message in list(_missed(now)[:MOST_AT_ONCE]):
        try:
            done += _enqueue_again(message, now)
        except Exception:  # one failing job must not block the others
            log.exception("message_not_caught_up", message=str(message.pk))
    return done


def prune(now: datetime) -> None:
    """Delete attempt counters of messages that are no longer looked at."""
    CatchUp.objects.filter(next_at__lt=now - 2 * LOOKED_BACK).delete()


def _missed(now: datetime) -> "QuerySet[Message]":
    """Messages with unfinished work, oldest first. Ids begin with the time, so the window is a range of the primary key.

    Imported messages are left out: their tickets are read in the background, and drafted when somebody opens them.
    """
    recent = Message.objects.filter(
        pk__gte=_id_at(now - LOOKED_BACK), pk__lt=_id_at(now - ENOUGH_TIME), external_id=None
    )
    tried = CatchUp.objects.filter(Q(next_at__gt=now) | Q(attempts__gte=MOST_ATTEMPTS), message=OuterRef("pk"))
    return recent.filter(_unread() | _undrafted() | _unjudged()).filter(~Exists(tried)).order_by("pk")


def _is_last(messages: "QuerySet[Message]") -> Any:
    later = messages.filter(ticket=OuterRef("ticket")).filter(
        Q(created_at__gt=OuterRef("created_at")) | Q(created_at=OuterRef("created_at"), pk__gt=OuterRef("pk"))
    )
    return ~Exists(later)


def _unread() -> Any:
    """Newest customer messages of open and pending tickets whose language was not detected yet."""
    theirs = Message.objects.filter(from_agent=False)
    return Q(from_agent=False, language=None) & ~Q(ticket__status=Ticket.Status.CLOSED) & _is_last(theirs)


def _undrafted() -> Any:
    """Customer messages that end a conversation and have no draft."""
    drafted = Draft.objects.filter(ticket=OuterRef("ticket"), based_on=OuterRef("pk"))
    waits = Q(from_agent=False, ticket__last_message_from_agent=False) & ~Q(ticket__status=Ticket.Status.CLOSED)
    return waits & _is_last(Message.objects.all()) & ~Exists(drafted)


def _answered() -> "QuerySet[Draft]":
    judged = DraftFeedback.objects.filter(draft=OuterRef("pk"))
    return Draft.objects.filter(~Exists(judged), state=Draft.State.SENT).exclude(topic="check_in")


def _unjudged() -> Any:
    """Agents' messages that answered a draft and were not compared with it."""
    return Q(from_agent=True) & Exists(_answered().filter(answered_by=OuterRef("pk")))


@atomic
def _enqueue_again(message: Message, now: datetime) -> bool:
    before = CatchUp.objects.filter(message=message).values_list("attempts", flat=True).first() or 0
    pause = FIRST_PAUSE * 2**before
    CatchUp.objects.bulk_create(
        [CatchUp(message=message, attempts=before + 1, next_at=now + pause)],
        update_conflicts=True,
        unique_fields=["message"],
        update_fields=["attempts", "next_at"],
    )
    if message.from_agent:
        for draft_id in _ids(_answered().filter(answered_by=message)):
            enqueueing.enqueue_feedback(draft_id)
    else:
        if message.language is None:
            enqueueing.enqueue_reading(message.ticket_id)
        enqueueing.enqueue_draft(message.ticket_id)
    log.warning("message_caught_up", message=str(message.pk), attempt=before + 1, last=before + 1 == MOST_ATTEMPTS)
    return True


def _ids(drafts: "QuerySet[Draft]") -> Iterable[UUID]:
    return drafts.values_list("pk", flat=True)


def _id_at(moment: datetime) -> UUID:
    """The smallest id (UUID version 7) that can be made at that moment."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
