"""The audit log in words: "Mira Manager changed role of Ada Agent: agent → team lead"."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from agents.common.ids import uuid_or_none
from agents.models import Agent, AuditEntry
from agents.roles import Role

# --- Record groups ----------------------------------------------------------------------------------------------------
GROUPS = {
    "sign_in": "Sign-ins",
    "agent": "Accounts",
    "key": "API keys",
    "role": "Role rules",
    "ticket": "Tickets",
    "message": "Messages",
    "note": "Notes",
    "customer": "Customers",
    "order": "Orders",
    "topic_alert": "Topic alerts",
    "weights": "Score weights",
    "assignment_rules": "Assignment rules",
    "import": "Imports",
    "ai_service": "AI services",
    "audit": "Audit log",
    "other": "Other",
}
_SIGNING_IN = ("agent.signed_", "agent.sign_in", "agent.second_factor_failed")


def group_of(action: str) -> str:
    """The group that an action is filtered by."""
    if action.startswith(_SIGNING_IN):
        return "sign_in"
    subject = action.partition(".")[0]
    return subject if subject in GROUPS else "other"


# --- Sentences --------------------------------------------------------------------------------------------------------
# Phrases for actions whose verb alone makes no sentence; {what} is the record.
_PHRASES = {
    "agent.created": "created the account of {what}",
    "agent.deactivated": "deactivated {what}",
    "agent.reactivated": "reactivated {what}",
    "agent.invited": "invited {what}",
    "agent.sign_in_failed": "failed to sign in to {what}",
    "agent.signed_out_everywhere": "ended all sessions and tokens of {what}",
    "agent.password_changed": "set a new password for {what}",
    "agent.password_link_sent": "requested a password reset link for {what}",
    "agent.password_reset_mailed": "sent {what} a password reset link",
    "agent.second_factor_failed": "entered a wrong second-factor code for {what}",
    "message.posted": "posted a message in {what}",
    "message.taken_back": "undid a reply in {what}",
    "note.added": "added a note to {what}",
    "ticket.completed_an_action_of": "completed a next best action of {what}",
    "ticket.reopened_an_action_of": "reopened a next best action of {what}",
    "ticket.conversation_reset": "reset the conversation of {what}",
    "ticket.customer_shared": "shared the customer of {what} with the assignee",
    "customer.linked": "linked an address entered by an agent to {what}",
    "agent.queue_limit_reached": "reached the hourly limit for taking or unassigning tickets",
    "key.created": "created an API key for {what}",
    "key.revoked": "revoked an API key of {what}",
    "agent.second_factor_reset": "reset the second factor of {what}",
    "role.second_factor": "changed the rule for the second factor of {what}",
    "ai_service.tried": "tested the connection to {what}",
    "audit.exported": "exported the audit log",
}
# Phrases for actions of agents on their own account.
_OWN_PHRASES = {
    "agent.created": "created their own account",
    "agent.signed_in": "signed in",
    "agent.signed_out": "signed out",
    "agent.invitation_accepted": "accepted the invitation and chose a password",
    "agent.second_factor_added": "set up a second factor",
    "agent.second_factor_removed": "removed their second factor",
    "agent.recovery_codes_renewed": "created new recovery codes",
    "agent.password_reset": "reset the password by link",
    "agent.signed_out_everywhere": "signed out everywhere",
    "agent.password_changed": "changed their own password",
}
_KINDS = {
    "ai_service": "AI service",
    "apikey": "API key",
    "weightset": "weights",
    "importrun": "import",
    "topicalert": "topic alert",
}
_SAID = {"is active"}  # fields that the verb already describes
NOTHING = "–"
_MOST_INLINE = 1  # changes shown within the sentence; further ones go below it


def sentence(entry: AuditEntry, names: Mapping[str, str]) -> SafeString:
    """Who did what, with a link to the record. `names` maps ids of accounts to their names."""
    what, changes = _record(entry, names), _changes(entry, names)
    own = entry.actor_id is not None and entry.subject_id == str(entry.actor_id)
    who = entry.actor.name if entry.actor else _nobody(entry)
    phrase = _PHRASES.get(entry.action)
    if own and entry.action in _OWN_PHRASES:
        phrase = _OWN_PHRASES[entry.action]
    if phrase is not None:
        return format_html("{} {}", who, format_html(phrase, what=what))
    verb = entry.action.partition(".")[2].replace("_", " ") or entry.action
    if verb == "updated" and changes:
        fields = ", ".join(name for name, _, _ in changes)
        told = format_html("{} changed {} of {}", who, fields, what)
        if len(changes) > _MOST_INLINE:
            return told
        return format_html("{}: {} → {}", told, changes[0][1], changes[0][2])
    return format_html("{} {} {}", who, verb, what)


def details(entry: AuditEntry, names: Mapping[str, str]) -> SafeString:
    """The changes that the sentence does not tell, before and after."""
    changes = _changes(entry, names)
    told = entry.action.endswith(".updated") and len(changes) <= _MOST_INLINE
    if told:
        return SafeString()
    if entry.action.endswith(".updated"):
        return format_html_join("", "<div>{}: {} → {}</div>", changes)
    # A created record has only new values, a deleted record only old ones.
    rows = ((name, after if before == NOTHING else f"{before} → {after}") for name, before, after in changes)
    return format_html_join("", "<div>{}: {}</div>", (row for row in rows if row[0] not in _SAID))


def _nobody(entry: AuditEntry) -> str:
    """Who did what no account did."""
    return "Someone" if group_of(entry.action) == "sign_in" else "System"


def _record(entry: AuditEntry, names: Mapping[str, str]) -> SafeString | str:
    label, link = _label(entry, names), record_link(entry)
    return format_html('<a href="{}">{}</a>', link, label) if link else label


def _label(entry: AuditEntry, names: Mapping[str, str]) -> str:
    if entry.subject_type == "agent":
        unknown = "an account that does not exist" if entry.subject_id == "unknown" else "an account"
        return names.get(entry.subject_id, unknown)
    kind = _KINDS.get(entry.subject_type, entry.subject_type.replace("_", " "))
    return f"{kind} {short_id(entry.subject_id)}".strip()


def short_id(key: str) -> str:
    """Of an id the end: those made in the same minutes begin alike."""
    return f"…{key[-8:]}" if len(key) > 12 else key


def record_link(entry: AuditEntry) -> str | None:
    """The page of the record, if the site has one."""
    for model in admin.site._registry:
        if model._meta.model_name == entry.subject_type and (
            entry.subject_id.isdecimal() or uuid_or_none(entry.subject_id) is not None
        ):
            return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[entry.subject_id])
    return None


def _changes(entry: AuditEntry, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    rows = entry.changes.items() if isinstance(entry.changes, dict) else []
    return [(str(name).replace("_", " "), *_before_and_after(name, values, names)) for name, values in rows]


def _before_and_after(name: str, values: Any, names: Mapping[str, str]) -> tuple[str, str]:
    before, after = values if isinstance(values, list) and len(values) == 2 else (None, values)
    return _short(name, before, names), _short(name, after, names)


def _short(name: str, value: Any, names: Mapping[str, str]) -> str:
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and name == "role" and value in Role.values:
        return str(Role(value).label).lower()
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = names.get(text) or _moment(text) or text
    return text if len(text) <= 120 else text[:119] + "…"


def _moment(text: str) -> str | None:
    """A time as people write it, to the minute; `None` for any other text."""
    if len(text) < len("2026-01-01T00:00:00+00:00"):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M %Z}" if timezone.is_aware(moment) else None


def names_for(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """The names of all accounts that the entries tell of, in one look-up."""
    wanted = set[Any]()
    for entry in entries:
        wanted.add(uuid_or_none(entry.subject_id))
        for values in entry.changes.values() if isinstance(entry.changes, dict) else []:
            wanted.update(uuid_or_none(one) for one in values if isinstance(one, str)) if isinstance(
                values, list
            ) else None
    wanted.discard(None)
    return {str(key): name for key, name in Agent.objects.filter(pk__in=wanted).values_list("pk", "name")}
