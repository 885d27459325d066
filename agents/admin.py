"""Accounts and the audit trail in the admin site. Nothing is written here: the services do."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.forms import SetPasswordMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from agents import services
from agents.admin_base import (
    REFUSALS,
    AdminRequest,
    LinesField,
    ReadOnlyAdmin,
    ServiceAdmin,
    ServiceForm,
    as_uuid,
    distinct_values,
    pick,
)
from agents.models import Agent, AuditEntry
from agents.permissions import Capability, may, rank


# --- Accounts ----------------------------------------------------------------------------------------------------------
class AgentForm(ServiceForm):
    """One account. It offers only the roles that the person may give."""

    specializations = LinesField(help_text="Tags and languages, one a line.")

    class Meta:
        model = Agent
        exclude: ClassVar[list[str]] = ["password"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            offered = services.grantable_roles(self.request.user)
            role = cast(forms.ChoiceField, self.fields["role"])
            role.choices = [choice for choice in Agent.Role.choices if choice[0] in offered]


def check_typed_twice(form: forms.Form | ServiceForm) -> None:
    if form.cleaned_data.get("password1") != form.cleaned_data.get("password2"):
        form.add_error("password2", "The two passwords are not the same.")


class NewAgentForm(AgentForm):
    """A new account, with a typed password or, left empty, none yet."""

    aliases: ClassVar[dict[str, str]] = {"password": "password1"}
    password1, password2 = SetPasswordMixin.create_password_fields()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("password1", "password2"):
            self.fields[name].required = False
        self.fields["password1"].help_text = SafeString(
            f"{self.fields['password1'].help_text} Without one nobody can sign in to the account yet."
        )

    def clean(self) -> dict[str, Any] | None:
        check_typed_twice(self)
        return super().clean()


class PasswordForm(forms.Form):
    """A new password for somebody else's account, typed twice."""

    password1, password2 = SetPasswordMixin.create_password_fields()

    def clean(self) -> dict[str, Any] | None:
        check_typed_twice(self)
        return super().clean()


PERSON = ["name", "email", "role", "department"]
WORK = ["status", "accepts_new_tickets", "max_concurrent_tickets", "specializations"]


@admin.register(Agent)
class AgentAdmin(ServiceAdmin):
    list_display = [
        "name",
        "email",
        "role",
        "status",
        "active",
        "kind",
        "department",
        "last_seen_at",
    ]
    list_filter = ["role", "status", "is_active", "is_service"]
    search_fields = ["name", "email", "department"]
    search_help_text = "Part of a name, an address or a department."
    ordering = ["name", "id"]
    actions = ["activate", "deactivate"]
    change_form_template = "admin/quimbi/agent_form.html"
    readonly_fields = ["active", "kind", "last_login", "last_seen_at", "created_at", "updated_at"]

    @admin.display(description="active", boolean=True, ordering="is_active")
    def active(self, agent: Agent) -> bool:
        return agent.is_active

    @admin.display(description="kind", ordering="is_service")
    def kind(self, agent: Agent) -> str:
        return "Service account" if agent.is_service else "Person"

    @staticmethod
    def choice_name(agent: Agent) -> str:
        return f"{agent.name} ({agent.email})"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Agent]":
        """Where an assignee is picked, only those whom a ticket can be given to."""
        agents: QuerySet[Agent] = super().get_queryset(request)
        if request.resolver_match is not None and request.resolver_match.url_name == "autocomplete":
            return agents.filter(is_active=True, is_service=False)
        return agents

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return cast(Agent, request.user).has_perm("agents.change_agent", obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            password = ("Password", {"fields": ["password1", "password2"]})
            return [(None, {"fields": [*PERSON, "is_service"]}), ("Work", {"fields": WORK}), password]
        account = ["active", "kind", "last_login", "last_seen_at", "created_at", "updated_at"]
        return [(None, {"fields": PERSON}), ("Work", {"fields": WORK}), ("Account", {"fields": account})]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = AgentForm if change else NewAgentForm
        return super().get_form(request, obj, change=change, **{"form": form, **kwargs})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        agent = cast(Agent, request.user)
        fixed = list(self.readonly_fields)
        # Sign-in data is corrected from above only (agents.services refuses it, too).
        if obj is not None and rank(obj) >= rank(agent) and not may(agent, Capability.EVERYTHING):
            fixed.append("email")
        return fixed

    def write(self, request: AdminRequest, form: Any, formsets: list[Any], change: bool) -> Agent:
        if not change:
            values = pick(form, [*PERSON, *WORK, "is_service"])
            return services.create_agent(request.user, **values, password=form.cleaned_data.get("password1") or None)
        agent = services.update_agent(request.user, form.instance.pk, form.changed_values())
        if "_deactivate" in request.POST:
            return services.deactivate_agent(request.user, agent.pk)
        if "_reactivate" in request.POST:
            return services.reactivate_agent(request.user, agent.pk)
        return agent

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any | None = None,
    ) -> HttpResponse:
        agent = obj
        if agent is not None:
            may_change = self.has_change_permission(request, agent)
            other = agent.pk != request.user.pk
            context["can_deactivate"] = may_change and other and agent.is_active
            context["can_reactivate"] = may_change and not agent.is_active
            context["can_set_password"] = (
                may_change and other and not agent.is_service and self._outranks(request, agent)
            )
        return super().render_change_form(request, context, add, change, form_url, obj)

    @staticmethod
    def _outranks(request: HttpRequest, agent: Agent) -> bool:
        person = cast(Agent, request.user)
        return rank(person) > rank(agent) or may(person, Capability.EVERYTHING)

    # --- In bulk
    @admin.action(description="Activate the selected agents", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: "QuerySet[Agent]") -> None:
        inactive = set(queryset.filter(is_active=False).values_list("pk", flat=True))

        def act(key: Any) -> bool:
            services.reactivate_agent(cast(Agent, request.user), key)
            return key in inactive

        self.for_each(request, queryset, act, "activated")

    @admin.action(description="Deactivate the selected agents", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: "QuerySet[Agent]") -> None:
        active = set(queryset.filter(is_active=True).values_list("pk", flat=True))

        def act(key: Any) -> bool:
            services.deactivate_agent(cast(Agent, request.user), key)
            return key in active

        self.for_each(request, queryset, act, "deactivated")

    # --- Passwords
    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.password_view)
        return [path("<path:object_id>/password/", page, name="agents_agent_password"), *super().get_urls()]

    def password_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        agent: Agent | None = self.get_object(request, unquote(object_id))
        person = cast(Agent, request.user)
        if agent is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        if agent.pk == person.pk:
            return HttpResponseRedirect(reverse("admin:password_change"))  # which asks for the old one
        back = HttpResponseRedirect(reverse("admin:agents_agent_change", args=[agent.pk]))
        if not self.has_change_permission(request, agent) or not self._outranks(request, agent) or agent.is_service:
            messages.error(request, "You cannot set the password of this account.")
            return back
        form = PasswordForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                services.set_password(person, agent.pk, form.cleaned_data["password1"])
            except REFUSALS as refusal:
                _add(form, refusal)
            else:
                messages.success(
                    request, f"The password of {agent.name} was set; their sessions and tokens have ended."
                )
                return back
        return TemplateResponse(
            request,
            "admin/quimbi/agent_password.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Set the password of {agent.name}",
                "form": form,
                "original": agent,
                "opts": self.opts,
            },
        )


