"""The template context of every page: navigation, theme, language and live updates."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agents import services
from agents.models import Agent
from agents.pages.sign_in_required import signed_in_only
from agents.permissions import Capability, may
from agents.sign_in import sessions

# Kept in cookies, not in the account: theme and shortcuts belong to the device, and reading them needs no query.
THEME, KEYS = "quimbi_theme", "quimbi_keys"
THEMES = ("light", "dark")
A_YEAR = 365 * 24 * 3600


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context of every template: forced theme, and whether single-key shortcuts are off."""
    return {
        "theme": forced_theme(request),
        "keys_off": request.COOKIES.get(KEYS) == "off",
        "languages": [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES],
        "language_chosen": request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""),
        "agent_statuses": Agent.Status.choices,
        # These lambdas are only called on pages for signed-in agents.
        "may_reports": lambda: may(cast(Agent, request.user), Capability.REPORTS),
        "may_manage_team": lambda: may(cast(Agent, request.user), Capability.UPDATE_AGENTS),
        "my_initials": lambda: initials(getattr(request.user, "name", "")),
    }


def forced_theme(request: HttpRequest) -> str:
    """The theme that this browser chose; empty for the system's."""
    theme = request.COOKIES.get(THEME, "")
    return theme if theme in THEMES else ""


def initials(name: str) -> str:
    """The initials of the first and the last word of a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()[:2]


@signed_in_only
@require_POST
def presence(request: HttpRequest) -> HttpResponse:
    """Set the agent's own status and whether they accept new tickets; redirect back to the page."""
    agent = cast(Agent, request.user)
    wanted: dict[str, Any] = {"accepts_new_tickets": "accepts_new_tickets" in request.POST}
    if "status" in request.POST:
        wanted["status"] = request.POST["status"]
    try:
        changed = services.update_agent(agent, agent.pk, wanted)
    except ValidationError as refusal:
        for sentence in refusal.messages:
            messages.error(request, sentence)
    else:
        messages.success(request, _told(changed))
    return redirect(sessions.safe_next(request))


def _told(agent: Agent) -> str:
    status = str(Agent.Status(agent.status).label).lower()
    if agent.accepts_new_tickets:
        return _("You are %(status)s and accept new tickets.") % {"status": status}
    return _("You are %(status)s and accept no new tickets.") % {"status": status}


@signed_in_only
@require_POST
def display(request: HttpRequest) -> HttpResponse:
    """Save the display settings of this browser: theme, language, single-key shortcuts."""
    answer = redirect(sessions.safe_next(request))
    theme = request.POST.get("theme", "")
    _keep(request, answer, THEME, theme if theme in THEMES else "")
    if "language" in request.POST:
        language = request.POST["language"]
        known = language in dict(settings.LANGUAGES)
        _keep(request, answer, settings.LANGUAGE_COOKIE_NAME, language if known else "")
    _keep(request, answer, KEYS, "" if "keys" in request.POST else "off")
    return answer


def _keep(request: HttpRequest, answer: HttpResponse, name: str, value: str) -> None:
    if value:
        answer.set_cookie(name, value, max_age=A_YEAR, samesite="Lax", httponly=True, secure=request.is_secure())
    else:
        answer.delete_cookie(name, samesite="Lax")
