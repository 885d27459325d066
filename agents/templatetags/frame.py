"""The parts of the frame that are the same for everybody who reads a page in one language."""

from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag(takes_context=True)
def dialogs(context: Any) -> SafeString:
    """The list of keys, the palette, and the notices that scripts show. Rendered once for each kind of page: it would take 3 % of
    the inbox's time."""
    here, tabs, manages = str(context.get("here", "")), bool(context.get("tabs")), bool(context.get("manages"))
    return _rendered(get_language() or "", here, tabs, manages)


@lru_cache(maxsize=128)
def _rendered(language: str, here: str, tabs: bool, manages: bool) -> SafeString:
    return SafeString(render_to_string("dialogs.html", {"here": here, "tabs": tabs, "manages": manages}))
