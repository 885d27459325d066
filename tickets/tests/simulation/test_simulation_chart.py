"""The comparison chart: well-formed SVG with name and description, escaped, without styles."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from tickets.ranking.weights import DEFAULT_WEIGHTS
from tickets.simulation import Comparison, Fixed, Model, compare, draw_chart, first_in, smart
from tickets.tests.simulation.test_simulation_queue import ticket

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  our own


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(Model(agents=2, days=3), [first_in(), smart(DEFAULT_WEIGHTS)], [1, 2])


def test_simulation_chart_has_a_name_and_a_description(comparison: Comparison) -> None:
    root = parsed(draw_chart(comparison, prefix="weights"))
    assert root.tag == f"{SVG}svg" and root.get("role") == "img"
    ids = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    assert set((root.get("aria-labelledby") or "").split()) == set(ids) == {"weights-name", "weights-said"}
    assert "Smart order: mean wait" in (ids["weights-said"] or "")
    assert len(root.findall(f"{SVG}rect")) == 2 * 4  # a bar for each policy and figure


def test_simulation_chart_uses_attributes_instead_of_styles(comparison: Comparison) -> None:
    for text in (draw_chart(comparison), draw_chart(comparison, standalone=True)):
        root = parsed(text)
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
            "svg",
            "title",
            "desc",
            "rect",
            "line",
            "text",
        }
        assert not [element for element in root.iter() if "style" in element.attrib or "class" in element.attrib]


def test_inline_chart_inherits_the_page_colour_and_chart_file_sets_its_own(comparison: Comparison) -> None:
    inline, file = (parsed(draw_chart(comparison, standalone=alone)) for alone in (False, True))
    assert inline.get("fill") == file.get("fill") == "currentColor"
    assert inline.get("color") is None and file.get("color") == "#1b2125"
    assert len(file.findall(f"{SVG}rect")) == len(inline.findall(f"{SVG}rect")) + 1  # the paper


def test_chart_bars_are_proportional_and_stay_inside_the_chart(comparison: Comparison) -> None:
    root = parsed(draw_chart(comparison))
    one, two = (float(bar.get("width") or 0) for bar in root.findall(f"{SVG}rect")[2:4])
    ratio = comparison.ratio("at_risk", "smart", "first_in")
    assert ratio is not None and one / two == pytest.approx(ratio, rel=0.05)
    for element in root.iter():
        assert float(element.get("x2", 0)) <= 720 and float(element.get("x", 0)) <= 720


def test_chart_labels_are_escaped_and_invalid_xml_characters_removed() -> None:
    policy = replace(first_in(), label='<script>alert("x")</script> & \x00\ud800 ü')
    text = draw_chart(compare(Model(agents=2, days=1), [policy], [1]))
    assert "<script" not in text
    assert '<script>alert("x")</script> &  ü' in [element.text for element in parsed(text).iter()]


def test_missing_figures_are_shown_as_none() -> None:
    found = compare(Fixed([ticket(0)], 1), [first_in()], [1])
    texts = [element.text for element in parsed(draw_chart(found)).iter(f"{SVG}text")]
    assert texts.count("none") == 2  # no revenue at risk, nothing urgent
    assert not any("runs" in (text or "") for text in texts)
