"""Write accounts: permission, lock, write, audit entry and event in one transaction (docs/permissions.md).

`actor` is who does it; `None` is the program itself (a command, the demo data), which may do everything but leave nobody who
is an active admin. Functions raise `Agent.DoesNotExist`, `ValidationError` (by field) and `PermissionDenied` (with a sentence).
"""

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import audit
from agents.common.errors import Conflict
from agents.common.time_zones import validate_zone
from agents.common.transactions import atomic
from agents.common.unicode_composition import composed, is_visible, seen_alone
from agents.common.wording import within
from agents.models import Agent
from agents.permissions import RANK, Capability, demand, may, rank
from agents.signals import agent_deactivated

# Fields that a change may name, by the capability it needs. Agents always change their own presence.
OWN_FIELDS = frozenset({"status", "accepts_new_tickets", "time_zone"})
TEAM_FIELDS = OWN_FIELDS | {"name", "department", "max_concurrent_tickets", "specializations"}
ACCOUNT_FIELDS = frozenset({"email", "role"})
_ON_CREATION = TEAM_FIELDS | {"is_service"}

MAX_SPECIALIZATIONS, SPECIALIZATION_LENGTH = 30, 50
LONGEST_LINE = 1000  # characters accepted before the limits of each field are checked
LAST_ADMIN = "This is the last active admin; make somebody else an admin first."


@atomic
def create_agent(
    actor: Agent | None, *, email: str, name: str, role: str, password: str | None = None, **fields: Any
) -> Agent:
    """Create an active account. Without a password nobody can sign in to it yet; a service account never has one.

    `fields`: status, accepts_new_tickets, department, max_concurrent_tickets, specializations, is_service.
    """
    _refuse_services(actor)
    if actor is not None:
        # Reload under lock: an actor who was demoted a moment ago must not create accounts.
        actor, _row = _locked(actor, actor.pk)
    demand(actor, Capability.MANAGE_AGENTS)
    _known(fields, _ON_CREATION)
    agent = Agent(**_cleaned({"email": email, "name": name, "role": role, **fields}))
    _refuse_granting(actor, agent.role)
    if password is None:
        agent.set_unusable_password()
    else:
        _refuse_service_password(agent)
        _check_password(actor, agent, password)
        agent.set_password(password)
    _save(agent, force_insert=True)
    audit.record("agent.created", agent, actor=actor, changes={"role": (None, agent.role)}, at=agent.updated_at)
    return agent


@atomic
def update_agent(
    actor: Agent | None, agent_id: UUID, values: dict[str, Any], *, seen_at: datetime | None = None
) -> Agent:
    """Change the given fields: one's own presence, as team lead the team's data, as manager role and email.

    `seen_at` is the `updated_at` that the writer saw; if the account changed since, raises `Conflict` with the changes. Without a
    change nothing is written.
    """
    _known(values, TEAM_FIELDS | ACCOUNT_FIELDS)
    actor, agent = _locked(actor, agent_id)
    cleaned = _cleaned(values)
    changes = {name: (getattr(agent, name), value) for name, value in cleaned.items() if getattr(agent, name) != value}
    _refuse_changes(actor, agent, set(cleaned))
    if seen_at is not None and agent.updated_at != seen_at:
        changed = {"changed": audit.changes_since(agent, seen_at), "updated_at": agent.updated_at}
        raise Conflict(_("The account has changed since you opened it; nothing was saved."), changed)
    if "role" in changes:
        _refuse_granting(actor, cleaned["role"])
        if RANK[cleaned["role"]] < rank(agent):
            # Otherwise an actor could lower a peer, set the peer's password, restore the role and sign in as them.
            _refuse_equals(actor, agent, _("lower the role"))
        _keep_an_admin(agent)
    if not changes:
        return agent
    for name, (_before, value) in changes.items():
        setattr(agent, name, value)
    _save(agent)
    audit.record("agent.updated", agent, actor=actor, changes=changes, at=agent.updated_at)
    return agent


@atomic
def deactivate_agent(actor: Agent | None, agent_id: UUID) -> Agent:
    """Ends the account's sessions, tokens and keys at once and hands its open and pending tickets back to the queue."""
    actor, agent = _locked(actor, agent_id)
    _refuse_deactivating(actor, agent)
    if not agent.is_active:
        return agent
    _keep_an_admin(agent)
    agent.is_active = False
    agent.status = Agent.Status.OFFLINE
    agent.token_version += 1
    _save(agent)
    audit.record("agent.deactivated", agent, actor=actor, changes={"is_active": (True, False)}, at=agent.updated_at)
    agent_deactivated.send(Agent, agent=agent, actor=actor)
    return agent


