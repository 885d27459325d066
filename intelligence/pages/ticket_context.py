"""The context panel of a ticket: the customer, next best actions, and the reasons of the ranking."""

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agents.common.errors import Conflict
from agents.models import Agent
from agents.pages.sign_in_required import signed_in_agent, signed_in_only
from intelligence.pages.customer_profile import Told, describe_provenance, person
from intelligence.planning.catalogue import URGENT
from intelligence.services import plans
from intelligence.services.customer_intelligence import load_customer_intelligence
from tickets.conversation_part import newest
from tickets.models import Message, Ticket
from tickets.pages.ticket import properties, score
from tickets.services import retrying

SHOWN_PAST = 5


@dataclass(frozen=True)
class Box:
    """One action with its checkbox."""

    id: str
    key: str
    about: str
    title: str
    reason: str
    urgent: bool
    in_draft: bool
    done: bool
    by: str
    at: datetime | None


@dataclass(frozen=True)
class Todo:
    """The next best actions, ready for the template."""

    boxes: list[Box]
    done: int
    urgent: bool
    warnings: tuple[str, ...]
    points: tuple[str, ...]
    told: Told
    closed: bool


def about_context(agent: Agent, ticket: Ticket, now: datetime) -> dict[str, Any]:
    """Context of `tickets/about.html` and `tickets/properties.html`. The ticket has its customer and messages prefetched."""
    return {**beside(agent, ticket, now), **properties.context(agent, ticket)}


def beside(agent: Agent, ticket: Ticket, now: datetime) -> dict[str, Any]:
    """Context of `tickets/about.html` alone."""
    prefetch_related_objects([ticket], Prefetch("messages", newest(Message.objects.all())), "ticket_tags")
    seen = load_customer_intelligence(ticket.customer, now)
    found = plans.recommendation_of(ticket, list(ticket.messages.all()), seen, agent)
    past = list(_past(agent, ticket))
    return {
        "ticket": ticket,
        "person": person(ticket.customer, seen),
        "todo": _todo(ticket, found),
        "summary": found.summary
        and {"text": found.summary.text, "told": describe_provenance(found.summary.provenance)},
        "why": score.why(agent, ticket, now),
        "past": past[:SHOWN_PAST],
        "more_past": len(past) > SHOWN_PAST,
    }


def _past(agent: Agent, ticket: Ticket) -> Any:
    """The customer's other tickets that the agent may see, newest first; one more than the page shows."""
    others: Any = Ticket.objects.visible_to(agent).filter(customer_id=ticket.customer_id).exclude(pk=ticket.pk)
    rows = others.order_by("-created_at", "-pk").only("subject", "status", "channel", "created_at", "closed_at")
    return rows[: SHOWN_PAST + 1]


def _todo(ticket: Ticket, found: plans.Recommendation) -> Todo:
    boxes = [_box(step) for step in found.steps]
    return Todo(
        boxes=boxes,
        done=sum(box.done for box in boxes),
        urgent=found.plan.priority == "urgent",
        warnings=found.plan.warnings,
        points=found.plan.talking_points,
        told=describe_provenance(found.plan.provenance),
        closed=ticket.closed_at is not None,
    )


def _box(step: plans.Step) -> Box:
    planned = step.planned
    # A stable id keeps the focus on the checkbox when the list is reordered.
    name = f"act-{planned.key}-{zlib.crc32(planned.about.encode()):x}"
    return Box(
        id=name,
        key=planned.key,
        about=planned.about,
        title=planned.action,
        reason=planned.reasoning,
        urgent=planned.key in URGENT,
        in_draft=planned.in_draft,
        done=step.completed_at is not None,
        by=step.completed_by or "",
        at=step.completed_at,
    )


# --- Endpoints --------------------------------------------------------------------------------------------------------
@signed_in_only
@require_http_methods(["GET", "HEAD"])
def about(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Render the customer panel again after a change; a whole page without htmx."""
    ticket = properties.find(signed_in_agent(request), ticket_id)
    context = beside(signed_in_agent(request), ticket, timezone.now())
    template = "tickets/about/body.html" if getattr(request, "htmx", None) else "tickets/about.html"
    return properties.part(request, template, context, _("About this ticket"))


@signed_in_only
@require_POST
def action(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Tick an action off, or undo that. If the action is gone, say so and show the current list."""
    agent, data = signed_in_agent(request), request.POST
    name, done = (data.get("key", ""), data.get("about", "")), "done" in data
    properties.find(agent, ticket_id)
    said, gone = "", ""
    try:
        _place, step = retrying(lambda: plans.complete_named(agent, ticket_id, name, done))
        said = _("Done: %(action)s") if done else _("Reopened: %(action)s")
        said = said % {"action": step.planned.action}
    except Ticket.DoesNotExist:
        raise Http404 from None
    except Conflict:
        gone = _(
            "The facts have changed: this action is no longer in the list. Nothing was marked as done; this "
            "is the current list."
        )
    except PermissionDenied as refusal:
        gone = str(refusal)
    if not getattr(request, "htmx", None):
        if gone:
            messages.error(request, gone)
        else:
            messages.success(request, said)
        return redirect("ticket", ticket_id=ticket_id)
    ticket = properties.find(agent, ticket_id)
    prefetch_related_objects([ticket], Prefetch("messages", newest(Message.objects.all())))
    found = plans.recommendation_of(
        ticket, list(ticket.messages.all()), load_customer_intelligence(ticket.customer, timezone.now()), agent
    )
    context = {"ticket": ticket, "todo": _todo(ticket, found), "said": said, "gone": gone}
    return render(request, "tickets/about/actions_body.html", context)
