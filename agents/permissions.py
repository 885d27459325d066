"""Who may do what, decided here and in `roles.py` alone and asked by every door (spec/access.md)."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from agents.models import Agent
from agents.roles import NEEDS, RANK, Capability, Role, allows

__all__ = ["NEEDS", "RANK", "Capability", "IsAgent", "demand", "may", "rank"]


def rank(agent: Agent) -> int:
    """The role's place from 0 (agent) to 4 (admin)."""
    return RANK[agent.role]


def may(agent: Agent | AnonymousUser, capability: Capability) -> bool:
    """Whether the account is active and its role has the capability."""
    return isinstance(agent, Agent) and agent.is_active and allows(agent.role, capability)


def demand(agent: Agent | None, capability: Capability) -> None:
    """Raises `PermissionDenied` with the role it takes. `None` is the program itself (imports, background work)."""
    if agent is None or may(agent, capability):
        return
    needed = Role(NEEDS[capability]).label.lower()
    raise PermissionDenied(f"{capability} takes the role {needed}; yours is {agent.get_role_display().lower()}.")


class IsAgent(BasePermission):
    """The API's first question: an active account, whatever its role."""

    message = "Sign in first."

    def has_permission(self, request: Request, view: Any) -> bool:
        return may(request.user, Capability.WORK)
