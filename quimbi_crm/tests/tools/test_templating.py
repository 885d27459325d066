"""The program's template loader renders the same as Django's loader in every language."""

from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Engine
from django.template.base import TextNode
from django.templatetags.i18n import TranslateNode
from django.utils.translation import override

TEXTS = {
    "base": '{% load i18n %}<p>{% translate "Inbox" %}</p>{% block main %}{% translate "Close" %}{% endblock %}',
    "part": (
        '{% load i18n %}{% if on %}{% translate "Snooze" %}{% elif on is None %}{% translate "Status" %}'
        '{% else %}{% translate "Tag" %}{% endif %}'
    ),
    "page": (
        '{% extends "base" %}{% load i18n %}{% block main %}{{ block.super }}{% include "part" %}'
        '{% for one in many %}{{ one }}{% translate "Priority" %}{% empty %}{% translate "Nothing" %}{% endfor %}'
        '{% with x=1 %}{% translate "Channel" %}{% endwith %}{% translate word %}{% translate "Close"|upper %}'
        '{% translate "Open" as said %}[{{ said }}]{% translate "100 %" %}{% translate "Inbox" noop %}'
        '{% translate "<b>&" %}{% blocktranslate %}Hello {{ word }}{% endblocktranslate %}'
        '{% language "de" %}{% if word %}{% translate "Inbox" %}{% endif %}{% endlanguage %}{% endblock %}'
    ),
}
PLAIN = ("django.template.loaders.locmem.Loader", TEXTS)
CONTEXTS: list[dict[str, Any]] = [
    {"word": "Inbox", "on": True, "many": ["<1>", "2"]},
    {"word": "<script>", "on": None, "many": []},
    {"word": "Tag", "on": False, "many": ["1"]},
]


def engine(loader: Any) -> Engine:
    return Engine(loaders=[loader], libraries={"i18n": "django.templatetags.i18n"})


def test_template_loader_renders_like_djangos_loader_in_each_language() -> None:
    ours, django = engine(("quimbi_crm.template_loading.Loader", [PLAIN])), engine(PLAIN)
    seen = set()
    for _ in range(2):
        for language in ("en", "de"):
            with override(language):
                for values in CONTEXTS:
                    said = ours.get_template("page").render(Context(values))
                    assert said == django.get_template("page").render(Context(values))
                    seen.add(said)
    assert len(seen) == 6  # German is German


def test_only_constant_translations_are_resolved_at_load_time() -> None:
    with override("de"):
        template = engine(("quimbi_crm.template_loading.Loader", [PLAIN])).get_template("page")
        left: Any = template.nodelist.get_nodes_by_type(TranslateNode)
        assert [str(node.filter_expression) for node in left] == ["word", '"Close"|upper', '"Open"', '"Inbox"']
        texts: Any = template.nodelist.get_nodes_by_type(TextNode)
        assert any("Kanal" in node.s for node in texts)


@pytest.mark.parametrize("language", ["en", "de"])
def test_program_uses_its_own_template_loader(language: str) -> None:
    from django.template import engines

    assert settings.TEMPLATES[0]["OPTIONS"]["loaders"][0][0] == "quimbi_crm.template_loading.Loader"
    with override(language):
        row: Any = engines["django"].get_template("tickets/row.html")
        assert not row.template.nodelist.get_nodes_by_type(TranslateNode)
