"""The rules of automatic assignment: one form, which opens where others have a list."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from agents.common.admin_base import AdminRequest, ServiceForm
from agents.permissions import Capability, may
from tickets import services
from tickets.admin.record_admin import RecordAdmin
from tickets.models import AssignmentRules


class AssignmentRulesForm(ServiceForm):
    class Meta:
        model = AssignmentRules
        fields = ["enabled", "high_value_from", "again_after_hours"]


@admin.register(AssignmentRules)
class AssignmentRulesAdmin(RecordAdmin):
    form = AssignmentRulesForm
    fields = ("enabled", "high_value_from", "again_after_hours")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, Capability.ASSIGNMENT_RULES)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The current rules; the defaults if nobody has saved any."""
        if object_id != str(AssignmentRules.ONLY):
            return None
        rules = AssignmentRules.in_force()
        rules._state.adding = False  # rules always exist, so the form edits them
        return rules

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return HttpResponseRedirect(reverse("admin:tickets_assignmentrules_change", args=[AssignmentRules.ONLY]))

    def write(self, request: AdminRequest, form: Any, formsets: list[Any], change: bool) -> AssignmentRules:
        return services.save_assignment_rules(request.user, form.changed_values())
