"""Names within sentences, from whichever side they are written: the sentence around them stays as it is."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from agents.common.unicode_composition import isolated as isolated_text

register = template.Library()


@register.filter
def bdi(name: Any) -> SafeString:
    """Where there is markup."""
    return format_html("<bdi>{}</bdi>", name)


@register.filter
def isolated(name: Any) -> str:
    """Where there is none, as in a page's title."""
    return isolated_text(str(name))
