"""The roles, and the lowest role that has each capability (docs/permissions.md)."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


def gettext_noop(words: str) -> str:
    """Marks them for translating. Django's own asks for settings, and the table of permissions is made without."""
    return words


class Role(models.TextChoices):
    """The roles, lowest first; each may do all that the roles before it may."""

    AGENT = "agent", _("Agent")
    SENIOR_AGENT = "senior_agent", _("Senior agent")
    TEAM_LEAD = "team_lead", _("Team lead")
    MANAGER = "manager", _("Manager")
    ADMIN = "admin", _("Admin")


RANK: dict[str, int] = {role: rank for rank, role in enumerate(Role.values)}


class Capability(StrEnum):
    """What can be allowed; the value completes the sentence "… takes the role …"."""

    WORK = gettext_noop("Working on tickets")
    SEE_ALL = gettext_noop("Seeing all tickets and customers")
    EDIT_CUSTOMERS = gettext_noop("Creating and changing customers")
    EDIT_ORDERS = gettext_noop("Creating and changing orders")
    ASSIGN = gettext_noop("Assigning tickets")
    UPDATE_AGENTS = gettext_noop("Changing other agents' accounts")
    TEAM_ALERTS = gettext_noop("Managing the team's topic alerts")
    REPORTS = gettext_noop("Viewing team reports")
    WEIGHTS = gettext_noop("Changing the score weights")
    ASSIGNMENT_RULES = gettext_noop("Changing the assignment rules")
    AI_SERVICES = gettext_noop("Testing AI services")
    MANAGE_AGENTS = gettext_noop("Managing agents")
    ADMIN_SITE = gettext_noop("Access to the admin site")
    EVERYTHING = gettext_noop("This action")


# The lowest role with each capability; higher roles have it, too.
NEEDS: dict[Capability, str] = {
    Capability.WORK: Role.AGENT,
    Capability.SEE_ALL: Role.SENIOR_AGENT,
    Capability.EDIT_CUSTOMERS: Role.SENIOR_AGENT,
    Capability.EDIT_ORDERS: Role.SENIOR_AGENT,
    Capability.ASSIGN: Role.TEAM_LEAD,
    Capability.UPDATE_AGENTS: Role.TEAM_LEAD,
    Capability.TEAM_ALERTS: Role.TEAM_LEAD,
    Capability.REPORTS: Role.TEAM_LEAD,
    Capability.WEIGHTS: Role.MANAGER,
    Capability.ASSIGNMENT_RULES: Role.MANAGER,
    Capability.AI_SERVICES: Role.MANAGER,
    Capability.MANAGE_AGENTS: Role.MANAGER,
    Capability.ADMIN_SITE: Role.MANAGER,
    Capability.EVERYTHING: Role.ADMIN,
}


def allows(role: str, capability: Capability) -> bool:
    """Whether the role has the capability."""
    return RANK[role] >= RANK[NEEDS[capability]]


def roles_with(capability: Capability) -> list[str]:
    """The roles that have the capability, lowest first: for a question to the database."""
    return [role for role in RANK if allows(role, capability)]


def roles_above(role: str) -> list[str]:
    """The roles that rank above, lowest first; none above the highest."""
    return [other for other, place in RANK.items() if place > RANK[role]]
