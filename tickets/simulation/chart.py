"""The figures as bars: an SVG made on the server, with attributes only, so that no content policy minds it."""

import re
from xml.etree import ElementTree as ET

from tickets.simulation.comparison import Comparison, PolicyResult
from tickets.simulation.result_table import hours
from tickets.simulation.waiting_times import MEASURES, Spread

# Mid tones with a contrast of at least 3:1 against white and near black.
_FILLS = {
    "first_in": "#7f8a91",
    "priority": "#b1761a",
    "smart": "#1b8ba1",
    "proposed": "#9b6ab5",
    "points_only": "#c2604f",
}
_OTHER = "#7f8a91"
# A standalone file has the colours of the light theme, because an image does not know the page around it.
_INK, _PAPER = "#1b2125", "#ffffff"
_WIDTH, _LEFT, _RIGHT = 720, 172, 96
_ROW, _BAR, _HEAD, _GAP = 22, 13, 26, 14
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draw_chart(comparison: Comparison, *, prefix: str = "ordering", standalone: bool = False) -> str:
    """Four groups of bars, one for each figure, each with its own scale; a thin line spans the seeds.

    Within a page it uses the text's colour; `standalone` gives it colours and a background for a file. `prefix` starts its ids,
    for a page with more than one.
    """
    panel = _HEAD + _ROW * len(comparison.results) + _GAP
    height = panel * len(MEASURES) + 24
    margin = 16 if standalone else 0
    box = (-margin, -margin, _WIDTH + 2 * margin, height + 2 * margin)
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": " ".join(map(str, box)),
            "width": str(box[2]) if standalone else "100%",
            "role": "img",
            "aria-labelledby": f"{prefix}-name {prefix}-said",
            "font-family": _FONT,
            "font-size": "13",
            "fill": "currentColor",
        },
    )
    if standalone:
        root.set("height", str(box[3]))
        root.set("color", _INK)
    _text(root, "title", "Hours of waiting by order of the queue", id=f"{prefix}-name")
    _text(root, "desc", describe(comparison), id=f"{prefix}-said")
    if standalone:
        _add(root, "rect", x=box[0], y=box[1], width=box[2], height=box[3], fill=_PAPER)
    for place, measure in enumerate(MEASURES):
        _panel(root, comparison, measure, place * panel)
    if len(comparison.seeds) > 1:
        told = f"Bars: means of {len(comparison.seeds)} runs. Thin lines: from the least to the most of them."
        _text(root, "text", told, x=0, y=height - 10, font__size="12")
    return ET.tostring(root, encoding="unicode")


def describe(comparison: Comparison) -> str:
    """What the chart shows, in a sentence for each order."""
    said = [f"Over {len(comparison.seeds)} runs with a load of {comparison.load.mean:.0%}, in hours."]
    for result in comparison.results:
        parts = [
            f"{label.lower()} {hours(found.mean)}"
            for measure, label in MEASURES.items()
            if (found := result.measure(measure))
        ]
        said.append(f"{result.label}: {', '.join(parts)}.")
    return " ".join(said)


def _panel(root: ET.Element, comparison: Comparison, measure: str, top: float) -> None:
    found = [(result, result.measure(measure)) for result in comparison.results]
    most = max((spread.most for _, spread in found if spread), default=0.0)
    scale = (_WIDTH - _LEFT - _RIGHT) / most if most > 0 else 0.0
    _text(root, "text", f"{MEASURES[measure]}, hours", x=0, y=top + 14, font__weight="600")
    bottom = top + _HEAD + _ROW * len(found)
    _add(root, "line", x1=_LEFT, x2=_LEFT, y1=top + _HEAD - 4, y2=bottom, stroke="currentColor", stroke__opacity=0.5)
    for row, (result, spread) in enumerate(found):
        _bar(root, result, spread, scale, top + _HEAD + row * _ROW)


def _bar(root: ET.Element, result: PolicyResult, spread: Spread | None, scale: float, top: float) -> None:
    base = top + _BAR - 2
    _text(root, "text", result.label, x=_LEFT - 8, y=base, text__anchor="end")
    if spread is None:
        _text(root, "text", "none", x=_LEFT + 6, y=base)
        return
    fill = _FILLS.get(result.name, _OTHER)
    middle = top + _BAR / 2
    _add(root, "rect", x=_LEFT, y=top, width=max(1.0, spread.mean * scale), height=_BAR, fill=fill)
    ends = [_LEFT + value * scale for value in (spread.least, spread.most)]
    _add(root, "line", x1=ends[0], x2=ends[1], y1=middle, y2=middle, stroke="currentColor", stroke__width=1.5)
    _text(root, "text", hours(spread.mean), x=max(ends[1], _LEFT + 1) + 8, y=base)


def _add(parent: ET.Element, tag: str, **attributes: str | float) -> ET.Element:
    """An element; `__` in a name is a hyphen, and coordinates have a decimal at most."""
    texts = {
        name.replace("__", "-"): value if isinstance(value, str) else f"{round(value, 1):g}"
        for name, value in attributes.items()
    }
    return ET.SubElement(parent, tag, texts)


def _text(parent: ET.Element, tag: str, text: str, **attributes: str | float) -> None:
    """ElementTree escapes what XML can say; what it cannot is left out."""
    _add(parent, tag, **attributes).text = _NOT_XML.sub("", text)
