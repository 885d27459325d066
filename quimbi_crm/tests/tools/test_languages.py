"""Catalogues are complete; pages are in the reader's language, the API and the admin site in English."""

import ast
import io
import re
import shutil
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from agents.models import Agent

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")


def catalogue(code: str, root: Path | None = None) -> Path:
    return (root or settings.BASE_DIR / "locale") / code / "LC_MESSAGES" / "django.po"


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_catalogue_entry_is_translated_with_the_same_placeholders(code: str) -> None:
    entries = polib.pofile(str(catalogue(code)))
    assert len(entries) > 300
    for entry in entries:
        assert entry.translated() and not entry.fuzzy, entry.msgid
        texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        for number, text in enumerate(texts):
            # A singular may say "one", or "today", where the plural says a number.
            source = (entry.msgid, entry.msgid_plural or entry.msgid) if number == 0 else (entry.msgid_plural,)
            assert set(PLACEHOLDER.findall(text)) in [set(PLACEHOLDER.findall(one)) for one in source], (
                entry.msgid,
                text,
            )
            assert text[:1].isspace() == entry.msgid[:1].isspace(), entry.msgid
            assert text[-1:].isspace() == entry.msgid[-1:].isspace(), entry.msgid


@pytest.mark.parametrize("code", LANGUAGES)
def test_compiled_catalogue_equals_source(code: str) -> None:
    source = {(e.msgctxt, e.msgid): (e.msgstr, e.msgstr_plural) for e in polib.pofile(str(catalogue(code)))}
    compiled = {
        (e.msgctxt, e.msgid): (e.msgstr, e.msgstr_plural) for e in polib.mofile(str(catalogue(code).with_suffix(".mo")))
    }
    assert compiled == source, "Run script/messages."


def test_catalogue_has_all_page_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # In a copy: makemessages writes where it finds a folder locale beside the sources.
    for folder in ("agents", "tickets", "intelligence", "quimbi_crm", "templates"):
        shutil.copytree(settings.BASE_DIR / folder, tmp_path / folder, ignore=shutil.ignore_patterns("tests", "*.pyc"))
    (tmp_path / "locale").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "LOCALE_PATHS", [tmp_path / "locale"])
    call_command("makemessages", locale=LANGUAGES, no_location=True, stdout=io.StringIO())
    for code in LANGUAGES:
        said = {(e.msgctxt, e.msgid) for e in polib.pofile(str(catalogue(code, tmp_path / "locale")))}
        known = {(e.msgctxt, e.msgid) for e in polib.pofile(str(catalogue(code)))}
        assert said == known, "Run script/messages, and translate what is new."


@pytest.fixture
def german(client: Client, manager: Agent) -> Client:
    client.force_login(manager)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de-AT,de;q=0.9,en;q=0.5"
    return client


def test_pages_use_the_language_of_accept_language(german: Client) -> None:
    page = german.get("/").content.decode()
    assert '<html lang="de"' in page and "Posteingang" in page and "Nächstes Ticket" in page
    told = german.post(reverse("alerts"), {"keyword": "ab,cd"}, follow=True).content.decode()
    assert "Ein Themenalarm ist ein einziges Wort ohne Kommas." in told


def test_api_and_admin_site_are_in_english_for_a_german_reader(german: Client) -> None:
    refused = german.post("/api/topic-alerts", {"keyword": "ab,cd"}, content_type="application/json")
    assert refused.json()["detail"] == "A topic alert is one keyword, without commas."
    assert german.get("/api/schema?format=json").headers["Content-Language"] == "en"
    assert '<html lang="en' in german.get("/admin/").content.decode()


GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "npgettext"}


def test_no_gettext_call_is_inside_an_f_string() -> None:
    """gettext does not extract texts from f-strings, so they would stay in English in every language."""
    found = []
    for app in ("agents", "tickets", "intelligence", "quimbi_crm"):
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            for outer in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(outer, ast.JoinedStr):
                    found += [f"{path}:{outer.lineno}" for inner in ast.walk(outer) if _translates(inner)]
    assert not found


def _translates(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    return (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) in GETTEXT
