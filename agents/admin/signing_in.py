"""Manage how an account signs in: invitation, password, sessions, second factor and API keys.

Each is a page of its own that says what will happen; only its button writes. A link or a secret is in the answer to that button
and nowhere else: neither in a session nor in a log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from agents import services
from agents.admin.forms import PasswordForm
from agents.admin.keys import KeyPages
from agents.common.admin_base import REFUSALS, sentences
from agents.models import Agent
from agents.sign_in import second_factor


@dataclass(frozen=True)
class Step:
    """One thing to do to an account, after a page that says what it does."""

    name: str
    label: str  # text of the link and the button
    explanation: str
    done: str
    offered: Callable[[Agent], bool]  # checks the account's state; the actor's permission is checked separately
    act: Callable[[Agent, Agent], Any]
    from_above: bool = False  # concerns sign-in data: only for actors of higher rank, and for admins


def has_password(agent: Agent) -> bool:
    return not agent.is_service and agent.has_usable_password()


def has_second_factor(agent: Agent) -> bool:
    return not agent.is_service and second_factor.has_factor(agent)


STEPS = [
    Step(
        "sign-out",
        "Sign out everywhere",
        "All sessions and tokens of {name} end immediately. The agent can sign in again with the password.",
        "{name} was signed out everywhere.",
        lambda agent: agent.is_active and not agent.is_service,
        lambda person, agent: services.sign_out_everywhere(person, agent.pk),
    ),
    Step(
        "second-factor",
        "Reset second factor",
        "Removes the second factor of {name}, for example after the device was lost. The agent then signs in with the password"
        " only and sets it up again. Make sure that the request comes from this person. All their sessions and tokens end.",
        "The second factor of {name} was reset.",
        has_second_factor,
        lambda person, agent: services.reset_second_factor(person, agent.pk),
        from_above=True,
    ),
]


class SignInPages(KeyPages):
    """The pages, and which of them the account's form links to."""

    def get_urls(self) -> list[URLPattern]:
        site, opening = self.admin_site, "<path:object_id>"
        own = [
            path(f"{opening}/password/", site.admin_view(self.password_view), name="agents_agent_password"),
            path(f"{opening}/invite/", site.admin_view(self.invitation_view), name="agents_agent_invite"),
        ]
        for step in STEPS:
            page = site.admin_view(self.step_view)
            own.append(path(f"{opening}/{step.name}/", page, {"step": step}, name=f"agents_agent_{step.name}"))
        return [*own, *super().get_urls()]

    def pages_for(self, request: HttpRequest, agent: Agent) -> list[tuple[str, str]]:
        """Address and label of what the person may do here."""
        pages = []
        if self.may_invite(request, agent):
            pages.append(("invite", "Invite again"))
        if has_password(agent) and agent.pk != request.user.pk and self.outranks(request, agent):
            pages.append(("password", "Set password"))
        pages += [(step.name, step.label) for step in STEPS if self.may_take(request, agent, step)]
        return [(reverse(f"admin:agents_agent_{name}", args=[agent.pk]), label) for name, label in pages]

    def may_take(self, request: HttpRequest, agent: Agent, step: Step) -> bool:
        if step.from_above and (agent.pk == request.user.pk or not self.outranks(request, agent)):
            return False
        return self.has_change_permission(request, agent) and step.offered(agent)

    # --- Invitations
    def may_invite(self, request: HttpRequest, agent: Agent) -> bool:
        waiting = agent.is_active and not agent.is_service and not agent.has_usable_password()
        return waiting and self.outranks(request, agent)

    @staticmethod
    def invite(request: HttpRequest, agent: Agent) -> Any:
        return services.invite(cast(Agent, request.user), agent.pk, build_url=request.build_absolute_uri)

    def invitation_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        agent = self.asked_for(request, object_id)
        if isinstance(agent, HttpResponse):
            return agent
        if not self.may_invite(request, agent):
            return self.refuse(
                request,
                agent,
                "You cannot invite this account: it has a password, or its role is as high as yours.",
            )
        if request.method == "POST":
            try:
                return self.show_invitation(request, agent, self.invite(request, agent), new=False)
            except REFUSALS as refusal:
                return self.refuse(request, agent, *sentences(refusal))
        explanation = f"{agent.name} gets a new link to choose a password. An earlier link stops working."
        return self.confirm(request, agent, "Invite again", explanation)

    def show_invitation(self, request: HttpRequest, agent: Agent, invitation: Any, *, new: bool) -> HttpResponse:
        title = f"The account of {agent.name} was created" if new else f"A new invitation for {agent.name}"
        context = {"invitation": invitation, "value": invitation.url, "new": new}
        return self.once(request, agent, "admin/quimbi/agent_invitation.html", title, context)

    # --- Passwords
    def password_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        agent = self.asked_for(request, object_id)
        if isinstance(agent, HttpResponse):
            return agent
        if agent.pk == request.user.pk:
            return HttpResponseRedirect(reverse("accounts:password"))  # this page asks for the current password
        if agent.is_service or not self.outranks(request, agent):
            return self.refuse(request, agent, "You cannot set the password of this account.")
        form = PasswordForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                services.set_password(cast(Agent, request.user), agent.pk, form.cleaned_data["password1"])
            except REFUSALS as refusal:
                form.show_refusal(refusal)
            else:
                done = f"The password of {agent.name} was set; their sessions and tokens have ended."
                messages.success(request, done)
                return self.back(agent)
        title = f"Set the password of {agent.name}"
        return self.page(request, agent, "admin/quimbi/agent_password.html", title, {"form": form})

    # --- Actions that only need a confirmation
    def step_view(self, request: HttpRequest, object_id: str, step: Step) -> HttpResponse:
        agent = self.asked_for(request, object_id)
        if isinstance(agent, HttpResponse):
            return agent
        if not self.may_take(request, agent, step):
            return self.refuse(request, agent, "You cannot do this to this account.")
        if request.method != "POST":
            return self.confirm(request, agent, step.label, step.explanation.format(name=agent.name))
        try:
            step.act(cast(Agent, request.user), agent)
        except REFUSALS as refusal:
            return self.refuse(request, agent, *sentences(refusal))
        messages.success(request, step.done.format(name=agent.name))
        return self.back(agent)
