"""The events of a ticket beside its messages, one line each, from the audit log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from agents.models import Agent, AuditEntry
from tickets.models import Ticket
from tickets.pages.common.audit_reasons import in_words

TOGETHER = timedelta(minutes=1)
MOST = 200  # newest audit entries of a ticket that are read
BY_MESSAGE = "message.posted"
FIELDS = {"status", "priority", "assigned_to", "tags", "subject", "snoozed", "snoozed_until", "snoozed_until_reply"}


@dataclass(frozen=True)
class Line:
    key: str
    at: datetime
    icon: str
    text: str


def event_lines(ticket: Ticket, me: Agent) -> list[Line]:
    """The ticket's events, oldest first. Two queries."""
    entries = AuditEntry.objects.filter(subject_type="ticket", subject_id=str(ticket.pk)).select_related("actor")
    newest = [
        entry for entry in entries.order_by("-id")[:MOST] if entry.changes or entry.action == "message.taken_back"
    ]
    names = _names(newest)
    said = ((entry, _said(entry, names, me)) for entry in _together(reversed(newest)))
    return [Line(f"e-{entry.pk}", entry.at, icon, text) for entry, (icon, text) in said if text]


def _together(entries: Iterable[AuditEntry]) -> list[AuditEntry]:
    """Tags that one person sets one by one are shown as one line, so that they do not push the conversation out of view."""
    found: list[AuditEntry] = []
    for entry in entries:
        last = found[-1] if found else None
        if last is None or not _follows(last, entry):
            found.append(entry)
        else:
            # changes this copy, not the row
            last.changes = {"tags": [last.changes["tags"][0], entry.changes["tags"][1]]}
    return found


def _follows(last: AuditEntry, entry: AuditEntry) -> bool:
    same = last.actor_id == entry.actor_id and entry.at - last.at < TOGETHER
    return same and _only_tags(last) and _only_tags(entry)


def _only_tags(entry: AuditEntry) -> bool:
    return set(entry.changes) & FIELDS == {"tags"} and not entry.reason


def _names(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """Names of all former assignees."""
    held = {value for entry in entries for value in entry.changes.get("assigned_to") or [] if value}
    # Query even without ids, so that the number of queries is constant.
    found = Agent.objects.filter(pk__in=held or [UUID(int=0)]).values_list("pk", "name")
    return {str(pk): name for pk, name in found}


def _said(entry: AuditEntry, names: dict[str, str], me: Agent) -> tuple[str, str]:
    """Icon and words of an event; no words for what the conversation shows itself."""
    changes: dict[str, list[Any]] = {name: value for name, value in entry.changes.items() if name in FIELDS}
    if entry.action == BY_MESSAGE and changes.get("status", [None, None])[1] == Ticket.Status.PENDING:
        del changes["status"]  # every reply sets this status
    icon, said = "info", []
    for name in ("status", "priority", "assigned_to", "tags", "subject"):
        if name in changes:
            icon, text = _change(name, changes[name][0], changes[name][1], names)
            said.append(text)
    if "snoozed" in changes or "snoozed_until" in changes or "snoozed_until_reply" in changes:
        icon = "clock"
        said.append(_snooze(entry, changes))
    if entry.action == "message.taken_back":
        icon, said = "back", [_("a reply was not sent (undo send)")]
    if not said:
        return "", ""
    who = _("You") if entry.actor_id == me.pk else entry.actor.name if entry.actor else _("System")
    text = f"{who}: {', '.join(said)}"
    why = in_words(entry.reason) if entry.reason and not entry.action.startswith("message") else ""
    return icon, f"{text} · {why}" if why else text


def _change(name: str, before: Any, after: Any, names: dict[str, str]) -> tuple[str, str]:
    if name == "status":
        icons = {Ticket.Status.CLOSED: "check", Ticket.Status.OPEN: "inbox"}
        said = {
            Ticket.Status.CLOSED: _("closed"),
            Ticket.Status.OPEN: _("reopened"),
            Ticket.Status.PENDING: _("waiting for the customer"),
        }
        return icons.get(after, "clock"), said.get(after, str(after))
    if name == "priority":
        label = str(Ticket.Priority(after).label).lower() if after in Ticket.Priority.values else str(after)
        return "up", _("priority %(priority)s") % {"priority": label}
    if name == "assigned_to":
        if not after:
            return "inbox", _("unassigned, back in the queue")
        return "user", _("assigned to %(name)s") % {"name": names.get(after, _("someone"))}
    if name == "tags":
        added = [tag for tag in after or [] if tag not in (before or [])]
        gone = [tag for tag in before or [] if tag not in (after or [])]
        told = [_("tag added: %(tags)s") % {"tags": ", ".join(added)}] if added else []
        told += [_("tag removed: %(tags)s") % {"tags": ", ".join(gone)}] if gone else []
        return "flag", ", ".join(told)
    return "pen", _("subject changed")


def _snooze(entry: AuditEntry, changes: dict[str, list[Any]]) -> str:
    ended = "snoozed" in changes and not changes["snoozed"][1]
    return _("back in the queue") if ended else _("snoozed")