def _add(form: forms.Form, refusal: Exception) -> None:
    if isinstance(refusal, ValidationError):
        for text in refusal.messages:
            form.add_error("password1", text)
    elif isinstance(refusal, PermissionDenied):
        form.add_error(None, str(refusal))
    else:
        form.add_error(None, "This account is no longer there.")


# --- The audit trail ---------------------------------------------------------------------------------------------------
class ActionFilter(admin.SimpleListFilter):
    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(action, action) for action in distinct_values(AuditEntry, "action")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[AuditEntry]") -> "QuerySet[AuditEntry]":
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what, newest first."""

    counted = "audit entries"
    list_display = ["at", "who", "action", "record", "summary", "reason", "address"]
    list_display_links = ["at"]
    list_filter = [ActionFilter, "at"]
    list_select_related = ["actor"]
    search_fields = ["subject_id"]
    search_help_text = "The id of a record, or part of the name or address of who did it."
    ordering = ["-id"]
    sortable_by = ()
    fields = ("at", "who", "action", "record", "summary", "reason", "address", "request_id")
    readonly_fields = ("at", "who", "action", "record", "summary", "reason", "address", "request_id")

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        words = search_term.strip()
        if not words:
            return queryset, False
        key = as_uuid(words)
        # Both indexes lead with a column of few values, so naming all of them keeps the search on the index.
        subject = Q(subject_type__in=distinct_values(AuditEntry, "subject_type"), subject_id=str(key or words))
        if key is not None:
            return queryset.filter(subject | Q(actor_id=key)), False
        people = Agent.objects.filter(Q(name__icontains=words) | Q(email__icontains=words)).values("pk")
        return queryset.filter(subject | Q(actor__in=list(people.values_list("pk", flat=True)[:1000]))), False

    @admin.display(description="who")
    def who(self, entry: AuditEntry) -> str:
        return entry.actor.name if entry.actor else "the program"

    @admin.display(description="record")
    def record(self, entry: AuditEntry) -> str:
        # Of an id the end: those made in the same minutes begin alike.
        short = f"…{entry.subject_id[-8:]}" if len(entry.subject_id) > 12 else entry.subject_id
        label = f"{entry.subject_type} {short}"
        if as_uuid(entry.subject_id) is None:
            return label
        app = "agents" if entry.subject_type == "agent" else "tickets"
        try:
            link = reverse(f"admin:{app}_{entry.subject_type}_change", args=[entry.subject_id])
        except NoReverseMatch:
            return label
        return format_html('<a href="{}">{}</a>', link, label)

    @admin.display(description="changes")
    def summary(self, entry: AuditEntry) -> str:
        """Per field, before and after; whatever was stored is shown as text."""
        rows = entry.changes.items() if isinstance(entry.changes, dict) else []
        return format_html_join("", "<div>{}: {} → {}</div>", (_change(name, values) for name, values in rows))


def _change(name: str, values: Any) -> tuple[str, str, str]:
    before, after = values if isinstance(values, list) and len(values) == 2 else (None, values)
    return name, _short(before), _short(after)


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if value is None or value in ("", []):
        return "–"
    return text if len(text) <= 120 else text[:119] + "…"
