"""The notice of a reply in its undo window, shown on pages other than its ticket's."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest

from agents.pages.sign_in_required import signed_in_agent
from tickets.models import ScheduledReply
from tickets.services.messages.reply_collision import begun_elsewhere

# Session key of a Unix time: until then there may be a reply whose sending can be undone.
SENDING_UNTIL = "sending_until"


def going_out(request: HttpRequest, now: datetime, here: UUID | None = None) -> ScheduledReply | None:
    """A scheduled reply to another ticket, sent from this browser, that can still be undone."""
    if request.session.get(SENDING_UNTIL, 0) <= now.timestamp():
        return None
    return begun_elsewhere(signed_in_agent(request), now, here)
