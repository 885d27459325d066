"""The page of one account: the fields that the reader may change as a form, the rest as text with the reason."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agents import mails, services, workload
from agents.common.errors import Conflict
from agents.common.unicode_composition import isolated
from agents.models import Agent
from agents.pages import account_events
from agents.pages.forms import password_rules
from agents.pages.sign_in_required import signed_in_only
from agents.pages.team import row
from agents.pages.team_forms import AccountForm, PasswordForm
from agents.permissions import Capability, demand
from agents.sign_in import second_factor

View = Callable[..., HttpResponse]
JUST_NOW = timedelta(minutes=10)  # within this time the same invitation form counts as submitted twice


def about(view: View) -> View:
    """Decorator for pages about one account, for team leads and up. Refusals of services appear on the page."""

    @wraps(view)
    def found(request: HttpRequest, agent_id: UUID) -> HttpResponse:
        demand(_me(request), Capability.UPDATE_AGENTS)
        agent = _accounts().filter(pk=agent_id).first()
        if agent is None:
            raise Http404
        try:
            return view(request, agent)
        except ValidationError as refusal:
            for sentence in refusal.messages:
                messages.error(request, sentence)
            return redirect("agent-page", agent_id)

    return signed_in_only(found)


def _accounts() -> QuerySet[Agent]:
    return workload.with_workload(Agent.objects.all()).select_related("invitation")


def _me(request: HttpRequest) -> Agent:
    return cast(Agent, request.user)


# --- New account ------------------------------------------------------------------------------------------------------
@signed_in_only
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Create a person, who chooses a password by the invitation's link."""
    me = _me(request)
    demand(me, Capability.MANAGE_AGENTS)
    roles = services.grantable_roles(me)
    form = AccountForm(request.POST if request.method == "POST" else None, without=set(), roles=roles)
    if request.method == "POST" and form.is_valid():
        try:
            agent, invitation = services.create_invited_agent(
                me, build_url=request.build_absolute_uri, **form.cleaned_data
            )
        except ValidationError as refusal:
            if (same := _just_invited(me, form.cleaned_data["email"])) is not None:
                told = _(
                    "You already invited %(name)s; no second account was created. The link is shown only once. To "
                    "create a new link, select “Invite again”."
                )
                messages.info(request, told % {"name": same.name})
                return redirect("agent-page", same.pk)
            form.tell(refusal)
        else:
            # The form creates people without a password, so there is always an invitation.
            return _invited(request, agent, cast(services.Invitation, invitation), created=True)
    context = {"here": "agents", "form": form, "mail": mails.on()}
    return render(request, "team/new.html", context)


def _just_invited(me: Agent, email: str) -> Agent | None:
    """The person whom the same form has just invited: the form was sent twice."""
    since = timezone.now() - JUST_NOW
    mine = _accounts().filter(email=email.strip().lower(), invitation__invited_by=me, invitation__created_at__gte=since)
    return mine.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX).first()


def _invited(request: HttpRequest, agent: Agent, invitation: services.Invitation, *, created: bool) -> HttpResponse:
    """The page with the invitation's link, which is in no session and no log."""
    context = {"here": "agents", "agent": agent, "invitation": invitation, "created": created}
    return render(request, "team/invited.html", context)


