"""The queue: open tickets without an assignee in the order in which an agent gets them."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, DateTimeField, Exists, F, OuterRef, QuerySet, Value, When
from django.utils import timezone

from agents.common import fast_sql
from agents.common.time_zones import start_of_day
from agents.models import Agent
from agents.permissions import Capability, may
from tickets.models import AssignmentRules, HandBack, Ticket, TicketTag
from tickets.ranking import scoring
from tickets.ranking.alert_order import first_places

ESCALATION = "escalation"  # tag of tickets that need somebody of a higher rank
FIRST = 25  # tickets of the queue that are put in the order with topic alerts, for a claim that meets locked ones


def given_up_since(hours: int, now: datetime) -> datetime:
    """Since when an unassigned ticket is not offered to the agent who gave it up: some hours, at least the current day."""
    return min(now - timedelta(hours=hours), _midnight(now))


def _midnight(now: datetime) -> datetime:
    """The start of the current day in the installation's time zone."""
    zone = timezone.get_default_timezone()
    return start_of_day(timezone.localdate(now, zone), zone)


def waiting_for(agent: Agent, now: datetime, *, snooze_over: bool = False) -> "QuerySet[Ticket]":
    """Unassigned, open, awake tickets that the agent has not given up lately: a range of the index `ticket_smart_order_agent`.

    With `snooze_over`, instead those whose snooze is over but not yet ended by the worker.
    """
    since = given_up_since(AssignmentRules.in_force().again_after_hours, now)
    given_away = HandBack.objects.filter(agent=agent, at__gt=since).values("ticket_id")
    found = Ticket.objects.snooze_over(now) if snooze_over else Ticket.objects.filter(snoozed=False)
    waiting = found.filter(status=Ticket.Status.OPEN, assigned_to=None).exclude(pk__in=given_away)
    if not may(agent, Capability.SEE_ALL):
        waiting = waiting.exclude(Exists(TicketTag.objects.filter(ticket_id=OuterRef("pk"), name=ESCALATION)))
    # Ordering by assignee first, which is null for all of them, makes the planner use the index that starts with it.
    # Otherwise it would walk through all agents' tickets, of which the first thousands are assigned.
    return waiting.order_by("assigned_to_id", "rank_at", "id")


def first_of(agent: Agent, shown: list[tuple[UUID, list[str]]], now: datetime) -> UUID | None:
    """The first unassigned open ticket, in the order of the agent's list, that the assignment rules give the agent."""
    ids = [pk for pk, tags in shown if ESCALATION not in tags or may(agent, Capability.SEE_ALL)]
    today = _midnight(now)
    values = [agent.pk, ids, today, now, AssignmentRules.ONLY, DEFAULT_HOURS]
    given_away = {pk for (pk,) in fast_sql.fetch_rows(_GIVEN_AWAY, values)}
    return next((pk for pk in ids if pk not in given_away), None)


DEFAULT_HOURS = AssignmentRules().again_after_hours
_GIVEN_AWAY = """
    SELECT ticket_id FROM tickets_handback
     WHERE agent_id = %s AND ticket_id = ANY(%s)
       AND at > least(%s::timestamptz, %s::timestamptz - interval '1 hour' * coalesce(
           (SELECT again_after_hours FROM tickets_assignmentrules WHERE id = %s), %s))"""


def in_order(waiting: "QuerySet[Ticket]", keywords: list[str]) -> "QuerySet[Ticket]":
    """The first tickets of `waiting_for`, in the order of a list with these topic alerts, with their rank in it as `place`."""
    if not keywords:
        return waiting
    ahead = scoring.alert_head_start(scoring.current_weights())
    places, _ = first_places(waiting, keywords, FIRST, ahead, same="assigned_to_id")
    whens = [When(pk=id, then=Value(rank, output_field=DateTimeField())) for id, rank in places[:FIRST]]
    place = Case(*whens, default=F("rank_at"), output_field=DateTimeField())
    return waiting.filter(pk__in=[id for id, _ in places[:FIRST]]).annotate(place=place).order_by("place", "id")
