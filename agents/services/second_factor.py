"""Add, remove and require the second factor. Each change ends the account's other sessions and all its tokens."""

from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents import audit
from agents.common.transactions import atomic
from agents.common.wording import within
from agents.models import Agent, SecondFactorRule
from agents.permissions import RANK, Capability, demand, rank
from agents.services import accounts
from agents.sign_in import second_factor

RECOVERY_CODES = 10


@atomic
def add_second_factor(agent_id: UUID, key: str, code: str) -> tuple[Agent, TOTPDevice, list[str]]:
    """Make the secret `key` (hex) the account's second factor after a right code of its app.

    The caller has checked the password. Returns the device and the recovery codes, which are shown once. Raises `ValidationError`
    if the account has a factor already: removing that one requires its code.
    """
    _actor, agent = accounts._locked(None, agent_id)
    if agent.is_service:
        raise ValidationError(_("A service account has no second factor; it signs in with its API keys."))
    if TOTPDevice.objects.filter(user=agent, confirmed=True).exists():
        raise ValidationError({"code": [_("This account has a second factor already; remove it first.")]})
    _remove_devices(agent)
    device = TOTPDevice(user=agent, key=key, name="authenticator app", confirmed=True)
    # verify_token() saves the device; the rollback after a wrong code undoes that.
    if not _is_code(code) or not device.verify_token(second_factor.normalized(code)):
        raise ValidationError(
            {"code": [_("The code is wrong. Check the clock of your device and enter the next code.")]}
        )
    codes = _make_recovery_codes(agent)
    _end_sessions(agent)
    audit.record("agent.second_factor_added", agent, actor=agent)
    return agent, device, codes


@atomic
def renew_recovery_codes(agent_id: UUID) -> list[str]:
    """Ten new recovery codes, shown this once; the older ones end. The door has asked for password and code."""
    _actor, agent = accounts._locked(None, agent_id)
    codes = _make_recovery_codes(agent)
    audit.record("agent.recovery_codes_renewed", agent, actor=agent)
    return codes


@atomic
def remove_second_factor(agent_id: UUID) -> Agent:
    """Removes one's own; the door has asked for password and code."""
    _actor, agent = accounts._locked(None, agent_id)
    if _remove_devices(agent):
        _end_sessions(agent)
        audit.record("agent.second_factor_removed", agent, actor=agent)
    return agent


@atomic
def reset_second_factor(actor: Agent | None, agent_id: UUID) -> Agent:
    """Remove the second factor of a lower-ranking account that lost it; it can sign in by password and set it up again."""
    actor, agent = accounts._locked(actor, agent_id)
    _refuse_resetting(actor, agent)
    if _remove_devices(agent):
        _end_sessions(agent)
        audit.record("agent.second_factor_reset", agent, actor=actor)
    return agent


@atomic
def require_second_factor(actor: Agent | None, role: str, required: bool) -> SecondFactorRule:
    """Set whether people of the role must have a second factor; those without one are led to set it up.

    One may require it of roles up to one's own, and lift it only from lower ones: those bound by it cannot end it. That of admins
    is lifted on the command line (`manage.py require_second_factor admin --off`).
    """
    accounts._refuse_services(actor)
    demand(actor, Capability.MANAGE_AGENTS)
    if role not in RANK:
        raise ValidationError({"role": [_("The role must be one of %(rank)s.") % {"rank": ", ".join(RANK)}]})
    if role not in accounts.grantable_roles(actor):
        raise PermissionDenied(
            _("To change the rule for %(role)s, you need that role or a higher one.")
            % {"role": within(Agent.Role(role).label)}
        )
    if not required and not _may_lift(actor, role) and role in _required_roles():
        raise PermissionDenied(_cannot_lift(role))
    rule, _created = SecondFactorRule.objects.select_for_update().get_or_create(role=role)
    if rule.required != required:
        audit.record("role.second_factor", ("role", role), actor=actor, changes={"required": (rule.required, required)})
        rule.required = required
        rule.save()
    return rule


def liftable_roles(actor: Agent | None) -> list[str]:
    """The roles whose requirement the actor may lift, lowest first: those below their own."""
    return [role for role in RANK if _may_lift(actor, role)]


def _may_lift(actor: Agent | None, role: str) -> bool:
    return actor is None or RANK[role] < rank(actor)


def _required_roles() -> set[str]:
    return set(SecondFactorRule.objects.filter(required=True).values_list("role", flat=True))


def _cannot_lift(role: str) -> str:
    label = within(Agent.Role(role).label)
    if role == Agent.Role.ADMIN:
        return _("Remove the rule for %(role)s on the server: manage.py require_second_factor admin --off.") % {
            "role": label
        }
    return _("To remove the rule for %(role)s, you need a higher role.") % {"role": label}


def _refuse_resetting(actor: Agent | None, agent: Agent) -> None:
    demand(actor, Capability.MANAGE_AGENTS)
    if actor is not None and actor.pk == agent.pk:
        raise PermissionDenied(_("Remove your own second factor on your profile page."))
    accounts._refuse_equals(actor, agent, _("reset the second factor"))


def _is_code(code: str) -> bool:
    typed = second_factor.normalized(code)
    return typed.isdecimal() and len(typed) == second_factor.CODE_DIGITS


def _remove_devices(agent: Agent) -> bool:
    removed, _by_model = TOTPDevice.objects.filter(user=agent).delete()
    StaticDevice.objects.filter(user=agent).delete()
    return bool(removed)


def _make_recovery_codes(agent: Agent) -> list[str]:
    """The device stays, so that a session that a recovery code opened goes on."""
    device, _created = StaticDevice.objects.get_or_create(user=agent, name="recovery codes")
    device.token_set.all().delete()
    codes = [StaticToken.random_token() for _number in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=second_factor.digest(agent, code)) for code in codes
    )
    return [f"{code[:4]}-{code[4:]}" for code in codes]


def _end_sessions(agent: Agent) -> None:
    agent.token_version += 1
    accounts._save(agent)
