"""A ticket's properties in place: status, priority, assignee and tags, each a control that saves at once; giving it up.

What changed meanwhile is told by property: a message that came in does not stand in the way of a new priority.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from agents.common.dates import moment_or_none
from agents.common.errors import Conflict
from agents.common.unicode_composition import isolated
from agents.models import Agent
from agents.pages.sign_in_required import signed_in_agent, signed_in_only
from agents.permissions import Capability, demand, may
from agents.roles import roles_above
from tickets import services
from tickets.models import Ticket, TicketTag
from tickets.pages.common.answers import sentence_of

PEOPLE, LATEST_TAGS, SUGGESTED = 500, 500, 30
ATTEMPTS = 3
NAMES: dict[str, str | Promise] = {
    "status": gettext_lazy("Status"),
    "priority": gettext_lazy("Priority"),
    "assigned_to": gettext_lazy("Assignee"),
    "tags": gettext_lazy("Tags"),
}


@dataclass(frozen=True)
class ConflictingChange:
    """A change that conflicts with a newer one: what the other person did, and what the agent wanted, to set it anyway."""

    sentence: str
    name: str
    value: str
    label: str


def context(agent: Agent, ticket: Ticket) -> dict[str, Any]:
    """Context of `tickets/properties.html`, in three queries. The ticket has its assignee and tags loaded."""
    tags = sorted(ticket.ticket_tags.all(), key=lambda tag: tag.name)
    assigns, works = may(agent, Capability.ASSIGN), may(agent, Capability.WORK)
    gives_up = works and ticket.closed_at is None and (ticket.assigned_to_id in (agent.pk, None) or assigns)
    holder = ticket.assigned_to
    people = _people(holder) if assigns else []
    used = {tag.name for tag in tags}
    return {
        "properties": {
            "works": works,
            "assigns": assigns,
            "takes": works and not agent.is_service and ticket.assigned_to_id != agent.pk,
            "mine": ticket.assigned_to_id == agent.pk,
            "hands_back": gives_up and holder is not None,
            "escalates": gives_up and bool(roles_above((holder or agent).role)),
            "statuses": Ticket.Status.choices,
            "priorities": Ticket.Priority.choices,
            "people": people,
            "own_tags": [tag.name for tag in tags if not tag.automatic],
            "automatic_tags": [tag.name for tag in tags if tag.automatic],
            "suggested": [name for name in _suggested(agent) if name not in used] if works else [],
            "seen": ticket.updated_at.isoformat(),
            "provisional": ticket.customer.provisional_for_id is not None,
            "shares": may(agent, Capability.SEE_ALL),
        }
    }


def _people(holder: Agent | None) -> list[tuple[str, str]]:
    """Agents who can be assigned, and the current assignee even if they no longer could be."""
    active = Q(is_active=True, is_service=False)
    found = list(Agent.objects.filter(active).order_by("name", "pk").values_list("pk", "name")[:PEOPLE])
    if holder is not None and holder.pk not in {pk for pk, _name in found}:
        found.append((holder.pk, holder.name))
    return [(str(pk), name) for pk, name in found]


def _suggested(agent: Agent) -> list[str]:
    """Suggested tags: of the latest tickets that the agent may see, most used first."""
    tags = TicketTag.objects.order_by("-pk")
    if not may(agent, Capability.SEE_ALL):
        tags = tags.filter(ticket__in=Ticket.objects.visible_to(agent))
    latest = tags.values_list("name", flat=True)[:LATEST_TAGS]
    return [name for name, _count in Counter(latest).most_common(SUGGESTED)]


# --- Reading ----------------------------------------------------------------------------------------------------------
def find(agent: Agent, ticket_id: UUID) -> Ticket:
    """The ticket with what the panels beside the conversation need. Raises `Http404`."""
    visible: Any = Ticket.objects.visible_to(agent).select_related("customer", "assigned_to")
    found: Ticket | None = visible.prefetch_related("ticket_tags").filter(pk=ticket_id).first()
    if found is None:
        raise Http404
    return found


def part(request: HttpRequest, template: str, context: dict[str, Any], title: str) -> HttpResponse:
    """For htmx only the panel, else a page around it."""
    if getattr(request, "htmx", None):
        return render(request, template, context)
    return render(request, "tickets/part.html", {**context, "here": "part", "part": template, "title": title})


@signed_in_only
@require_http_methods(["GET", "HEAD", "POST"])
def properties(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Show the properties, or change one."""
    if request.method == "POST":
        return _change(request, ticket_id)
    ticket = find(signed_in_agent(request), ticket_id)
    found = {"ticket": ticket, **context(signed_in_agent(request), ticket)}
    template = "tickets/properties_body.html" if getattr(request, "htmx", None) else "tickets/properties.html"
    return part(request, template, found, _("Properties"))


