"""Invite agents and reset passwords by links that work once and expire, so that nobody types another person's password.

Tokens are derived, not stored: from the program's secret, the account as it is (address, password, token version) and, for an
invitation, its role and its row. Whatever changes one of these ends the link: using it, a newer one, deactivation, a corrected
address. The role is among them because the link's maker may have it: made for a junior, it must not open an account that ranks
above theirs by now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from agents import audit, mails
from agents.common import links
from agents.common.jobs import job
from agents.common.transactions import atomic
from agents.models import Agent, PendingInvitation
from agents.permissions import Capability, demand
from agents.services import accounts


class LinkEnded(Exception):
    """A password link was used, replaced, has expired or never existed; which one is not revealed."""


@dataclass(frozen=True)
class Invitation:
    """What the inviting person gets: a link to hand over, until when it works, and whether it was mailed, too."""

    url: str
    expires_at: datetime
    mailed: bool


class ResetTokens(PasswordResetTokenGenerator):
    """Django's, which end with the password, the address and a sign-in, and here with the token version, too."""

    key_salt = "agents.services.invitations.ResetTokens"

    def _make_hash_value(self, user: Agent, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.token_version}"


reset_tokens = ResetTokens()


# --- Invitations -------------------------------------------------------------------------------------------------------
@atomic
def invite(actor: Agent | None, agent_id: UUID, *, build_url: Callable[[str], str] = links.absolute) -> Invitation:
    """Create a link with which a person without a password chooses one; invalidates an earlier link.

    Only for accounts below the actor's, except for admins: the actor sees the link, and its holder signs in as the account.
    `build_url` makes a path a whole URL for the caller; the mailed link is always built from PUBLIC_URL.
    """
    actor, agent = accounts._locked(actor, agent_id)
    _refuse_inviting(actor, agent)
    return _invite(actor, agent, build_url)


@atomic
def create_invited_agent(
    actor: Agent | None, *, build_url: Callable[[str], str] = links.absolute, **values: Any
) -> tuple[Agent, Invitation | None]:
    """Create an account, and an invitation if a person without a password needs one.

    The creator may invite a new account of their own rank this once: nobody uses it yet.
    """
    agent = accounts.create_agent(actor, **values)
    if agent.is_service or agent.has_usable_password():
        return agent, None
    return agent, _invite(actor, agent, build_url)


def _invite(actor: Agent | None, agent: Agent, build_url: Callable[[str], str]) -> Invitation:
    _refuse_uninvitable(agent)
    now = timezone.now()
    expires_at = now + timedelta(days=settings.INVITATION_DAYS)
    invitation, _created = PendingInvitation.objects.update_or_create(
        agent=agent, defaults={"invited_by": actor, "created_at": now, "expires_at": expires_at}
    )
    audit.record("agent.invited", agent, actor=actor, changes={"expires_at": (None, expires_at)})
    if mails.on():
        job("agents.tasks.send_invitation").defer(agent_id=str(agent.pk), language=_language())
    return Invitation(build_url(_invitation_path(invitation, agent)), expires_at, mails.on())


def invited(agent_id: UUID, token: str) -> Agent:
    """The account that the link is for. Raises `LinkEnded` for one that was used, replaced, has expired or never was."""
    agent = Agent.objects.filter(pk=agent_id).first()
    return _check_invitation(agent, token)


@atomic
def accept_invitation(agent_id: UUID, token: str, password: str) -> Agent:
    """Sets the password and ends the link. Raises `LinkEnded`, or `ValidationError` for a weak password."""
    agent = _check_invitation(Agent.objects.select_for_update(no_key=True).filter(pk=agent_id).first(), token)
    accounts._check_password(agent, agent, password)
    agent.set_password(password)
    agent.token_version += 1
    accounts._save(agent)
    PendingInvitation.objects.filter(agent=agent).delete()
    audit.record("agent.invitation_accepted", agent, actor=agent)
    return agent


def mail_invitation(agent_id: UUID) -> None:
    """Send the open invitation to the account's address; no-op if it is no longer open."""
    invitation = PendingInvitation.objects.select_related("agent").filter(pk=agent_id).first()
    if invitation is None or not _is_open(invitation, invitation.agent):
        return
    url = links.absolute(_invitation_path(invitation, invitation.agent))
    mails.send_invitation(invitation.agent, url, invitation.expires_at)


def _refuse_inviting(actor: Agent | None, agent: Agent) -> None:
    demand(actor, Capability.MANAGE_AGENTS)
    accounts._refuse_equals(actor, agent, _("renew the invitation"))


