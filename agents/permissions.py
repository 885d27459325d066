"""Who may do what, decided here alone and asked by every door (spec/access.md)."""

from enum import StrEnum
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from agents.models import Agent

RANK: dict[str, int] = {role: rank for rank, role in enumerate(Agent.Role.values)}


class Capability(StrEnum):
    """What can be allowed; the value completes the sentence "… takes the role …"."""

    WORK = "Working on tickets"
    SEE_ALL = "Seeing all tickets and customers"
    EDIT_CUSTOMERS = "Creating and changing customers"
    EDIT_ORDERS = "Writing orders"
    ASSIGN = "Assigning tickets"
    UPDATE_AGENTS = "Changing other agents' data"
    TEAM_ALERTS = "Setting topic alerts for the team"
    WEIGHTS = "Changing the weights of the score"
    MANAGE_AGENTS = "Managing agents"
    ADMIN_SITE = "The admin site"
    EVERYTHING = "This"


# The lowest role that has it; each role has what those below it have.
NEEDS: dict[Capability, str] = {
    Capability.WORK: Agent.Role.AGENT,
    Capability.SEE_ALL: Agent.Role.SENIOR_AGENT,
    Capability.EDIT_CUSTOMERS: Agent.Role.SENIOR_AGENT,
    Capability.EDIT_ORDERS: Agent.Role.SENIOR_AGENT,
    Capability.ASSIGN: Agent.Role.TEAM_LEAD,
    Capability.UPDATE_AGENTS: Agent.Role.TEAM_LEAD,
    Capability.TEAM_ALERTS: Agent.Role.TEAM_LEAD,
    Capability.WEIGHTS: Agent.Role.MANAGER,
    Capability.MANAGE_AGENTS: Agent.Role.MANAGER,
    Capability.ADMIN_SITE: Agent.Role.MANAGER,
    Capability.EVERYTHING: Agent.Role.ADMIN,
}


def rank(agent: Agent) -> int:
    """The role's place from 0 (agent) to 4 (admin)."""
    return RANK[agent.role]


def may(agent: Agent | AnonymousUser, capability: Capability) -> bool:
    """Whether the account is active and its role has the capability."""
    return isinstance(agent, Agent) and agent.is_active and rank(agent) >= RANK[NEEDS[capability]]


def demand(agent: Agent | None, capability: Capability) -> None:
    """Raises `PermissionDenied` with the role it takes. `None` is the program itself (imports, background work)."""
    if agent is None or may(agent, capability):
        return
    needed = Agent.Role(NEEDS[capability]).label.lower()
    raise PermissionDenied(f"{capability} takes the role {needed}; yours is {agent.get_role_display().lower()}.")


class IsAgent(BasePermission):
    """The API's first question: an active account, whatever its role."""

    message = "Sign in first."

    def has_permission(self, request: Request, view: Any) -> bool:
        return may(request.user, Capability.WORK)
