"""Choose a password by a link: after an invitation or a forgotten password."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from agents import mails, services
from agents.common.addresses import counted_address
from agents.models import Agent
from agents.pages.forms import AddressForm, NewPasswordForm, password_rules
from agents.services.invitations import LinkEnded
from agents.sign_in import sessions
from agents.throttling import reset_allowed

SHOWN = "link"  # replaces the token in the URL once the token is in the session
TOKEN = "password_link"  # noqa: S105  session key of the token


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Request a reset link; the answer is the same for every address."""
    context = {"mail": settings.MAIL, "folder": settings.VAR / "mail", "minutes": settings.PASSWORD_RESET_TIMEOUT // 60}
    if request.method != "POST" or not mails.on():
        return render(request, "accounts/forgotten.html", {**context, "form": AddressForm()})
    form = AddressForm(request.POST)
    if not form.is_valid():
        sentence = _("Enter the email address of your account.")
        return render(request, "accounts/forgotten.html", {**context, "form": form, "sentence": sentence})
    if reset_allowed(form.cleaned_data["email"], counted_address(request)):
        services.request_reset(form.cleaned_data["email"])
    return render(request, "accounts/forgotten_sent.html", context)


@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def new_password(request: HttpRequest, agent_id: UUID, token: str) -> HttpResponse:
    """Choose a new password from a reset mail."""

    def finish(chosen: str, given: str) -> HttpResponse:
        services.reset_password(agent_id, given, chosen)
        messages.success(request, _("Password changed. Sign in with the new password."))
        return redirect(settings.LOGIN_URL)

    return _choose(request, "new_password", agent_id, token, services.resetting, finish)


@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, agent_id: UUID, token: str) -> HttpResponse:
    """Accept an invitation: choose a password and sign in."""

    def finish(chosen: str, given: str) -> HttpResponse:
        agent = services.accept_invitation(agent_id, given, chosen)
        request.session.flush()  # ends any session in this browser: from now on it belongs to the new account
        sessions.begin(request, agent, keep=False)
        return redirect("accounts:profile")

    return _choose(request, "invitation", agent_id, token, services.invited, finish)


def _choose(
    request: HttpRequest,
    name: str,
    agent_id: UUID,
    token: str,
    look_up: Callable[[UUID, str], Agent],
    finish: Callable[[str, str], HttpResponse],
) -> HttpResponse:
    """Move the token from the URL into the session first, so that it is in no Referer, history or log."""
    template = f"accounts/{name}.html"
    try:
        if token != SHOWN:
            look_up(agent_id, token)
            request.session[TOKEN] = token
            return redirect(reverse(f"accounts:{name}", args=[agent_id, SHOWN]))
        given = request.session.get(TOKEN, "")
        agent = look_up(agent_id, given)
        context: dict[str, Any] = {"agent": agent, "rules": password_rules(), "form": NewPasswordForm()}
        if request.method != "POST":
            return render(request, template, context)
        form = NewPasswordForm(request.POST)
        if form.is_valid():
            try:
                return finish(form.cleaned_data["password1"], given)
            except ValidationError as refusal:
                for text in refusal.messages:
                    form.add_error("password1", text)
        return render(request, template, {**context, "form": form})
    except LinkEnded:
        request.session.pop(TOKEN, None)
        return render(request, "accounts/link_ended.html", {"invitation": name == "invitation"}, status=410)
