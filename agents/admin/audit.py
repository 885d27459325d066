"""The audit log: who did what, newest first, for reading alone."""

import ipaddress
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from agents import services
from agents.admin import filters
from agents.admin.audit_sentences import details, names_for, record_link, sentence, short_id
from agents.admin.export import MOST_EXPORTED, csv_lines
from agents.common.admin_base import ReadOnlyAdmin
from agents.common.ids import uuid_or_none
from agents.models import Agent, AuditEntry


class NamingChangeList(ChangeList):
    """A page of entries, with the names of the accounts that they tell of."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        entries = list(self.result_list)
        names = names_for(entries)
        for entry in entries:
            entry.names = names
        self.result_list = entries


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    counted = "audit entries"
    list_display = ["at", "what_happened", "reason", "address"]
    list_display_links = ["at"]
    list_filter = [
        filters.GroupFilter,
        filters.ActionFilter,
        filters.PeriodFilter,
        filters.PersonFilter,
        filters.RecordFilter,
    ]
    list_select_related = ["actor"]
    search_fields = ["subject_id"]
    search_help_text = "ID of a record or an account, part of an agent's name or address, or an IP address."
    ordering = ["-id"]
    change_list_template = "admin/quimbi/audit_trail.html"
    change_form_template = "admin/quimbi/audit_entry.html"
    sortable_by = ()
    fields = ("at", "what_happened", "who", "action", "record", "reason", "address", "request_id")
    readonly_fields = fields

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NamingChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, {"most_exported": f"{MOST_EXPORTED:,}", **(extra_context or {})})

    # --- Export
    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(require_POST(self.export_view))
        return [path("export/", page, name="agents_auditentry_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The entries that the list shows under the same query, as a file; by POST, for it leaves an entry."""
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            return HttpResponseRedirect(reverse("admin:agents_auditentry_changelist"))
        try:
            entries = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:agents_auditentry_changelist"))
        latest = AuditEntry.objects.order_by("-id").values_list("pk", flat=True).first() or 0
        services.export_trail(cast(Agent, request.user), request.GET.dict())
        answer = StreamingHttpResponse(
            csv_lines(entries.filter(pk__lte=latest), timezone.get_current_timezone()),
            content_type="text/csv; charset=utf-8",
        )
        answer["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate()}.csv"'
        add_never_cache_headers(answer)
        return answer

    # --- Search
    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        words = search_term.strip()
        if not words:
            return queryset, False
        key, client = uuid_or_none(words), _address(words)
        if key is not None:
            return queryset.filter(filters.about(words) | Q(actor_id=key)), False
        if client is not None:
            return queryset.filter(address=client), False
        return queryset.filter(filters.about(words) | Q(actor__in=filters.people_named(words))), False

    @admin.display(description="event")
    def what_happened(self, entry: AuditEntry) -> str:
        names = _names(entry)
        return format_html("{}{}", sentence(entry, names), details(entry, names))

    @admin.display(description="agent")
    def who(self, entry: AuditEntry) -> str:
        return f"{entry.actor.name} ({entry.actor.email})" if entry.actor else "–"

    @admin.display(description="record")
    def record(self, entry: AuditEntry) -> str:
        label, link = f"{entry.subject_type} {short_id(entry.subject_id)}", record_link(entry)
        return format_html('<a href="{}">{}</a>', link, label) if link else label


def _names(entry: AuditEntry) -> dict[str, str]:
    """As the list has looked them up, else looked up now."""
    return cast(dict[str, str], getattr(entry, "names", None) or names_for([entry]))


def _address(words: str) -> str | None:
    try:
        return str(ipaddress.ip_address(words))
    except ValueError:
        return None
