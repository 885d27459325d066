"""What is made of measured times: percentiles, ratios, and how people read them."""

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The percentile of the values, interpolated. NaN for an empty list."""
    if not 0 <= share <= 1:
        raise ValueError(f"A share is from 0 to 1, not {share}.")
    if not values:
        return math.nan
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def p50(values: Sequence[float]) -> float:
    return percentile(values, 0.5)


def p95(values: Sequence[float]) -> float:
    return percentile(values, 0.95)


def ratio(value: float, of: float) -> float:
    """`value` divided by `of`; NaN if one was not measured."""
    return value / of if of > 0 and not math.isnan(value) else math.nan


def milliseconds(seconds: float) -> str:
    """Three significant digits, as "4.31", "43.1", "431" or "4,310"; a dash for unmeasured values."""
    return _three(seconds * 1000)


def times(factor: float) -> str:
    """A ratio, as "0.92 ×" or "1,070 ×"; a dash for unmeasured values."""
    return "–" if math.isnan(factor) else f"{_three(factor)} ×"


def megabytes(size: float) -> str:
    return "–" if math.isnan(size) else f"{size / 1e6:,.0f} MB"


def size_name(count: int) -> str:
    """A size as people write it: 10k, 100k, 1M."""
    for unit, letter in ((1_000_000, "M"), (1000, "k")):
        if count >= unit and count % unit == 0:
            return f"{count // unit}{letter}"
    return str(count)


def parse_size(text: str) -> int:
    """The number that `size_name` names. Raises `ValueError`."""
    letters = {"k": 1000, "m": 1_000_000}
    digits, factor = text.strip().lower(), 1
    if digits[-1:] in letters:
        digits, factor = digits[:-1], letters[digits[-1:]]
    if not digits.isascii() or not digits.isdigit():
        raise ValueError(f"{text!r} is no number of tickets, as 10k, 100k or 1M are.")
    return int(digits) * factor


def _three(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.3g}" if value < 0.01 else f"{value:#.3g}"
