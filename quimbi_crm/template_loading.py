"""How templates are loaded: once for each language, with the sentences that never change looked up then.

A page of the inbox has about a hundred of them, and to look each up again at every request took a fourteenth of its time.
"""

from typing import Any

from django.template import Context
from django.template.base import Node, NodeList, Template, TextNode
from django.template.loaders import cached
from django.templatetags.i18n import LanguageNode, TranslateNode
from django.utils.translation import get_language


class Loader(cached.Loader):
    """Django's cached loader, keyed by name and language."""

    def cache_key(self, template_name: str, skip: Any = None) -> str:
        return f"{get_language()}:{super().cache_key(template_name, skip)}"

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        fresh = self.cache_key(template_name, skip) not in self.get_template_cache
        template = super().get_template(template_name, skip)
        if fresh:
            translate(template.nodelist)
        return template


def translate(nodes: NodeList) -> None:
    """Replace each constant `{% translate "…" %}` by its text in the current language.

    In place and one by one, because another thread may be rendering the template already.
    """
    for place, node in enumerate(nodes):
        if isinstance(node, TranslateNode):
            if _constant(node):
                nodes[place] = TextNode(node.render(Context()))
        elif not isinstance(node, LanguageNode):  # a `language` block has a language of its own
            for part in _parts(node):
                translate(part)


def _constant(node: Any) -> bool:
    said = node.filter_expression
    return said.var.literal is not None and not (said.filters or node.asvar or node.message_context)


def _parts(node: Node) -> list[NodeList]:
    if hasattr(node, "conditions_nodelists"):  # an `if` node, whose `nodelist` is a copy
        return [part for _condition, part in node.conditions_nodelists]
    found = (getattr(node, name, None) for name in node.child_nodelists)
    return [part for part in found if isinstance(part, NodeList)]
