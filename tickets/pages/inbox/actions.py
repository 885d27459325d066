"""The forms of the inbox. Each redirects to the page that it came from and shows the result there."""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from agents.common.dates import weekday_moment
from agents.common.errors import LimitReached
from agents.common.ids import uuid_or_none
from agents.pages.sign_in_required import signed_in_agent, signed_in_only
from agents.sign_in.sessions import safe_next
from tickets import extensions, services
from tickets.models import Ticket
from tickets.pages.common import snooze_times
from tickets.pages.common.answers import keep_input, refuse_form, sentence_of, tell_with_undo
from tickets.services.validation import clean_tags

LONGEST_UNDO = 20_000  # characters: twice what the largest bulk change needs
NAMED = 10  # tickets that are named for one error


@signed_in_only
@require_POST
def take_next(request: HttpRequest) -> HttpResponse:
    """Claim the first unassigned ticket and open it; say so if none is left."""
    try:
        ticket = services.claim_next(signed_in_agent(request))
    except LimitReached as refusal:
        messages.error(request, refusal.sentence)
        return redirect(safe_next(request))
    if ticket is None:
        messages.info(request, _("No unassigned tickets left."))
        return redirect(safe_next(request))
    messages.success(request, _("This ticket is now assigned to you."))
    return redirect("ticket", ticket_id=ticket.pk)


# --- Undo -------------------------------------------------------------------------------------------------------------
@signed_in_only
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Restore the status of closed tickets, or what a slice removed. The services check it like any other change."""
    try:
        wanted = json.loads(request.POST.get("undo", "")[:LONGEST_UNDO])
        if slice_undo := extensions.undo_for(wanted):
            slice_undo(request, wanted)
        else:
            results = [
                result
                for status, ids in wanted.items()
                for result in services.change_many(
                    signed_in_agent(request), [UUID(pk) for pk in ids], {"status": status}
                )
            ]
            _tell(request, "undo", results)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        messages.error(request, _("This can’t be undone."))
    except (ValidationError, PermissionDenied) as refusal:
        messages.error(request, sentence_of(refusal))
    return redirect(safe_next(request))


# --- Bulk actions -----------------------------------------------------------------------------------------------------
@signed_in_only
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Close, assign, tag, prioritise or snooze the chosen tickets, and name the reason of each refusal."""
    back = redirect(safe_next(request))
    chosen = [found for value in request.POST.getlist("ticket") if (found := uuid_or_none(value))]
    make = DEEDS.get(request.POST.get("do", ""))
    if make is None:
        refuse_form(request, _("Choose an action for the selected tickets."), chosen)
        return back
    if not chosen:
        refuse_form(request, _("Select tickets first."))
        return back
    try:
        before = dict(
            Ticket.objects.visible_to(signed_in_agent(request)).filter(pk__in=chosen).values_list("pk", "status")
        )
        results = make(request, chosen)
    except (ValidationError, PermissionDenied) as refusal:
        refuse_form(request, sentence_of(refusal), chosen)
        return back
    _tell(request, request.POST["do"], results, before)
    if refused := [result.ticket_id for result in results if result.refusal]:
        keep_input(request, refused)
    return back


Chosen = list[UUID]
Changes = list[services.Change]


def _close(request: HttpRequest, chosen: Chosen) -> Changes:
    return services.change_many(signed_in_agent(request), chosen, {"status": Ticket.Status.CLOSED.value})


def _reopen(request: HttpRequest, chosen: Chosen) -> Changes:
    return services.change_many(signed_in_agent(request), chosen, {"status": Ticket.Status.OPEN.value})


def _assign(request: HttpRequest, chosen: Chosen) -> Changes:
    wanted = request.POST.get("assigned_to", "")
    found = signed_in_agent(request).pk if wanted == "me" else uuid_or_none(wanted)
    if found is None and wanted != "none":
        raise ValidationError(_("Choose an assignee."))
    return services.change_many(signed_in_agent(request), chosen, {"assigned_to": found})


