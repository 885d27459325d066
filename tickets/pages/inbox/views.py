"""The inbox: tickets by rank, each with its reasons, and bulk actions."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import structlog
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.db.models import Case, Count, F, Min, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import View

from agents.common import fast_sql
from agents.common.time_zones import start_of_day
from agents.models import Agent
from agents.pages.sign_in_required import to_sign_in
from agents.pages.views import home
from agents.permissions import Capability, may
from tickets import services
from tickets.extensions import inbox_parts
from tickets.live import watching
from tickets.models import Ticket
from tickets.pages.common import short_texts, snooze_times
from tickets.pages.common.answers import KEPT
from tickets.pages.common.score_bar import PARTS
from tickets.pages.common.undo_send import going_out
from tickets.pages.inbox import inbox_filters, rows
from tickets.pages.inbox.search_results import find_records
from tickets.ranking import counts, queue, scoring
from tickets.ranking.ticket_list import ListQuery, TicketPage, list_tickets

log = structlog.get_logger(__name__)
INDENTATION = re.compile(rb"\n\s+")  # removed from templates; no text on the page needs it
LIVE = "X-Quimbi-Live"  # request header with which inbox.js asks for live updates
PEOPLE = 500  # agents offered for choosing


@method_decorator(never_cache, name="dispatch")
class InboxView(View):
    """`/`: the inbox for agents, whole or (for htmx) its changing part; the start page for others.

    Higher layers fill `archetypes`: this layer knows only customers' records.
    """

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        htmx: Any = getattr(request, "htmx", None)
        if not isinstance(request.user, Agent):
            # A link into the inbox returns there after sign-in; the bare URL shows the start page.
            return to_sign_in(request) if request.GET or htmx else home(request)
        wanted = inbox_filters.parse_filters(request.GET)
        part = htmx and not htmx.history_restore_request
        # The page reloads itself after an event: the agent did nothing that needs a message.
        live = LIVE in request.headers
        template = "tickets/inbox_body.html" if part or live else "tickets/inbox.html"
        try:
            context = self.context(request, request.user, wanted, timezone.now(), _kept(request, part or live))
        except OperationalError:
            log.exception("inbox_not_read")
            again = {"here": "inbox", "again": request.get_full_path()}
            return render(request, "tickets/inbox_failed.html", again, status=503)
        if not live:
            for sentence in context["filters"].complaints:
                messages.warning(request, sentence)
        if template == "tickets/inbox.html":
            context["going"] = going_out(request, context["at"])
        answer = render(request, template, {**context, "live": live})
        answer.content = INDENTATION.sub(b"\n", answer.content)
        return answer

    def context(
        self, request: HttpRequest, agent: Agent, wanted: inbox_filters.Filters, now: datetime, kept: dict[str, Any]
    ) -> dict[str, Any]:
        parts = inbox_parts(agent)
        keywords = list(dict.fromkeys(word for part in parts for word in part.keywords))
        wanted = _of_somebody(wanted)
        wanted, query, page = self._page(agent, wanted, keywords, now)
        found, ids = page.tickets, [row["id"] for row in page.tickets]
        next_id, next_name = _next(agent, wanted, query, page, keywords, now)
        weights = scoring.current_weights()
        chosen = query.assigned_to if isinstance(query.assigned_to, UUID) else None
        people = _people([chosen, *(row["assigned_to"] for row in found)])
        sees_all = may(agent, Capability.SEE_ALL)
        beside = rows.Beside(
            points=scoring.parts(ids, now, weights) if found else {},
            topic_alert=weights.topic_alert,
            names={pk: name for pk, name, _ in people},
            archetypes=self.archetypes(row["customer_id"] for row in found) if found else {},
            languages=_languages(ids) if found else {},
            viewers=_viewers(agent, ids) if found else {},
            me=agent.pk,
            next_id=next_id,
            now=now,
            mixed=query.status == "all",
            ticked=frozenset(kept.get("tickets", ())),
        )
        by_status = _by_status(agent, now)
        return {
            "here": "inbox",
            "filters": wanted,
            "query": query,
            "rows": rows.render_rows(found, beside),
            "total": short_texts.count(page.total),
            "more": wanted.address(cursor=page.next_cursor) if page.next_cursor else "",
            "page_size": query.limit,
            "tabs": _tabs(wanted, by_status, page.total),
            "open_count": short_texts.count(by_status.get(Ticket.Status.OPEN, 0)),
            "unread_here": sum(row["unread"] for row in found),
            "panels": [{"template": part.template, **part.panel()} for part in parts],
            "may_assign": may(agent, Capability.ASSIGN),
            "sees_all": sees_all,
            "next_id": next_id,
            # Agents without SEE_ALL learn that there is a next ticket, but not whose it is.
            "next_name": next_name if sees_all else "",
            "people": [(str(pk), name) for pk, name, active in people if active or pk == chosen][:PEOPLE],
            "channels": Ticket.Channel.choices,
            "priorities": Ticket.Priority.choices,
            "parts": [(part, name) for part, name, _ in PARTS],
            "closed_today": short_texts.count(_closed_today(agent, now)) if not found else "",
            "snoozed": _snoozed(agent, by_status, now) if not found else None,
            "snoozes": snooze_times.choices(now),
            # Shown beside the first page of a search.
            "records": find_records(agent, query.q) if query.q and not query.cursor else None,
            "beginning": wanted.address() if "cursor" in wanted.given else "",
            "at": now,
            "kept": kept,
        }

    def archetypes(self, customer_ids: Iterable[UUID]) -> dict[UUID, str]:
        """The archetype of each customer, if one is known."""
        return {}

    def _page(
        self, agent: Agent, wanted: inbox_filters.Filters, keywords: list[str], now: datetime
    ) -> tuple[inbox_filters.Filters, ListQuery, TicketPage]:
        """The page; its first page with a sentence if the cursor is of another list or nothing follows it."""
        query = wanted.query(keywords)
        with suppress(ValidationError):
            page = list_tickets(agent, query, now)
            if page.tickets or not (query.cursor and page.total):
                return wanted, query, page
        told = _("The ranking has changed since this page was loaded; the list starts again at the top.")
        wanted, query = wanted.without("cursor", told), replace(query, cursor=None)
        return wanted, query, list_tickets(agent, query, now)


def _kept(request: HttpRequest, part: bool) -> dict[str, Any]:
    """The ticked tickets and typed fields of a form that was refused, shown once."""
    if part or request.method != "GET" or KEPT not in request.session:
        return {}
    kept: dict[str, Any] = request.session.pop(KEPT)
    return kept if kept["page"] == request.get_full_path() else {}


def _next(
    agent: Agent, wanted: inbox_filters.Filters, query: ListQuery, page: TicketPage, keywords: list[str], now: datetime
) -> tuple[UUID | None, str]:
    """The ticket that *Next ticket* gives, and its customer's name; usually it is on the page already."""
    is_queue = query.status == Ticket.Status.OPEN and not wanted.given.keys() - {"status"}
    if is_queue and may(agent, Capability.SEE_ALL):
        free = {row["id"]: row for row in page.tickets if row["assigned_to"] is None}
        found = queue.first_of(agent, [(pk, row["tags"]) for pk, row in free.items()], now) if free else None
        if found is not None:
            return found, free[found]["customer"]["name"]
    ticket = services.peek_next(agent, keywords, page.snooze_over)
    return (ticket.pk, ticket.customer.name) if ticket else (None, "")


