"""Authenticate by email and password, and derive Django's permissions from the role: there are no groups and no permission
rows."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Model

from agents.models import Agent
from agents.permissions import Capability, may, rank
from agents.sign_in import second_factor

# Apps that managers may edit in the admin site. Nothing is deleted there: agents are deactivated, tickets closed.
_MANAGER_APPS = {"tickets", "agents"}
_READ_ONLY = {"agents.auditentry", "tickets.importrun", "tickets.weightset"}


class RoleBackend(ModelBackend):
    """`ModelBackend`'s authentication (equally slow for unknown addresses) with permissions from the role."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Refuse service accounts: they have no sessions and no passwords."""
        return super().user_can_authenticate(user) and not (isinstance(user, Agent) and user.is_service)

    def get_user(self, user_id: Any) -> Agent | None:
        """Load the account of a session and the facts about its second factor in one query."""
        known = Agent.objects.annotate(**second_factor.STATE)
        agent: Agent | None = known.filter(pk=user_id).first()
        return agent if agent is not None and self.user_can_authenticate(agent) else None

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        if not isinstance(user_obj, Agent) or not user_obj.is_staff:
            return False
        app, _, codename = perm.partition(".")
        action, _, model = codename.partition("_")
        if action == "delete":
            return False
        if f"{app}.{model}" in _READ_ONLY:
            return action == "view"
        if isinstance(obj, Agent) and action == "change" and rank(obj) > rank(user_obj):
            return False
        return app in _MANAGER_APPS or may(user_obj, Capability.EVERYTHING)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        if not isinstance(user_obj, Agent) or not user_obj.is_staff:
            return False
        return app_label in _MANAGER_APPS or may(user_obj, Capability.EVERYTHING)

    def get_all_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        return set()  # has_perm() answers from the role; there are no permission rows to list
