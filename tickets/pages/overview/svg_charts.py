"""Charts as SVG, drawn on the server: columns, lines, bars in parts, and rows of small columns.

Every drawing has a name and a sentence for those who do not see it; its table stands beside it on the page. What tells two series
apart is never colour alone: each `Look` is filled, hatched, lighter or outlined, and has its value written where there is
room. Numbers run from left to right in every language. Nothing here knows what is drawn.
"""

import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 608, 220
TOP, BOTTOM = 16, 196  # top and bottom of the plot area in a chart with a scale
LEAST_LEFT = 46  # least room for the scale's labels
LABEL = 150  # room for the name of a row
LABEL_COLUMNS = 22  # characters of a row's name
LETTER = 7.0  # approximate width of a character
Spoken = Callable[[float], str]


class Look(StrEnum):
    """Style of a series; classes of overview.css."""

    FULL = "b1"
    OUTLINE = "b2"
    HATCH = "b3"
    LIGHT = "b4"


@dataclass(frozen=True)
class Series:
    """Values in the order of the axis; `None` is unknown and leaves a gap."""

    name: str
    look: Look
    values: Sequence[float | None]


@dataclass(frozen=True)
class Row:
    """A stacked bar, with its parts in the order of their styles; `outline` is the capacity."""

    label: str
    values: Sequence[float]
    total: str
    parts: Sequence[str] = ()  # text over each part
    outline: float | None = None


def column_chart(
    key: str, name: str, says: str, days: Sequence[str], series: Sequence[Series], spoken: Spoken
) -> SafeString:
    """Grouped columns for each day."""
    top, left, scale = _scale(series, spoken)
    step = (WIDTH - left) / max(1, len(days))
    wide = max(1.0, step * 0.76 / len(series))
    drawn = []
    for place, day in enumerate(days):
        for number, one in enumerate(series):
            value = one.values[place]
            if value:
                x = left + place * step + step * 0.12 + number * wide
                drawn.append(
                    _rect(
                        one.look,
                        x,
                        _y(value, top),
                        max(0.8, wide - 1),
                        BOTTOM - _y(value, top),
                        f"{day}, {one.name}: {spoken(value)}",
                    )
                )
    return _svg(key, name, says, HEIGHT, [scale, *drawn, _days(days, left)])


def line_chart(
    key: str, name: str, says: str, days: Sequence[str], series: Sequence[Series], spoken: Spoken
) -> SafeString:
    """A line per series, the first one solid, the others dashed; broken on unknown days."""
    top, left, scale = _scale(series, spoken)
    step = (WIDTH - left) / max(1, len(days))
    drawn = []
    for number, one in enumerate(series, start=1):
        points = [
            None if value is None else (left + (place + 0.5) * step, _y(value, top))
            for place, value in enumerate(one.values)
        ]
        for run in _runs(points):
            if len(run) > 1:
                path = " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
                drawn.append(format_html('<polyline class="l{}" points="{}"/>', number, path))
        for place, (point, value) in enumerate(zip(points, one.values, strict=True)):
            if point is not None and value is not None:
                drawn.append(
                    _mark(one.look, *point, f"{days[place]}, {one.name}: {spoken(value)}", small=len(days) > 31)
                )
    return _svg(key, name, says, HEIGHT, [scale, *drawn, _days(days, left)])


def bar_chart(key: str, name: str, says: str, rows: Sequence[Row], looks: Sequence[Look]) -> SafeString:
    """A stacked bar for each row, with its total at the end."""
    over = 16 if any(row.parts for row in rows) else 4
    high = 22 + over + 6
    room = WIDTH - LABEL - 10 - _widest(row.total for row in rows) - 14
    top = max((max(sum(row.values), row.outline or 0) for row in rows), default=0) or 1
    drawn = []
    for place, row in enumerate(rows):
        y = place * high + over
        drawn.append(_label(row.label, y + 15))
        if row.outline:
            drawn.append(_rect(Look.OUTLINE, LABEL + 10, y, row.outline / top * room, 22, ""))
        drawn.append(_parts(row, looks, y, room / top))
        end = LABEL + 10 + max(sum(row.values), row.outline or 0) / top * room
        drawn.append(_text(end + 8, y + 15, row.total, "strong"))
    return _svg(key, name, says, max(1, len(rows)) * high + 4, drawn)


