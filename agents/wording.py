"""How names of things stand within a sentence, in the language of the page."""

from typing import Any

from django.utils.translation import get_language


def within(label: Any) -> str:
    """A label within a sentence: in lower case where the language does so with nouns; German keeps the capital."""
    return str(label) if (get_language() or "").startswith("de") else str(label).lower()
