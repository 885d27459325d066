"""Tag a message by the words of each topic."""

import functools
from collections.abc import Iterable

from agents.common.patterns import Pattern, compile_unicode
from intelligence.contract.results import Contribution
from intelligence.reading.cues import LANGUAGES, STRONG, cues

NAMES = tuple(cues("en"))
ENOUGH = STRONG  # total weight of cues that sets a tag
MOST = 5  # tags of one message; more would not help to sort it
# Denied pleasure is no praise; the other topics remain topics when denied.
_DENIED = "".join(f"(?<!{word} )" for word in ("not", "n't", "never", "not very", "not so", "nicht", "pas", "no"))
REPEATS = 3  # different cues of one strength that are counted


def tag_parts(text: str, language: str | None) -> tuple[Contribution, ...]:
    """The matched cues of each tag with enough weight, strongest tags first. Each cue's weight counts towards its tag.

    Languages without cues have no tags; for an unknown language all cues are tried.
    """
    patterns = [_patterns(code) for code in LANGUAGES if language in (code, None)]
    lowered = " ".join(text.lower().split())
    found: dict[tuple[str, str], float] = {}
    for one in patterns:
        for tag, weight, pattern in one:
            seen = sorted({match.group() for match in pattern.finditer(lowered)})
            for said in seen[:REPEATS]:
                found[tag, said] = max(weight, found.get((tag, said), 0.0))
    totals = weights(Contribution(tag, weight) for (tag, _), weight in found.items())
    kept = strongest(totals)
    return tuple(
        Contribution(tag, weight, said)
        for tag in kept
        for (name, said), weight in sorted(found.items(), key=lambda item: (-item[1], item[0]))
        if name == tag
    )


def weights(parts: Iterable[Contribution]) -> dict[str, float]:
    """Tag → the sum of its cues' weights."""
    totals: dict[str, float] = {}
    for part in parts:
        totals[part.name] = totals.get(part.name, 0.0) + part.weight
    return totals


def strongest(totals: dict[str, float]) -> tuple[str, ...]:
    """The tags with enough weight, at most five, strongest first; ties are in the order of `NAMES`."""
    enough = [tag for tag, weight in totals.items() if weight >= ENOUGH]
    return tuple(sorted(enough, key=lambda tag: (-totals[tag], NAMES.index(tag)))[:MOST])


@functools.cache
def _patterns(language: str) -> tuple[tuple[str, float, Pattern], ...]:
    return tuple(
        (tag, weight, compile_unicode(rf"(?<!\w){_DENIED if tag == 'praise' else ''}(?:{'|'.join(patterns)})(?!\w)"))
        for tag, strengths in cues(language).items()
        for weight, patterns in strengths.items()
        if patterns
    )
