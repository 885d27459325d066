"""The same change to many accounts, each through the service and refused by it where its rules say so."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from agents import services
from agents.admin.forms import RoleForm
from agents.common.admin_base import ServiceAdmin
from agents.models import Agent

Agents = QuerySet[Agent]


class BulkActions(ServiceAdmin):
    """The actions of the list of accounts."""

    NAMED = 20  # accounts named on the page that asks for the new role

    @admin.action(description="Activate the selected agents", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: Agents) -> None:
        inactive = set(queryset.filter(is_active=False).values_list("pk", flat=True))

        def act(key: Any) -> bool:
            services.reactivate_agent(cast(Agent, request.user), key)
            return key in inactive

        self.for_each(request, queryset, act, "activated")

    @admin.action(description="Deactivate the selected agents", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: Agents) -> None:
        active = set(queryset.filter(is_active=True).values_list("pk", flat=True))

        def act(key: Any) -> bool:
            services.deactivate_agent(cast(Agent, request.user), key)
            return key in active

        self.for_each(request, queryset, act, "deactivated")

    @admin.action(description="Assign a role to the selected agents", permissions=["change"])
    def assign_role(self, request: HttpRequest, queryset: Agents) -> HttpResponse | None:
        """Asks for the role on a page of its own, then gives it."""
        person = cast(Agent, request.user)
        chosen = list(queryset.order_by("name", "pk")[: self.MOST_AT_ONCE + 1])
        if len(chosen) > self.MOST_AT_ONCE:
            messages.error(request, f"Choose at most {self.MOST_AT_ONCE} at a time; nothing was saved.")
            return None
        form = RoleForm(person, request.POST if "give" in request.POST else None)
        if not form.is_valid():
            return self._ask_for_role(request, chosen, form)
        role, before = form.cleaned_data["role"], {agent.pk: agent.role for agent in chosen}

        def act(key: Any) -> bool:
            return services.update_agent(person, key, {"role": role}).role != before.get(key)

        self.for_each(request, queryset, act, f"made {str(Agent.Role(role).label).lower()}")
        return None

    def _ask_for_role(self, request: HttpRequest, chosen: list[Agent], form: RoleForm) -> HttpResponse:
        number = f"{len(chosen)} {'account' if len(chosen) == 1 else 'accounts'}"
        context = {
            **self.admin_site.each_context(request),
            "title": f"Assign a role to {number}",
            "form": form,
            "named": chosen[: self.NAMED],
            "unnamed": len(chosen) - self.NAMED,
            "hidden": [(ACTION_CHECKBOX_NAME, key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)],
            "across": request.POST.get("select_across", "0"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/quimbi/agent_role.html", context)
