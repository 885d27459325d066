"""Names within sentences: a name written from right to left does not reorder the sentence around it."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from agents.common.unicode_composition import isolated as isolated_text

register = template.Library()


@register.filter
def bdi(name: Any) -> SafeString:
    """The name in a `<bdi>` element, so that its direction does not change the sentence around it."""
    return format_html("<bdi>{}</bdi>", name)


@register.filter
def isolated(name: Any) -> str:
    """The name in isolation marks; without them for places such as a page's title, which has no markup."""
    return isolated_text(str(name))
