"""Articles as exports pack them into one cell: JSON, or `name:Mug|quantity:2;name:…`, or one such text in a column of its own."""

from collections.abc import Sequence
from typing import Any

import orjson

from agents.common.patterns import compile_unicode
from tickets.imports.import_errors import Refused
from tickets.imports.recipes import Row
from tickets.imports.values import folded

_COLUMN = compile_unicode(r"lineitem([0-9]{1,4})")


def objects_of(value: Any) -> list[Row]:
    """A list of objects, also from JSON text or from `name:Mug|quantity:2;name:…` (WooCommerce). Raises `Refused`."""
    if isinstance(value, str):
        value = _parsed(value)
    if not isinstance(value, list) or not all(isinstance(line, dict) for line in value):
        raise Refused("a list of objects is expected.")
    return value


def packed_columns(header: Sequence[str]) -> dict[str, int]:
    """The columns `line_item_1`, `line_item_2`, … with one article each, in numeric order."""
    found: dict[int, int] = {}
    for place, name in enumerate(header):
        if match := _COLUMN.fullmatch(folded(name)):
            found.setdefault(int(match[1]), place)
    return {f"line_item_{number}": place for number, place in sorted(found.items())}


def packed_articles(row: Row) -> list[tuple[str, str]]:
    """The names and texts of the non-empty columns with one article each."""
    return [(name, value) for name, value in row.items() if name.startswith("line_item_") and isinstance(value, str)]


def article_of(text: str) -> Row:
    """The article of a text such as `name:Mug|sku:M-1|quantity:2`. Raises `Refused`."""
    article = _pairs(text)
    if article is None:
        raise Refused("a text such as name:Mug|quantity:2 is expected.")
    return article


def _parsed(text: str) -> Any:
    if text.lstrip()[:1] == "[":
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
    articles = [_pairs(part) for part in text.split(";") if part.strip()]
    return None if None in articles else articles


def _pairs(text: str) -> Row | None:
    pairs = [pair.partition(":") for pair in text.split("|")]
    if not all(separator for _, separator, _ in pairs):
        return None
    return {key.strip(): value.strip() for key, _, value in pairs}
