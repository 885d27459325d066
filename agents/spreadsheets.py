"""CSV files as spreadsheets read them: no cell of text is taken for a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Any

BOM = "\ufeff"  # by which spreadsheets know UTF-8
_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "|", "%")


def safe(cell: str) -> str:
    """The cell as text: a spreadsheet would take what begins like a formula for one."""
    return f"'{cell}" if cell.lstrip()[:1] in _BEGINNINGS or cell[:1] in "\t\r\n" else cell


def written(rows: Iterable[Iterable[Any]]) -> str:
    """The rows as lines of the file. Numbers stay numbers, nothing is an empty cell, all else is text."""
    file = io.StringIO()
    csv.writer(file).writerows([_cell(value) for value in row] for row in rows)
    return file.getvalue()


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float) else safe(str(value))
