"""Write CSV files in which no spreadsheet takes a cell for a formula, whatever its separator."""

import re
from collections.abc import Iterable
from typing import Any

from agents.common.patterns import compile_unicode

BOM = "\ufeff"  # lets spreadsheet programs recognize UTF-8
# Spreadsheet programs of East Asian languages treat the full-width signs like the ASCII ones.
_BEGINNINGS = "=+-@|%＝＋－＠"
# A spreadsheet with another separator (a semicolon, in locales with a decimal comma) may start a new cell or row here,
# since quotation marks inside such a cell do not protect its content.
_INSIDE = compile_unicode(rf"([;\t\r\n](?:[^\S\t\r\n]|\x22)*)(?=[{re.escape(_BEGINNINGS)}])")


def safe(cell: str) -> str:
    """Escape a cell that a spreadsheet would take for a formula."""
    begins = (beginning := cell.lstrip()[:1]) and beginning in _BEGINNINGS
    text = _INSIDE.sub(r"\1'", cell)
    return f"'{text}" if begins or (cell[:1] and cell[:1] in "\t\r\n") else text


def written(rows: Iterable[Iterable[Any]]) -> str:
    """Format rows as CSV lines: numbers stay numbers, `None` is an empty cell, everything else is quoted text."""
    return "".join(f"{','.join(map(_cell, row))}\r\n" for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    return '"' + safe(str(value)).replace('"', '""') + '"'