def _tag(request: HttpRequest, chosen: Chosen) -> Changes:
    names = [name for name in request.POST.get("tag", "").split(",") if name.strip()]
    if not names:
        raise ValidationError(_("Enter the tag to add."))
    return services.change_many(signed_in_agent(request), chosen, {"add_tags": clean_tags(names, "tag")})


def _priority(request: HttpRequest, chosen: Chosen) -> Changes:
    if not request.POST.get("priority"):
        raise ValidationError(_("Choose a priority."))
    return services.change_many(signed_in_agent(request), chosen, {"priority": request.POST["priority"]})


def _later(request: HttpRequest, chosen: Chosen) -> Changes:
    """Snooze until the moment; a message of the customer ends it at any time."""
    return services.snooze_many(signed_in_agent(request), chosen, _until(request))


def _until(request: HttpRequest) -> datetime | None:
    return snooze_times.until(request.POST["do"], request.POST.get("at", ""), timezone.now())


def _back(request: HttpRequest, chosen: Chosen) -> Changes:
    return services.unsnooze_many(signed_in_agent(request), chosen)


LATER = (*snooze_times.NAMES, "at")
DEEDS: dict[str, Callable[[HttpRequest, Chosen], Changes]] = {
    "close": _close,
    "reopen": _reopen,
    "assign": _assign,
    "tag": _tag,
    "priority": _priority,
    "wake": _back,
    **dict.fromkeys(LATER, _later),
}


def _changed(request: HttpRequest, deed: str, count: int) -> str:
    said: dict[str, Any] = {"count": count}
    if deed == "close":
        told = ngettext("%(count)d ticket closed.", "%(count)d tickets closed.", count)
    elif deed == "reopen":
        told = ngettext("%(count)d ticket reopened.", "%(count)d tickets reopened.", count)
    elif deed == "undo":
        told = ngettext("%(count)d ticket restored.", "%(count)d tickets restored.", count)
    elif deed == "wake":
        told = ngettext("%(count)d ticket is back in the queue.", "%(count)d tickets are back in the queue.", count)
    elif deed in LATER and (until := _until(request)) is not None:
        said["moment"] = weekday_moment(until)
        told = ngettext(
            "%(count)d ticket snoozed until %(moment)s.", "%(count)d tickets snoozed until %(moment)s.", count
        )
    elif deed in LATER:
        told = ngettext(
            "%(count)d ticket snoozed until the customer writes.",
            "%(count)d tickets snoozed until the customer writes.",
            count,
        )
    else:
        told = ngettext("%(count)d ticket changed.", "%(count)d tickets changed.", count)
    return told % said


def _tell(request: HttpRequest, deed: str, results: Changes, before: dict[UUID, str] | None = None) -> None:
    changed = sum(result.changed for result in results)
    refused: dict[str, list[str]] = defaultdict(list)
    for result in results:
        if result.refusal:
            refused[result.refusal].append(result.subject)
    as_before = len(results) - changed - sum(map(len, refused.values()))
    if changed:
        tell_with_undo(
            request,
            _changed(request, deed, changed),
            _as_before(results, before) if before and deed == "close" else None,
        )
    if as_before:
        told = ngettext("%(count)d ticket already up to date.", "%(count)d tickets already up to date.", as_before)
        messages.info(request, told % {"count": as_before})
    for sentence, subjects in refused.items():
        messages.error(request, _refused(sentence, subjects))


def _as_before(results: Changes, before: dict[UUID, str]) -> dict[str, list[str]]:
    """The changed tickets by their former status."""
    found: dict[str, list[str]] = defaultdict(list)
    for result in results:
        if result.changed and result.ticket_id in before:
            found[before[result.ticket_id]].append(str(result.ticket_id))
    return found


def _refused(sentence: str, subjects: list[str]) -> str:
    count = len(subjects)
    told = ngettext("%(count)d ticket not changed: %(why)s", "%(count)d tickets not changed: %(why)s", count)
    text = told % {"count": count, "why": sentence}
    named = [subject for subject in subjects if subject][:NAMED]
    if not named:
        return text
    more = _(" and %(count)d more") % {"count": count - len(named)} if count > len(named) else ""
    return f"{text} ({', '.join(f'“{subject}”' for subject in named)}{more})"