@atomic
def reactivate_agent(actor: Agent | None, agent_id: UUID) -> Agent:
    """Lets the account sign in again, with its old password; what it held before stays ended."""
    actor, agent = _locked(actor, agent_id)
    _refuse_managing(actor, agent)
    if agent.is_active:
        return agent
    agent.is_active = True
    _save(agent)
    audit.record("agent.reactivated", agent, actor=actor, changes={"is_active": (False, True)}, at=agent.updated_at)
    return agent


@atomic
def set_password(actor: Agent | None, agent_id: UUID, password: str) -> Agent:
    """Sets one's own password (the door has asked for the old one), or that of an account below; ends its sessions and tokens."""
    actor, agent = _locked(actor, agent_id)
    if actor is not None and actor.pk != agent.pk:
        _refuse_resetting(actor, agent)
    _refuse_service_password(agent)
    _check_password(actor, agent, password)
    agent.set_password(password)
    agent.token_version += 1
    _save(agent)
    audit.record("agent.password_changed", agent, actor=actor, at=agent.updated_at)
    return agent


def grantable_roles(actor: Agent | None) -> list[str]:
    """The roles that the actor may give, lowest first."""
    top = rank(actor) if actor is not None else max(RANK.values())
    return [role for role, place in RANK.items() if place <= top]


# --- Locks ------------------------------------------------------------------------------------------------------------
def _locked(actor: Agent | None, agent_id: UUID) -> tuple[Agent | None, Agent]:
    """Actor and account in their current state, locked with all active admins, in order of their ids.

    Locking the admins keeps one of two who demote each other; locking the actor refuses one who was demoted meanwhile.
    """
    _refuse_services(actor)
    wanted = {agent_id} | ({actor.pk} if actor is not None else set())
    held = Agent.objects.filter(Q(pk__in=wanted) | _ACTIVE_ADMINS).order_by("id").select_for_update(no_key=True)
    found = {agent.pk: agent for agent in held}
    if agent_id not in found:
        raise Agent.DoesNotExist("There is no such agent.")
    if actor is None:
        return None, found[agent_id]
    now = found.get(actor.pk)
    if now is None or not now.is_active:
        raise PermissionDenied(_("Your account is no longer active."))
    return now, found[agent_id]


_ACTIVE_ADMINS = Q(role=Agent.Role.ADMIN, is_active=True, is_service=False)


def _keep_an_admin(agent: Agent) -> None:
    """Raises if the account, before the change, is the last active admin. `_locked` holds all of them."""
    is_one = agent.role == Agent.Role.ADMIN and agent.is_active and not agent.is_service
    if is_one and not Agent.objects.filter(_ACTIVE_ADMINS).exclude(pk=agent.pk).exists():
        raise PermissionDenied(LAST_ADMIN)


# --- Rank -------------------------------------------------------------------------------------------------------------
def _refuse_services(actor: Agent | None) -> None:
    if actor is not None and actor.is_service:
        raise PermissionDenied(_("Service accounts cannot manage agents."))


def _refuse_above(actor: Agent | None, agent: Agent) -> None:
    if actor is not None and rank(agent) > rank(actor):
        raise PermissionDenied(
            _("%(name)s has the role %(role)s, which is higher than yours; you cannot change this account.")
            % {"name": agent.name, "role": _role(agent)}
        )


def _refuse_equals(actor: Agent | None, agent: Agent, what: str) -> None:
    """Sign-in data is changed from above only, but for admins: who sets a peer's password could sign in as them."""
    _refuse_above(actor, agent)
    if actor is not None and rank(agent) >= rank(actor) and not may(actor, Capability.EVERYTHING):
        raise PermissionDenied(
            _("To %(what)s of %(name)s (%(role)s), you need a role higher than theirs.")
            % {"what": what, "name": agent.name, "role": _role(agent)}
        )


def _refuse_managing(actor: Agent | None, agent: Agent) -> None:
    demand(actor, Capability.MANAGE_AGENTS)
    _refuse_above(actor, agent)


def _refuse_deactivating(actor: Agent | None, agent: Agent) -> None:
    _refuse_managing(actor, agent)
    if actor is not None and actor.pk == agent.pk:
        raise PermissionDenied(_("You cannot deactivate your own account; ask another manager or admin."))


def _refuse_resetting(actor: Agent | None, agent: Agent) -> None:
    demand(actor, Capability.MANAGE_AGENTS)
    _refuse_equals(actor, agent, _("reset the password"))


def _refuse_granting(actor: Agent | None, role: str) -> None:
    if role not in grantable_roles(actor):
        raise PermissionDenied(
            _("You cannot grant a role higher than your own, such as %(role)s.")
            % {"role": within(Agent.Role(role).label)}
        )


