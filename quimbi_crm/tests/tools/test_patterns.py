"""Patterns that match external text run in linear time; files that use `re` are listed with a reason."""

import ast
import copy
import functools
import gc
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.common.pattern_syntax import Untranslatable
from agents.common.patterns import EDGE, END, Pattern, compile_pattern, compile_unicode

ROOT = Path(__file__).parents[3]
APPS = ("agents", "tickets", "intelligence", "quimbi_crm")
LENGTH = 32_768
MOST_SECONDS = 0.020  # of the processor, for one pattern and one text of that length
EACH_MATCH = 20e-6  # seconds for what Python makes of it
# What uses `re` all the same, by file, and why no text from outside can make it slow.
USES_RE = {
    "agents/common/unicode_composition.py": "looks for thirty of one class and one more: a fixed length",
    "intelligence/reading/cues/__init__.py": "reads a file of the program",
    "quimbi_crm/runtime/binaries.py": "reads what programs of ours say of their version",
    "tickets/demo/conversations/text_filling.py": "reads the demo's own texts",
    "tickets/pages/inbox/views.py": "removes blanks behind a line's end: each is looked at once",
    "tickets/simulation/chart.py": "looks for one character",
}
MATCHING = {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn", "template"}
NASTY = [
    *"aA1 @.-<&/\"'\\\n\t([*#_é漢\u0301Q",
    *("a@", "a.", "a-", "1-", "1 ", "a ", "a\n", " \n", "<a", "<a ", "</", "<!--", "**a", "```", "://a", "a.a@"),
    *("-- ", "On a", "€1", "1.", "www.a", "https://a ", "1234 ", "AB12 ", "12 Ab", "Ab 1", "abc 1234", "x" * 100 + " "),
    *("\u2028a", "\ud800", "\x00a", "ü1 "),
]


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.glob("*/**/*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(APPS) and "/tests/" not in name and "/migrations/" not in name:
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def uses_re(tree: ast.Module) -> bool:
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name in ("re", "regex")
    }
    if any(
        isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("re", "regex")
        for node in ast.walk(tree)
    ):
        return True
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in names
        and node.attr in MATCHING
        for node in ast.walk(tree)
    )


def test_python_re_is_used_only_in_listed_files() -> None:
    assert {name for name, tree in sources() if uses_re(tree)} == set(USES_RE)


def test_queries_validators_and_routes_use_no_regular_expressions() -> None:
    """Patterns in queries run in PostgreSQL; patterns of validators and routes run in `re`."""
    wrong = re.compile(r"__i?regex\b|RegexValidator|RegexField|\bre_path\b")
    found = [
        path.relative_to(ROOT).as_posix()
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "/tests/" not in path.as_posix() and "/migrations/" not in path.as_posix()
        if wrong.search(path.read_text(encoding="utf-8"))
    ]
    assert found == ["tickets/api/serializers.py"], "which asks for three letters: a fixed length"


@functools.cache
def every_pattern() -> tuple[Pattern, ...]:
    """Return the compiled patterns of all modules, including those compiled on first use."""
    from intelligence.providers.safety.forbidden_words import any_words, service_words
    from intelligence.reading import topic_tags
    from intelligence.reading.cues import LANGUAGES

    for app in APPS:
        package: ModuleType = importlib.import_module(app)
        for module in pkgutil.walk_packages(package.__path__, f"{app}."):
            if not any(part in module.name for part in (".tests", ".migrations", ".asgi", "__main__", ".bench")):
                importlib.import_module(module.name)
    service_words(), any_words()
    for language in LANGUAGES:
        topic_tags._patterns(language)
    # Not isinstance: it asks weak proxies for their class, and what they stand for may be gone.
    found = {id(one): one for one in gc.get_objects() if issubclass(type(one), Pattern)}
    return tuple(sorted(found.values(), key=lambda one: one.pattern))


