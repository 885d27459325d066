"""The agent's own profile: status, password, second factor, time zone, sessions."""

import base64
import io
from typing import cast

import segno
from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as pass_factor
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from agents import services
from agents.common.time_zones import zone_names
from agents.models import Agent, SecondFactorRule
from agents.pages import refusals
from agents.pages.forms import ChangePasswordForm, PasswordAndCodeForm, password_rules
from agents.pages.sign_in_required import signed_in_only
from agents.permissions import Capability, demand, may
from agents.sign_in import lockout, second_factor

NEW_KEY = "second_factor_key"  # session key of the secret, shown until its first correct code


def _me(request: HttpRequest) -> Agent:
    return cast(Agent, request.user)


@signed_in_only
@require_http_methods(["GET", "HEAD"])
def profile(request: HttpRequest) -> HttpResponse:
    """The agent's own data and settings."""
    agent = _me(request)
    context = {
        "agent": agent,
        "factor": second_factor.state(agent),
        "may_rule": may(agent, Capability.MANAGE_AGENTS),
        "zones": zone_names(),
        "installation_zone": timezone.get_default_timezone_name(),
        "now": timezone.now(),
    }
    return render(request, "accounts/profile.html", context)


@signed_in_only
@require_POST
def time_zone(request: HttpRequest) -> HttpResponse:
    """Choose the time zone of the pages; empty for the installation's."""
    agent = _me(request)
    try:
        services.update_agent(agent, agent.pk, {"time_zone": request.POST.get("time_zone", "").strip()})
    except ValidationError as refusal:
        for sentence in refusal.messages:
            messages.error(request, sentence)
    else:
        messages.success(request, _("Time zone saved."))
    return redirect("accounts:profile")


@signed_in_only
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change the password after asking for the old one; ends all other sessions and all tokens."""
    agent = _me(request)
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not _is_password(request, form.cleaned_data["old_password"]):
            form.add_error("old_password", refusals.password_wrong())
        else:
            try:
                changed = services.set_password(agent, agent.pk, form.cleaned_data["password1"])
            except ValidationError as refusal:
                for text in refusal.messages:
                    form.add_error("password1", text)
            else:
                update_session_auth_hash(request, changed)
                messages.success(request, _("Password changed. You were signed out on all other devices."))
                return redirect("accounts:profile")
    return render(request, "accounts/password.html", {"agent": agent, "form": form, "rules": password_rules()})


def _is_password(request: HttpRequest, typed: str) -> bool:
    """Check the password through authentication, so that guesses count for the lockout."""
    agent = _me(request)
    return authenticate(request, username=agent.email, password=typed) == agent


@signed_in_only
@require_POST
def everywhere(request: HttpRequest) -> HttpResponse:
    """End all sessions and tokens, this one too."""
    agent = _me(request)
    services.sign_out_everywhere(agent, agent.pk)
    request.session.flush()
    messages.success(request, _("You were signed out everywhere."))
    return redirect("accounts:login")


# --- Second factor ----------------------------------------------------------------------------------------------------
@signed_in_only
@require_http_methods(["GET", "HEAD", "POST"])
def factor(request: HttpRequest) -> HttpResponse:
    """Set up the second factor: a secret for the app, then the password and the app's first code.

    If there is one already, show what can be done with it.
    """
    agent = _me(request)
    now = second_factor.state(agent)
    if now.has:
        return _factor_page(request)
    key = request.session.setdefault(NEW_KEY, default_key())
    form = PasswordAndCodeForm(request.POST or None)
    refusal = _locked(request) if request.method == "POST" else None
    if refusal is not None:
        return refusal
    if request.method == "POST" and form.is_valid() and not _is_password(request, form.cleaned_data["password"]):
        form.add_error("password", refusals.password_wrong())
    elif request.method == "POST" and form.is_valid():
        try:
            changed, device, codes = services.add_second_factor(agent.pk, key, form.cleaned_data["code"])
        except ValidationError as wrong:
            form.add_error("code", wrong.messages[0])
        else:
            del request.session[NEW_KEY]
            _stay(request, changed, device)
            return render(request, "accounts/recovery_codes.html", {"codes": codes, "new": True})
    device = TOTPDevice(user=agent, key=key)
    secret = base64.b32encode(device.bin_key).decode()
    context = {
        "factor": now,
        # Agents whose role requires a second factor can open no other page yet, so no menu is shown.
        "base": "plain.html" if now.required else "accounts/own.html",
        "form": form,
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "link": device.config_url,
        "picture": _picture(device.config_url),
    }
    return render(request, "accounts/second_factor_setup.html", context)


def _picture(link: str) -> str:
    """The QR code as a data URL: no second request carries the secret."""
    drawn = io.BytesIO()
    segno.make(link, error="m").save(drawn, kind="svg", scale=5, border=4, dark="#000", light="#fff")
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode()


def _stay(request: HttpRequest, agent: Agent, device: TOTPDevice | None) -> None:
    """Keep this session under a new key after all others have ended."""
    update_session_auth_hash(request, agent)
    request.user = agent
    if device is not None:
        pass_factor(request, device)


@signed_in_only
@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make ten new recovery codes; requires password and code."""
    form = PasswordAndCodeForm(request.POST)
    refusal = _locked(request)
    if refusal is not None:
        return refusal
    if not form.is_valid() or not _is_password(request, form.cleaned_data["password"]):
        return _factor_page(request, renew_error=refusals.password_wrong())
    if second_factor.check_at_sign_in(request, _me(request), form.cleaned_data["code"]):
        codes = services.renew_recovery_codes(_me(request).pk)
        return render(request, "accounts/recovery_codes.html", {"codes": codes})
    return _factor_page(request, renew_error=_code_sentence(request))


