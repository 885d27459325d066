"""Count the open tickets of agents for `agents/workload.py`, which must not import this app."""

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now

from agents.workload import count_open_tickets_by
from tickets.models import Ticket

# Listing the statuses lets the count use `ticket_smart_order_agent`, which excluding closed tickets would not.
ON_THE_DESK = (Ticket.Status.OPEN, Ticket.Status.PENDING)


def register() -> None:
    """Called when the app is ready."""
    theirs = Ticket.objects.filter(assigned_to=OuterRef("pk"), status__in=ON_THE_DESK).order_by()
    # Two counts: an index-only scan, and the few tickets whose snooze is over, reopened or not.
    over = theirs.filter(snoozed=True, snoozed_until__lte=Now())
    count_open_tickets_by(_number(theirs.filter(snoozed=False)) + _number(over))


def _number(tickets: "QuerySet[Ticket]") -> Coalesce:
    counted = tickets.values("assigned_to").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())