def pieces(pattern: str) -> list[str]:
    """Return some literals of the pattern, single and in pairs."""
    literals = list(dict.fromkeys(re.findall(r"[A-Za-zäöüßéèêáíóúñ]{1,12}|[^\w\\()\[\]{}|?*+^$]", pattern)))
    some = literals[:: max(1, len(literals) // 6)][:6]
    return [*some, *(f"{one} " for one in some[:3]), *(one + other for one, other in zip(some, some[1:], strict=False))]


def long(piece: str) -> str:
    return (piece * (LENGTH // len(piece) + 1))[:LENGTH]


def is_slow(pattern: Pattern, text: str) -> bool:
    """Whether the pattern exceeds the limit; on a busy processor up to twice the limit is accepted if time grows linearly.

    If an eighth of the text takes so little time that even quadratic growth would stay below the limit, it is fast.
    """
    if least_seconds(pattern, text[: len(text) // 8], enough=MOST_SECONDS / 64) < MOST_SECONDS / 64:
        return False
    seconds = least_seconds(pattern, text)
    if seconds < MOST_SECONDS:
        return False
    seconds = least_seconds(pattern, text, tries=20)
    quarter = least_seconds(pattern, text[: len(text) // 4], tries=20, enough=0.0)
    return seconds >= MOST_SECONDS and (seconds >= 2 * MOST_SECONDS or seconds >= 8 * quarter)


def least_seconds(pattern: Pattern, text: str, tries: int = 4, enough: float = MOST_SECONDS) -> float:
    """Return the least processor time of several tries for all matches, because other programs may disturb one try."""
    least = 9.0
    for _ in range(tries):
        start = time.thread_time()
        matches = sum(1 for _ in pattern.finditer(text))
        took = time.thread_time() - start
        if pattern._checks and took >= enough:  # what RE2 found and a check refused costs the same
            unchecked = copy.copy(pattern)
            unchecked._checks = ()
            matches = sum(1 for _ in unchecked.finditer(text))
        least = min(least, took - matches * EACH_MATCH)
        if least < enough:
            break
    return least


def test_every_pattern_runs_in_linear_time(record_property: Any) -> None:
    """Less than 20 ms of processor time for the worst 32 KB text, without the Python objects of each match."""
    patterns = every_pattern()
    record_property("patterns", len(patterns))
    assert len(patterns) > 300
    texts: list[tuple[str, tuple[Pattern, ...]]] = [
        (long(piece), patterns) for piece in NASTY
    ]  # each text is prepared once for all patterns
    texts += [(long(piece), (pattern,)) for pattern in patterns for piece in pieces(pattern.pattern)]
    slow = [
        (f"{least_seconds(pattern, text) * 1000:.0f} ms", text[:20], pattern.pattern[:100])
        for text, those in texts
        for pattern in those
        if is_slow(pattern, text)
    ]
    assert slow == []


def test_pattern_with_a_backreference_is_refused() -> None:
    with pytest.raises(Untranslatable):
        compile_unicode(r"(a+)\1")


SAMPLES = [
    r"\b\w+\b",
    r"(?<!\w)é+(?!\w)",
    r"[^\W\d_]+",
    r"(?<=[.!?])\s+",
    r"\d+[^\d]",
    r"[^\s@]+@\S",
    r"[äöüß]+q?",
    r"[^q]+",
    r"[^é²]+x*",
    r"(a|é)(b)?\b",
    r"(?<![\w-])[A-ZÀ-Ý]\w*(?![\w-])",
    r"^a|b\Z",
    r"a(?!b)\w",
    r"(?<!ab)é",
    r"x(?:a(?!é)|b)",
    r"\W+",
    r".+?\b",
]


@pytest.mark.parametrize("ignore_case", [False, True])
@pytest.mark.parametrize("pattern", SAMPLES)
@given(text=st.text(alphabet="abqQxXé²ßÀÉ٣ -.!?@’\u00a0\u3000\n_漢\u0301J\u2028\x1c0\ud800\x00", max_size=20))
def test_translated_pattern_matches_like_python(pattern: str, ignore_case: bool, text: str) -> None:
    theirs = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    ours = compile_unicode(pattern, ignore_case=ignore_case)
    assert [(one.span(), one.groups()) for one in ours.finditer(text)] == [
        (one.span(), one.groups()) for one in theirs.finditer(text)
    ]
    assert ours.sub("-", text) == theirs.sub("-", text)
    assert (ours.fullmatch(text) is None) == (theirs.fullmatch(text) is None)


def test_shorter_match_is_not_found_where_look_around_refuses_the_first() -> None:
    """The documented difference to Python: look-around inside a pattern only checks the match that RE2 finds."""
    assert re.search(r"x(?:a(?!é)|b)?", "xaé") is not None
    assert compile_unicode(r"x(?:a(?!é)|b)?").search("xaé") is None


@given(text=st.text(alphabet="ab.é -1!\ud800", max_size=20))
def test_adjacent_matches_may_share_the_boundary_character(text: str) -> None:
    found = [one.span() for one in compile_pattern("[ab]+", behind=EDGE, ahead=END).finditer(text)]
    assert found == [one.span() for one in re.finditer(r"\b[ab]+\b", text)]


def test_replacement_expands_group_numbers_and_refuses_other_escapes() -> None:
    assert compile_unicode("(ä)(b)?").sub(r"<\1\2\\>", "äb ä") == "<äb\\> <ä\\>"
    with pytest.raises(ValueError, match="No escape"):
        compile_unicode("a").sub(r"\g<0>", "a")
