"""Translate Python's regular expressions for RE2, so that \\w, \\d, \\s and \\b know the letters of all scripts, as Python's do.

RE2 finds the borders of words among ASCII letters alone. So the text that it searches is spelled: each word character beyond
ASCII becomes a row of `LENGTH` ASCII letters, one of `KINDS` and then its number in base 4, written with `DIGITS`. These eight
letters stand for nothing else, so they are spelled themselves, and no match begins or ends within a row.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Any

# Python's regular expression parser has no public name.
ops: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

KINDS, DIGITS = "QXZ", "qxzj"  # kinds: Q a letter, X a decimal digit, Z another number
PLACES = 11  # base-4 digits: 4 ** 11 exceeds the number of code points
LENGTH = 1 + PLACES
_SPELLED = frozenset(map(ord, KINDS + DIGITS))
_SPACES = frozenset(code for code in range(0x3001) if chr(code).isspace())
_MOST_REPEATS = 1000  # RE2's limit; a larger maximum is treated as unbounded
_MOST_CHARACTERS = 3000  # of a character range beyond ASCII
Ranges = list[tuple[int, int]]


class Untranslatable(ValueError):
    """The pattern needs a feature that RE2 lacks and must be rewritten."""


def is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def spelled(code: int) -> str:
    char = chr(code)
    kind = KINDS[1] if char.isdecimal() else KINDS[0] if char.isalpha() else KINDS[2]
    return kind + "".join(DIGITS[code >> 2 * place & 3] for place in range(PLACES - 1, -1, -1))


class _Spelling(dict[int, Any]):
    """The table for `str.translate`: how each character is spelled."""

    def __missing__(self, code: int) -> Any:
        if code < 0x80:
            new: Any = spelled(code) if code in _SPELLED else code
        elif 0xD800 <= code <= 0xDFFF:
            new = 0xFFFD  # a lone surrogate cannot be encoded in UTF-8
        else:
            new = spelled(code) if chr(code).isalnum() else code
        if len(self) < 5000:
            self[code] = new
        return new


_spelling = _Spelling()


def spell(text: str) -> bytes:
    """Spell the text as translated patterns search it."""
    return text.translate(_spelling).encode()


def count_characters(spelt: bytes, start: int, end: int) -> int:
    """The number of characters of the text that these bytes encode."""
    part = spelt[start:end]
    rows = sum(part.count(kind) for kind in (b"Q", b"X", b"Z"))
    return len(part.decode()) - rows * (LENGTH - 1)


@dataclass(frozen=True)
class Check:
    """Look-around to check after a match: at the empty `group`, `source` must match or must not."""

    group: int
    source: str
    ahead: bool
    negated: bool
    checks: tuple["Check", ...] = ()  # look-arounds nested in this one


@dataclass
class Translation:
    """`behind` and `ahead` stand around the match. `groups` are those of the pattern, by their number in `source`."""

    source: str = ""
    behind: str = ""
    ahead: str = ""
    groups: list[int] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)


def translate(
    pattern: str, *, ignore_case: bool = False, multiline: bool = False, dot_all: bool = False
) -> Translation:
    """Translate the pattern for RE2. Raises `Untranslatable`.

    Look-around of one character at either end is translated; any other is checked on the match that RE2 finds, so that an
    alternative match at the same place is not found.
    """
    parsed = parser.parse(pattern)
    if parsed.state.flags & ~32:  # any flag except re.UNICODE, which str patterns always have
        raise Untranslatable(f"Give arguments instead of flags: {pattern}")
    tree = list(parsed)
    maker = _Maker(ignore_case, multiline, dot_all)
    made = maker.made
    made.names = dict(parsed.state.groupdict)
    if tree and (behind := maker.around(tree[0], -1, "^")):
        made.behind = behind
        tree.pop(0)
    if tree and (ahead := maker.around(tree[-1], 1, "$")):
        made.ahead = ahead
        tree.pop()
    made.source = maker.row(tree)
    return made


class _Maker:
    def __init__(self, ignore_case: bool, multiline: bool, dot_all: bool) -> None:
        self._ignore_case, self._multiline, self._dot_all = ignore_case, multiline, dot_all
        self.made = Translation()
        self._count = 0

    def row(self, items: Iterable[Any]) -> str:
        return "".join(self._one(op, value) for op, value in items)

    def around(self, item: Any, direction: int, border: str) -> str | None:
        """The one character that the look-around requires, or the border if it excludes some; `None` for anything else."""
        op, value = item
        if (
            op not in (ops.ASSERT, ops.ASSERT_NOT)
            or value[0] != direction
            or (members := self._members(value[1])) is None
        ):
            return None
        negated = op is ops.ASSERT_NOT
        return f"{border}|{_class(*members, negated=True)}" if negated else _class(*members)

    def _members(self, inner: Any) -> tuple[set[int], set[str]] | None:
        """The characters and categories of a set, or of alternatives of one character each."""
        inner = list(inner)
        if len(inner) != 1:
            return None
        op, value = inner[0]
        if op is ops.LITERAL:
            return self._cased({value}), set()
        if op is ops.IN and (not value or value[0][0] is not ops.NEGATE):
            return self._set(value)
        if op is ops.SUBPATTERN and value[0] is None:
            return self._members(value[3])
        return None

    def _one(self, op: Any, value: Any) -> str:
        if op is ops.LITERAL:
            return _class(self._cased({value}), set())
        if op is ops.NOT_LITERAL:
            return _class(self._cased({value}), set(), negated=True)
        if op is ops.ANY:
            return _class(set() if self._dot_all else {10}, set(), negated=True)
        if op is ops.IN:
            negated = value[0][0] is ops.NEGATE
            return _class(*self._set(value[1:] if negated else value), negated=negated)
        if op is ops.BRANCH:
            return f"(?:{'|'.join(self.row(branch) for branch in value[1])})"
        if op is ops.SUBPATTERN:
            return self._group(value)
        if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
            return self._repeat(value, lazy=op is ops.MIN_REPEAT)
        if op is ops.AT:
            return self._at(value)
        if op in (ops.ASSERT, ops.ASSERT_NOT):
            return self._check(op, value)
        raise Untranslatable(f"RE2 has no {op}.")

    def _group(self, value: Any) -> str:
        group, added, removed, inner = value
        if added or removed:
            raise Untranslatable("Flags within a pattern.")
        if group is None:
            return f"(?:{self.row(inner)})"
        self._count += 1
        self.made.groups.append(self._count)
        return f"({self.row(inner)})"

    def _repeat(self, value: Any, *, lazy: bool) -> str:
        low, high, inner = value
        if low > _MOST_REPEATS:
            raise Untranslatable(f"{low} repeats.")
        many = high is ops.MAXREPEAT or high > _MOST_REPEATS
        return f"(?:{self.row(inner)}){{{low},{'' if many else high}}}{'?' if lazy else ''}"

    def _at(self, place: Any) -> str:
        if place is ops.AT_BOUNDARY:
            return r"\b"
        if place is ops.AT_BEGINNING_STRING or (place is ops.AT_BEGINNING and not self._multiline):
            return r"\A"
        if place is ops.AT_END_STRING or (place is ops.AT_END and not self._multiline):
            return r"\z"
        if place in (ops.AT_BEGINNING, ops.AT_END):
            return "(?m:^)" if place is ops.AT_BEGINNING else "(?m:$)"
        raise Untranslatable(str(place))

    def _check(self, op: Any, value: Any) -> str:
        """Look-around within a pattern: a border of a word next to a character of one, else a check of what RE2 finds."""
        direction, inner = value
        negated = op is ops.ASSERT_NOT
        if negated and self._members(inner) == (set(), {"word"}):
            return r"\b"
        self._count += 1
        inside = _Maker(self._ignore_case, self._multiline, self._dot_all)
        source = inside.row(inner)
        if inside.made.groups:
            raise Untranslatable("Look-around with groups.")
        self.made.checks.append(Check(self._count, source, direction > 0, negated, tuple(inside.made.checks)))
        return "()"

    def _set(self, items: Any) -> tuple[set[int], set[str]]:
        codes: set[int] = set()
        categories: set[str] = set()
        for op, value in items:
            if op is ops.LITERAL:
                codes.add(value)
            elif op is ops.RANGE:
                if value[1] - value[0] > _MOST_CHARACTERS:
                    raise Untranslatable("A range of too many characters.")
                codes |= set(range(value[0], value[1] + 1))
            elif op is ops.CATEGORY:
                categories.add(str(value).removeprefix("CATEGORY_").lower())
            else:
                raise Untranslatable(str(op))
        return self._cased(codes), categories

    def _cased(self, codes: set[int]) -> set[int]:
        if not self._ignore_case:
            return codes
        both = {other for code in codes for other in (chr(code).lower(), chr(code).upper())}
        return codes | {ord(one) for one in both if len(one) == 1}


def _class(codes: set[int], categories: set[str], *, negated: bool = False) -> str:
    return _made_class(frozenset(codes), frozenset(categories), negated)


@lru_cache(2000)
def _made_class(codes: frozenset[int], categories: frozenset[str], negated: bool) -> str:
    """The pattern of one character of a set: a character class, and the listed alternatives for what no class can express."""
    plain = {code for code in range(0x80) if code not in _SPELLED and _is_in(code, codes, categories) is not negated}
    beyond = {code for code in codes if code >= 0x80}
    spaces = {code for code in _SPACES if code >= 0x80}
    if "not_space" in categories or "not_word" in categories or "not_digit" in categories:
        some = {code for code in spaces | beyond if not chr(code).isalnum() and not _is_in(code, codes, categories)}
        others = _brackets(some, negated=True) if not negated else _brackets(some)
    else:
        some = {code for code in beyond if not chr(code).isalnum()} | (spaces if "space" in categories else set())
        others = _brackets(some, negated=negated)
    rows = _rows(codes, categories, negated=negated)
    parts = [part for part in (_brackets(plain), others, *rows) if part]
    if not parts:
        return r"[^\x00-\x{10FFFF}]"
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def _is_in(code: int, codes: Collection[int], categories: Collection[str]) -> bool:
    char = chr(code)
    return code in codes or any(
        {"word": is_word(char), "digit": char.isdecimal(), "space": char.isspace()}[name.removeprefix("not_")]
        is not name.startswith("not_")
        for name in categories
    )


def _brackets(codes: Collection[int], *, negated: bool = False) -> str:
    """A class of characters that are not spelled; negated: of those beyond ASCII."""
    if not codes and not negated:
        return ""
    inner = "".join(
        rf"\x{{{first:x}}}" if first == last else rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in _ranges(codes)
    )
    return rf"[^\x00-\x7f{inner}]" if negated else f"[{inner}]"


def _ranges(codes: Iterable[int]) -> Ranges:
    found: Ranges = []
    for code in sorted(codes):
        if found and found[-1][1] == code - 1:
            found[-1] = (found[-1][0], code)
        else:
            found.append((code, code))
    return found


def _rows(codes: Collection[int], categories: Collection[str], *, negated: bool) -> list[str]:
    """What spells the set's characters, for each kind: all of them, or some."""
    found = []
    samples = {"Q": ord("é"), "X": 0x0660, "Z": ord("²")}
    for kind, sample in samples.items():
        # Whether the set contains this kind as a whole: a category contains all characters of a kind or none.
        whole = _is_in(sample, set(), categories) is not negated
        named = {
            code
            for code in codes
            if (code in _SPELLED or (code >= 0x80 and chr(code).isalnum())) and spelled(code)[0] == kind
        }
        inside = whole if negated else not whole  # whether the named characters are the exceptions
        if not named or not inside:
            if whole:
                found.append(kind + f"[{DIGITS}]" * PLACES)
            continue
        ranges = _complement(_ranges(named)) if negated else _ranges(named)
        found += [kind + row for first, last in ranges for row in _numbers(first, last, PLACES)]
    return found


def _complement(ranges: Ranges) -> Ranges:
    found, at = [], 0
    for first, last in ranges:
        if at < first:
            found.append((at, first - 1))
        at = last + 1
    return [*found, (at, 4**PLACES - 1)]


def _numbers(first: int, last: int, places: int) -> list[str]:
    """Patterns of the numbers from first to last, with so many places in base 4."""
    if places == 0:
        return [""]
    if first == 0 and last == 4**places - 1:
        return [f"[{DIGITS}]" * places]
    size = 4 ** (places - 1)
    found = []
    for digit in range(first // size, last // size + 1):
        start, end = max(first, digit * size) - digit * size, min(last, digit * size + size - 1) - digit * size
        found += [DIGITS[digit] + rest for rest in _numbers(start, end, places - 1)]
    return found
