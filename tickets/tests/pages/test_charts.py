"""Charts and CSV: SVG is well-formed and inside its frame, scales are round, and CSV cells are safe."""

import csv
import io
import re
import unicodedata
from typing import Any
from xml.etree import ElementTree as XML

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.common import spreadsheets
from tickets.pages.overview import svg_charts
from tickets.pages.overview.chart_cards import Column, duration, unit
from tickets.pages.overview.svg_charts import Look, Row, Series

# What XML itself can hold: pages never get other characters, the services refuse them.
words = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=30)
numbers = st.one_of(st.none(), st.floats(0, 1e9))


def drawn(svg: str) -> XML.Element:
    """Parses the SVG and asserts that no rectangle leaves the frame."""
    root = XML.fromstring(svg)  # noqa: S314  our own
    _, _, wide, high = map(float, root.attrib["viewBox"].split())
    for shape in root.iter("rect"):
        if "x" in shape.attrib:
            x, y, width, height = (float(shape.attrib[name]) for name in ("x", "y", "width", "height"))
            assert x >= 0 and y >= -1 and width >= 0 and height >= 0
            assert x + width <= wide + 1 and y + height <= high + 1
    return root


@given(words, words, st.lists(st.tuples(words, numbers, numbers), max_size=6))
def test_column_line_and_paired_bar_charts_are_well_formed(name: str, says: str, days: Any) -> None:
    labels = [one[0] for one in days]
    series = [Series(name, Look.FULL, [one[1] for one in days]), Series(says, Look.OUTLINE, [one[2] for one in days])]
    for draw in (svg_charts.column_chart, svg_charts.line_chart, svg_charts.paired_bar_chart):
        root = drawn(draw("k", name, says, labels, series, str))
        assert (root.find("title").text or "", root.find("desc").text or "") == (name, says)  # type: ignore[union-attr]


def _ends(text: XML.Element) -> tuple[float, float]:
    """Returns the approximate start and end of a text on the x axis."""
    x, wide = float(text.attrib["x"]), svg_charts.LETTER * len(text.text or "")
    before = {"start": 0.0, "middle": wide / 2, "end": wide}[text.attrib["text-anchor"]]
    return x - before, x - before + wide


@pytest.mark.parametrize("count", [1, 7, 30, 90])
@pytest.mark.parametrize("label", ["9 Nov", "29. Nov", "29. September"])
def test_day_labels_stay_inside_the_chart_without_overlap(count: int, label: str) -> None:
    series = [Series("s", Look.FULL, [1.0] * count)]
    for draw in (svg_charts.column_chart, svg_charts.line_chart):
        root = drawn(draw("k", "n", "s", [label] * count, series, str))
        days = [_ends(text) for text in root.iter("text") if text.text == label]
        assert days and all(begin >= 0 and end <= svg_charts.WIDTH + 0.1 for begin, end in days), days
        assert all(end < begin for (_begin, end), (begin, _end) in zip(days, days[1:], strict=False)), days
        assert count < 7 or days[-1][1] > svg_charts.WIDTH - 70  # the last day is said


def test_long_translated_chart_labels_stay_inside_the_chart() -> None:
    series = [Series("s", Look.FULL, [3.0, 4000.0])]
    for draw in (svg_charts.column_chart, svg_charts.line_chart, svg_charts.paired_bar_chart):
        root = drawn(draw("k", "n", "s", ["a", "b"], series, lambda value: f"{value:.0f} Stunden 59 Minuten"))
        assert all(begin >= -0.1 and end <= svg_charts.WIDTH + 0.1 for begin, end in map(_ends, root.iter("text")))
    root = drawn(svg_charts.small_column_charts("k", "n", "s", ["a"], [("word", [1], "1234 sind jetzt offen")]))
    assert all(end <= svg_charts.WIDTH for _begin, end in map(_ends, root.iter("text")))


amounts = st.floats(0, 1e9)
parts = st.tuples(words, st.tuples(amounts, amounts, amounts), st.one_of(st.none(), st.floats(1, 1e9)))


@given(words, st.lists(parts, max_size=6))
def test_bar_charts_are_well_formed(name: str, rows: Any) -> None:
    made = [Row(label, values, "12", ["1", "2", "3"], outline) for label, values, outline in rows]
    root = drawn(svg_charts.bar_chart("k", name, name, made, [Look.FULL, Look.HATCH, Look.LIGHT]))
    assert sum(text.attrib["class"] == "strong" for text in root.iter("text")) == len(rows)


