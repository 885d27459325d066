"""The words by which a topic is told, one file per language.

A strong cue names the topic alone, two different weak ones (marked “~”) do so together. Patterns are regular expressions,
matched on lower case and between word boundaries.
"""

import functools
import re
from pathlib import Path

STRONG, WEAK = 1.0, 0.5
LANGUAGES = ("en", "de", "fr", "es")
_SECTION = re.compile(r"\[([a-z_]+)\]")
_FOLDER = Path(__file__).parent


@functools.cache
def cues(language: str) -> dict[str, dict[float, list[str]]]:
    """The patterns of a language by tag and strength, from its text file in this folder; the strength is added to the tag's
    weight.
    """
    found: dict[str, dict[float, list[str]]] = {}
    tag = ""
    for line in (_FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if section := _SECTION.fullmatch(line):
            tag = section[1]
            found[tag] = {STRONG: [], WEAK: []}
        elif line and not line.startswith("#"):
            strength = WEAK if line.startswith("~") else STRONG
            found[tag][strength].append(line.removeprefix("~").strip())
    return found
