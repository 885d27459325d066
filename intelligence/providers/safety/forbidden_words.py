"""What a remote service must not write, read from `words/*.toml`. Stricter than what our own sentences are judged by.

Patterns are matched on small letters with straight apostrophes. `commit` are words of what somebody would have to decide
(refunds, replacements, discounts); `topical` the ways to speak of one without giving it; `acts` deeds that no record shows;
`states` what a text says of an order, by the state that must be true, "none" where no record could have it. `frames` are the
beginnings of clauses that need no record, `leads` and `subordinate` what may stand before them, `clauses` where one ends.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from agents.common.patterns import Pattern, compile_unicode
from intelligence.drafting.packs import LANGUAGES

FOLDER = Path(__file__).parent / "words"


@dataclass(frozen=True)
class ServiceWords:
    """Patterns of one language. `lowered` are first words that become small after a greeting."""

    commit: Pattern
    topical: Pattern
    offer: Pattern
    acts: Pattern
    hedge: Pattern
    negation: Pattern
    legal: Pattern
    amounts: Pattern
    times: Pattern
    months: Pattern
    counts: Pattern
    polite: Pattern
    people: Pattern
    greeting: Pattern
    signoff: Pattern
    leads: Pattern
    clauses: Pattern
    subordinate: Pattern
    frames: Pattern
    subjects: Pattern
    told: Pattern
    contact: Pattern
    states: tuple[tuple[str, Pattern], ...]
    lowered: frozenset[str]


@dataclass(frozen=True)
class AnyWords:
    """Patterns that hold for all languages."""

    insults: Pattern
    machine: Pattern
    secrets: Pattern
    secrets_denied: Pattern
    except_: Pattern
    internal: Pattern
    beyond: Pattern
    web: Pattern
    carriers: Pattern
    digits: Pattern


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _pattern(text: str) -> Pattern:
    return compile_unicode("".join(text.split("\n")))


def _language(code: str) -> ServiceWords:
    data = _read(code)
    states = tuple((state, _pattern(text)) for state, text in data.pop("states").items())
    lowered = frozenset(data.pop("lowered").split())
    return ServiceWords(**{key: _pattern(text) for key, text in data.items()}, states=states, lowered=lowered)


@cache
def service_words() -> dict[str, ServiceWords]:
    """Patterns by language, for the languages of drafts."""
    return {code: _language(code) for code in LANGUAGES}


@cache
def any_words() -> AnyWords:
    return AnyWords(**{key: _pattern(text) for key, text in _read("any").items()})
