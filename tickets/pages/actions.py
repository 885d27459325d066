"""What the inbox's forms do. Each goes back to the page that it came from and says there what happened."""

from collections import defaultdict
from collections.abc import Callable
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from agents.models import Agent
from agents.pages.profile import own
from agents.sessions import safe_next
from tickets import services
from tickets.models import Ticket, TopicAlert
from tickets.pages import snoozing

NAMED = 10  # so many tickets are named that were refused for one reason


def me(request: HttpRequest) -> Agent:
    return cast(Agent, request.user)


@own
@require_POST
def take_next(request: HttpRequest) -> HttpResponse:
    """Claims the first unassigned ticket and opens it; says so where nothing is left."""
    ticket = services.claim_next(me(request))
    if ticket is None:
        messages.info(request, _("Nothing left: no unassigned ticket is waiting for you."))
        return redirect(safe_next(request))
    messages.success(request, _("This ticket is yours now."))
    return redirect("ticket", ticket_id=ticket.pk)


# --- Topic alerts ------------------------------------------------------------------------------------------------------
@own
@require_POST
def alerts(request: HttpRequest) -> HttpResponse:
    """Adds a word, or removes one by its id; the list is in its new order when it comes back."""
    agent, removed = me(request), _uuid(request.POST.get("remove", ""))
    try:
        if removed is not None:
            services.delete_alert(agent, removed)
            messages.success(request, _("The topic alert is removed."))
        elif "remove" not in request.POST:
            word, team = request.POST.get("keyword", ""), request.POST.get("for") == "team"
            made = services.retrying(lambda: services.create_alert(agent, word, team=team))
            messages.success(request, _("Tickets that mention “%(word)s” come first now.") % {"word": made.keyword})
    except TopicAlert.DoesNotExist:
        pass  # somebody else removed it: what was wanted is so
    except (ValidationError, PermissionDenied) as refusal:
        messages.error(request, _sentence(refusal))
    return redirect(safe_next(request))


# --- Many tickets ------------------------------------------------------------------------------------------------------
@own
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Closes, assigns, tags, prioritises or snoozes the chosen tickets, and tells of each that refused why."""
    back = redirect(safe_next(request))
    chosen = [found for value in request.POST.getlist("ticket") if (found := _uuid(value))]
    make = DEEDS.get(request.POST.get("do", ""))
    if make is None:
        messages.error(request, _("Choose what to do with the tickets."))
        return back
    if not chosen:
        messages.error(request, _("Choose tickets first: tick the boxes at the beginning of their rows."))
        return back
    try:
        results = make(request, chosen)
    except (ValidationError, PermissionDenied) as refusal:
        messages.error(request, _sentence(refusal))
        return back
    _tell(request, request.POST["do"], results)
    return back


Chosen = list[UUID]
Changes = list[services.Change]


def _close(request: HttpRequest, chosen: Chosen) -> Changes:
    return services.change_many(me(request), chosen, {"status": Ticket.Status.CLOSED.value})


def _reopen(request: HttpRequest, chosen: Chosen) -> Changes:
    return services.change_many(me(request), chosen, {"status": Ticket.Status.OPEN.value})


def _assign(request: HttpRequest, chosen: Chosen) -> Changes:
    wanted = request.POST.get("assigned_to", "")
    found = me(request).pk if wanted == "me" else _uuid(wanted)
    if found is None and wanted != "none":
        raise ValidationError(_("Choose whom the tickets go to."))
    return services.change_many(me(request), chosen, {"assigned_to": found})


def _tag(request: HttpRequest, chosen: Chosen) -> Changes:
    names = [name for name in request.POST.get("tag", "").split(",") if name.strip()]
    if not names:
        raise ValidationError(_("Type the tag to add."))
    return services.change_many(me(request), chosen, {"add_tags": names})


def _priority(request: HttpRequest, chosen: Chosen) -> Changes:
    if not request.POST.get("priority"):
        raise ValidationError(_("Choose the priority."))
    return services.change_many(me(request), chosen, {"priority": request.POST["priority"]})


def _later(request: HttpRequest, chosen: Chosen) -> Changes:
    """Out of the queue until the moment; the customer's message brings back a ticket at any time."""
    until = snoozing.until(request.POST["do"], "", timezone.now())
    return services.snooze_many(me(request), chosen, until)


def _back(request: HttpRequest, chosen: Chosen) -> Changes:
    return services.unsnooze_many(me(request), chosen)


DEEDS: dict[str, Callable[[HttpRequest, Chosen], Changes]] = {
    "close": _close,
    "reopen": _reopen,
    "assign": _assign,
    "tag": _tag,
    "priority": _priority,
    "wake": _back,
    **dict.fromkeys(snoozing.NAMES, _later),
}


def _changed(deed: str, count: int) -> str:
    if deed == "close":
        return ngettext("%(count)d ticket closed.", "%(count)d tickets closed.", count) % {"count": count}
    if deed == "reopen":
        return ngettext("%(count)d ticket is open again.", "%(count)d tickets are open again.", count) % {
            "count": count
        }
    return ngettext("%(count)d ticket changed.", "%(count)d tickets changed.", count) % {"count": count}


def _tell(request: HttpRequest, deed: str, results: list[services.Change]) -> None:
    changed = sum(result.changed for result in results)
    refused: dict[str, list[str]] = defaultdict(list)
    for result in results:
        if result.refusal:
            refused[result.refusal].append(result.subject)
    as_before = len(results) - changed - sum(map(len, refused.values()))
    if changed:
        messages.success(request, _changed(deed, changed))
    if as_before:
        told = ngettext("%(count)d ticket was so already.", "%(count)d tickets were so already.", as_before)
        messages.info(request, told % {"count": as_before})
    for sentence, subjects in refused.items():
        messages.error(request, _refused(sentence, subjects))


def _refused(sentence: str, subjects: list[str]) -> str:
    count = len(subjects)
    told = ngettext("%(count)d ticket not changed: %(why)s", "%(count)d tickets not changed: %(why)s", count)
    text = told % {"count": count, "why": sentence}
    named = [subject for subject in subjects if subject][:NAMED]
    if not named:
        return text
    more = _(" and %(count)d more") % {"count": count - len(named)} if count > len(named) else ""
    return f"{text} ({', '.join(f'“{subject}”' for subject in named)}{more})"


def _sentence(refusal: ValidationError | PermissionDenied) -> str:
    return str(refusal.messages[0] if isinstance(refusal, ValidationError) else refusal)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
