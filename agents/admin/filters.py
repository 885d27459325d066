"""Filters of the lists of accounts and of the audit log."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from agents.admin.audit_sentences import GROUPS, group_of
from agents.common.admin_base import TextFilter, distinct_values
from agents.common.folding import fold
from agents.common.ids import uuid_or_none
from agents.common.time_zones import start_of_day
from agents.models import Agent, AuditEntry
from agents.workload import AVAILABLE, OPEN_TICKET_COUNT

Choices = list[tuple[str, str]]
Agents = QuerySet[Agent]
Entries = QuerySet[AuditEntry]


# --- Accounts ----------------------------------------------------------------------------------------------------------
class AccountFilter(admin.SimpleListFilter):
    """Whether anybody can sign in to the account."""

    title = "account"
    parameter_name = "account"
    states = {
        "active": ("Active", Q(is_active=True)),
        "invited": (
            "Invitation pending",
            Q(is_active=True, is_service=False, password__startswith=UNUSABLE_PASSWORD_PREFIX),
        ),
        "inactive": ("Inactive", Q(is_active=False)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(value, label) for value, (label, _) in self.states.items()]

    def queryset(self, request: HttpRequest, queryset: Agents) -> Agents:
        state = self.states.get(self.value() or "")
        return queryset.filter(state[1]) if state else queryset


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("person", "Person"), ("service", "Service account")]

    def queryset(self, request: HttpRequest, queryset: Agents) -> Agents:
        kinds = {"person": False, "service": True}
        return queryset.filter(is_service=kinds[self.value() or ""]) if self.value() in kinds else queryset


class WorkloadFilter(admin.SimpleListFilter):
    title = "workload"
    parameter_name = "workload"
    bands = {
        "available": ("Available for new tickets", AVAILABLE),
        "free": ("No open tickets", Q(**{OPEN_TICKET_COUNT: 0})),
        "full": ("At or over capacity", Q(**{f"{OPEN_TICKET_COUNT}__gte": F("max_concurrent_tickets")})),
        "over": ("Over capacity", Q(**{f"{OPEN_TICKET_COUNT}__gt": F("max_concurrent_tickets")})),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(value, label) for value, (label, _) in self.bands.items()]

    def queryset(self, request: HttpRequest, queryset: Agents) -> Agents:
        band = self.bands.get(self.value() or "")
        return queryset.filter(band[1], is_service=False) if band else queryset


class DepartmentFilter(admin.SimpleListFilter):
    """The departments there are; of very many only the first are listed, a link or the search may name any."""

    title = "department"
    parameter_name = "department"
    LISTED = 30
    NONE = "-"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        names = Agent.objects.exclude(department="").order_by("department").values_list("department", flat=True)
        return [*((name, name) for name in names.distinct()[: self.LISTED]), (self.NONE, "None")]

    def queryset(self, request: HttpRequest, queryset: Agents) -> Agents:
        if not self.value():
            return queryset
        return queryset.filter(department="" if self.value() == self.NONE else self.value())


class SpecializationFilter(TextFilter):
    title = "specialization"
    parameter_name = "specialization"
    hint = "the whole tag"

    def queryset(self, request: HttpRequest, queryset: Agents) -> Agents:
        tag = " ".join((self.value() or "").replace("\x00", "").split()).lower()
        return queryset.filter(specializations__contains=[tag]) if tag else queryset


# --- Audit log --------------------------------------------------------------------------------------------------------
class GroupFilter(admin.SimpleListFilter):
    """What it was about: sign-ins, accounts, tickets …"""

    title = "subject"
    parameter_name = "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        present = {group_of(action) for action in distinct_values(AuditEntry, "action")}
        return [(group, label) for group, label in GROUPS.items() if group in present]

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        if not self.value():
            return queryset
        # Listing the actions lets PostgreSQL use the index on action.
        actions = [action for action in distinct_values(AuditEntry, "action") if group_of(action) == self.value()]
        return queryset.filter(action__in=actions)


class ActionFilter(admin.SimpleListFilter):
    """Filter by one action; offered once a group is chosen, because there are many actions."""

    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        group, chosen = request.GET.get("group"), request.GET.get("action")
        actions = distinct_values(AuditEntry, "action") if group or chosen else []
        offered = [action for action in actions if group_of(action) == (group or group_of(chosen or ""))]
        if chosen and chosen not in offered:
            offered.append(chosen)
        return [(action, action) for action in offered]

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        return queryset.filter(action=self.value()) if self.value() else queryset


def people_named(words: str) -> list[Any]:
    """The ids of accounts with the words in name or address; of very many the first."""
    people = Agent.objects.filter(Q(name__folded__contains=fold(words)) | Q(email__icontains=words))
    return list(people.values_list("pk", flat=True)[:1000])


class PersonFilter(TextFilter):
    """Who did it."""

    title = "agent"
    parameter_name = "person"
    hint = "name or address"

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        words = (self.value() or "").replace("\x00", "").strip()
        if not words:
            return queryset
        key = uuid_or_none(words)
        return queryset.filter(actor_id=key) if key else queryset.filter(actor__in=people_named(words))


class RecordFilter(TextFilter):
    """What it was done to."""

    title = "record"
    parameter_name = "record"
    hint = "id of the record"

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        words = (self.value() or "").replace("\x00", "").strip()
        return queryset.filter(about(words)) if words else queryset


def about(record: str) -> Q:
    """Entries about the record of that id."""
    # The index leads with `subject_type`, which has few values; listing them all lets PostgreSQL use it.
    kinds = distinct_values(AuditEntry, "subject_type")
    return Q(subject_type__in=kinds, subject_id=str(uuid_or_none(record) or record))


class PeriodFilter(admin.ListFilter):
    """From one day to another, both included, in the site's time zone."""

    title = "date"
    template = "admin/quimbi/period_filter.html"
    START, END = "since", "until"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]
        self.since, self.until = (_day(str(self.used_parameters.get(name, ""))) for name in (self.START, self.END))

    def expected_parameters(self) -> list[str | None]:
        return [self.START, self.END]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: Entries) -> Entries:
        if self.since:
            queryset = queryset.filter(at__gte=_midnight(self.since))
        if self.until and self.until < date.max:
            queryset = queryset.filter(at__lt=_midnight(self.until + timedelta(days=1)))
        return queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        others = changelist.get_filters_params(changelist.params)
        kept = [(n, v) for n, values in others.items() if n not in (self.START, self.END) for v in values]
        today = timezone.localdate()
        for label, days in (("Today", 0), ("Last 7 days", 6), ("Last 30 days", 29)):
            since = (today - timedelta(days=days)).isoformat()
            yield {
                "display": label,
                "selected": self.since and self.since.isoformat() == since and not self.until,
                "query_string": changelist.get_query_string({self.START: since}, remove=[self.END]),
                "others": kept + ([("q", changelist.query)] if changelist.query else []),
                "since": self.since.isoformat() if self.since else "",
                "until": self.until.isoformat() if self.until else "",
                "clear": changelist.get_query_string(remove=[self.START, self.END]),
            }


def _day(text: str) -> date | None:
    """The day; an invalid one sets no bound."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return start_of_day(day)
