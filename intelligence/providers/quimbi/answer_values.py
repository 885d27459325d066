"""Read values from answers of any shape: each is validated, and `None` where it is missing."""

import math
from collections.abc import Iterable
from typing import Any

from agents.common.patterns import compile_unicode

Path = tuple[str, ...]
_NUMBER = compile_unicode(r"[+-]?\d{1,15}(?:\.\d{1,10})?")
LONGEST_NAME = 40  # characters
_NAME = compile_unicode(r"[A-Za-z0-9](?:[A-Za-z0-9 _-]|\.[0-9])*")


def at(data: Any, path: Path) -> Any:
    """The value at the path; `None` if there is none."""
    for key in path:
        if not isinstance(data, dict) or key not in data:
            return None
        data = data[key]
    return data


def has(data: Any, path: Path) -> bool:
    parent = at(data, path[:-1]) if len(path) > 1 else data
    return isinstance(parent, dict) and path[-1] in parent


def present(data: Any, paths: Iterable[Path]) -> Any:
    """The value at the first path that exists."""
    return next((at(data, path) for path in paths if has(data, path)), None)


def number(value: Any, low: float, high: float) -> float | None:
    """A finite number within the bounds, also if it was written as text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) and low <= found <= high else None


def parse_name(value: Any) -> str | None:
    """A short identifier, such as premium_loyalist."""
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= LONGEST_NAME and _NAME.fullmatch(text) else None


def texts(value: Any) -> list[str]:
    """The texts of a list, of a single text, or of an object's values with their names."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [f"{str(key).replace('_', ' ')}: {one}" for key, one in value.items() if isinstance(one, str)]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