def _of_somebody(wanted: inbox_filters.Filters) -> inbox_filters.Filters:
    """Drop a filter by an unknown person, with a sentence that says so."""
    holder = wanted.values.get("assigned_to")
    if not isinstance(holder, UUID) or Agent.objects.filter(pk=holder).exists():
        return wanted
    return wanted.without("assigned_to", inbox_filters.unknown("assigned_to", str(holder)))


# Raw SQL, because the page is read often and building a queryset takes longer than running it.
_PEOPLE = """SELECT id, name, is_active AND NOT is_service FROM agents_agent
              WHERE is_active AND NOT is_service OR id = ANY(%s) ORDER BY name, id"""
_OTHER_LANGUAGE = "SELECT id, language FROM tickets_ticket WHERE id = ANY(%s) AND language <> '' AND language <> %s"


def _people(holders: Iterable[UUID | None]) -> list[tuple[UUID, str, bool]]:
    """Agents for the filter and assignees of the shown tickets: id, name, and whether they can be chosen."""
    return fast_sql.fetch_rows(_PEOPLE, [list({pk for pk in holders if pk})])


def _languages(ids: list[UUID]) -> dict[UUID, str]:
    """Languages of the tickets that differ from the page's language, if known."""
    return dict(fast_sql.fetch_rows(_OTHER_LANGUAGE, [ids, (get_language() or "")[:2]]))


def _viewers(agent: Agent, ids: list[UUID]) -> dict[UUID, list[str]]:
    """Other agents who have one of the tickets open."""
    return {
        pk: names
        for pk, there in watching.viewers(ids).items()
        if (names := [one["name"] for one in there if one["id"] != str(agent.pk)])
    }


def _by_status(agent: Agent, now: datetime) -> dict[str, int]:
    """As `counts`, with snoozed tickets counted as snoozed and not by their status."""
    if may(agent, Capability.SEE_ALL):
        return counts.by_status(now)
    asleep = Q(snoozed=True) & (Q(snoozed_until=None) | Q(snoozed_until__gt=now))
    status = Case(When(asleep, then=Value(counts.SNOOZED)), default=F("status"))
    own = Ticket.objects.visible_to(agent).order_by().values_list(status).annotate(Count("pk"))
    return dict(cast(Any, own))


def _snoozed(agent: Agent, by_status: dict[str, int], now: datetime) -> dict[str, str] | None:
    """The number of snoozed tickets, and when the first snooze ends."""
    count = by_status.get(counts.SNOOZED, 0)
    if not count:
        return None
    first = Ticket.objects.visible_to(agent).asleep(now).aggregate(first=Min("snoozed_until"))["first"]
    return {"count": short_texts.count(count), "first": short_texts.moment(first, now) if first else ""}


def _tabs(wanted: inbox_filters.Filters, by_status: dict[str, int], total: int) -> list[dict[str, Any]]:
    """Links for the statuses and snoozed tickets with their counts; with filters only the selected tab has a count."""
    snoozed = bool(wanted.values.get("snoozed"))
    choices: list[tuple[str, Any, dict[str, str | None]]] = [
        (value, label, {"status": value, "snoozed": None}) for value, label in Ticket.Status.choices
    ]
    if "q" in wanted.given:
        choices.append(("all", _("All"), {"status": "all", "snoozed": None}))
    choices.append((counts.SNOOZED, _("Snoozed"), {"status": None, "snoozed": "true"}))
    chosen = counts.SNOOZED if snoozed else wanted.values["status"]
    return [
        {
            "label": label,
            "address": wanted.address(**changes),
            "current": value == chosen,
            "count": short_texts.count(total)
            if value == chosen
            else ""
            if wanted.narrow
            else short_texts.count(by_status.get(value, 0)),
        }
        for value, label, changes in choices
    ]


def _closed_today(agent: Agent, now: datetime) -> int:
    midnight = start_of_day(timezone.localdate(now))
    return Ticket.objects.visible_to(agent).filter(status=Ticket.Status.CLOSED, closed_at__gte=midnight).count()
