"""The inbox: tickets in smart order, each with the reasons for its place, and everything that is done to many at once."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import structlog
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import View

from agents.models import Agent
from agents.pages.profile import to_sign_in
from agents.pages.views import home
from agents.permissions import Capability, may
from tickets import counts, scoring, services
from tickets.listing import ListQuery, TicketPage, list_tickets
from tickets.matches import described
from tickets.models import Ticket
from tickets.pages import filters, rows, words

log = structlog.get_logger(__name__)
PEOPLE = 500  # so many are offered for choosing; more are named all the same


@method_decorator(never_cache, name="dispatch")
class InboxView(View):
    """`/` for who is signed in, whole or, asked for by htmx, its changing part; for strangers the start page.

    `archetypes` is for the floor above to fill: here nothing is known of customers but their records.
    """

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest) -> HttpResponse:
        htmx: Any = getattr(request, "htmx", None)
        if not isinstance(request.user, Agent):
            # A link to a part of the inbox leads there through the sign-in; the bare address is the program's front door.
            return to_sign_in(request) if request.GET or htmx else home(request)
        wanted = filters.read(request.GET)
        part = htmx and not htmx.history_restore_request
        template = "tickets/inbox_body.html" if part else "tickets/inbox.html"
        try:
            context = self.context(request, request.user, wanted, timezone.now())
        except OperationalError:
            log.exception("inbox_not_read")
            again = {"here": "inbox", "again": request.get_full_path()}
            return render(request, "tickets/inbox_failed.html", again, status=503)
        for sentence in context["filters"].complaints:
            messages.warning(request, sentence)
        return render(request, template, context)

    def context(self, request: HttpRequest, agent: Agent, wanted: filters.Filters, now: datetime) -> dict[str, Any]:
        alerts = services.alerts_of(agent)
        wanted, query, page = self._page(agent, wanted, services.keywords_of(alerts), now)
        next_ticket = services.peek_next(agent)
        people = _people(row["assigned_to"] for row in page.tickets)
        sees_all = may(agent, Capability.SEE_ALL)
        beside = rows.Beside(
            points=scoring.parts([row["id"] for row in page.tickets], now, weights := scoring.current_weights()),
            topic_alert=weights.topic_alert,
            names={pk: name for pk, name, _ in people},
            archetypes=self.archetypes(row["customer_id"] for row in page.tickets) if page.tickets else {},
            me=agent.pk,
            next_id=next_ticket.pk if next_ticket else None,
            now=now,
        )
        by_status = _by_status(agent)
        return {
            "here": "inbox",
            "filters": wanted,
            "query": query,
            "rows": rows.rows(page.tickets, beside),
            "total": words.count(page.total),
            "more": wanted.address(cursor=page.next_cursor) if page.next_cursor else "",
            "page_size": query.limit,
            "tabs": _tabs(wanted, by_status, page.total),
            "open_count": words.count(by_status.get(Ticket.Status.OPEN, 0)),
            "alerts": described(agent, alerts),
            "may_team_alerts": may(agent, Capability.TEAM_ALERTS),
            "may_assign": may(agent, Capability.ASSIGN),
            "sees_all": sees_all,
            "next_ticket": next_ticket,
            # Who may not see it yet is told that there is one, not whose it is.
            "next_name": next_ticket.customer.name if next_ticket and sees_all else "",
            "people": [(str(pk), name) for pk, name, active in people if active],
            "channels": Ticket.Channel.choices,
            "priorities": Ticket.Priority.choices,
            "parts": [(part, name) for part, name, _ in rows.PARTS],
            "closed_today": words.count(_closed_today(agent, now)) if not page.tickets else "",
            "beginning": wanted.address() if "cursor" in wanted.given else "",
            "at": now,
        }

    def archetypes(self, customer_ids: Iterable[UUID]) -> dict[UUID, str]:
        """Of each customer the archetype's name, where one is known."""
        return {}

    def _page(
        self, agent: Agent, wanted: filters.Filters, keywords: list[str], now: datetime
    ) -> tuple[filters.Filters, ListQuery, TicketPage]:
        """The page; its beginning, and a sentence, where the cursor belongs to another list."""
        query = wanted.query(keywords)
        try:
            return wanted, query, list_tickets(agent, query, now)
        except ValidationError:
            given = {name: value for name, value in wanted.given.items() if name != "cursor"}
            told = [*wanted.complaints, _("The order has changed since that page was made; here is its beginning.")]
            wanted = replace(wanted, given=given, complaints=told)
            query = replace(query, cursor=None)
            return wanted, query, list_tickets(agent, query, now)


def _people(holders: Iterable[UUID | None]) -> list[tuple[UUID, str, bool]]:
    """Those who can be chosen, and those who hold one of the tickets: id, name, and whether they can be chosen."""
    active = Q(is_active=True, is_service=False)
    choosable = list(Agent.objects.filter(active).order_by("name", "pk").values_list("pk", "name")[:PEOPLE])
    known = {pk for pk, _ in choosable}
    missing = {pk for pk in holders if pk} - known
    # Asked for in any case, so that the number of queries never depends on who holds what.
    others = Agent.objects.filter(pk__in=missing or [UUID(int=0)]).values_list("pk", "name")
    return [*((pk, name, True) for pk, name in choosable), *((pk, name, False) for pk, name in others)]


def _by_status(agent: Agent) -> dict[str, int]:
    if may(agent, Capability.SEE_ALL):
        return counts.by_status()
    own = Ticket.objects.visible_to(agent).order_by().values_list("status").annotate(Count("pk"))
    return dict(cast(Any, own))


def _tabs(wanted: filters.Filters, by_status: dict[str, int], total: int) -> list[dict[str, Any]]:
    """The statuses as links with their counts; beside a filter only the chosen one has a count that says anything."""
    choices = [*Ticket.Status.choices, *([("all", _("All"))] if "q" in wanted.given else [])]
    current = wanted.values["status"]
    return [
        {
            "label": label,
            "address": wanted.address(status=value),
            "current": value == current,
            "count": words.count(total)
            if value == current
            else ""
            if wanted.narrow
            else words.count(by_status.get(value, 0)),
        }
        for value, label in choices
    ]


def _closed_today(agent: Agent, now: datetime) -> int:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return Ticket.objects.visible_to(agent).filter(status=Ticket.Status.CLOSED, closed_at__gte=midnight).count()
