"""The overview for team leads: backlog, response times and agents. Each chart is also a file."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar, cast

from django.http import Http404, HttpRequest, HttpResponseBadRequest, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.generic import View

from agents.common.time_zones import zone_of
from agents.models import Agent
from agents.pages.sign_in_required import signed_in_only
from agents.permissions import Capability, demand
from tickets.models import Ticket
from tickets.pages.overview.chart_cards import Tile
from tickets.pages.overview.daily_charts import CHARTS, Build
from tickets.pages.overview.tiles import tiles
from tickets.reports import DAYS, Part, Period, Report

DEFAULT = 30


@method_decorator(cast(Any, signed_in_only), name="dispatch")
class OverviewView(View):
    """`/overview`; with a chart's name, its table as a CSV file. Higher layers add `parts` and their charts."""

    http_method_names = ["get", "head"]
    parts: ClassVar[Mapping[str, Part]] = {}
    charts: ClassVar[Mapping[str, Build]] = CHARTS

    def get(self, request: HttpRequest, chart: str = "") -> HttpResponseBase:
        agent = cast(Agent, request.user)
        demand(agent, Capability.REPORTS)
        period, complaints = parse_period(request.GET, chart=chart)
        if not chart:
            report = Report(agent, period, self.parts).fill()
            return render(request, "overview/overview.html", self.context(report, complaints))
        if chart not in self.charts:
            raise Http404
        if complaints:
            return HttpResponseBadRequest("\n".join(complaints), content_type="text/plain; charset=utf-8")
        return _file(self.charts[chart](Report(agent, period, self.parts)).lines(), chart, period)

    def context(self, report: Report, complaints: list[str]) -> dict[str, Any]:
        period = report.period
        query: dict[str, Any] = {"days": period.days, **({"channel": period.channel} if period.channel else {})}
        return {
            "here": "overview",
            "tiles": self.tiles(report),
            "charts": [build(report) for build in self.charts.values()],
            "complaints": complaints,
            "query": urlencode(query),
            "ranges": DAYS,
            "days": period.days,
            "channels": Ticket.Channel.choices,
            "channel": period.channel,
            "at": timezone.localtime(period.now, zone_of(period.zone)),
            "first_day": period.first_day,
            "zone": period.zone,
        }

    def tiles(self, report: Report) -> list[Tile]:
        return tiles(report)


def parse_period(query: QueryDict, *, chart: str = "") -> tuple[Period, list[str]]:
    """The requested period; unreadable values become the default and give a sentence. A file is refused then."""
    complaints = []
    days, channel = query.get("days", "") or str(DEFAULT), query.get("channel", "")
    if days not in map(str, DAYS):
        complaints.append(
            (
                _("The range must be 7, 30 or 90 days, not “%(value)s”.")
                if chart
                else _("The range must be 7, 30 or 90 days, not “%(value)s”; this page shows %(days)d days.")
            )
            % {"value": days[:40], "days": DEFAULT}
        )
        days = str(DEFAULT)
    if channel and channel not in Ticket.Channel.values:
        told = (
            _("There is no channel “%(value)s”.")
            if chart
            else _("There is no channel “%(value)s”; this page shows all channels.")
        )
        complaints.append(told % {"value": channel[:40]})
        channel = ""
    return Period(timezone.now(), int(days), channel or None), complaints


def _file(lines: list[str], chart: str, period: Period) -> HttpResponseBase:
    async def sent() -> AsyncIterator[str]:
        for line in lines:
            yield line

    answer = StreamingHttpResponse(sent(), content_type="text/csv; charset=utf-8")
    name = "-".join(filter(None, [chart, period.channel, f"{period.first_day}", f"{period.today}"]))
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
