"""Read imported conversations in the background: an import enqueues no jobs for its messages."""

from uuid import UUID

import structlog
from django.db.models import OuterRef, QuerySet, Subquery

from intelligence.services.message_reading import MovingOn, read_ticket, unread
from tickets.models import Message, Ticket

log = structlog.get_logger(__name__)
TOLD_EVERY = 200  # conversations between two progress messages
_failed: set[UUID] = set()  # tickets that failed; each is tried once per worker process


def old_conversations() -> "QuerySet[Ticket]":
    """Open and pending tickets whose customer's newest message was imported and not read yet."""
    newest = Message.objects.filter(ticket_id=OuterRef("pk"), from_agent=False).order_by("-created_at", "-id")
    return unread().alias(imported_as=Subquery(newest.values("external_id")[:1])).exclude(imported_as=None)


def read_old_conversations() -> int:
    """Read all of them, newest first; returns how many. An interrupted run continues where it stopped.

    Figures and tags that came with an import stay.
    """
    wanted = [pk for pk in old_conversations().order_by("-id").values_list("pk", flat=True) if pk not in _failed]
    done = 0
    for place, ticket_id in enumerate(wanted, start=1):
        try:
            done += read_ticket(ticket_id, keep=True) is not None
        except MovingOn:
            pass  # the job of its newest message reads it
        except Exception:  # one unreadable conversation must not block the others
            _failed.add(ticket_id)
            log.exception("conversation_not_read", ticket=str(ticket_id))
        if place % TOLD_EVERY == 0 or place == len(wanted):
            log.info("conversations_read", done=place, total=len(wanted))
    return done
