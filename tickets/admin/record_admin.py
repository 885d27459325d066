"""What the pages of tickets, customers and orders share besides the accounts' own."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from agents.common.admin_base import ServiceAdmin
from tickets.models import Ticket
from tickets.services import retrying

LATEST = 20  # orders and tickets shown on a customer's page


class RecordAdmin(ServiceAdmin):
    """An admin form whose write is retried after a conflict with another write on the same rows."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        show = super().changeform_view
        if request.method != "POST":
            return show(request, object_id, form_url, extra_context)
        return retrying(lambda: show(request, object_id, form_url, extra_context))


def smart_score(ticket: Ticket, now: datetime | None = None) -> float:
    """The score in days, as the API gives it; a closed ticket keeps its last score."""
    at = ticket.closed_at or now or timezone.now()
    return (at - ticket.rank_at).total_seconds() / 86400


def money(amount: Any) -> str:
    return f"{amount:,.2f}"
