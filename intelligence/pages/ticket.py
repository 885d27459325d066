"""The ticket page with the draft and the context panel."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from agents.common.errors import Conflict
from agents.common.ids import uuid_or_none
from agents.models import Agent
from agents.pages.sign_in_required import signed_in_agent
from agents.throttling import REGENERATIONS, TooMany
from intelligence.models import Draft
from intelligence.pages.ticket_context import about_context
from intelligence.services import drafts
from tickets import services
from tickets.models import ComposerDraft, ScheduledReply, Ticket
from tickets.pages.ticket.composer import NoteView, ReplyView
from tickets.pages.ticket.views import TicketView, find

TONES: tuple[tuple[str, Any], ...] = (
    ("friendly", gettext_lazy("Friendly")),
    ("professional", gettext_lazy("Professional")),
    ("empathetic", gettext_lazy("Empathetic")),
    ("concise", gettext_lazy("Concise")),
)
SELDOM = {"apologetic": gettext_lazy("Apologetic")}  # only offered if the draft already has this tone
# Sources of a draft: name used when it was left out, icon, and anchor on the page.
SOURCES: dict[str, tuple[Any, str, str]] = {
    "order": (gettext_lazy("orders"), "box", "#purchase"),
    "tracking": (gettext_lazy("tracking"), "truck", "#purchase"),
    "past_ticket": (gettext_lazy("earlier tickets"), "mail", "#customer"),
    "resolution": (gettext_lazy("answers to similar tickets"), "book", "#customer"),
    "profile": (gettext_lazy("customer profile"), "user", "#customer"),
}


class WithDraft:
    """Fills the extension points of the ticket views with draft and advice."""

    def suggestion(self, request: HttpRequest, agent: Agent, ticket: Ticket) -> dict[str, Any] | None:
        return suggestion(agent, ticket)

    def beside(self, agent: Agent, ticket: Ticket, now: datetime) -> dict[str, Any]:
        return about_context(agent, ticket, now)


class WorkTicketView(WithDraft, TicketView):
    """`/tickets/<id>` with draft and advice."""


class WorkReplyView(WithDraft, ReplyView):
    """`/tickets/<id>/reply`."""


class WorkNoteView(WithDraft, NoteView):
    """`/tickets/<id>/note`."""


def suggestion(agent: Agent, ticket: Ticket, made: Draft | None = None) -> dict[str, Any]:
    """The ready draft, or the one that was just `made`, or that one is in preparation, or that there is none.

    Nothing is composed while somebody waits for the page.
    """
    # A scheduled reply already answers: showing the draft would invite a duplicate.
    answered = ScheduledReply.objects.filter(ticket=ticket).exists()
    body = None
    if not answered:
        body = drafts.body(made) if made is not None else drafts.current_draft_body(ticket, agent)
    awaited = not answered and ticket.last_message_from_agent is False and ticket.closed_at is None
    tone = body["tone"] if body else ""
    found: dict[str, Any] = {
        "ready": body is not None,
        "making": body is None and awaited,
        "answered": answered,
        "text": body["draft_content"] if body else "",
        "tones": _tones(tone),
        "tone": tone,
        "used": [],
        "not_used": "",
        "degraded": False,
        "reasons": [],
    }
    if body is None:
        return found
    metadata, used = body["metadata"], body["used"]
    found["tone_name"] = dict((*TONES, *SELDOM.items())).get(tone, tone)
    found["used"] = [_source(one) for one in used]
    found["degraded"] = bool(metadata["degraded"])
    found["max_length"] = body["max_length"]
    found["language"] = body["language"]
    if ticket.language and body["language"] != ticket.language:
        found["foreign"] = {"written": _language(ticket.language), "drafted": _language(body["language"])}
    if found["degraded"]:
        kinds = {one["kind"] for one in used}
        found["reasons"] = metadata["reasons"]
        found["not_used"] = ", ".join(str(name) for kind, (name, *_) in SOURCES.items() if kind not in kinds)
    return found


def _language(code: str) -> str:
    """The language's name in the reader's language; the code if Django has no name for it."""
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


def _tones(chosen: str) -> list[dict[str, Any]]:
    offered = [*TONES, *((tone, name) for tone, name in SELDOM.items() if tone == chosen)]
    return [
        {"value": tone, "label": label, "key": number, "chosen": tone == chosen}
        for number, (tone, label) in enumerate(offered, 1)
    ]


def _source(used: dict[str, str]) -> dict[str, str]:
    _name, icon, place = SOURCES.get(used["kind"], ("", "info", "#customer"))
    if used["kind"] in ("past_ticket", "resolution") and (key := uuid_or_none(used["id"])):
        place = reverse("ticket", args=[key])
    return {"label": used["label"], "icon": icon, "address": place}


class DraftView(WorkTicketView):
    """`/tickets/<id>/draft`: GET gives the ready draft to an open page; POST makes a new one in the chosen tone.

    A new draft never replaces what the agent has typed: without JavaScript the form sends it along, and it is kept.
    """

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, ticket_id: UUID) -> HttpResponse:
        agent, ticket, made = signed_in_agent(request), find(signed_in_agent(request), ticket_id), None
        if request.method == "GET" and suggestion(agent, ticket)["making"]:
            # As in the API, a request for a missing draft generates it. The embedded provider takes milliseconds.
            try:
                made = drafts.current_draft(agent, ticket_id, lambda: not REGENERATIONS.wait(agent))
            except Ticket.DoesNotExist:
                raise Http404 from None
        return self._panel(request, ticket, made=made)

    def post(self, request: HttpRequest, ticket_id: UUID) -> HttpResponse:
        agent, ticket = signed_in_agent(request), find(signed_in_agent(request), ticket_id)
        htmx = getattr(request, "htmx", None)
        if not htmx:
            try:
                services.retrying(lambda: self._keep(agent, ticket, request))
            except (ValidationError, Conflict) as why:
                sentence = why.messages[0] if isinstance(why, ValidationError) else why.sentence
                return self.page(request, ticket, 400, reply=request.POST["content"], reply_error=sentence)
        refused = ""
        try:
            REGENERATIONS.demand(agent)
            drafts.regenerate(agent, ticket_id, request.POST.get("tone") or None)
        except Ticket.DoesNotExist:
            raise Http404 from None
        except ValidationError as refusal:
            refused = refusal.messages[0]
        except TooMany as refusal:
            refused = str(refusal.detail)
        if htmx:
            return self._panel(request, ticket, refused)
        if refused:
            messages.error(request, refused)
        else:
            messages.success(request, _("A new draft is ready."))
        return redirect("ticket", ticket_id=ticket_id)

    def _keep(self, agent: Agent, ticket: Ticket, request: HttpRequest) -> None:
        """Keep what was typed into the composer instead of the new draft."""
        text = request.POST.get("content", "").replace("\r\n", "\n")
        body = drafts.current_draft_body(ticket, agent)
        if not text.strip() or (body is not None and text.strip() == body["draft_content"].strip()):
            return
        kept = services.composer_drafts_of(agent, ticket.pk).get(ComposerDraft.Kind.REPLY)
        services.save_composer_draft(agent, ticket.pk, content=text, revision=kept.revision if kept else 0)

    def _panel(
        self, request: HttpRequest, ticket: Ticket, refused: str = "", made: Draft | None = None
    ) -> HttpResponse:
        context = {
            "ticket": ticket,
            "draft": suggestion(signed_in_agent(request), ticket, made),
            "refused": refused,
            "asked": True,
        }
        return render(request, "tickets/draft_panel.html", context)