# --- Changes ----------------------------------------------------------------------------------------------------------
def _change(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    agent = signed_in_agent(request)
    before = find(agent, ticket_id)
    try:
        values = _wanted(request)
        changed = _update(agent, ticket_id, values, moment_or_none(request.POST.get("seen", "")))
    except Ticket.DoesNotExist:
        raise Http404 from None
    except Conflict as met:
        return _answer(request, ticket_id, conflict=_conflicting_change(met, values))
    except (ValidationError, PermissionDenied) as refusal:
        return _answer(request, ticket_id, error=sentence_of(refusal), typed=request.POST.get("add_tag", ""))
    return _answer(request, ticket_id, said=_said(before, changed, values))


def _wanted(request: HttpRequest) -> dict[str, Any]:
    """The one property that the form changes. Raises `ValidationError`."""
    data = request.POST
    for name in ("status", "priority"):
        if name in data:
            return {name: data[name]}
    if "assigned_to" in data:
        wanted = data["assigned_to"]
        if wanted in ("", "none"):
            return {"assigned_to": None}
        try:
            return {"assigned_to": signed_in_agent(request).pk if wanted == "me" else UUID(wanted)}
        except ValueError:
            raise ValidationError(_("Choose an assignee.")) from None
    if "remove_tag" in data:
        return {"remove_tags": [data["remove_tag"]]}
    if "add_tag" in data:
        names = [name.strip() for name in data["add_tag"].split(",") if name.strip()]
        if not names:
            raise ValidationError(_("Enter the tag to add."))
        return {"add_tags": names}
    raise ValidationError(_("Choose a property to change."))


def _update(agent: Agent, ticket_id: UUID, values: dict[str, Any], seen: datetime | None) -> Ticket:
    """Change the property; refused if the same property changed since. Tags are added and removed one by one."""
    if values.keys() & {"add_tags", "remove_tags"}:
        seen = None
    for _attempt in range(ATTEMPTS):
        try:
            return services.retrying(partial(services.update_ticket, agent, ticket_id, values, seen_at=seen))
        except Conflict as met:
            if met.details.get("changed", {}).keys() & values.keys():
                raise
            seen = met.details["updated_at"]
    raise Conflict(_("Others are changing this ticket right now; try again."), {"changed": {}})


def _conflicting_change(met: Conflict, values: dict[str, Any]) -> ConflictingChange:
    name, value = next(iter(values.items()))
    change = met.details.get("changed", {}).get(name)
    if change is None:
        return ConflictingChange(met.sentence, name, _plain(value), _label(name, value))
    said = {"who": isolated(change["by"]), "name": str(NAMES[name]).lower(), "now": _label(name, change["now"])}
    sentence = _("%(who)s has changed the %(name)s: it is now %(now)s. Your change was not saved.") % said
    return ConflictingChange(sentence, name, _plain(value), _label(name, value))


def _plain(value: Any) -> str:
    return "none" if value is None else str(value)


def _label(name: str, value: Any) -> str:
    """The value in words."""
    if name == "assigned_to":
        if value is None:
            return _("unassigned")
        holder = Agent.objects.filter(pk=value).values_list("name", flat=True).first()
        return isolated(holder) if holder else _("someone")
    choices: dict[str, Any] = dict(Ticket.Status.choices if name == "status" else Ticket.Priority.choices)
    return str(choices.get(value, value)).lower()


def _said(before: Ticket, after: Ticket, values: dict[str, Any]) -> str:
    name, value = next(iter(values.items()))
    if name == "add_tags":
        return _("Tag added: %(tags)s.") % {"tags": ", ".join(value)}
    if name == "remove_tags":
        return _("Tag removed: %(tag)s.") % {"tag": value[0]}
    if getattr(before, name, None) == getattr(after, name, None) and name != "assigned_to":
        return _("No change: the %(name)s already has this value.") % {"name": str(NAMES[name]).lower()}
    if name == "assigned_to":
        return (
            _("Ticket assigned to %(who)s.") % {"who": isolated(after.assigned_to.name)}
            if after.assigned_to
            else _("Ticket unassigned.")
        )
    return _("%(name)s: %(value)s.") % {"name": NAMES[name], "value": _label(name, value)}


def _answer(request: HttpRequest, ticket_id: UUID, *, said: str = "", error: str = "", **more: Any) -> HttpResponse:
    """The current properties; without htmx, back to the page. An agent who no longer sees the ticket gets the inbox."""
    agent, htmx = signed_in_agent(request), getattr(request, "htmx", None)
    conflict: ConflictingChange | None = more.get("conflict")
    visible = Ticket.objects.visible_to(agent).filter(pk=ticket_id).exists()
    if not htmx or not visible:
        if said:
            messages.success(request, said)
        if error or conflict:
            messages.error(request, error or (conflict.sentence if conflict else ""))
        if visible:
            return redirect("ticket", ticket_id=ticket_id)
        return HttpResponseClientRedirect("/") if htmx else redirect("home")
    ticket = find(agent, ticket_id)
    found = {"ticket": ticket, **context(agent, ticket), "said": said, "error": error, **more}
    answer = render(request, "tickets/properties_body.html", found)
    return trigger_client_event(answer, "quimbi:changed") if said else answer


# --- Unassign and escalate --------------------------------------------------------------------------------------------
@signed_in_only
@require_POST
def hand_back(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Return the ticket to the queue with a note that says why."""
    return _give_up(request, ticket_id, services.hand_back, _("The ticket is back in the queue."))


@signed_in_only
@require_POST
def escalate(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Assign the ticket to an agent of a higher rank with a note that says why."""
    return _give_up(request, ticket_id, services.escalate, _("The ticket is escalated."))


def _give_up(
    request: HttpRequest, ticket_id: UUID, service: Callable[[Agent, UUID, str], Ticket], said: str
) -> HttpResponse:
    reason = request.POST.get("reason", "")
    find(signed_in_agent(request), ticket_id)
    if not reason.strip():
        return _answer(request, ticket_id, error=_("Enter a reason: the next assignee reads it."), giving_up=True)
    try:
        services.retrying(lambda: service(signed_in_agent(request), ticket_id, reason))
    except Ticket.DoesNotExist:
        raise Http404 from None
    except (Conflict, ValidationError, PermissionDenied) as refusal:
        return _answer(request, ticket_id, error=sentence_of(refusal), reason=reason, giving_up=True)
    return _answer(request, ticket_id, said=said)


# --- Shared customers -------------------------------------------------------------------------------------------------
@signed_in_only
@require_POST
def share_customer(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Show the ticket's agent the customer whose address they typed."""
    find(signed_in_agent(request), ticket_id)
    demand(signed_in_agent(request), Capability.SEE_ALL)
    services.retrying(lambda: services.share_customer(signed_in_agent(request), ticket_id))
    messages.success(request, _("The customer is shared with the assignee of this ticket."))
    return redirect("ticket", ticket_id=ticket_id)