def paired_bar_chart(
    key: str, name: str, says: str, labels: Sequence[str], series: Sequence[Series], spoken: Spoken
) -> SafeString:
    """For each label a bar of every series with its value, one under the other."""
    top = max((value for one in series for value in one.values if value), default=1)
    told = [spoken(value) for one in series for value in one.values if value is not None]
    room = WIDTH - LABEL - 10 - _widest(told) - 14
    high = 20 * len(series) + 12
    drawn = []
    for place, label in enumerate(labels):
        drawn.append(_label(label, place * high + 10 * len(series) + 8))
        for number, one in enumerate(series):
            y, value = place * high + 4 + number * 20, one.values[place]
            if value is None:
                continue
            wide = max(1.0, value / top * room)
            drawn += [
                _rect(one.look, LABEL + 10, y, wide, 16, ""),
                _text(LABEL + 18 + wide, y + 13, spoken(value), "strong"),
            ]
    return _svg(key, name, says, max(1, len(labels)) * high + 8, drawn)


def small_column_charts(
    key: str, name: str, says: str, days: Sequence[str], rows: Sequence[tuple[str, Sequence[int | None], str]]
) -> SafeString:
    """A row of small columns for each label, all with one scale, with text at the end."""
    room = WIDTH - LABEL - 10 - _widest(end for _label_, _values, end in rows) - 14
    step = room / max(1, len(days))
    top = max((value for _, values, _ in rows for value in values if value), default=1)
    drawn = []
    for place, (label, values, end) in enumerate(rows):
        base = place * 44 + 38
        drawn += [
            _label(label, base - 8),
            _line("grid", LABEL + 10, base, LABEL + 10 + room),
            _text(LABEL + 18 + room, base - 8, end, "strong"),
        ]
        for day, value in enumerate(values):
            if value:
                tall = value / top * 30
                drawn.append(
                    _rect(
                        Look.FULL,
                        LABEL + 10 + day * step + step * 0.1,
                        base - tall,
                        max(0.8, step * 0.8),
                        tall,
                        f"{days[day]}: {value}",
                    )
                )
    return _svg(key, name, says, max(1, len(rows)) * 44 + 6, drawn)


def shortened(label: str, room: int = LABEL_COLUMNS) -> str:
    """The text cut to the available width; wide characters count as two, direction marks as none."""
    shown: list[str] = []
    taken = 0
    for letter in " ".join(label.split()):
        if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co"):
            continue
        taken += 0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if taken > room:
            return "".join(shown[:-1]).rstrip() + "…"
        shown.append(letter)
    return "".join(shown)


# --- Elements of a chart ----------------------------------------------------------------------------------------------
def _svg(key: str, name: str, says: str, height: float, drawn: Iterable[SafeString]) -> SafeString:
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{}-name {}-says">'
        '<title id="{}-name">{}</title><desc id="{}-says">{}</desc><defs>'
        '<pattern id="{}-hatch" class="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="6" height="6"/><line x1="0" x2="0" y1="0" y2="6"/></pattern></defs>{}</svg>',
        WIDTH, f"{height:.0f}", key, key, key, name, key, says, key,
        # Each chart has a pattern of its own, because ids must be unique on the page.
        mark_safe("".join(drawn).replace(' fill="url(#hatch)"', f' fill="url(#{key}-hatch)"')),  # noqa: S308  each part was escaped
    )  # fmt: skip


def _rect(look: Look, x: float, y: float, wide: float, tall: float, told: str) -> SafeString:
    fill = mark_safe(' fill="url(#hatch)"') if look is Look.HATCH else ""
    said = format_html("<title>{}</title>", told) if told else ""
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"{}>{}</rect>',
        look, f"{x:.1f}", f"{y:.1f}", f"{wide:.1f}", f"{tall:.1f}", fill, said,
    )  # fmt: skip


