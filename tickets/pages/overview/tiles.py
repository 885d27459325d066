"""The key figures on top of the overview, each with its comparison in words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.pages.common import short_texts
from tickets.pages.overview.backlog_charts import totals
from tickets.pages.overview.chart_cards import NOT_KNOWN, Tile, duration, of_days
from tickets.reports import Backlog, Figures, Report


def tiles(report: Report) -> list[Tile]:
    """Open now, first reply, resolution, resolved, and value at risk."""
    return [
        _open(report),
        _time(report, _("Median first reply"), report["first_replies"]),
        _time(report, _("Median resolution"), report["resolutions"]),
        _resolved(report),
        _value(report),
    ]


def is_whole_before(report: Report) -> bool:
    """Whether the comparison period has tickets on record from its beginning."""
    first = report["first_ticket"]
    return first is not None and first <= report.period.params["before"]


def points(name: str, now: float | None, before: float | None, days: int) -> Tile:
    """A change of a share in percentage points; an increase is good."""
    if now is None:
        return Tile(name, NOT_KNOWN, _("No data yet"))
    if before is None:
        return Tile(name, short_texts.percent(now), _("No data for %(before)s.") % {"before": of_days(days)})
    difference = round(now * 100) - round(before * 100)
    if not difference:
        return Tile(name, short_texts.percent(now), _("same as in %(before)s") % {"before": of_days(days)})
    change = ngettext("%(count)d point", "%(count)d points", abs(difference)) % {"count": abs(difference)}
    compared = _("more than in %(before)s") if difference > 0 else _("less than in %(before)s")
    return Tile(
        name, short_texts.percent(now), compared % {"before": of_days(days)}, change, difference > 0, difference > 0
    )


def _open(report: Report) -> Tile:
    waiting: Backlog = report["backlog"]
    came, gone = report["arrivals"].now.count, report["resolutions"].now.count
    said = {"days": report.period.days}
    if not (came or gone):
        compared = (
            ngettext(
                "no tickets created or resolved today",
                "no tickets created or resolved in %(days)d days",
                report.period.days,
            )
            % said
        )
        return Tile(_("Open now"), short_texts.count(waiting.open.count), compared)
    difference = came - gone
    if not difference:
        compared = _("as many created as resolved in %(days)d days") % said
        return Tile(_("Open now"), short_texts.count(waiting.open.count), compared)
    change = _("%(count)s more") % {"count": short_texts.count(abs(difference))}
    compared = (
        _("created than resolved in %(days)d days") if difference > 0 else _("resolved than created in %(days)d days")
    )
    return Tile(
        _("Open now"), short_texts.count(waiting.open.count), compared % said, change, difference > 0, difference < 0
    )


def _time(report: Report, name: str, found: Figures) -> Tile:
    now, before, days = found.now.median, found.before.median, report.period.days
    if now is None:
        return Tile(name, NOT_KNOWN, _("None in the last %(days)d days.") % {"days": days})
    if before is None:
        return Tile(name, duration(now), _("No data for %(before)s.") % {"before": of_days(days)})
    if abs(now - before) < 60:
        return Tile(name, duration(now), _("same as in %(before)s") % {"before": of_days(days)})
    faster = now < before
    change = (_("%(time)s faster") if faster else _("%(time)s slower")) % {"time": duration(abs(now - before))}
    return Tile(name, duration(now), _("than in %(before)s") % {"before": of_days(days)}, change, not faster, faster)


def _resolved(report: Report) -> Tile:
    name, found, days = _("Resolved"), report["resolutions"], report.period.days
    figure = short_texts.count(found.now.count) if report["first_ticket"] else NOT_KNOWN
    if not is_whole_before(report):
        return Tile(name, figure, _("Incomplete data for %(before)s.") % {"before": of_days(days)})
    difference = found.now.count - found.before.count
    if not difference:
        return Tile(name, figure, _("same number as in %(before)s") % {"before": of_days(days)})
    change = (_("%(count)s more") if difference > 0 else _("%(count)s fewer")) % {
        "count": short_texts.count(abs(difference))
    }
    return Tile(
        name, figure, _("than in %(before)s") % {"before": of_days(days)}, change, difference > 0, difference > 0
    )


def _value(report: Report) -> Tile:
    waits, at_risk, unknown = totals(report["value"])
    name = _("Value at risk")
    if not report["value"]:
        return Tile(name, NOT_KNOWN, _("No customers are waiting."))
    if waits == unknown and waits:
        return Tile(name, NOT_KNOWN, _("Churn risk unknown for all customers."))
    return Tile(
        name,
        short_texts.amount(at_risk),
        _("of %(value)s lifetime value in the backlog") % {"value": short_texts.amount(waits)},
    )
