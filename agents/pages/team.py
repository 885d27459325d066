"""The team page: agents with their workload and capacity."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Count, F, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django_htmx.http import push_url

from agents import workload
from agents.common import dates
from agents.common.folding import fold
from agents.models import Agent
from agents.pages.page_context import initials
from agents.pages.sign_in_required import signed_in_only
from agents.pages.team_forms import STATUSES, TABS, FilterForm
from agents.permissions import Capability, demand, may
from agents.roles import Role
from agents.sign_in import second_factor

PER_PAGE = 50
NAMED = 3  # agents over their limit who are named
NOW = timedelta(minutes=5)  # agents seen within this time count as present


@dataclass(frozen=True)
class Load:
    """An agent's open and pending tickets beside the capacity, and the bar's widths in percent."""

    open: int
    limit: int

    @property
    def over(self) -> int:
        return max(0, self.open - self.limit)

    @property
    def within(self) -> str:
        """The part of the bar within the limit, with a small gap before the part over it."""
        whole = max(self.open, self.limit, 1)
        return _percent(100 * min(self.open, self.limit) / whole - (1 if self.over and self.limit else 0))

    @property
    def over_from(self) -> str:
        return _percent(100 * self.limit / max(self.open, 1))

    @property
    def words(self) -> str:
        if not self.limit and not self.open:
            return _("accepts no tickets")
        return _("%(open)d of %(limit)d") % {"open": self.open, "limit": self.limit}


def _percent(width: float) -> str:
    """As SVG reads it, whatever the language."""
    return f"{max(0.0, width):.1f}%"


@signed_in_only
@require_http_methods(["GET", "HEAD"])
def team(request: HttpRequest) -> HttpResponse:
    """The list of agents; only its changing part for htmx."""
    me = cast(Agent, request.user)
    demand(me, Capability.UPDATE_AGENTS)
    wanted = _wanted(request)
    context = _context(me, wanted)
    htmx: Any = getattr(request, "htmx", None)
    if not htmx or htmx.history_restore_request:
        return render(request, "team/team.html", context)
    return push_url(render(request, "team/list.html", {**context, "part": True}), FilterForm.address(wanted))


def _wanted(request: HttpRequest) -> dict[str, Any]:
    """Parse the filters; unknown values are ignored and reported."""
    form = FilterForm(request.GET)
    if not form.is_valid():
        for name in form.errors:
            told = {"name": form.fields[name].label, "value": request.GET.get(name, "")[:50]}
            messages.warning(request, _("The filter “%(name)s” has no value “%(value)s”; it was ignored.") % told)
    return dict(form.cleaned_data)


def _context(me: Agent, wanted: dict[str, Any]) -> dict[str, Any]:
    manages = may(me, Capability.MANAGE_AGENTS)
    page = Paginator(_matching(wanted, manages), PER_PAGE).get_page(wanted.get("page") or 1)
    team = workload.team()
    return {
        "here": "agents",
        "me": me,
        "manages": manages,
        "wanted": wanted,
        "narrow": any(wanted.get(name) for name in ("q", "role", "status")),
        "page": page,
        "people": [row(agent) for agent in page.object_list],
        "found": _found(page.paginator.count),
        "before": FilterForm.address(wanted, page=page.number - 1) if page.has_previous() else "",
        "after": FilterForm.address(wanted, page=page.number + 1) if page.has_next() else "",
        "here_address": FilterForm.address({"tab": wanted.get("tab", "")}),
        "tabs": _tabs(wanted, team["people"]),
        "roles": Role.choices,
        "statuses": [(value, label) for value, (label, _which) in STATUSES.items()],
        "sentence": summary(team),
        "over": _over(team["over"]),
        "most": FilterForm.address({"status": "over"}),
    }


def _matching(wanted: dict[str, Any], manages: bool) -> QuerySet[Agent]:
    """The matching accounts with their workload: over capacity first, then by name."""
    tab = wanted.get("tab") or ""
    agents = workload.with_workload(Agent.objects.filter(TABS[tab][1])).select_related("invitation")
    if manages:
        agents = agents.annotate(has_factor=second_factor.HAS, needs_factor=second_factor.RULED)
    if words := wanted.get("q"):
        agents = agents.filter(
            Q(name__folded__contains=fold(words))
            | Q(email__icontains=words)
            | Q(department__folded__contains=fold(words))
        )
    if role := wanted.get("role"):
        agents = agents.filter(role=role)
    if status := wanted.get("status"):
        agents = agents.filter(STATUSES[status][1])
    over = Case(When(workload.OVER_CAPACITY, then=0), default=1)
    return agents.order_by(over, "name", "id")


def row(agent: Agent) -> dict[str, Any]:
    """An account for the list and its own page."""
    at = seen_at(agent)
    return {
        "agent": agent,
        "initials": initials(agent.name),
        "load": Load(workload.open_ticket_count(agent), agent.max_concurrent_tickets),
        "seen": seen(at),
        "seen_at": at,
        "invitation": getattr(agent, "invitation", None),
        "expired": _expired(agent),
    }


def _expired(agent: Agent) -> bool:
    invitation = getattr(agent, "invitation", None)
    return invitation is not None and invitation.expires_at <= timezone.now()


def seen_at(agent: Agent) -> datetime | None:
    """When the agent was last seen, or last signed in."""
    return max(filter(None, [agent.last_seen_at, agent.last_login]), default=None)


def seen(at: datetime | None) -> str:
    """The same in words."""
    if at is None:
        return _("never")
    passed = timezone.now() - at
    return _("now") if passed < NOW else dates.ago(passed)


def _tabs(wanted: dict[str, Any], people: int) -> list[dict[str, Any]]:
    others = {name: Count("pk", filter=which) for name, (_label, which) in TABS.items() if name}
    counts = {"": people, **Agent.objects.aggregate(**others)}
    current = wanted.get("tab") or ""
    return [
        {
            "label": label,
            "count": counts[name],
            "address": FilterForm.address({"tab": name}),
            "current": name == current,
        }
        for name, (label, _which) in TABS.items()
    ]


def _found(count: int) -> str:
    return ngettext("%(count)d account", "%(count)d accounts", count) % {"count": count}


def summary(team: dict[str, Any]) -> str:
    """The team's workload in a sentence."""
    parts = [
        ngettext("%(count)d agent", "%(count)d agents", team["people"]) % {"count": team["people"]},
        ngettext("%(count)d available", "%(count)d available", team["available"]) % {"count": team["available"]},
        ngettext(
            "%(count)d assigned ticket (open and pending)",
            "%(count)d assigned tickets (open and pending)",
            team["tickets"],
        )
        % {"count": team["tickets"]},
        ngettext("capacity for %(count)d more", "capacity for %(count)d more", team["room"]) % {"count": team["room"]},
    ]
    return " · ".join(parts)


def _over(count: int) -> dict[str, Any]:
    """The agents over their capacity: the first by name, and how many more."""
    people = workload.with_workload(Agent.objects.all()).filter(workload.OVER_CAPACITY)
    worst = people.annotate(excess=F(workload.OPEN_TICKET_COUNT) - F("max_concurrent_tickets")).order_by(
        "-excess", "name"
    )
    named = [{"agent": agent, "by": agent.excess} for agent in worst[:NAMED]]
    return {"named": named, "more": count - len(named)}
