"""Compile regular expressions for text from outside with RE2, whose matching time is linear in the text's length.

Use `re` only for patterns of fixed length or for text that this program wrote. RE2 has no look-around and no
back-references, and its \\d, \\w, \\s and \\b know ASCII alone: write \\pN, \\pL and \\p{Z} for other scripts.

What must stand before and behind a match without being part of it is given as `behind` and `ahead`: each is a pattern of
exactly one character, or of the beginning or the end of the text. `EDGE` and `END` are the borders of a word of any script.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, cast

import re2

from agents.common import pattern_syntax

WORD = r"\pL\pN_"  # for use inside brackets: what Python's \w matches
EDGE = rf"^|[^{WORD}]"  # for `behind`: no word character precedes; `^|` must come first
END = rf"$|[^{WORD}]"  # for `ahead`: no word character follows
_LOOK_BEHIND = 600  # bytes
_MAX_MEMORY = 4 << 20  # bytes for the automaton of one pattern; RE2 flushes its cache beyond that


_Anchor = re2._re2.RE2.Anchor
_UNANCHORED, _START, _BOTH = _Anchor.UNANCHORED, _Anchor.ANCHOR_START, _Anchor.ANCHOR_BOTH


def _finder(source: str) -> tuple[Any, dict[str, int]]:
    """RE2's own function, which gives the spans of a match and its groups in bytes, and the groups' names.

    The library's methods for texts are five times slower for many matches.
    """
    options: Any = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    compiled: Any = re2.compile(source, options)
    return compiled._regexp.Match, dict(compiled.groupindex)


class Match:
    """A match, with the methods of `re.Match` that this program uses. Its positions count characters of the text."""

    __slots__ = ("_names", "_spans", "string")

    def __init__(self, text: str, spans: list[tuple[int, int]], names: dict[str, int]) -> None:
        self.string, self._spans, self._names = text, spans, names

    def group(self, group: int | str = 0, /) -> str:
        """The text of the group, `None` for a group that took no part in the match."""
        start, end = self.span(group)
        return cast(str, None if start < 0 else self.string[start:end])

    __getitem__ = group

    def groups(self) -> tuple[str | None, ...]:
        return tuple(self.group(place) for place in range(1, len(self._spans)))

    def groupdict(self) -> dict[str, str | None]:
        return {name: self.group(place) for name, place in self._names.items()}

    def start(self, group: int | str = 0, /) -> int:
        return self.span(group)[0]

    def end(self, group: int | str = 0, /) -> int:
        return self.span(group)[1]

    def span(self, group: int | str = 0, /) -> tuple[int, int]:
        return self._spans[self._names[group] if isinstance(group, str) else group]

    def __repr__(self) -> str:
        return f"<Match {self.span()} {self.group()!r}>"


class Pattern:
    """A compiled pattern, with the methods of `re.Pattern` that this program uses."""

    def __init__(self, pattern: str, behind: str = "", ahead: str = "") -> None:
        """Raises `re2.error` for patterns that RE2 cannot compile."""
        self.pattern = pattern
        context = bool(behind or ahead)
        self._find, named = _finder(f"(?:{behind})({pattern})(?:{ahead})" if context else pattern)
        # For searches that resume after a match, where `^` must no longer match.
        later = behind.removeprefix("^|")
        self._find_later = self._find if later == behind else _finder(f"(?:{later})({pattern})(?:{ahead})")[0]
        # At the start and end of a text a boundary matches, but a required character does not.
        begins, ends = not behind or later != behind, not ahead or ahead.startswith("$|")
        self._source_first = (f"({pattern})(?:{ahead})" if context else pattern) if begins else None
        self._source_whole = (f"({pattern})" if context else pattern) if begins and ends else None
        shift = 1 if context else 0
        self._names = {name: place - shift for name, place in named.items()}
        count = len(self._find(_UNANCHORED, b"", 0, 0))
        self._groups = list(range(shift, count))
        self._checks: tuple[_Check, ...] = ()
        self._steps_back = bool(behind)

    @cached_property
    def _find_first(self) -> Any:
        return None if self._source_first is None else _finder(self._source_first)[0]

    @cached_property
    def _find_whole(self) -> Any:
        return None if self._source_whole is None else _finder(self._source_whole)[0]

    def __repr__(self) -> str:
        return f"<Pattern {self.pattern!r}>"

    def search(self, text: str, /) -> Match | None:
        return next(self.finditer(text), None)

    def match(self, text: str, /) -> Match | None:
        return self._anchored(self._find_first, _START, text)

    def fullmatch(self, text: str, /) -> Match | None:
        return self._anchored(self._find_whole, _BOTH, text)

    def _anchored(self, find: Any, anchor: Any, text: str) -> Match | None:
        if find is None:
            return None
        encoded = self._encode(text)
        spans = find(anchor, encoded, 0, len(encoded))
        if spans[0][0] < 0 or not all(check.holds(encoded, spans) for check in self._checks):
            return None
        places = {place: place for span in spans for place in span}
        if len(encoded) != len(text):
            places = {place: self._characters(encoded, 0, place) if place >= 0 else -1 for place in places}
        return Match(text, [(places[spans[group][0]], places[spans[group][1]]) for group in self._groups], self._names)

    def finditer(self, text: str, /) -> Iterator[Match]:
        encoded = self._encode(text)
        size = len(encoded)
        plain = size == len(text)
        names, groups, checks, find = self._names, self._groups, self._checks, self._find
        whole = groups[0]
        # Where to search on (bytes), the bytes counted so far, and the characters in them.
        at, counted, characters = 0, 0, 0
        while (spans := find(_UNANCHORED, encoded, at, size))[0][0] >= 0:
            start, end = spans[whole]
            if checks and not all(check.holds(encoded, spans) for check in checks):
                end = start  # resume the search at the next character
            elif plain:
                yield Match(
                    text, spans if whole == 0 and len(groups) == len(spans) else [spans[one] for one in groups], names
                )
            else:
                places = {-1: -1}
                for place in sorted({place for group in groups for place in spans[group] if place >= 0}):
                    if place >= counted:
                        characters += self._characters(encoded, counted, place)
                        counted = place
                        places[place] = characters
                    else:  # a group that begins before the end of the previous match
                        places[place] = characters - self._characters(encoded, place, counted)
                found = [(places[spans[group][0]], places[spans[group][1]]) for group in groups]
                yield Match(text, found, names)
            if end > start:
                at = self._before(encoded, end) if self._steps_back else end
            elif end >= size:
                return
            else:
                at = end if self._steps_back else self._after(encoded, end)
            find = self._find_later

    def findall(self, text: str, /) -> list[Any]:
        """The texts of all matches; for a pattern with groups those of the group, or tuples."""
        found = list(self.finditer(text))
        if not found or len(found[0].groups()) == 0:
            return [one.group() for one in found]
        if len(found[0].groups()) == 1:
            return [one.group(1) or "" for one in found]
        return [tuple(part or "" for part in one.groups()) for one in found]

    def split(self, text: str, /, maxsplit: int = 0) -> list[str]:
        parts, at = [], 0
        for count, one in enumerate(self.finditer(text), 1):
            parts.append(text[at : one.start()])
            parts += [cast(str, group) for group in one.groups()]
            at = one.end()
            if count == maxsplit:
                break
        return [*parts, text[at:]]

    def sub(self, replacement: str | Callable[[Match], str], text: str, /, count: int = 0) -> str:
        r"""Replace all matches; a text `replacement` may use \1 to \9."""
        make = replacement if callable(replacement) else _template(replacement)
        parts, at = [], 0
        for place, one in enumerate(self.finditer(text), 1):
            parts += [text[at : one.start()], make(one)]
            at = one.end()
            if place == count:
                break
        return "".join([*parts, text[at:]]) if parts else text

    def _encode(self, text: str) -> bytes:
        """In UTF-8, with a sign of equal length for half characters, which UTF-8 does not have."""
        try:
            return text.encode()
        except UnicodeEncodeError:
            return "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in text).encode()

    def _characters(self, encoded: bytes, start: int, end: int) -> int:
        return len(encoded[start:end].decode())

    def _before(self, encoded: bytes, place: int) -> int:
        """Where the character before that place begins."""
        place -= 1
        while encoded[place] & 0xC0 == 0x80:
            place -= 1
        return place

    def _after(self, encoded: bytes, place: int) -> int:
        """Where the character after that at `place` begins."""
        place += 1
        while place < len(encoded) and encoded[place] & 0xC0 == 0x80:
            place += 1
        return place


@dataclass(frozen=True)
class _Check:
    """Look-around, checked at its empty group in RE2's match."""

    group: int
    ahead: bool
    negated: bool
    find: Any
    inner: "tuple[_Check, ...]"

    def holds(self, encoded: bytes, spans: list[tuple[int, int]]) -> bool:
        place = spans[self.group][0]
        if place < 0:  # the group belongs to an alternative that did not match
            return True
        if self.ahead:
            seen = self.find(_START, encoded, place, len(encoded))
        else:
            part = encoded[max(0, place - _LOOK_BEHIND) : place]
            seen = self.find(_UNANCHORED, part, 0, len(part))
        there = seen[0][0] >= 0 and all(one.holds(encoded, seen) for one in self.inner)
        return there is not self.negated