# --- Account page -----------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@about
def account(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Show the account, and save the fields that were changed."""
    me = _me(request)
    if request.method != "POST":
        return _page(request, agent)
    refusals = services.refusals(me, agent)
    if refusals["team"]:
        raise PermissionDenied(refusals["team"])
    form = _form(me, agent, refusals, request.POST)
    if not form.is_valid():
        return _page(request, agent, form=form)
    touched = form.touched()
    try:
        _write(me, agent, touched, form)
    except ValidationError as refusal:
        form.tell(refusal)
        return _page(request, agent, form=form)
    except Conflict as conflict:
        return _conflict(request, agent, form, conflict)
    told = _("Account of %(name)s saved.") if touched else _("No changes to the account of %(name)s.")
    messages.success(request, told % {"name": isolated(form.cleaned_data.get("name", agent.name))})
    return redirect("agent-page", agent.pk)


def _form(me: Agent, agent: Agent, refusals: dict[str, str], data: QueryDict | None = None) -> AccountForm:
    roles, _why = services.roles_for(me, agent)
    without = {"email"} if refusals["email"] else set()
    if len(roles) < 2:  # a choice of one needs no control
        without.add("role")
    return AccountForm(data, of=agent, without=without, roles=roles)


def _write(me: Agent, agent: Agent, touched: dict[str, Any], form: AccountForm) -> None:
    """Save the changes; changes that others made to other fields are no conflict."""
    if not touched:
        return
    try:
        services.update_agent(me, agent.pk, touched, seen_at=form.seen_at())
    except Conflict as conflict:
        if conflict.details["changed"].keys() & {*touched, "is_active"}:
            raise
        services.update_agent(me, agent.pk, touched, seen_at=conflict.details["updated_at"])


def _conflict(request: HttpRequest, agent: Agent, form: AccountForm, conflict: Conflict) -> HttpResponse:
    """The page with what was typed and what others have changed; saving again is a decision."""
    now = _accounts().get(pk=agent.pk)
    again = _form(_me(request), now, services.refusals(_me(request), now), form.rebased(request.POST, now))
    changed = [
        {
            "field": account_events.field_name(name),
            "now": account_events.value_words(name, what["now"]),
            "by": what["by"],
        }
        for name, what in conflict.details["changed"].items()
        if account_events.is_shown(name)  # leaves out changes that the page does not show, such as sign-ins
    ]
    return _page(request, now, form=again, changed=changed, status=409)


def _page(
    request: HttpRequest,
    agent: Agent,
    *,
    form: AccountForm | None = None,
    password_form: PasswordForm | None = None,
    changed: list[dict[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    me = _me(request)
    refusals = services.refusals(me, agent)
    roles, why_roles = services.roles_for(me, agent)
    context = {
        "here": "agents",
        "agent": agent,
        "person": row(agent),
        "is_me": agent.pk == me.pk,
        "refusals": refusals,
        "why_roles": why_roles if len(roles) < 2 else "",
        "form": None if refusals["team"] else form or _form(me, agent, refusals),
        "password_form": password_form or PasswordForm(),
        "rules": password_rules(),
        "changed": changed or [],
        "factor": None if refusals["managing"] else second_factor.state(agent),
        "has_password": agent.has_usable_password(),
        "mail": mails.on(),
        "trail": account_events.lately(me, agent),
    }
    return render(request, "team/account.html", context, status=status)


# --- Actions that only need a confirmation ----------------------------------------------------------------------------
@require_POST
@about
def invitation(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Make a new invitation; it replaces the link of the old one."""
    made = services.invite(_me(request), agent.pk, build_url=request.build_absolute_uri)
    return _invited(request, agent, made, created=False)


@require_POST
@about
def password_link(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Mail a password reset link."""
    services.send_reset_link(_me(request), agent.pk)
    told = _("Password reset link sent to %(email)s.") % {"email": agent.email}
    return _done(request, agent, told)


@require_POST
@about
def password(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Set the account's password, for people whom mail does not reach."""
    me = _me(request)
    if agent.pk == me.pk:
        raise PermissionDenied(_("Change your own password on your profile page."))
    if refusal := services.refusals(me, agent)["password"]:
        raise PermissionDenied(refusal)
    form = PasswordForm(request.POST)
    if form.is_valid():
        try:
            services.set_password(me, agent.pk, form.cleaned_data["password"])
        except ValidationError as refusal_of_it:
            form.tell(refusal_of_it)
        else:
            told = _("New password set for %(name)s. All their sessions have ended.") % {"name": isolated(agent.name)}
            return _done(request, agent, told)
    return _page(request, agent, password_form=form)


@require_POST
@about
def factor(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Remove the account's second factor."""
    had = second_factor.has_factor(agent)
    services.reset_second_factor(_me(request), agent.pk)
    told = _("Second factor of %(name)s removed.") if had else _("%(name)s has no second factor.")
    return _done(request, agent, told % {"name": isolated(agent.name)})


@require_POST
@about
def sign_out(request: HttpRequest, agent: Agent) -> HttpResponse:
    """End the account's sessions and tokens."""
    if agent.pk == _me(request).pk:
        raise PermissionDenied(_("To sign yourself out everywhere, use your profile page."))
    services.sign_out_everywhere(_me(request), agent.pk)
    told = _("%(name)s was signed out everywhere.") % {"name": isolated(agent.name)}
    return _done(request, agent, told)


@require_http_methods(["GET", "HEAD", "POST"])
@about
def deactivate(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Deactivate the account after a page that states the effects."""
    if refusal := services.refusals(_me(request), agent)["deactivation"]:
        raise PermissionDenied(refusal)
    if request.method != "POST":
        tickets = workload.open_ticket_count(agent)
        return render(request, "team/deactivate.html", {"here": "agents", "agent": agent, "tickets": tickets})
    if not agent.is_active:
        return _done(request, agent, _("%(name)s is already deactivated.") % {"name": isolated(agent.name)})
    services.deactivate_agent(_me(request), agent.pk)
    return _done(
        request,
        agent,
        _("%(name)s is deactivated. Their tickets are back in the queue.") % {"name": isolated(agent.name)},
    )


@require_POST
@about
def reactivate(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Reactivate the account."""
    services.reactivate_agent(_me(request), agent.pk)
    return _done(request, agent, _("%(name)s can sign in again.") % {"name": isolated(agent.name)})


def _done(request: HttpRequest, agent: Agent, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect("agent-page", agent.pk)
