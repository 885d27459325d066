"""Import runs, as the import commands left them."""

from django.contrib import admin

from agents.common.admin_base import ReadOnlyAdmin
from tickets.models import ImportRun


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = (
        "file_name",
        "kind",
        "line",
        "created",
        "updated",
        "unchanged",
        "rejected",
        "details",
        "started_at",
        "finished_at",
    )
    list_filter = ("kind",)
    search_fields = ("file_name",)
    ordering = ("-id",)
