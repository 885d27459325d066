"""Put names of things into sentences in the page's language."""

from typing import Any

from django.utils.translation import get_language


def within(label: Any) -> str:
    """A label inside a sentence: lower case in English; German keeps the capital of nouns."""
    return str(label) if (get_language() or "").startswith("de") else str(label).lower()
