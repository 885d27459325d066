"""Permissions: what an agent may do. The API, the admin and the pages all ask here; `roles.py` has the table of roles."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from agents.common.wording import within
from agents.models import Agent, ApiKey
from agents.roles import NEEDS, RANK, Capability, Role, allows

__all__ = ["ANY_METHOD", "NEEDS", "RANK", "READING", "Capability", "IsAgent", "RoleNeeded", "demand", "may", "rank"]

# Methods that a view opens to API keys through `api_key_methods`; without it a view is for people only.
READING = frozenset(SAFE_METHODS)
ANY_METHOD = READING | {"POST", "PUT", "PATCH", "DELETE"}


def rank(agent: Agent) -> int:
    """The role's rank from 0 (agent) to 4 (admin)."""
    return RANK[agent.role]


def may(agent: Agent | AnonymousUser, capability: Capability) -> bool:
    """Whether the account is active and its role has the capability."""
    return isinstance(agent, Agent) and agent.is_active and allows(agent.role, capability)


class RoleNeeded(PermissionDenied):
    """The role is too low; the record does not matter."""


def demand(agent: Agent | None, capability: Capability) -> None:
    """Raises `PermissionDenied` with the required role. `None` is the program itself (imports, jobs)."""
    if agent is None or may(agent, capability):
        return
    needed, has = within(Role(NEEDS[capability]).label), within(agent.get_role_display())
    raise RoleNeeded(
        _("%(deed)s requires the role %(needed)s; yours is %(has)s.")
        % {"deed": _(capability), "needed": needed, "has": has}
    )


class IsAgent(BasePermission):
    """Permission of the API: an active account of any role; an API key only if the view allows keys."""

    message = "Sign in first."

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, ApiKey):
            _demand_of_key(request.auth, request.method or "", getattr(view, "api_key_methods", frozenset()))
        return may(request.user, Capability.WORK)


def _demand_of_key(key: ApiKey, method: str, allowed: frozenset[str]) -> None:
    if method not in allowed:
        raise PermissionDenied(_("API keys cannot do this; sign in with a personal account."))
    if key.scope == ApiKey.Scope.READ and method not in READING:
        raise PermissionDenied(_("This API key is read-only; use a key with the scope write."))
