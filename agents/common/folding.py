"""Fold text for search, so that what a person types finds what is stored: "strasser" finds "Straßer".

`fold` ignores case, accents, ligatures, invisible format characters and the kind of quotation mark, dash and blank. What is
left beyond ASCII (Greek, Cyrillic, Chinese …) is written as capital letters, five for each character. Two reasons:
pg_trgm indexes nothing but ASCII in a database with the locale C, and no trigram of a single Chinese character exists.
Capitals never meet the folded ASCII text, which is in lower case.

PostgreSQL has the same function without the bounds on length, `search_fold`, for expression indexes on short columns (names,
order numbers). `SQL` defines it; whoever changes this module writes a migration that defines it anew and folds what is stored
anew.
"""

import unicodedata
from typing import Any

from django.db.models import CharField, Transform

from agents.common.unicode_composition import LONGEST, MAX_COMPATIBLE, SHORTENED, composed

ALPHABET = "ABCDEFGHIJKLMNOPRSTUVWXYZ"  # no Q: it begins the code of each character
_BASE = len(ALPHABET)
# Long enough for the longest message: 100,000 Chinese characters take five letters each.
MAX_FOLDED = 500_000

# Letters that NFKD does not decompose, although people type them without their strokes.
_LETTERS = {
    "ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "þ": "th", "Þ": "th", "ð": "d", "Ð": "d",
    "ø": "o", "Ø": "o", "đ": "d", "Đ": "d", "ł": "l", "Ł": "l", "ħ": "h", "Ħ": "h", "ŧ": "t", "Ŧ": "t",
    "ı": "i", "ĸ": "k", "ŋ": "n", "Ŋ": "n", "ə": "e", "Ə": "e",
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "ʼ": "'", "ʻ": "'", "′": "'", "“": '"', "”": '"', "„": '"', "‟": '"',
    "«": '"', "»": '"', "‐": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
}  # fmt: skip
# Combining marks of Latin, Greek, Cyrillic, Hebrew and Arabic script, and invisible characters.
_DELETED = (
    (0xAD, 0xAE), (0x300, 0x370), (0x483, 0x488), (0x591, 0x5BE), (0x5BF, 0x5C0), (0x5C1, 0x5C3), (0x5C4, 0x5C6),
    (0x5C7, 0x5C8), (0x610, 0x61B), (0x61C, 0x61D), (0x640, 0x641), (0x64B, 0x660), (0x670, 0x671), (0x6D6, 0x6DD),
    (0x180E, 0x180F), (0x1AB0, 0x1B00), (0x1DC0, 0x1E00), (0x200B, 0x2010), (0x202A, 0x202F), (0x2060, 0x2070),
    (0x20D0, 0x2100), (0xFE00, 0xFE10), (0xFE20, 0xFE30), (0xFEFF, 0xFF00),
)  # fmt: skip
# Code point ranges of the scripts with upper and lower case.
_CASED = ((0x41, 0x5B), (0x80, 0x3000), (0xA640, 0xABC0), (0x1E900, 0x1E944))


def _simple_folds() -> dict[str, str]:
    """Letters and digits with a simple fold: capitals that Unicode does not decompose, and digits of other scripts."""
    folds = {}
    for first, end in _CASED:
        for letter in map(chr, range(first, end)):
            if letter.isdecimal():
                folds[letter] = str(unicodedata.decimal(letter))
                continue
            small = letter.casefold()
            if small != letter and len(small) == 1 and unicodedata.normalize("NFKD", letter) == letter:
                folds[letter] = small
    return folds


_TABLE: dict[str, str] = {
    **_simple_folds(),
    **{chr(code): "" for first, end in _DELETED for code in range(first, end)},
    **_LETTERS,
}
_TRANSLATION = str.maketrans(_TABLE)


class _Encoding(dict[int, str]):
    """Encodes every character beyond ASCII as a Q and four capitals, cached."""

    def __missing__(self, code: int) -> str:
        places = (code // _BASE**3 % _BASE, code // _BASE**2 % _BASE, code // _BASE % _BASE, code % _BASE)
        letters = "Q" + "".join(ALPHABET[place] for place in places)
        if len(self) < 0x10000:
            self[code] = letters
        return letters


_ENCODING = _Encoding({code: chr(code) for code in range(128)})


def fold(text: str) -> str:
    """Fold the text for search: at most MAX_FOLDED characters of ASCII, in linear time."""
    text = text[:MAX_COMPATIBLE]
    if text.isascii():
        return text.lower()
    plain = composed(text, "NFKC")
    plain = unicodedata.normalize("NFKD", plain).translate(_TRANSLATION)
    folded = unicodedata.normalize("NFC", plain).translate(_ENCODING)
    # A text of nothing but accents must not become the empty string, which every text contains.
    return (folded if folded.strip() or not text.strip() else text.translate(_ENCODING))[:MAX_FOLDED]


def is_ideographic(text: str) -> bool:
    """Whether the text contains a Chinese, Japanese or Korean character that is a word or syllable."""
    return any(first <= ord(character) < end for character in text for first, end in _IDEOGRAPHIC)


_IDEOGRAPHIC = ((0x3005, 0x3008), (0x3041, 0x3100), (0x3400, 0xA000), (0xAC00, 0xD7A4), (0xF900, 0xFB00),
                (0xFF66, 0xFF9E), (0x20000, 0x33480))  # fmt: skip


@CharField.register_lookup
class Fold(Transform):
    """`fold` of a column in PostgreSQL: `name__folded__contains=fold(word)` uses an index on `Fold("name")`."""

    lookup_name = "folded"
    function = "search_fold"

    @property
    def output_field(self) -> Any:
        return CharField()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _definition() -> str:
    single = {letter: small for letter, small in _TABLE.items() if len(small) == 1}
    deleted = "".join(letter for letter, small in _TABLE.items() if not small)
    plain = "translate(normalize(replace(given, {}, {}), NFKD), {}, {})".format(
        *map(_literal, (LONGEST, SHORTENED, "".join(single) + deleted, "".join(single.values())))
    )
    for letter, small in _TABLE.items():
        if len(small) > 1:
            plain = f"replace({plain}, {_literal(letter)}, {_literal(small)})"
    digit = "substr('{}', (ascii(c) / {}) % {} + 1, 1)"
    code = " || ".join(digit.format(ALPHABET, _BASE**power, _BASE) for power in (3, 2, 1, 0))
    return f"""
        CREATE OR REPLACE FUNCTION search_fold(given text) RETURNS text
        LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
        BEGIN
            IF octet_length(given) = char_length(given) THEN
                RETURN lower(given COLLATE "C");
            END IF;
            RETURN (
                SELECT coalesce(string_agg(CASE WHEN ascii(c) < 128 THEN c ELSE 'Q' || {code} END, '' ORDER BY place), '')
                  FROM string_to_table(normalize({plain}, NFC), NULL) WITH ORDINALITY AS parts (c, place)
            );
        END
        $body$
    """  # noqa: S608  constants of ours


SQL = _definition()
