"""The ticket page: top of the queue, conversation and composer. The intelligence app adds the profile and the draft."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db.models import Case, Prefetch, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.generic import View

from agents.common import dates
from agents.common.ids import uuid_or_none
from agents.models import Agent
from agents.pages.sign_in_required import signed_in_agent, signed_in_only
from tickets import services
from tickets.channels import find_channel
from tickets.extensions import ranking_keywords
from tickets.models import ComposerDraft, Ticket, TicketTag
from tickets.models.agent_state import unread_by
from tickets.pages.common import short_texts, snooze_times
from tickets.pages.common.undo_send import going_out
from tickets.pages.ticket import timeline
from tickets.pages.ticket.queue_strip import strip
from tickets.services.messages.reply_collision import Newer, begun_by, newer_than


def find(agent: Agent, ticket_id: UUID) -> Ticket:
    """The ticket with its customer and tags. Raises `Http404` if the agent may not see it."""
    unread = Case(When(unread_by(agent), then=Value(True)), default=Value(False))
    tickets: Any = Ticket.objects.visible_to(agent).annotate(unread=unread).select_related("customer", "assigned_to")
    found: Ticket | None = (
        tickets.prefetch_related(Prefetch("ticket_tags", TicketTag.objects.order_by("name")))
        .filter(pk=ticket_id)
        .first()
    )
    if found is None:
        raise Http404
    return found


class OwnView(View):
    """Base of views for signed-in agents."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return signed_in_only(cast(Any, super().dispatch))(request, *args, **kwargs)


class TicketView(OwnView):
    """`/tickets/<id>`. After it is shown, the page marks it as read by a POST (static/quimbi/ticket.js); a browser without
    JavaScript has a button for that. Loading the page marks nothing.

    Higher layers fill `suggestion` and `beside`.
    """

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, ticket_id: UUID) -> HttpResponse:
        return self.page(request, find(signed_in_agent(request), ticket_id))

    def suggestion(self, request: HttpRequest, agent: Agent, ticket: Ticket) -> dict[str, Any] | None:
        """The suggested draft for the templates; `None` in this layer."""
        return None

    def beside(self, agent: Agent, ticket: Ticket, now: datetime) -> dict[str, Any]:
        """The content of the column beside the conversation."""
        return {}

    def page(
        self, request: HttpRequest, ticket: Ticket, status: int = 200, newer: Newer | None = None, **typed: Any
    ) -> HttpResponse:
        """The whole page. `newer` is what a reply was refused for; `typed` is a refused form's content, so nothing is typed
        twice.
        """
        agent, now = signed_in_agent(request), timezone.now()
        keywords = ranking_keywords(agent)
        context = {
            **talk(request, agent, ticket, keywords, now, newer),
            **strip(agent, ticket, keywords, now),
            **self._writing(request, agent, ticket, typed),
            **self.beside(agent, ticket, now),
            "going": going_out(request, now, ticket.pk),
        }
        # htmx ignores responses with an error status; the page itself shows the error.
        code = 200 if getattr(request, "htmx", None) else status
        return render(request, "tickets/ticket.html", context, status=code)

    def _writing(self, request: HttpRequest, agent: Agent, ticket: Ticket, typed: dict[str, Any]) -> dict[str, Any]:
        """Content of the two composer fields: a refused form's, else the agent's composer draft, else the suggested draft."""
        unsent = services.composer_drafts_of(agent, ticket.pk)
        reply, note = unsent.get(ComposerDraft.Kind.REPLY), unsent.get(ComposerDraft.Kind.NOTE)
        draft = self.suggestion(request, agent, ticket)
        drafted = str(draft["text"]) if draft else ""
        own_reply = reply.content if reply and reply.content.strip() else None
        if request.GET.get("draft") == "show":
            own_reply = None
        text = typed.get("reply", own_reply if own_reply is not None else drafted)
        return {
            "draft": draft,
            "reply": text,
            "own_reply": text != drafted,
            "reply_unsent": reply,
            "note": typed.get("note", note.content if note else ""),
            "note_unsent": note,
            "mode": "note" if "note_error" in typed or request.GET.get("write") == "note" else "reply",
            "reply_error": typed.get("reply_error", ""),
            "note_error": typed.get("note_error", ""),
        }


def talk(
    request: HttpRequest, agent: Agent, ticket: Ticket, keywords: list[str], now: datetime, newer: Newer | None = None
) -> dict[str, Any]:
    """The conversation and the header: everything that changes while the page is open."""
    found = timeline.build_conversation(ticket, agent, keywords, now, request.GET.get("before", ""))
    return {
        "here": "ticket",
        "me": agent,
        "ticket": ticket,
        "talk": found,
        "channel_icon": find_channel(ticket.channel).icon,
        "age": short_texts.age(now - ticket.created_at),
        "snoozed": snooze_times.describe_snooze(ticket) if ticket.is_asleep(now) else "",
        "snoozes": snooze_times.choices(now),
        "newer": newer,
        "newer_ago": dates.ago(now - newer.at) if newer else "",
        "sending": begun_by(agent, ticket),
        "undo_seconds": settings.UNDO_SEND_SECONDS,
        "first_name": (ticket.customer.name.split() or [""])[0][:40],
        "mine": ticket.assigned_to_id == agent.pk,
        "at": now,
    }


class ConversationView(OwnView):
    """`/tickets/<id>/conversation`: what changes while the page is open; with `before`, an earlier part. Reads only.

    `seen` is the last message that the page has shown; newer ones are announced above the composer.
    """

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, ticket_id: UUID) -> HttpResponse:
        agent, now = signed_in_agent(request), timezone.now()
        ticket = find(agent, ticket_id)
        keywords = ranking_keywords(agent)
        template = "tickets/earlier.html" if request.GET.get("before") else "tickets/news_of_ticket.html"
        newer = None
        if "seen" in request.GET:
            newer = newer_than(agent, ticket.pk, uuid_or_none(request.GET["seen"]))
        return render(request, template, talk(request, agent, ticket, keywords, now, newer))