def _checks(checks: Iterable[pattern_syntax.Check], shift: int) -> tuple[_Check, ...]:
    return tuple(
        _Check(
            shift + one.group,
            one.ahead,
            one.negated,
            _finder(one.source if one.ahead else rf"(?:{one.source})\z")[0],
            _checks(one.checks, 0),
        )
        for one in checks
    )


class UnicodePattern(Pattern):
    """A pattern in Python's syntax and with its meaning, see `pattern_syntax`."""

    def __init__(self, pattern: str, **flags: bool) -> None:
        """Raises `pattern_syntax.Untranslatable` for what RE2 can't do."""
        made = pattern_syntax.translate(pattern, **flags)
        super().__init__(made.source, made.behind, made.ahead)
        shift = self._groups[0]
        self.pattern = pattern
        self._names = made.names
        self._groups = [shift, *(shift + group for group in made.groups)]
        self._checks = _checks(made.checks, shift)

    def _encode(self, text: str) -> bytes:
        return _spell(text)

    def _characters(self, encoded: bytes, start: int, end: int) -> int:
        return pattern_syntax.count_characters(encoded, start, end)

    def _before(self, encoded: bytes, place: int) -> int:
        return place - pattern_syntax.LENGTH if encoded[place - 1] in b"qxzj" else super()._before(encoded, place)

    def _after(self, encoded: bytes, place: int) -> int:
        return place + pattern_syntax.LENGTH if encoded[place] in b"QXZ" else super()._after(encoded, place)