def _refuse_uninvitable(agent: Agent) -> None:
    if agent.is_service:
        raise ValidationError(_("A service account is not invited; it signs in with its API keys."))
    if not agent.is_active:
        raise ValidationError(_("%(name)s is deactivated; reactivate the account first.") % {"name": agent.name})
    if agent.has_usable_password():
        raise ValidationError(
            _("%(name)s already has a password; a forgotten password is reset on the sign-in page.")
            % {"name": agent.name}
        )


def _check_invitation(agent: Agent | None, token: str) -> Agent:
    invitation = PendingInvitation.objects.filter(agent=agent).first() if agent else None
    if agent is None or invitation is None or not _is_open(invitation, agent):
        raise LinkEnded
    if not constant_time_compare(_invitation_token(invitation, agent), token):
        raise LinkEnded
    return agent


def _is_open(invitation: PendingInvitation, agent: Agent) -> bool:
    return (
        agent.is_active
        and not agent.is_service
        and not agent.has_usable_password()
        and timezone.now() < invitation.expires_at
    )


def _invitation_path(invitation: PendingInvitation, agent: Agent) -> str:
    return reverse("accounts:invitation", args=[agent.pk, _invitation_token(invitation, agent)])


def _invitation_token(invitation: PendingInvitation, agent: Agent) -> str:
    made = invitation.created_at.timestamp()
    state = f"{agent.pk}|{made:.6f}|{agent.email}|{agent.role}|{agent.password}|{agent.token_version}"
    return salted_hmac("agents.services.invitations.invitation", state, algorithm="sha256").hexdigest()


# --- Forgotten passwords -----------------------------------------------------------------------------------------------
def request_reset(address: str) -> None:
    """Mail a reset link if the address is that of an active person with a password. The caller cannot tell whether.

    The work is the same for any address: one look-up and one task; the mail itself is written in the background.
    """

    agent = Agent.objects.filter(email=address.strip().lower()[:254]).first()
    found = str(agent.pk) if agent is not None and _may_reset(agent) else None
    job("agents.tasks.send_reset").defer(agent_id=found, language=_language())


@atomic
def send_reset_link(actor: Agent | None, agent_id: UUID) -> Agent:
    """Has a link for a new password mailed to the account's own address, as if its owner had asked for it."""

    actor, agent = accounts._locked(actor, agent_id)
    accounts._refuse_managing(actor, agent)
    if not mails.on():
        raise ValidationError(_("This installation sends no email."))
    if not _may_reset(agent):
        raise ValidationError(_("%(name)s has no password to reset.") % {"name": agent.name})
    audit.record("agent.password_link_sent", agent, actor=actor)
    job("agents.tasks.send_reset").defer(agent_id=str(agent.pk), language=_language())
    return agent


def mail_reset(agent_id: UUID) -> None:
    """Send the link; no-op if the account was deactivated meanwhile."""
    agent = Agent.objects.filter(pk=agent_id).first()
    if agent is None or not _may_reset(agent):
        return
    url = links.absolute(reverse("accounts:new_password", args=[agent.pk, reset_tokens.make_token(agent)]))
    mails.send_reset(agent, url, settings.PASSWORD_RESET_TIMEOUT // 60)
    audit.record("agent.password_reset_mailed", agent, actor=None)


def resetting(agent_id: UUID, token: str) -> Agent:
    """The account that the link is for. Raises `LinkEnded`."""
    return _check_reset(Agent.objects.filter(pk=agent_id).first(), token)


@atomic
def reset_password(agent_id: UUID, token: str, password: str) -> Agent:
    """Sets the password, which ends the link, all sessions and all tokens. Raises `LinkEnded` or `ValidationError`."""
    agent = _check_reset(Agent.objects.select_for_update(no_key=True).filter(pk=agent_id).first(), token)
    accounts._check_password(agent, agent, password)
    agent.set_password(password)
    agent.token_version += 1
    accounts._save(agent)
    audit.record("agent.password_reset", agent, actor=agent)
    return agent


def _language() -> str:
    """The language of the page on which the mail was requested: its recipient has chosen none yet, or requests it there."""
    return get_language() or settings.LANGUAGE_CODE


def _may_reset(agent: Agent) -> bool:
    return agent.is_active and not agent.is_service and agent.has_usable_password()


def _check_reset(agent: Agent | None, token: str) -> Agent:
    if agent is None or not _may_reset(agent) or not reset_tokens.check_token(agent, token):
        raise LinkEnded
    return agent
