"""What a remote service must not write, read from `words/*.toml`. Stricter than what our own sentences are judged by.

Patterns are matched on small letters with straight apostrophes. `commit` are words of what somebody would have to decide
(refunds, replacements, discounts); `topical` the ways to speak of one without giving it; `acts` deeds that no record shows;
`states` what a text says of an order, by the state that must be true, "none" where no record could have it. `frames` are the
beginnings of clauses that need no record, `leads` and `subordinate` what may stand before them, `clauses` where one ends.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from intelligence.drafting.packs import LANGUAGES

FOLDER = Path(__file__).parent / "words"


@dataclass(frozen=True)
class ServiceWords:
    """Patterns of one language; `lowered` are first words that are written small after a greeting."""

    commit: re.Pattern[str]
    topical: re.Pattern[str]
    offer: re.Pattern[str]
    acts: re.Pattern[str]
    hedge: re.Pattern[str]
    negation: re.Pattern[str]
    legal: re.Pattern[str]
    amounts: re.Pattern[str]
    times: re.Pattern[str]
    months: re.Pattern[str]
    counts: re.Pattern[str]
    polite: re.Pattern[str]
    people: re.Pattern[str]
    greeting: re.Pattern[str]
    signoff: re.Pattern[str]
    leads: re.Pattern[str]
    clauses: re.Pattern[str]
    subordinate: re.Pattern[str]
    frames: re.Pattern[str]
    subjects: re.Pattern[str]
    told: re.Pattern[str]
    contact: re.Pattern[str]
    states: tuple[tuple[str, re.Pattern[str]], ...]
    lowered: frozenset[str]


@dataclass(frozen=True)
class AnyWords:
    """Patterns of all languages at once."""

    insults: re.Pattern[str]
    machine: re.Pattern[str]
    secrets: re.Pattern[str]
    secrets_denied: re.Pattern[str]
    except_: re.Pattern[str]
    internal: re.Pattern[str]
    beyond: re.Pattern[str]
    web: re.Pattern[str]
    carriers: re.Pattern[str]
    digits: re.Pattern[str]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join(text.split("\n")))


def _language(code: str) -> ServiceWords:
    data = _read(code)
    states = tuple((state, _pattern(text)) for state, text in data.pop("states").items())
    lowered = frozenset(data.pop("lowered").split())
    return ServiceWords(**{key: _pattern(text) for key, text in data.items()}, states=states, lowered=lowered)


@cache
def service_words() -> dict[str, ServiceWords]:
    """By language, those that drafts are written in."""
    return {code: _language(code) for code in LANGUAGES}


@cache
def any_words() -> AnyWords:
    return AnyWords(**{key: _pattern(text) for key, text in _read("any").items()})
