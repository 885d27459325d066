"""Compose Unicode text from outside (NFC) in linear time, and tell what of it can be seen.

Python sorts a run of combining marks in a time that grows with the square of its length, and holds up all other threads
meanwhile: 100,000 marks take most of a minute. No language puts more than a few on one letter, so that longer runs are
divided by an invisible joiner, as the stream-safe text format has it (Unicode Standard Annex 15, section 13): nothing is lost.
"""

import re
import unicodedata
from typing import Literal

MOST_MARKS = 30
JOINER = "\u034f"
# The only character that decomposes into more than 8, namely 18: its first 8 stand for it.
LONGEST, SHORTENED = "\ufdfa", unicodedata.normalize("NFKC", "\ufdfa")[:8]
MAX_COMPATIBLE = 200_000
# Characters whose decomposition begins with a combining mark, although they are not marks themselves.
_HALF_MARKS = "\u0f73\u0f75\u0f81\uff9e\uff9f"
_MARKS = "".join(chr(code) for code in range(0x300, 0x20000) if unicodedata.combining(chr(code))) + _HALF_MARKS
_LONG_RUN = re.compile(f"[{re.escape(_MARKS)}]{{{MOST_MARKS}}}(?=[{re.escape(_MARKS)}])")
# Exceptions from the removal of invisible characters, which reverse text, hide letters or only control machines.
# Writing needs these: joiners (U+200C, U+200D), direction marks that keep punctuation in place (U+061C, U+200E, U+200F)
# and signs before numbers.
_NEEDED = frozenset("\u061c\u200c\u200d\u200e\u200f")
_SEEN_SIGNS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
# Letters by their category that are invisible: Hangul fillers and the blank braille pattern.
_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def composed(text: str, form: Literal["NFC", "NFKC"] = "NFC") -> str:
    """Compose the text (NFC or NFKC). NFKC can make texts longer: the result is cut at MAX_COMPATIBLE."""
    if text.isascii():
        return text
    safe = stream_safe(text)
    if form == "NFKC":
        # Cut before the slow search for long runs of marks, and again after it, because it adds joiners.
        done = unicodedata.normalize(form, safe.replace(LONGEST, SHORTENED))[:MAX_COMPATIBLE]
        return safe if done == safe else stream_safe(done)[:MAX_COMPATIBLE]
    done = unicodedata.normalize(form, safe)
    return safe if done == safe else stream_safe(done)


def stream_safe(text: str) -> str:
    """The text without a run of more than 30 combining marks."""
    return _LONG_RUN.sub(rf"\g<0>{JOINER}", text)


def seen_alone(text: str) -> str:
    """Remove invisible format characters that no language needs, from names and other single lines."""
    if text.isascii():
        return text
    return "".join(c for c in text if unicodedata.category(c) != "Cf" or c in _NEEDED or c in _SEEN_SIGNS)


def isolated(name: str) -> str:
    """Isolate a name's writing direction inside a plain sentence."""
    return f"\u2068{name}\u2069"


def is_visible(text: str) -> bool:
    """Whether the text has a visible character: zero-width and control characters alone are blank."""
    return any(unicodedata.category(letter)[0] not in "ZC" and letter not in _UNSEEN for letter in text)
