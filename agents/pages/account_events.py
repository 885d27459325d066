"""The latest audit entries of an account, in the reader's language."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.models import Agent, AuditEntry
from agents.pages.team_forms import AccountForm
from agents.permissions import Capability, may
from agents.roles import Role

LATELY = 12
LONGEST = 80
# Account changes that team leads may see; sign-ins and passwords are only for those who manage accounts.
_CHANGES = ("agent.created", "agent.updated", "agent.deactivated", "agent.reactivated")
_PHRASES: dict[str, Any] = {
    "agent.created": gettext_lazy("Account created"),
    "agent.updated": gettext_lazy("Changed"),
    "agent.deactivated": gettext_lazy("Deactivated"),
    "agent.reactivated": gettext_lazy("Reactivated"),
    "agent.invited": gettext_lazy("Invited"),
    "agent.invitation_accepted": gettext_lazy("Accepted the invitation"),
    "agent.signed_in": gettext_lazy("Signed in"),
    "agent.signed_out": gettext_lazy("Signed out"),
    "agent.signed_out_everywhere": gettext_lazy("Signed out everywhere"),
    "agent.sign_in_failed": gettext_lazy("Sign-in failed"),
    "agent.password_changed": gettext_lazy("Password set"),
    "agent.password_reset": gettext_lazy("Password reset by link"),
    "agent.password_reset_mailed": gettext_lazy("Password reset link sent"),
    "agent.password_link_sent": gettext_lazy("Password reset requested"),
    "agent.second_factor_added": gettext_lazy("Second factor set up"),
    "agent.second_factor_removed": gettext_lazy("Second factor removed"),
    "agent.second_factor_reset": gettext_lazy("Second factor reset"),
    "agent.second_factor_failed": gettext_lazy("Wrong second-factor code"),
    "agent.recovery_codes_renewed": gettext_lazy("New recovery codes"),
    "key.created": gettext_lazy("API key created"),
    "key.revoked": gettext_lazy("API key revoked"),
}


def lately(reader: Agent, agent: Agent) -> list[dict[str, Any]]:
    """The latest audit entries of the account that the reader may see, newest first."""
    entries = AuditEntry.objects.filter(subject_type="agent", subject_id=str(agent.pk)).select_related("actor")
    if not may(reader, Capability.MANAGE_AGENTS):
        entries = entries.filter(action__in=_CHANGES)
    return [_told(entry, agent) for entry in entries.order_by("-id")[:LATELY]]


def _told(entry: AuditEntry, agent: Agent) -> dict[str, Any]:
    changes = entry.changes if isinstance(entry.changes, dict) and entry.action == "agent.updated" else {}
    who = entry.actor.name if entry.actor else ""
    if entry.actor_id == agent.pk:
        who = _("this account")
    return {
        "at": entry.at,
        "who": who,
        "what": _PHRASES.get(entry.action) or entry.action.partition(".")[2].replace("_", " ").capitalize(),
        "changes": [(field_name(name), *_both(name, values)) for name, values in changes.items()],
    }


def is_shown(name: str) -> bool:
    """Whether the account's page shows the changed field."""
    return name == "is_active" or name in AccountForm.base_fields


def field_name(name: str) -> str:
    """The field's label on the form."""
    if name == "is_active":
        return _("Account active")
    field = AccountForm.base_fields.get(name)
    return str(field.label) if field else name.replace("_", " ").capitalize()


def _both(name: str, values: Any) -> tuple[str, str]:
    before, after = values if isinstance(values, list) and len(values) == 2 else (None, values)
    return value_words(name, before), value_words(name, after)


def value_words(name: str, value: Any) -> str:
    """A value in words."""
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    for field, choices in (("role", Role), ("status", Agent.Status)):
        if name == field and value in choices.values:
            return str(choices(value).label)
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
