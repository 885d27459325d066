"""Sign in by password, and by code where the account has a second factor; sign out."""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from agents import services
from agents.models import Agent
from agents.pages import refusals
from agents.pages.forms import CodeForm, SignInForm
from agents.permissions import Capability, demand
from agents.sign_in import lockout, second_factor, sessions

WRONG = gettext_lazy("The email address or the password is wrong.")
PENDING = "sign_in_pending"
CODE_MINUTES = 10


@require_http_methods(["GET", "HEAD"])
def home(request: HttpRequest) -> HttpResponse:
    """The start page: links, or the setup of the first account."""
    return render(request, "home.html", _first_run(request))


def _first_run(request: HttpRequest) -> dict[str, Any]:
    signed_in = isinstance(request.user, Agent)
    return {
        "no_account": not signed_in and not Agent.objects.filter(is_service=False).exists(),
        "command": f"{'' if settings.PRODUCTION else 'script/run '}python manage.py createsuperuser",
    }


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in by email and password. All failures get the same answer."""
    target = sessions.safe_next(request)
    if request.method != "POST":
        if isinstance(request.user, Agent):
            return redirect(target)
        return _sign_in_page(request, SignInForm(), target)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _sign_in_page(request, form, target, str(WRONG))
    username, password = form.cleaned_data["username"], form.cleaned_data["password"]
    agent = authenticate(request, username=username, password=password)
    if not isinstance(agent, Agent):
        return _sign_in_page(request, form, target, str(WRONG))
    if second_factor.has_factor(agent):
        _hold(request, agent, form.cleaned_data, target)
        return redirect("accounts:code")
    services.remember_time_zone(agent, form.cleaned_data["time_zone"])
    sessions.begin(request, agent, keep=form.cleaned_data["keep"])
    return redirect(target)


@never_cache
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """The admin's sign-in address; it also answers agents who may not open the admin."""
    if request.method != "POST" and isinstance(request.user, Agent) and not request.user.is_staff:
        demand(request.user, Capability.ADMIN_SITE)
        raise PermissionDenied(_("Service accounts cannot use the admin site."))
    return sign_in(request)


def _sign_in_page(request: HttpRequest, form: SignInForm, target: str, sentence: str = "") -> HttpResponse:
    # Status 200 as in Django's own view: the form again with its errors.
    return render(
        request,
        "accounts/sign_in.html",
        {
            "form": form,
            "next": target,
            "sentence": sentence,
            **_first_run(request),
        },
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session only."""
    agent = request.user
    logout(request)
    if isinstance(agent, Agent):
        services.sign_out(agent)
    return redirect(sessions.safe_next(request, settings.LOGOUT_REDIRECT_URL))


# --- Second factor code -----------------------------------------------------------------------------------------------
def _hold(request: HttpRequest, agent: Agent, typed: dict[str, Any], target: str) -> None:
    """Remember the account in the session under a new key after a correct password; sign in follows after the code."""
    request.session.flush()
    request.session[PENDING] = {
        "agent": str(agent.pk),
        "hash": agent.get_session_auth_hash(),
        "until": int(time.time()) + 60 * CODE_MINUTES,
        "keep": typed["keep"],
        "time_zone": typed["time_zone"][:64],
        "next": target,
    }


def _held(request: HttpRequest) -> tuple[Agent, dict[str, Any]] | None:
    """The account that gave the password, unless that is too long ago or the account has changed."""
    pending = request.session.get(PENDING)
    if not pending or pending["until"] < time.time():
        return None
    agent = Agent.objects.filter(pk=pending["agent"], is_active=True).first()
    if agent is None or not constant_time_compare(agent.get_session_auth_hash(), pending["hash"]):
        return None
    return agent, pending


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Enter the code of the authenticator app, or a recovery code."""
    held = _held(request)
    if held is None:
        request.session.pop(PENDING, None)
        return redirect(settings.LOGIN_URL)
    agent, pending = held
    if request.method != "POST":
        return render(request, "accounts/code.html")
    if lockout.is_locked(request, agent.email):
        return lockout.locked_out(request, HttpResponse(), {"username": agent.email})
    form = CodeForm(request.POST)
    seconds = second_factor.wait(agent)
    if not form.is_valid() or seconds:
        sentence = refusals.too_many_codes(seconds) if seconds else _("Enter the code.")
        return render(request, "accounts/code.html", {"sentence": sentence})
    device = second_factor.check_at_sign_in(request, agent, form.cleaned_data["code"])
    if device is None:
        return render(request, "accounts/code.html", {"sentence": refusals.code_wrong(0)})
    del request.session[PENDING]
    services.remember_time_zone(agent, pending.get("time_zone", ""))
    sessions.begin(request, agent, keep=pending["keep"], device=device)
    return redirect(pending["next"])
