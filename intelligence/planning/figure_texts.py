"""Format figures and dates in the sentences of a plan. Plans are for agents and in English."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from intelligence.contract.facts import OrderFacts
from intelligence.drafting import record_values

LANGUAGE_NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "cs": "Czech", "da": "Danish", "el": "Greek", "et": "Estonian", "fi": "Finnish",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese",
    "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sv": "Swedish", "th": "Thai", "tr": "Turkish",
    "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def language(code: str) -> str:
    """The language's English name, or its code."""
    return LANGUAGE_NAMES.get(code, f"the language “{code}”")


def money(amount: float, currency: str) -> str:
    return f"{amount:,.2f} {currency}"


def day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def days(count: int) -> str:
    return counted(count, "day")


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def span(time: timedelta) -> str:
    """A duration in hours below two days, then in days; rounded down."""
    hours = int(time.total_seconds() // 3600)
    if hours < 1:
        return "less than an hour"
    return counted(hours, "hour") if hours < 48 else days(hours // 24)


def joined(parts: Iterable[str]) -> str:
    """“a, b and c”."""
    found = list(parts)
    return " and ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else "".join(found)


def titled(order: OrderFacts) -> str:
    """“order #1001”, or the order's date if its number cannot be written."""
    number = record_values.order_number(order.number)
    return f"order {number}" if number else f"the order of {day(order.placed_at)}"


def sentence(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]