def _mark(look: Look, x: float, y: float, told: str, *, small: bool) -> SafeString:
    """A dot, or a square for the outlined series, so that shapes differ, too."""
    half = 2.0 if small else 3.5
    if look is Look.FULL:
        return format_html(
            '<circle class="b1" cx="{}" cy="{}" r="{}"><title>{}</title></circle>', f"{x:.1f}", f"{y:.1f}", half, told
        )
    return _rect(look, x - half, y - half, 2 * half, 2 * half, told)


def _parts(row: Row, looks: Sequence[Look], y: float, unit: float) -> SafeString:
    x = LABEL + 10.0
    drawn, free = [], x
    for number, value in enumerate(row.values):
        if value <= 0:
            continue
        wide = value * unit
        # Leave a thin gap between two parts, unless there is no room for it.
        drawn.append(_rect(looks[number], x, y, max(0.8, wide - 2), 22, ""))
        said = row.parts[number] if row.parts else ""
        if said and x >= free:
            drawn.append(_text(x, y - 4, said))
            free = x + LETTER * len(said) + 5
        x += wide
    return mark_safe("".join(drawn))  # noqa: S308  each part was escaped


def _text(x: float, y: float, said: str, kind: str = "", anchor: str = "start") -> SafeString:
    return format_html(
        '<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>', kind, f"{x:.1f}", f"{y:.1f}", anchor, said
    )


def _label(said: str, y: float) -> SafeString:
    return _text(LABEL, y, shortened(said), "", "end")


def _line(kind: str, x1: float, y: float, x2: float) -> SafeString:
    return format_html(
        '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>', kind, x1, f"{x2:.1f}", f"{y:.1f}", f"{y:.1f}"
    )


def _scale(series: Sequence[Series], spoken: Spoken) -> tuple[float, float, SafeString]:
    """The top of the scale, the left edge of the plot beside its labels, and the grid lines with their labels."""
    step, steps = steps_to(max((value for one in series for value in one.values if value), default=0))
    told = [spoken(number * step) for number in range(steps + 1)]
    left = max(LEAST_LEFT, _widest(told) + 8)
    drawn = []
    for number, said in enumerate(told):
        y = _y(number * step, steps * step)
        drawn += [_line("grid", left, y, WIDTH), _text(left - 6, y + 4, said, "", "end")]
    return steps * step, left, mark_safe("".join(drawn))  # noqa: S308  each part was escaped


def steps_to(value: float) -> tuple[float, int]:
    """A round step and how many of them reach the value: 1, 2 or 5 times a power of ten, at least 1."""
    if value <= 0:
        return 1.0, 1
    size = 10.0 ** math.floor(math.log10(value / 4)) if value > 4 else 1.0
    step = next(size * factor for factor in (1, 2, 5, 10) if value / (size * factor) <= 5)
    return step, max(1, math.ceil(value / step - 1e-9))


def _y(value: float, top: float) -> float:
    return BOTTOM - value / top * (BOTTOM - TOP)


def _days(days: Sequence[str], left: float) -> SafeString:
    """Labels under the plot that do not overlap; the last one ends with the plot at the latest."""
    step = (WIDTH - left) / max(1, len(days))
    wide = _widest(days)
    every = max(1, math.ceil((wide + LETTER) / step))
    last = len(days) - 1
    drawn, free = [], float(WIDTH)  # drawn from right to left; `free` is the start of the label to the right
    for place in range(last, -1, -every):
        middle = left + (place + 0.5) * step
        if middle + wide / 2 <= free:
            drawn.append(_text(middle, 214, days[place], "", "middle"))
            free = middle - wide / 2
        elif place == last:
            drawn.append(_text(WIDTH, 214, days[place], "", "end"))
            free = WIDTH - wide - LETTER
    return mark_safe("".join(reversed(drawn)))  # noqa: S308  each part was escaped


def _widest(told: Iterable[str]) -> float:
    """Approximate width of the longest label."""
    return LETTER * max(map(len, told), default=1)


def _runs(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]
