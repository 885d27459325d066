"""The change history of a ticket: every audit entry in words, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from agents.common import dates
from agents.common.ids import uuid_or_none
from agents.models import Agent, AuditEntry
from agents.pages.sign_in_required import signed_in_agent, signed_in_only
from tickets.models import Ticket
from tickets.pages.common.audit_reasons import in_words
from tickets.pages.ticket.properties import find, part

PAGE = 20
LAST = 2**63 - 1
LONGEST = 300  # characters of a value
DEEDS: dict[str, str | Promise] = {
    "ticket.created": gettext_lazy("Created"),
    "ticket.imported": gettext_lazy("Imported"),
    "ticket.updated": gettext_lazy("Changed"),
    "ticket.customer_shared": gettext_lazy("Customer shared with the assignee"),
    "ticket.snoozed": gettext_lazy("Snoozed"),
    "ticket.unsnoozed": gettext_lazy("Snooze ended"),
    "ticket.conversation_reset": gettext_lazy("Conversation reset"),
    "message.posted": gettext_lazy("Message"),
    "message.taken_back": gettext_lazy("Reply not sent (undo send)"),
    "note.added": gettext_lazy("Note added"),
    "ticket.completed_an_action_of": gettext_lazy("Action done"),
    "ticket.reopened_an_action_of": gettext_lazy("Action reopened"),
}
FIELDS: dict[str, str | Promise] = {
    "status": gettext_lazy("status"),
    "priority": gettext_lazy("priority"),
    "assigned_to": gettext_lazy("assignee"),
    "tags": gettext_lazy("tags"),
    "subject": gettext_lazy("subject"),
    "snoozed": gettext_lazy("snoozed"),
    "snoozed_until": gettext_lazy("snoozed until"),
    "snoozed_until_reply": gettext_lazy("snoozed until a reply"),
    "snoozed_by": gettext_lazy("snoozed by"),
    "action": gettext_lazy("action"),
}
_PEOPLE = ("assigned_to", "snoozed_by")


@dataclass(frozen=True)
class Change:
    """One value before and after; before is empty if there was none."""

    name: str
    before: str
    after: str
    language: str = ""  # ISO 639-1, if not the page's language


@dataclass(frozen=True)
class Entry:
    """One change of the ticket."""

    at: datetime
    who: str
    deed: str
    changes: list[Change]
    reason: str


@signed_in_only
@require_http_methods(["GET", "HEAD"])
def history(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """One page of the history; `before` is the last entry of the previous page."""
    ticket = find(signed_in_agent(request), ticket_id)
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else LAST
    rows = AuditEntry.objects.filter(subject_type="ticket", subject_id=str(ticket.pk), pk__lt=before)
    found = list(rows.select_related("actor").order_by("-pk")[: PAGE + 1])
    entries = _described(found[:PAGE])
    more = found[PAGE - 1].pk if len(found) > PAGE else None
    context = {"ticket": ticket, "entries": entries, "more": more, "beginning": before == LAST}
    return part(request, "tickets/history.html", context, _("History"))


def _described(rows: list[AuditEntry]) -> list[Entry]:
    names = _names(rows)
    return [
        Entry(
            at=row.at,
            who=row.actor.name if row.actor else _("System"),
            deed=str(DEEDS.get(row.action) or row.action.partition(".")[2].replace("_", " ").capitalize()),
            changes=[_change(name, pair, names) for name, pair in row.changes.items()],
            reason=in_words(row.reason),
        )
        for row in rows
    ]


def _names(rows: Iterable[AuditEntry]) -> dict[str, str]:
    """Names of all people in the values, in one query, which is always made."""
    wanted = {value for row in rows for name in _PEOPLE for value in row.changes.get(name, ()) if value}
    ids = [found for value in wanted if (found := uuid_or_none(value))] or [UUID(int=0)]
    return {str(pk): name for pk, name in Agent.objects.filter(pk__in=ids).values_list("pk", "name")}


def _change(name: str, pair: list[Any], names: dict[str, str]) -> Change:
    before, after = pair
    label = str(FIELDS.get(name) or name.replace("_", " "))
    if name == "action":  # the entry's sentence says whether it was done
        return Change(label, "", _value(name, after or before, names), "en")  # in English, as in the plan
    if name == "tags":
        return Change(label, *_tags(before or [], after or []))
    return Change(label, _value(name, before, names), _value(name, after, names))


def _tags(before: list[str], after: list[str]) -> tuple[str, str]:
    """The added and removed tags: in sixty tags nobody finds the changed one."""
    came = [f"+{name}" for name in after if name not in before]
    went = [f"−{name}" for name in before if name not in after]
    return "", ", ".join(came + went)[:LONGEST] or _("unchanged")


def _value(name: str, value: Any, names: dict[str, str]) -> str:
    if value is None or value == "":
        return _("nobody") if name in _PEOPLE else _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in _PEOPLE:
        return names.get(str(value), _("someone"))
    if name == "status":
        return str(dict(Ticket.Status.choices).get(value, value)).lower()
    if name == "priority":
        return str(dict(Ticket.Priority.choices).get(value, value)).lower()
    if name == "snoozed_until" and (moment := dates.moment_or_none(value)):
        return dates.moment(moment)
    return str(value)[:LONGEST]
