"""The forms of the team pages. The services decide whether a change is allowed."""

from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from agents import workload
from agents.models import Agent
from agents.roles import Role

# Each status in the filter: one that agents set, or one derived from other fields.
STATUSES: dict[str, tuple[Any, Q]] = {
    **{value: (label, Q(status=value)) for value, label in Agent.Status.choices},
    "available": (_("Available"), workload.AVAILABLE),
    "over": (_("Over capacity"), workload.OVER_CAPACITY),
    "invited": (_("Invitation pending"), Q(invitation__isnull=False)),
}
TABS: dict[str, tuple[Any, Q]] = {
    "": (_("Active"), workload.PEOPLE),
    "deactivated": (_("Deactivated"), Q(is_active=False, is_service=False)),
    "services": (_("Service accounts"), Q(is_service=True)),
}

MAX_PAGE = 1_000_000
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_PERSONS = ("status", "accepts_new_tickets", "max_concurrent_tickets", "specializations")


class FilterForm(forms.Form):
    """Which part of the list."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", ""), *Role.choices])
    status = forms.ChoiceField(label=_("Status"), required=False)
    tab = forms.ChoiceField(label=_("Tab"), required=False)
    page = forms.IntegerField(label=_("Page"), required=False, min_value=1, max_value=MAX_PAGE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["status"]).choices = [("", ""), *((name, name) for name in STATUSES)]
        cast(forms.ChoiceField, self.fields["tab"]).choices = [(name, name) for name in TABS]

    @staticmethod
    def address(wanted: dict[str, Any], **changes: Any) -> str:
        """The list's URL with the filters that are set."""
        given = {name: value for name, value in {**wanted, **changes}.items() if value and (name, value) != ("page", 1)}
        return reverse("team") + (f"?{urlencode(given)}" if given else "")


class AccountForm(forms.Form):
    """Form of a person or a service account, with only the fields that the editor may change.

    Each field contains the value that the page showed, so that only changed fields are written.
    """

    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("Work email"), max_length=254)
    role = forms.ChoiceField(label=_("Role"))
    department = forms.CharField(label=_("Department"), max_length=100, required=False)
    status = forms.ChoiceField(label=_("Status"), choices=Agent.Status.choices)
    accepts_new_tickets = forms.BooleanField(label=_("Accepts new tickets"), required=False)
    max_concurrent_tickets = forms.IntegerField(
        label=_("Capacity"),
        min_value=0,
        max_value=1000,
        help_text=_(
            "At this number of open and pending tickets, automatic assignment stops. 0: no tickets are "
            "assigned automatically."
        ),
    )
    specializations = forms.CharField(
        label=_("Specializations"),
        max_length=2000,
        required=False,
        help_text=_("Tags and languages, separated by commas."),
    )

    def __init__(
        self, data: QueryDict | None = None, *, of: Agent | None = None, without: set[str], roles: list[str]
    ) -> None:
        super().__init__(
            data,
            initial=shown(of)
            if of
            else {"role": Role.AGENT, "max_concurrent_tickets": 20, "accepts_new_tickets": True},
        )
        left_out = without | (set(_PERSONS) if of and of.is_service else set()) | (set() if of else {"status"})
        for name in left_out:
            self.fields.pop(name, None)
        if "role" in self.fields:
            cast(forms.ChoiceField, self.fields["role"]).choices = [(role, Role(role).label) for role in roles]
        for name, field in self.fields.items():
            field.show_hidden_initial = of is not None
            field.widget.attrs |= {"dir": "auto", "autocomplete": "off"} if name not in ("role", "status") else {}

    def clean_specializations(self) -> list[str]:
        return [one.strip() for one in self.cleaned_data["specializations"].split(",") if one.strip()]

    def touched(self) -> dict[str, Any]:
        """The values that differ from those that the page showed."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def seen_at(self) -> datetime:
        """The state of the account that the page showed; an unreadable one counts as the oldest."""
        try:
            seen = parse_datetime(self.data.get("seen", ""))
        except ValueError:
            seen = None
        return seen if seen is not None and seen.tzinfo is not None else LONG_AGO

    def tell(self, refusal: ValidationError) -> None:
        """Show a service's messages beside the fields."""
        told = refusal.message_dict if hasattr(refusal, "error_dict") else {"": refusal.messages}
        for name, sentences in told.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)

    def rebased(self, data: QueryDict, agent: Agent) -> QueryDict:
        """The form with the sent changes on top of the account's current values."""
        now, merged = shown(agent), data.copy()
        for name in self.fields:
            bound = self[name]
            merged[bound.html_initial_name] = str(now[name])
            if name in self.changed_data:
                continue
            merged.pop(bound.html_name, None)
            if now[name] is not False:
                merged[bound.html_name] = "on" if now[name] is True else str(now[name])
        return merged


def shown(agent: Agent) -> dict[str, Any]:
    """The account's values as fields show them."""
    values = {name: getattr(agent, name) for name in AccountForm.base_fields}
    return {**values, "specializations": ", ".join(agent.specializations)}


class PasswordForm(forms.Form):
    """A new password for another account."""

    password = forms.CharField(
        label=_("New password"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Tell the person the new password yourself. All their sessions and tokens end."),
    )

    def tell(self, refusal: ValidationError) -> None:
        for sentence in refusal.messages:
            self.add_error("password", sentence)
