"""The days of a report for its charts: zero and unknown are different."""

from datetime import date

from django.utils import timezone

from agents.common import dates
from agents.common.time_zones import zone_of
from tickets.reports import Figures, Report


def known_from(report: Report) -> date | None:
    first = report["first_ticket"]
    return timezone.localdate(first, zone_of(report.period.zone)) if first else None


def nothing_on(report: Report, one: date) -> int | None:
    """The value of a day without records: zero, or unknown before the first ticket."""
    known = known_from(report)
    return 0 if known and one >= known else None


def counts(report: Report, found: Figures) -> list[int | None]:
    return [
        found.by_day[one].count if one in found.by_day else nothing_on(report, one) for one in report.period.every_day
    ]


def labels(report: Report) -> list[str]:
    return [dates.short_day(one) for one in report.period.every_day]
