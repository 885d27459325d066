"""The forms of accounts: what a person may fill in, by what they may change."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib.auth.forms import SetPasswordMixin
from django.core.exceptions import ValidationError

from agents import services
from agents.common.admin_base import LinesField, Refusal, ServiceForm, sentences
from agents.models import Agent


def offered_roles(person: Agent) -> list[tuple[str, str]]:
    """The roles that the person may give, with their names."""
    offered = services.grantable_roles(person)
    return [(value, str(label)) for value, label in Agent.Role.choices if value in offered]


class AgentForm(ServiceForm):
    """One account. It offers only the roles that the person may give."""

    specializations = LinesField(help_text="Tags and languages, one per line.")

    class Meta:
        model = Agent
        exclude: ClassVar[list[str]] = ["password"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            cast(forms.ChoiceField, self.fields["role"]).choices = offered_roles(self.request.user)
        if "max_concurrent_tickets" in self.fields:
            self.fields[
                "max_concurrent_tickets"
            ].help_text = "At this number of open and pending tickets, automatic assignment stops."


class RefusableForm(forms.Form):
    """A form of one page; what the service refuses stands on it."""

    def show_refusal(self, refusal: Refusal) -> None:
        if isinstance(refusal, ValidationError) and hasattr(refusal, "error_dict"):
            for name, texts in refusal.message_dict.items():
                for text in texts:
                    self.add_error(name if name in self.fields else self.main_field, text)
        else:
            for text in sentences(refusal):
                self.add_error(None, text)

    main_field: ClassVar[str | None] = None  # shows errors for fields that the form does not have


class PasswordForm(RefusableForm):
    """A new password for another account, typed twice."""

    main_field = "password1"
    password1, password2 = SetPasswordMixin.create_password_fields()

    def clean(self) -> dict[str, Any] | None:
        if self.cleaned_data.get("password1") != self.cleaned_data.get("password2"):
            self.add_error("password2", "The two passwords do not match.")
        return super().clean()


class RoleForm(RefusableForm):
    """The role that all chosen accounts are to have."""

    role = forms.ChoiceField(label="New role", widget=forms.RadioSelect)

    def __init__(self, person: Agent, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["role"]).choices = offered_roles(person)
