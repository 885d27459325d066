"""The overview's charts per day, and the list of all its charts."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.channels import CHANNELS
from tickets.pages.common import short_texts
from tickets.pages.overview import backlog_charts as backlog
from tickets.pages.overview import svg_charts
from tickets.pages.overview.chart_cards import Chart, Column, duration, unit
from tickets.pages.overview.report_days import counts, labels, nothing_on
from tickets.pages.overview.svg_charts import Look, Series
from tickets.reports import Figure, Figures, Group, Report


def flow(report: Report) -> Chart:
    came, gone = report["arrivals"], report["resolutions"]
    new, resolved = counts(report, came), counts(report, gone)
    difference = came.now.count - gone.now.count
    said = {"count": abs(difference)}
    says = (
        _("As many tickets were created as resolved.")
        if not difference
        else ngettext(
            "%(count)d more ticket was created than resolved.",
            "%(count)d more tickets were created than resolved.",
            difference,
        )
        % said
        if difference > 0
        else ngettext(
            "%(count)d more ticket was resolved than created.",
            "%(count)d more tickets were resolved than created.",
            -difference,
        )
        % said
    )
    name, series = (
        _("New and resolved"),
        [Series(_("New"), Look.OUTLINE, new), Series(_("Resolved"), Look.FULL, resolved)],
    )
    some = came.now.count or gone.now.count
    return Chart(
        "flow",
        name,
        says if some else "",
        _(
            "New: tickets created that day. Resolved: tickets closed that day that are still closed; a "
            "reopened ticket counts only when it is closed again."
        ),
        _("No data yet"),
        [Column(_("Day"), "day"), Column(_("New")), Column(_("Resolved"))],
        list(zip(report.period.every_day, new, resolved, strict=True)) if some else [],
        svg_charts.column_chart("flow", name, says, labels(report), series, _plain) if some else "",
        _legend(series),
    )


def first_reply(report: Report) -> Chart:
    waiting: Group = report["unanswered"]
    so_far = (
        ngettext(
            "%(count)d open ticket has no reply yet and is not included.",
            "%(count)d open tickets have no reply yet and are not included.",
            waiting.count,
        )
        % {"count": waiting.count}
        if waiting.count
        else _("Every open ticket has a reply.")
    )
    how = _(
        "From the customer's first message to the first message of an agent after it, on the day of the "
        "reply. Nights, weekends and snoozed time are included; notes do not count as replies."
    )
    return _times(
        report,
        "first-reply",
        _("First reply"),
        report["first_replies"],
        f"{how} {so_far}",
        _("No data yet"),
    )


def resolution(report: Report) -> Chart:
    how = _(
        "From the creation of a ticket to its closing, on the day of closing. Pending and snoozed time "
        "is included; a reopened ticket counts once, with its last closing."
    )
    return _times(
        report,
        "resolution",
        _("Resolution"),
        report["resolutions"],
        how,
        _("No data yet"),
    )


def first_reply_by_channel(report: Report) -> Chart:
    how = _("Same as “First reply”, over the whole range.")
    return _channels(
        report,
        "first-reply-by-channel",
        _("First reply by channel"),
        report["first_replies"],
        how,
        _("No data yet"),
    )


def resolution_by_channel(report: Report) -> Chart:
    how = _("Same as “Resolution”, over the whole range.")
    return _channels(
        report,
        "resolution-by-channel",
        _("Resolution by channel"),
        report["resolutions"],
        how,
        _("No data yet"),
    )


def _times(report: Report, key: str, name: str, found: Figures, how: str, empty: str) -> Chart:
    """Median and 90th percentile per day."""
    days = report.period.every_day
    figures = [found.by_day.get(one) for one in days]
    medians, nineties = [_median(one) for one in figures], [_p90(one) for one in figures]
    says = _spread(found)
    seconds, written = unit(max((value for value in nineties if value), default=0))
    series = [
        Series(_("Median"), Look.FULL, _in(medians, seconds)),
        Series(_("90th percentile"), Look.OUTLINE, _in(nineties, seconds)),
    ]
    some = any(value is not None for value in medians)
    return Chart(
        key,
        name,
        says if some else "",
        how,
        empty,
        [
            Column(_("Day"), "day"),
            Column(_("Tickets")),
            Column(_("Median"), "duration"),
            Column(_("90th percentile"), "duration"),
        ],
        [
            [
                one,
                figure.count if figure else nothing_on(report, one),
                *([figure.median, figure.p90] if figure else [None, None]),
            ]
            for one, figure in zip(days, figures, strict=True)
        ]
        if some
        else [],
        svg_charts.line_chart(
            key, name, says, labels(report), series, lambda value: written % {"number": _round(value)}
        )
        if some
        else "",
        _legend(series),
    )


def _channels(report: Report, key: str, name: str, found: Figures, how: str, empty: str) -> Chart:
    wanted = report.period.channel
    names = [(name, str(one.label)) for name, one in CHANNELS.items() if wanted in (None, name)]
    figures = [found.by_channel.get(value) for value, _label in names]
    some = any(one and one.median is not None for one in figures)
    slowest = max(
        (
            (one.median, label)
            for one, (_value, label) in zip(figures, names, strict=True)
            if one and one.median is not None
        ),
        default=(0, ""),
    )
    told = {"channel": slowest[1], "time": duration(slowest[0])}
    says = (_("%(channel)s: median %(time)s.") if wanted else _("Slowest: %(channel)s, median %(time)s.")) % told
    series = [
        Series(_("Median"), Look.FULL, [_median(one) for one in figures]),
        Series(_("90th percentile"), Look.OUTLINE, [_p90(one) for one in figures]),
    ]
    return Chart(
        key,
        name,
        says if some else "",
        how,
        empty,
        [
            Column(_("Channel"), "text"),
            Column(_("Tickets")),
            Column(_("Median"), "duration"),
            Column(_("90th percentile"), "duration"),
        ],
        [
            [label, one.count if one else 0, *([one.median, one.p90] if one else [None, None])]
            for (_value, label), one in zip(names, figures, strict=True)
        ]
        if some
        else [],
        svg_charts.paired_bar_chart(key, name, says, [label for _value, label in names], series, duration)
        if some
        else "",
        _legend(series),
    )


def _median(figure: Figure | None) -> float | None:
    return figure.median if figure else None


def _p90(figure: Figure | None) -> float | None:
    return figure.p90 if figure else None


def _spread(found: Figures) -> str:
    if found.now.median is None or found.now.p90 is None:
        return ""
    said = {
        "count": short_texts.count(found.now.count),
        "median": duration(found.now.median),
        "p90": duration(found.now.p90),
    }
    if found.now.count == 1:
        return _("1 ticket: %(time)s.") % {"time": said["median"]}
    return _("%(count)s tickets: median %(median)s, 90th percentile %(p90)s.") % said


def _legend(series: Sequence[Series]) -> list[tuple[str, Look]]:
    return [(one.name, one.look) for one in series]


def _in(values: Sequence[float | None], seconds: float) -> list[float | None]:
    return [None if value is None else value / seconds for value in values]


def _plain(value: float) -> str:
    return short_texts.count(round(value))


def _round(value: float) -> Any:
    return short_texts.points(value, 0 if value == int(value) else 1)


Build = Callable[[Report], Chart]
CHARTS: dict[str, Build] = {
    "flow": flow,
    "age": backlog.age,
    "first-reply": first_reply,
    "resolution": resolution,
    "first-reply-by-channel": first_reply_by_channel,
    "resolution-by-channel": resolution_by_channel,
    "agents": backlog.agents,
    "sentiment": backlog.sentiment,
    "value": backlog.value,
    "alerts": backlog.alerts,
}
