"""A chart with its sentence, its definition, its table and its file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.common import dates, spreadsheets
from agents.common.patterns import compile_unicode
from tickets.pages.common import short_texts
from tickets.pages.overview.svg_charts import Look

NOT_KNOWN = "–"
Cell = str | int | float | date | None


@dataclass(frozen=True)
class Column:
    """`kind` is the format: text, day, count, duration (in seconds), amount or share. `filed` is the column's name in the file,
    if it differs.
    """

    name: str
    kind: str = "count"
    filed: str = ""

    @property
    def is_number(self) -> bool:
        return self.kind not in ("text", "day")

    @property
    def header(self) -> str:
        """The column's header in the file, with the unit."""
        name = self.filed or self.name
        return _("%(name)s (minutes)") % {"name": name} if self.kind == "duration" else name

    def shown(self, value: Any) -> str:
        if value is None:
            return NOT_KNOWN
        match self.kind:
            case "day":
                return dates.short_day(value)
            case "count":
                return short_texts.count(value)
            case "duration":
                return duration(value)
            case "amount":
                return short_texts.amount(value)
            case "share":
                return short_texts.percent(value)
        return str(value)

    def written(self, value: Any) -> Any:
        """The value in the file: days as ISO dates, times in minutes, empty if unknown."""
        match value, self.kind:
            case date(), _kind:
                return value.isoformat()
            case float(), "duration":
                return round(value / 60, 1)
            case float(), "share":
                return round(value, 4)
            case float(), _kind:
                return round(value, 2)
        return value


@dataclass(frozen=True)
class Chart:
    """`says` is the main finding in one sentence, `how` the definition. Without data, `drawing` is empty and `empty` says what
    the chart will show.
    """

    key: str
    name: str
    says: str
    how: str
    empty: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    drawing: str = ""
    legend: Sequence[tuple[str, Look]] = ()

    @property
    def table(self) -> list[list[tuple[str, Column]]]:
        return [
            [(column.shown(value), column) for column, value in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]

    def lines(self) -> list[str]:
        """The lines of the CSV file."""
        head = spreadsheets.BOM + spreadsheets.written([[column.header for column in self.columns]])
        return [
            head,
            *(
                spreadsheets.written([[column.written(value) for column, value in zip(self.columns, row, strict=True)]])
                for row in self.rows
            ),
        ]


@dataclass(frozen=True)
class Tile:
    """One figure at the top. `change` is the difference to the comparison period, and `good` whether that is an improvement."""

    name: str
    figure: str
    compared: str
    change: str = ""
    up: bool = False
    good: bool | None = None


def duration(seconds: float) -> str:
    """42 min, 3 h 12 min, 2.3 days; figures do not wrap away from their units."""
    return compile_unicode(r"(?<=\d) ").sub(short_texts.NARROW, _duration(seconds))


def _duration(seconds: float) -> str:
    if seconds < 60:
        return _("under a minute")
    if seconds < 3600:
        return _("%(count)d min") % {"count": int(seconds // 60)}
    if seconds < 2 * 86400:
        hours, minutes = int(seconds // 3600), int(seconds % 3600 // 60)
        said = {"hours": hours, "minutes": minutes}
        return (_("%(hours)d h %(minutes)d min") if minutes else _("%(hours)d h")) % said
    return _("%(days)s days") % {"days": short_texts.number(seconds / 86400)}


def unit(longest: float) -> tuple[float, str]:
    """The unit of a scale that ends at so many seconds: the unit in seconds, and its format."""
    if longest <= 2 * 3600:
        return 60, _("%(number)s min")
    if longest <= 4 * 86400:
        return 3600, _("%(number)s h")
    return 86400, _("%(number)s d")


def of_days(days: int) -> str:
    return ngettext("the previous %(count)d day", "the previous %(count)d days", days) % {"count": days}