@given(
    st.lists(
        st.tuples(words, st.lists(st.one_of(st.none(), st.integers(0, 10**6)), min_size=7, max_size=7), words),
        max_size=5,
    )
)
def test_small_column_charts_are_well_formed(rows: Any) -> None:
    drawn(svg_charts.small_column_charts("k", "n", "s", list("1234567"), rows))


def test_day_without_a_value_breaks_the_chart_line() -> None:
    series = [Series("Median", Look.FULL, [1, 2, None, 3, None, 4, 5])]
    root = drawn(svg_charts.line_chart("k", "n", "s", list("abcdefg"), series, str))
    assert len(list(root.iter("polyline"))) == 2 and len(list(root.iter("circle"))) == 5


def test_zero_or_unknown_value_has_no_column() -> None:
    root = drawn(svg_charts.column_chart("k", "n", "s", ["a", "b"], [Series("New", Look.FULL, [0, None])], str))
    assert not [shape for shape in root.iter("rect") if "x" in shape.attrib]


@given(st.floats(0.0001, 1e12))
def test_chart_scale_has_round_steps_and_reaches_the_value(value: float) -> None:
    step, steps = svg_charts.steps_to(value)
    assert 1 <= steps <= 5 and step * steps >= value * (1 - 1e-9)
    assert step >= 1 and f"{step:.0e}"[0] in "125"


@given(st.text())
def test_label_never_exceeds_available_width(label: str) -> None:
    shown = svg_charts.shortened(label)
    assert len([letter for letter in shown if not unicodedata.combining(letter)]) <= svg_charts.LABEL_COLUMNS
    assert not any(unicodedata.category(letter) in ("Cc", "Cf") for letter in shown)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "under a minute"),
        (59.9, "under a minute"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (11520, "3 h 12 min"),
        (172800, "2.0 days"),
    ],
)
def test_duration_is_formatted_with_nonbreaking_spaces(seconds: float, said: str) -> None:
    shown = duration(seconds)
    assert shown.replace("\u00a0", " ") == said
    assert not re.search(r"\d ", shown)  # no line ends between a figure and its unit


def test_time_scale_unit_depends_on_longest_duration() -> None:
    assert [unit(longest)[0] for longest in (0, 7200, 7201, 345600, 345601)] == [60, 60, 3600, 3600, 86400]


# --- Cells -------------------------------------------------------------------------------------------------------------
@given(st.text())
def test_csv_text_cell_never_begins_as_a_formula(cell: str) -> None:
    safe = spreadsheets.safe(cell)
    assert not begins(safe) and safe[:1] not in ("\t", "\r", "\n")
    assert safe.replace("'", "") == cell.replace("'", "")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "cell",
    ["=HYPERLINK(1);+A", "a;+A", "a; \u00a0=A", "a\n-A", "a\t@A", "a\r\n＝A", "＋A", "a;;%A", 'a";"=A', "a;-A;=B"],
)
def test_csv_cell_never_begins_as_a_formula_with_any_separator(cell: str, separator: str) -> None:
    for row in ([cell], [1, cell], ["x", cell, "y"]):
        for read in csv.reader(io.StringIO(spreadsheets.written([row]), newline=""), delimiter=separator):
            assert not any(begins(one) or begins(one.lstrip().lstrip('"')) for one in read)


def begins(cell: str) -> bool:
    return cell.lstrip()[:1] in tuple("=+-@|%＝＋－＠")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=1))
def test_csv_cells_round_trip(cells: list[str]) -> None:
    (row,) = csv.reader(io.StringIO(spreadsheets.written([cells]), newline=""))
    assert row == [spreadsheets.safe(cell) for cell in cells]


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_csv_numbers_stay_numbers(number: float) -> None:
    assert float(spreadsheets.written([[number]])) == float(number)


def test_unknown_value_is_empty_in_csv_and_a_dash_on_pages() -> None:
    column = Column("Median", "duration")
    assert spreadsheets.written([[1, column.written(None), "-"]]) == '1,,"\'-"\r\n'
    assert (column.shown(None), column.written(90.0), column.header) == ("–", 1.5, "Median (minutes)")
