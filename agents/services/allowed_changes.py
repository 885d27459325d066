"""Tell which changes an agent may make to an account, by the same rules as the services, before a page offers them."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied

from agents.models import Agent
from agents.permissions import RANK, rank
from agents.services import accounts, invitations, second_factor

_RULES: dict[str, Callable[[Agent, Agent], None]] = {
    "team": lambda actor, agent: accounts._refuse_changes(actor, agent, set(accounts.TEAM_FIELDS)),
    "email": lambda actor, agent: accounts._refuse_changes(actor, agent, {"email"}),
    "managing": accounts._refuse_managing,
    "password": accounts._refuse_resetting,
    "invitation": invitations._refuse_inviting,
    "second_factor": second_factor._refuse_resetting,
    "deactivation": lambda actor, agent: _deactivation(actor, agent),
}


def refusals(actor: Agent, agent: Agent) -> dict[str, str]:
    """For each possible change of the account, the reason why the actor may not make it; empty if they may."""
    return {name: _sentence(rule, actor, agent) for name, rule in _RULES.items()}


def roles_for(actor: Agent, agent: Agent) -> tuple[list[str], str]:
    """The roles that the actor may give the account, lowest first, and the reason if some of the actor's own are missing."""
    refusal = _sentence(lambda *_: accounts._refuse_changes(actor, agent, {"role"}), actor, agent)
    if refusal:
        return [], refusal
    roles = accounts.grantable_roles(actor)
    refusal = _sentence(lambda *_: _lowering(actor, agent), actor, agent)
    return [role for role in roles if not refusal or RANK[role] >= rank(agent)], refusal


def _lowering(actor: Agent, agent: Agent) -> None:
    accounts._refuse_equals(actor, agent, "lower the role")
    accounts._keep_an_admin(agent)


def _deactivation(actor: Agent, agent: Agent) -> None:
    accounts._refuse_deactivating(actor, agent)
    accounts._keep_an_admin(agent)


def _sentence(rule: Callable[[Agent, Agent], None], actor: Agent, agent: Agent) -> str:
    try:
        rule(actor, agent)
    except PermissionDenied as refusal:
        return str(refusal)
    return ""