def _refuse_changes(actor: Agent | None, agent: Agent, names: set[str]) -> None:
    """Whether the actor may change these fields of this account."""
    if actor is None:
        return
    if actor.pk == agent.pk and names <= OWN_FIELDS:
        return demand(actor, Capability.WORK)
    demand(actor, Capability.UPDATE_AGENTS)
    _refuse_above(actor, agent)
    if names & ACCOUNT_FIELDS:
        demand(actor, Capability.MANAGE_AGENTS)
    if "email" in names:
        _refuse_equals(actor, agent, _("correct the email address"))


def _role(agent: Agent) -> str:
    return within(Agent.Role(agent.role).label)


# --- Validation -------------------------------------------------------------------------------------------------------
def _known(values: Iterable[str], allowed: frozenset[str]) -> None:
    unknown = sorted(set(values) - allowed)
    if unknown:
        raise ValidationError({name: [f"{name} cannot be set here."] for name in unknown})


def _cleaned(values: dict[str, Any]) -> dict[str, Any]:
    """The values as they are stored; what the model's own validators check is left to `_save`."""
    cleaned = dict(values)
    for name in ("name", "department", "email"):
        if name in cleaned:
            cleaned[name] = _line(name, cleaned[name])
    if cleaned.get("name") and not is_visible(cleaned["name"]):  # the model refuses an empty name
        raise ValidationError({"name": [_("The name must contain visible characters.")]})
    if "email" in cleaned:
        cleaned["email"] = cleaned["email"].lower()
    if cleaned.get("time_zone"):
        try:
            validate_zone(cleaned["time_zone"])
        except ValidationError as error:
            raise ValidationError({"time_zone": error.messages}) from None
    if "role" in cleaned and cleaned["role"] not in RANK:
        raise ValidationError({"role": [_("The role must be one of %(rank)s.") % {"rank": ", ".join(RANK)}]})
    if "specializations" in cleaned:
        cleaned["specializations"] = _specializations(cleaned["specializations"])
    return cleaned


def _specializations(names: Iterable[str]) -> list[str]:
    """In small letters, each once."""
    given = set(names)
    if len(given) > MAX_SPECIALIZATIONS:
        raise ValidationError(
            {
                "specializations": [
                    _("An agent can have at most %(max_specializations)s specializations.")
                    % {"max_specializations": MAX_SPECIALIZATIONS}
                ]
            }
        )
    lines = [_line("specializations", one).lower() for one in names]
    if any(len(line) > SPECIALIZATION_LENGTH for line in lines):
        told = _("A specialization can have at most %(limit)s characters.") % {"limit": SPECIALIZATION_LENGTH}
        raise ValidationError({"specializations": [told]})
    return list(dict.fromkeys(line for line in lines if line))


def _line(field: str, text: str | None) -> str:
    """A text of one line, NFC, white space folded, without anything that cannot be stored or seen."""
    line = " ".join((text or "").split())
    if len(line) > LONGEST_LINE:
        raise ValidationError(
            {
                field: [
                    _("The %(field)s can have at most %(limit)s characters; this one has %(line)s.")
                    % {"field": field, "limit": LONGEST_LINE, "line": len(line)}
                ]
            }
        )
    line = " ".join(seen_alone(composed(line)).split())
    # Cc: control characters, including NUL; Cs: surrogates, which no encoding accepts.
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in line):
        raise ValidationError({field: [_("The %(field)s must not contain control characters.") % {"field": field}]})
    return line


def _save(agent: Agent, *, force_insert: bool = False) -> None:
    """Validates by the model and writes; two who take the same address at once get the same sentence as one after the other."""
    try:
        agent.full_clean(exclude=["password"])
    except ValidationError as error:
        if any(one.code == "unique" for one in error.error_dict.get("email", [])):
            raise _taken() from None  # Django's own message contains English field names in every language
        raise
    agent.updated_at = timezone.now()
    try:
        with atomic():
            agent.save(force_insert=force_insert)
    except IntegrityError:
        raise _taken() from None


def _taken() -> ValidationError:
    return ValidationError({"email": [_("Agent with this Email address already exists.")]})


def _check_password(actor: Agent | None, agent: Agent, password: str) -> None:
    """By Django's validators, but for the program's own accounts: the demo's password is printed in its documentation."""
    if actor is None:
        return
    try:
        validate_password(password, agent)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from None


def _refuse_service_password(agent: Agent) -> None:
    if agent.is_service:
        raise ValidationError({"password": [_("A service account has no password; it signs in with its API keys.")]})