@lru_cache(16)  # many patterns search the same text
def _spell(text: str) -> bytes:
    return pattern_syntax.spell(text)


@lru_cache(256)
def _template(text: str) -> Callable[[Match], str]:
    parts: list[str | int] = []
    at = 0
    while (place := text.find("\\", at)) >= 0:
        given = text[place + 1 : place + 2]
        if given not in (*"123456789", "\\"):
            raise ValueError(f"No escape that is known: {text!r}")
        parts += [text[at:place], int(given) if given.isdigit() else given]
        at = place + 2
    parts.append(text[at:])
    return lambda match: "".join(part if isinstance(part, str) else match.group(part) or "" for part in parts)


@lru_cache(1024)  # bounded: some patterns contain names and numbers, so their number is unlimited
def compile_pattern(pattern: str, *, behind: str = "", ahead: str = "") -> Pattern:
    """Compile `pattern` with RE2; put flags at its front, as in `(?is)`. Raises `re2.error` for what RE2 can't do."""
    return Pattern(pattern, behind, ahead)


@lru_cache(1024)
def compile_unicode(
    pattern: str, *, ignore_case: bool = False, multiline: bool = False, dot_all: bool = False
) -> Pattern:
    """Compile `pattern` (Python's syntax) with RE2; \\w, \\d, \\s and \\b know all scripts, and look-around is allowed.

    Look-around that is not at an end is checked for each match of RE2. If it often fails on long matches, the time grows with the
    square of the text's length: bound the neighbouring expression, or write the pattern differently.

    Raises `pattern_syntax.Untranslatable` for what RE2 cannot do, such as references back to a group.
    """
    return UnicodePattern(pattern, ignore_case=ignore_case, multiline=multiline, dot_all=dot_all)


def elements(*names: str) -> Pattern:
    """A pattern for HTML elements of these names with their content, up to the text's end if unclosed; and for comments."""
    whole = [rf"<{name}\b.*?(?:</{name}\s*>|\Z)" for name in names]
    return compile_unicode("|".join([*whole, r"<!--.*?(?:-->|\Z)"]), ignore_case=True, dot_all=True)


def lines_of(texts: Iterable[str]) -> Iterator[str]:
    """The non-empty lines of each text."""
    return (line for text in texts for line in text.split("\n") if line)
