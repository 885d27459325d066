"""A ticket: its conversation, a reply or a note, and its status."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agents.pages.profile import own
from tickets import services
from tickets.models import Ticket
from tickets.pages import words
from tickets.pages.actions import me


@own
@require_http_methods(["GET", "HEAD"])
def ticket(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    return _page(request, ticket_id)


@own
@require_POST
def reply(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Sends a message; "Send and close" closes the ticket with it."""
    status = Ticket.Status.CLOSED.value if "close" in request.POST else None
    text = request.POST.get("content", "")
    try:
        services.post_message(me(request), ticket_id, text, status=status)
    except Ticket.DoesNotExist:
        raise Http404 from None
    except ValidationError as refusal:
        return _page(request, ticket_id, reply=text, reply_error=refusal.messages[0])
    messages.success(request, _("Sent, and the ticket is closed.") if status else _("Sent."))
    return redirect("ticket", ticket_id=ticket_id)


@own
@require_POST
def note(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Adds an internal note; the customer never sees it."""
    text = request.POST.get("content", "")
    try:
        services.add_note(me(request), ticket_id, text)
    except Ticket.DoesNotExist:
        raise Http404 from None
    except ValidationError as refusal:
        return _page(request, ticket_id, note=text, note_error=refusal.messages[0])
    messages.success(request, _("The note is saved. Only agents see it."))
    return redirect("ticket", ticket_id=ticket_id)


@own
@require_POST
def change(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Sets the status."""
    wanted = request.POST.get("status", "")
    try:
        services.retrying(lambda: services.update_ticket(me(request), ticket_id, {"status": wanted}))
    except Ticket.DoesNotExist:
        raise Http404 from None
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    else:
        messages.success(request, _("The ticket is %(status)s.") % {"status": str(Ticket.Status(wanted).label).lower()})
    return redirect("ticket", ticket_id=ticket_id)


def _page(request: HttpRequest, ticket_id: UUID, **typed: Any) -> HttpResponse:
    """`typed` is what a refused form held, so that nothing has to be written twice."""
    visible: Any = Ticket.objects.visible_to(me(request)).select_related("customer", "assigned_to")
    found = visible.filter(pk=ticket_id).first()
    if found is None:
        raise Http404
    entries = [*found.messages.all(), *found.notes.all()]
    context = {
        "here": "ticket",
        "ticket": found,
        "entries": sorted(entries, key=lambda entry: (entry.created_at, entry.pk)),
        "value": words.amount(float(found.customer.lifetime_value)),
        "statuses": Ticket.Status.choices,
        "age": words.age(timezone.now() - found.created_at),
        **typed,
    }
    return render(request, "tickets/ticket.html", context, status=400 if typed else 200)
