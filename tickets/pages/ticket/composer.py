"""The forms of a ticket page: reply, note, composer drafts, undo send, snooze, close."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agents.common.errors import Conflict
from agents.common.ids import uuid_or_none
from agents.pages.sign_in_required import signed_in_agent, signed_in_only
from tickets import services
from tickets.models import ComposerDraft, ScheduledReply, Ticket
from tickets.pages.common import snooze_times
from tickets.pages.common.undo_send import SENDING_UNTIL
from tickets.pages.ticket.views import TicketView, find
from tickets.services.messages.composer_drafts import is_shown
from tickets.services.messages.reply_collision import ReplyCollision, send_reply


class ReplyView(TicketView):
    """Send a reply; "Send and close" also closes the ticket.

    If somebody has written since the page was shown, the page comes back with the text and the new messages, and sends it the
    second time.
    """

    http_method_names = ["post"]

    def post(self, request: HttpRequest, ticket_id: UUID) -> HttpResponse:
        agent, text = signed_in_agent(request), request.POST.get("content", "")
        status = Ticket.Status.CLOSED.value if "close" in request.POST else None
        seen = uuid_or_none(request.POST.get("seen", ""))
        undo = settings.UNDO_SEND_SECONDS
        try:
            services.retrying(lambda: send_reply(agent, ticket_id, text, seen=seen, undo_seconds=undo, status=status))
        except Ticket.DoesNotExist:
            raise Http404 from None
        except ReplyCollision as collision:
            return self.page(request, find(agent, ticket_id), 409, collision.newer, reply=text)
        except ValidationError as refusal:
            error = refusal.messages[0]
            return self.page(request, find(agent, ticket_id), 400, reply=text, reply_error=error)
        if undo:
            request.session[SENDING_UNTIL] = timezone.now().timestamp() + undo
        else:
            messages.success(request, _("Sent. The ticket is closed.") if status else _("Sent."))
        return redirect("ticket", ticket_id=ticket_id)


@signed_in_only
@require_POST
def read(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Mark the conversation as read up to the last message shown, for browsers without JavaScript."""
    try:
        services.mark_read(signed_in_agent(request), ticket_id, uuid_or_none(request.POST.get("message_id", "")))
    except Ticket.DoesNotExist:
        raise Http404 from None
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    return redirect("ticket", ticket_id=ticket_id)


class NoteView(TicketView):
    """Add an internal note, which the customer never sees. A reply can be saved as a note instead."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, ticket_id: UUID) -> HttpResponse:
        agent, text = signed_in_agent(request), request.POST.get("content", "")
        from_reply = "from_reply" in request.POST
        kind = ComposerDraft.Kind.REPLY if from_reply else ComposerDraft.Kind.NOTE
        try:
            services.retrying(lambda: services.add_note(agent, ticket_id, text, kept_as=kind))
        except Ticket.DoesNotExist:
            raise Http404 from None
        except ValidationError as refusal:
            error = refusal.messages[0]
            typed: dict[str, Any] = (
                {"reply": text, "reply_error": error} if from_reply else {"note": text, "note_error": error}
            )
            return self.page(request, find(agent, ticket_id), 400, **typed)
        messages.success(request, _("Note saved. Only agents see it."))
        return redirect("ticket", ticket_id=ticket_id)


@signed_in_only
@require_POST
def undo(request: HttpRequest, ticket_id: UUID, message_id: UUID) -> HttpResponse:
    """Undo sending while possible; the text returns to the composer."""
    try:
        services.retrying(lambda: services.undo_send(signed_in_agent(request), ticket_id, message_id))
    except Ticket.DoesNotExist:
        raise Http404 from None
    except ScheduledReply.DoesNotExist:
        messages.info(request, _("Nothing to undo: no reply is waiting to be sent."))
    except PermissionDenied as refusal:
        messages.error(request, str(refusal))
    except Conflict:
        messages.warning(request, _("Too late: the reply was already sent."))
    else:
        messages.info(request, _("Not sent. Your text is back in the composer."))
    return redirect(f"{reverse('ticket', args=[ticket_id])}#reply")


@signed_in_only
@require_POST
def save_composer_draft(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Store the typed text; the page's script calls this at each pause. An empty text deletes it.

    If another tab was faster, the answer is 200 with a `conflict`, which the page shows.
    """
    agent, data = signed_in_agent(request), request.POST
    kind, text = data.get("kind", ComposerDraft.Kind.REPLY), data.get("content", "")
    if kind not in ComposerDraft.Kind.values:
        return JsonResponse({"detail": _("The kind must be reply or note.")}, status=400)
    try:
        if not text.strip():
            services.discard_composer_draft(agent, ticket_id, kind, _revision(data))
            return JsonResponse({"revision": 0, "saved": ""})
        kept = services.retrying(
            lambda: services.save_composer_draft(agent, ticket_id, kind=kind, content=text, **_more(ticket_id, data))
        )
    except Ticket.DoesNotExist:
        raise Http404 from None
    except ValidationError as refusal:
        return JsonResponse({"detail": refusal.messages[0]}, status=400)
    except Conflict as conflict:
        return JsonResponse({"conflict": conflict.sentence, "current": conflict.details.get("current")})
    return JsonResponse({"revision": kept.revision, "saved": _clock(kept.updated_at)})


def _more(ticket_id: UUID, data: Any) -> dict[str, Any]:
    seen = uuid_or_none(data.get("seen", ""))
    return {
        "tone": data.get("tone", ""),
        # The last message on screen may be gone after an undo send; keep the text all the same.
        "based_on": seen if seen and is_shown(ticket_id, seen) else None,
        "revision": _revision(data),
    }


def _revision(data: Any) -> int:
    revision = data.get("revision", "")
    return int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 17 else 0


def _clock(at: Any) -> str:
    return f"{timezone.localtime(at):%H:%M}"


@signed_in_only
@require_POST
def snooze(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Snooze the ticket, or end its snooze (`queue`)."""
    agent, wanted = signed_in_agent(request), request.POST.get("until", "")
    try:
        Ticket.objects.visible_to(agent).only("pk").get(pk=ticket_id)
        if wanted == "queue":
            services.retrying(lambda: services.unsnooze_ticket(agent, ticket_id))
            messages.success(request, _("The ticket is back in the queue."))
        else:
            until = snooze_times.until(wanted, request.POST.get("at", ""), timezone.now())
            ticket = services.retrying(lambda: services.snooze_ticket(agent, ticket_id, until=until))
            messages.success(request, f"{snooze_times.describe_snooze(ticket)}.")
    except Ticket.DoesNotExist:
        raise Http404 from None
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    except Conflict as conflict:
        messages.error(request, conflict.sentence)
    return redirect("ticket", ticket_id=ticket_id)


@signed_in_only
@require_POST
def change(request: HttpRequest, ticket_id: UUID) -> HttpResponse:
    """Set the status."""
    wanted = request.POST.get("status", "")
    try:
        services.retrying(lambda: services.update_ticket(signed_in_agent(request), ticket_id, {"status": wanted}))
    except Ticket.DoesNotExist:
        raise Http404 from None
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    else:
        messages.success(request, _("The ticket is %(status)s.") % {"status": str(Ticket.Status(wanted).label).lower()})
    return redirect("ticket", ticket_id=ticket_id)
