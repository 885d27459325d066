"""The API keys of a service account: listed, made with their secret shown once, revoked."""

from datetime import date, datetime, timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone

from agents import services
from agents.admin import account_columns
from agents.admin.account_pages import AccountPages
from agents.admin.forms import RefusableForm
from agents.common.admin_base import REFUSALS, badge, sentences
from agents.common.time_zones import start_of_day
from agents.models import Agent, ApiKey

SHOWN = 50  # newest keys of an account on its page


class KeyForm(RefusableForm):
    """A new key."""

    main_field = "name"
    name = forms.CharField(max_length=100, help_text="Purpose of the key, such as “Web shop”.")
    scope = forms.ChoiceField(choices=ApiKey.Scope.choices, widget=forms.RadioSelect, initial=ApiKey.Scope.READ)
    last_day = forms.DateField(
        required=False,
        widget=forms.DateInput({"type": "date"}),
        help_text="The key works until the end of this day in your time zone; if empty, until it is revoked.",
    )

    def clean_last_day(self) -> date | None:
        day = cast(date | None, self.cleaned_data["last_day"])
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError("This day is in the past.")
        if day == date.max:
            raise forms.ValidationError("Choose an earlier day.")
        return day

    def expires_at(self) -> datetime | None:
        day = self.cleaned_data["last_day"]
        return start_of_day(day + timedelta(days=1)) if day else None


class KeyPages(AccountPages):
    """The list on the account's form, and a page each to make and to revoke a key."""

    def get_urls(self) -> list[URLPattern]:
        site, opening = self.admin_site, "<path:object_id>/keys"
        return [
            path(f"{opening}/add/", site.admin_view(self.new_key_view), name="agents_agent_new_key"),
            path(f"{opening}/<uuid:key_id>/revoke/", site.admin_view(self.revoke_view), name="agents_agent_revoke_key"),
            *super().get_urls(),
        ]

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """What the person may do with its keys is asked here, for the form's read-only field has no request."""
        agent = super().get_object(request, object_id, from_field)
        if agent is not None:
            agent.may_make_keys = agent.is_active and self.may_make_keys(request, agent)
            agent.may_revoke_keys = self.has_change_permission(request, agent)
        return agent

    @admin.display(description="")
    def keys(self, agent: Agent) -> str:
        keys = list(ApiKey.objects.filter(agent=agent).order_by("-created_at", "-pk")[: SHOWN + 1])
        rows = [(key, state(key), account_columns.since(key.last_used_at)) for key in keys[:SHOWN]]
        more = len(keys) > SHOWN
        context = {"rows": rows, "more": more, "shown": SHOWN, "agent": agent}
        return render_to_string("admin/quimbi/agent_keys.html", context)

    def may_make_keys(self, request: HttpRequest, agent: Agent) -> bool:
        return agent.is_service and self.outranks(request, agent)

    def new_key_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        agent = self.asked_for(request, object_id)
        if isinstance(agent, HttpResponse):
            return agent
        if not self.may_make_keys(request, agent):
            return self.refuse(request, agent, "You cannot create API keys for this account.")
        form = KeyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            values = {"name": form.cleaned_data["name"], "scope": form.cleaned_data["scope"]}
            try:
                key, secret = services.create_key(
                    cast(Agent, request.user), agent.pk, **values, expires_at=form.expires_at()
                )
            except REFUSALS as refusal:
                form.show_refusal(refusal)
            else:
                context = {"key": key, "value": secret}
                return self.once(request, agent, "admin/quimbi/agent_key_made.html", f"The key “{key.name}”", context)
        title = f"New API key for {agent.name}"
        return self.page(request, agent, "admin/quimbi/agent_key_new.html", title, {"form": form})

    def revoke_view(self, request: HttpRequest, object_id: str, key_id: Any) -> HttpResponse:
        agent = self.asked_for(request, object_id)
        if isinstance(agent, HttpResponse):
            return agent
        key = ApiKey.objects.filter(agent=agent, pk=key_id).first()
        if key is None:
            return self.refuse(request, agent, "This account has no such key.")
        if not self.has_change_permission(request, agent):
            return self.refuse(request, agent, "You cannot revoke keys of this account.")
        if request.method != "POST":
            explanation = f"The key “{key.name}” ({key.prefix}…) stops working immediately. This cannot be undone."
            return self.confirm(request, agent, "Revoke key", explanation, danger=True)
        try:
            services.revoke_key(cast(Agent, request.user), agent.pk, key.pk)
        except REFUSALS as refusal:
            return self.refuse(request, agent, *sentences(refusal))
        messages.success(request, f"The key “{key.name}” was revoked.")
        return self.back(agent)


def state(key: ApiKey) -> str:
    """Whether the key works."""
    if key.revoked_at is not None:
        return badge("inactive", "Revoked")
    if key.expires_at is not None and key.expires_at <= timezone.now():
        return badge("inactive", "Expired")
    return badge("active", "Works")
