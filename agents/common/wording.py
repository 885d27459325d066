"""Put names of things into sentences in the page's language, and tell whether a text is empty."""

import unicodedata
from typing import Any

from django.utils.translation import get_language


def within(label: Any) -> str:
    """A label inside a sentence: lower case in English; German keeps the capital of nouns."""
    return str(label) if (get_language() or "").startswith("de") else str(label).lower()


# Letters by their category that are invisible: Hangul fillers and the blank braille pattern.
_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def is_visible(text: str) -> bool:
    """Whether the text has a visible character: zero-width and control characters alone are blank."""
    return any(unicodedata.category(letter)[0] not in "ZC" and letter not in _UNSEEN for letter in text)
