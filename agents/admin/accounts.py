"""Accounts in the admin site: who works here, with what role, and how much they have to do."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from agents import services
from agents.admin import account_columns, filters
from agents.admin.bulk import BulkActions
from agents.admin.forms import AgentForm
from agents.admin.signing_in import SignInPages
from agents.common.admin_base import AdminRequest, pick
from agents.common.folding import fold
from agents.models import Agent
from agents.permissions import Capability, may, rank
from agents.sign_in import second_factor
from agents.workload import OPEN_TICKET_COUNT, is_available, with_workload

PERSON = ["name", "email", "role", "department", "time_zone"]
WORK = ["accepts_new_tickets", "max_concurrent_tickets", "specializations"]


@admin.register(Agent)
class AgentAdmin(SignInPages, BulkActions):
    list_display = [
        "who",
        "role",
        "presence",
        "workload",
        "available",
        "department",
        "seen",
        "account",
    ]
    list_filter = [
        "role",
        "status",
        filters.AccountFilter,
        filters.WorkloadFilter,
        filters.KindFilter,
        filters.DepartmentFilter,
        filters.SpecializationFilter,
    ]
    search_fields = ["name", "email", "department"]
    search_help_text = "Part of a name, an address or a department."
    ordering = ["name", "id"]
    actions = ["activate", "deactivate", "assign_role"]
    change_form_template = "admin/quimbi/agent_form.html"
    readonly_fields = ["workload", "availability", "account", "factor", "signed_in", "seen"]
    readonly_fields += ["created_at", "updated_at", "keys"]

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        for word in search_term.split()[:10]:
            named = Q(name__folded__contains=fold(word)) | Q(department__folded__contains=fold(word))
            queryset = queryset.filter(named | Q(email__icontains=word))
        return queryset, False

    @staticmethod
    def choice_name(agent: Agent) -> str:
        return f"{agent.name} ({agent.email})"

    # --- List columns
    @admin.display(description="agent", ordering="name")
    def who(self, agent: Agent) -> str:
        return format_html('{}<span class="below">{}</span>', agent.name, agent.email)

    @admin.display(description="status", ordering="status")
    def presence(self, agent: Agent) -> str:
        return account_columns.presence(agent)

    @admin.display(description="workload", ordering=OPEN_TICKET_COUNT)
    def workload(self, agent: Agent) -> str:
        return account_columns.workload(agent)

    @admin.display(description="available", boolean=True)
    def available(self, agent: Agent) -> bool:
        return is_available(agent)

    @admin.display(description="available")
    def availability(self, agent: Agent) -> str:
        return account_columns.availability(agent)

    @admin.display(description="account", ordering="is_active")
    def account(self, agent: Agent) -> str:
        return account_columns.state(agent)

    @admin.display(description="last seen", ordering="last_seen_at")
    def seen(self, agent: Agent) -> str:
        return account_columns.since(agent.last_seen_at)

    @admin.display(description="last sign-in")
    def signed_in(self, agent: Agent) -> str:
        return account_columns.since(agent.last_login)

    @admin.display(description="second factor")
    def factor(self, agent: Agent) -> str:
        known = second_factor.state(agent)
        return "Set up" if known.has else "Required by the role, not set up" if known.required else "Not set up"

    # --- Permissions and readonly fields
    def get_queryset(self, request: HttpRequest) -> "QuerySet[Agent]":
        """Where an assignee is picked, only those whom a ticket can be given to."""
        agents: QuerySet[Agent] = super().get_queryset(request)
        if request.resolver_match is not None and request.resolver_match.url_name == "autocomplete":
            return agents.filter(is_active=True, is_service=False)
        return with_workload(agents)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """As Django's own list of users: a filter by the password's hash would tell it letter by letter, an admin's, too."""
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, cast(HttpRequest, request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return cast(Agent, request.user).has_perm("agents.change_agent", obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": [*PERSON, "is_service"]}), ("Work", {"fields": WORK})]
        dates = ["account", "factor", "signed_in", "seen", "created_at", "updated_at"]
        if obj.is_service:
            keys = ("API keys", {"fields": ["keys"], "classes": ["whole"]})
            return [(None, {"fields": PERSON}), keys, ("Account", {"fields": ["account", "created_at", "updated_at"]})]
        work = ["status", *WORK, "workload", "availability"]
        return [(None, {"fields": PERSON}), ("Work", {"fields": work}), ("Account", {"fields": dates})]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **{"form": AgentForm, **kwargs})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        agent = cast(Agent, request.user)
        fixed = list(self.readonly_fields)
        # Only somebody of higher rank may correct sign-in data (agents.services refuses other actors, too).
        if obj is not None and rank(obj) >= rank(agent) and not may(agent, Capability.EVERYTHING):
            fixed.append("email")
        return fixed

    # --- Saving
    def write(self, request: AdminRequest, form: Any, formsets: list[Any], change: bool) -> Agent:
        if not change:
            values = pick(form, [*PERSON, *WORK, "is_service"])
            agent, invitation = services.create_invited_agent(
                request.user, build_url=request.build_absolute_uri, **values
            )
            request.invitation = invitation  # type: ignore[attr-defined]  # for the answer to this request
            return agent
        agent = services.update_agent(request.user, form.instance.pk, form.changed_values())
        if "_deactivate" in request.POST:
            return services.deactivate_agent(request.user, agent.pk)
        if "_reactivate" in request.POST:
            return services.reactivate_agent(request.user, agent.pk)
        return agent

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Show the invitation's link once; for a service account its form, on which keys are created."""
        invitation = getattr(request, "invitation", None)
        if invitation is not None:
            return self.show_invitation(request, obj, invitation, new=True)
        messages.success(request, f"The service account {obj.name} was created. Create an API key for it.")
        return HttpResponseRedirect(reverse("admin:agents_agent_change", args=[obj.pk]))

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any | None = None,
    ) -> HttpResponse:
        context["show_save_and_add_another"] = False
        if add:
            context["show_save_and_continue"] = False
        if obj is not None:
            may_change = self.has_change_permission(request, obj)
            context["can_deactivate"] = may_change and obj.pk != request.user.pk and obj.is_active
            context["can_reactivate"] = may_change and not obj.is_active
            context["pages"] = self.pages_for(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)
