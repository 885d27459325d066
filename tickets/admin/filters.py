"""Filters of the admin's lists: each reads an index, or stops counting early."""

from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from agents.common.admin_base import TextFilter
from agents.common.ids import uuid_or_none
from agents.models import Agent
from tickets.models import Customer, Ticket, TicketTag
from tickets.models.tickets import TicketQuerySet

Choices = list[tuple[str, str]]


class StatusFilter(admin.SimpleListFilter):
    """Filter by status; open tickets by default, because they wait."""

    title = "status"
    parameter_name = "status"
    ALL = "all"
    SNOOZED = "snoozed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            *((value, str(label)) for value, label in Ticket.Status.choices),
            (self.SNOOZED, "Snoozed"),
            (self.ALL, "All"),
        ]

    def choices(self, changelist: Any) -> Iterator[Any]:
        chosen = shown_status(self.value())
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": value == chosen, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Ticket]") -> "QuerySet[Ticket]":
        status = shown_status(self.value())
        if status == self.ALL:
            return queryset
        tickets, now = cast(TicketQuerySet, queryset), timezone.now()
        if status == self.SNOOZED:
            return tickets.asleep(now)
        tickets = tickets.filter(status=status)
        # No index serves `awake`, so it is only used while the worker has not reopened all tickets that are due.
        return tickets.awake(now) if tickets.snooze_over(now).exists() else tickets.filter(snoozed=False)


def shown_status(asked: str | None) -> str:
    """The status that a list shows: the requested one, if it exists."""
    known = {*Ticket.Status.values, StatusFilter.SNOOZED, StatusFilter.ALL}
    return asked if asked in known else Ticket.Status.OPEN.value


class AssigneeFilter(admin.SimpleListFilter):
    """Filter by assignee: mine, none or an agent. Only the first agents are listed; a link may name any."""

    title = "assignee"
    parameter_name = "assigned_to"
    LISTED = 15

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        people = Agent.objects.filter(is_active=True, is_service=False).exclude(pk=cast(Agent, request.user).pk)
        named = people.order_by("name", "id").values_list("pk", "name")[: self.LISTED]
        return [("me", "Me"), ("none", "Nobody"), *((str(key), name) for key, name in named)]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Ticket]") -> "QuerySet[Ticket]":
        value = self.value()
        if not value:
            return queryset
        if value == "none":
            return queryset.filter(assigned_to=None)
        key = request.user.pk if value == "me" else uuid_or_none(value)
        return queryset.filter(assigned_to_id=key) if key else queryset.none()


class TagFilter(TextFilter):
    title = "tag"
    parameter_name = "tag"
    hint = "the whole tag"

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Ticket]") -> "QuerySet[Ticket]":
        tag = " ".join((self.value() or "").replace("\x00", "").split()).lower()
        if not tag:
            return queryset
        return queryset.filter(Exists(TicketTag.objects.filter(ticket_id=OuterRef("pk"), name=tag)))


class _BandFilter(admin.SimpleListFilter):
    """Filter by ranges of one figure."""

    bands: dict[str, tuple[str, Q]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(value, label) for value, (label, _) in self.bands.items()]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Customer]") -> "QuerySet[Customer]":
        band = self.bands.get(self.value() or "")
        return queryset.filter(band[1]) if band else queryset


class ChurnFilter(_BandFilter):
    title = "churn risk"
    parameter_name = "churn"
    bands = {
        "high": ("High (0.7 and more)", Q(churn_risk_score__gte=0.7)),
        "medium": ("Medium (0.3 to 0.7)", Q(churn_risk_score__gte=0.3, churn_risk_score__lt=0.7)),
        "low": ("Low (under 0.3)", Q(churn_risk_score__lt=0.3)),
        "unknown": ("Unknown", Q(churn_risk_score=None)),
    }


class OrdersFilter(_BandFilter):
    title = "orders"
    parameter_name = "orders"
    bands = {
        "none": ("None", Q(total_orders=0)),
        "one": ("One", Q(total_orders=1)),
        "several": ("Several", Q(total_orders__gt=1)),
    }