@signed_in_only
@require_POST
def remove_factor(request: HttpRequest) -> HttpResponse:
    """Remove the second factor; requires password and code."""
    form = PasswordAndCodeForm(request.POST)
    refusal = _locked(request)
    if refusal is not None:
        return refusal
    if not form.is_valid() or not _is_password(request, form.cleaned_data["password"]):
        return _factor_page(request, remove_error=refusals.password_wrong())
    if not second_factor.check_at_sign_in(request, _me(request), form.cleaned_data["code"]):
        return _factor_page(request, remove_error=_code_sentence(request))
    _stay(request, services.remove_second_factor(_me(request).pk), None)
    messages.success(request, _("Second factor removed. You were signed out on all other devices."))
    return redirect("accounts:profile")


def _locked(request: HttpRequest) -> HttpResponse | None:
    email = _me(request).email
    if not lockout.is_locked(request, email):
        return None
    return lockout.locked_out(request, HttpResponse(), {"username": email})


def _code_sentence(request: HttpRequest) -> str:
    return refusals.code_wrong(second_factor.wait(_me(request)))


def _factor_page(request: HttpRequest, **errors: str) -> HttpResponse:
    agent = _me(request)
    left = second_factor.recovery_codes_left(agent)
    context = {"factor": second_factor.state(agent), "left": left, **errors}
    return render(request, "accounts/second_factor.html", context)


@signed_in_only
@require_http_methods(["GET", "HEAD", "POST"])
def factor_rules(request: HttpRequest) -> HttpResponse:
    """Choose which roles require a second factor; managers, up to their own role, and never to relax their own rule."""
    agent = _me(request)
    demand(agent, Capability.MANAGE_AGENTS)
    open_to = services.grantable_roles(agent)
    liftable = services.liftable_roles(agent)
    if request.method == "POST":
        wanted = request.POST.getlist("required")
        for role in open_to:
            if role in wanted or role in liftable:  # a rule that the agent must not lift is not submitted
                services.require_second_factor(agent, role, role in wanted)
        messages.success(request, _("Rules saved."))
        return redirect("accounts:factor_rules")
    needed = set(SecondFactorRule.objects.filter(required=True).values_list("role", flat=True))
    rows = [
        (role, label, role in needed, role in open_to, role in needed and role in open_to and role not in liftable)
        for role, label in Agent.Role.choices
    ]
    return render(request, "accounts/factor_rules.html", {"rows": rows})
