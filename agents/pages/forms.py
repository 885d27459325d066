"""The forms of the sign-in and profile pages. The services validate."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# A Django message. REST framework's German catalogue overrides it informally; ours takes precedence over both.
SAID_BY_OTHERS = (gettext_noop("Enter a valid email address."),)


class SignInForm(forms.Form):
    username = forms.CharField(max_length=254)
    password = forms.CharField(max_length=1024, strip=False)
    keep = forms.BooleanField(required=False)
    time_zone = forms.CharField(required=False)  # the browser's time zone; an invalid one is ignored


class AddressForm(forms.Form):
    email = forms.EmailField(max_length=254)


class CodeForm(forms.Form):
    code = forms.CharField(max_length=32)


class NewPasswordForm(forms.Form):
    """A new password, entered twice."""

    password1 = forms.CharField(max_length=1024, strip=False)
    password2 = forms.CharField(max_length=1024, strip=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password1") and cleaned.get("password2") and cleaned["password1"] != cleaned["password2"]:
            self.add_error("password2", _("The two passwords do not match."))
        return cleaned


class ChangePasswordForm(NewPasswordForm):
    old_password = forms.CharField(max_length=1024, strip=False)
    field_order = ("old_password", "password1", "password2")


class PasswordAndCodeForm(CodeForm):
    """Password and code for changes of the second factor: an open session is not enough."""

    password = forms.CharField(max_length=1024, strip=False)


def password_rules() -> list[str]:
    return password_validation.password_validators_help_texts()
