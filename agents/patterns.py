"""Compile regular expressions for text from outside with RE2, whose matching time is linear in the text's length.

Use `re` only for patterns of fixed length or for text that this program wrote. RE2 has no look-around and no
back-references, and its \\d, \\w, \\s and \\b know ASCII alone: write \\pN, \\pL and \\p{Z} for other scripts.

What must stand before and behind a match without being part of it is given as `behind` and `ahead`: each is a pattern of
exactly one character, or of the beginning or the end of the text. `EDGE` and `END` are the borders of a word of any script.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, cast

import re2

WORD = r"\pL\pN_"  # inside brackets: what Python's \w matches
SPACE = r"\s\x0b\x1c-\x1f\x{85}\p{Z}"  # inside brackets: what Python's \s matches
EDGE = rf"^|[^{WORD}]"  # as `behind`: no word goes on here; a `^|` stands first
END = rf"$|[^{WORD}]"  # as `ahead`: no word goes on here
_MAX_MEMORY = 4 << 20  # bytes of one pattern's tables; beyond them RE2 starts its tables anew


class Match:
    """A match, with the methods of `re.Match` that this program uses. Its positions count characters of the text."""

    __slots__ = ("_names", "_spans", "string")

    def __init__(self, text: str, spans: list[tuple[int, int]], names: dict[str, int]) -> None:
        self.string, self._spans, self._names = text, spans, names

    def group(self, group: int | str = 0, /) -> str:
        """The text of the group; typed as text for groups that always take part, `None` for those that did not."""
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
        """Raises `re2.error` for what RE2 can't do."""
        options: Any = re2.Options()
        options.max_mem = _MAX_MEMORY
        options.log_errors = False
        self.pattern = pattern
        self._context = bool(behind or ahead)
        self._compiled: Any = re2.compile(f"(?:{behind})({pattern})(?:{ahead})" if self._context else pattern, options)
        # For what is searched behind a match, where the text does not begin any more.
        later = behind.removeprefix("^|")
        self._later: Any = (
            self._compiled if later == behind else re2.compile(f"(?:{later})({pattern})(?:{ahead})", options)
        )
        shift = 1 if self._context else 0
        self._names = {name: place - shift for name, place in self._compiled.groupindex.items()}
        self._steps_back = bool(behind)

    def __repr__(self) -> str:
        return f"<Pattern {self.pattern!r}>"

    def search(self, text: str, /) -> Match | None:
        encoded = _encode(text)
        found = self._compiled.search(encoded)
        return self._match(text, encoded, found)

    def match(self, text: str, /) -> Match | None:
        encoded = _encode(text)
        return self._match(text, encoded, self._compiled.match(encoded))

    def fullmatch(self, text: str, /) -> Match | None:
        encoded = _encode(text)
        return self._match(text, encoded, self._compiled.fullmatch(encoded))

    def finditer(self, text: str, /) -> Iterator[Match]:
        encoded = _encode(text)
        plain = len(encoded) == len(text)
        at, counted, characters = 0, 0, 0  # where to search on, and how many characters the first bytes are
        found = self._compiled.search(encoded)
        while found is not None:
            spans = self._spans(found)
            start, end = spans[0]
            if plain:
                yield Match(text, spans, self._names)
            else:
                places = {}
                for place in sorted({place for span in spans for place in span if place >= 0}):
                    if place >= counted:
                        characters += _characters(encoded, counted, place)
                        counted = place
                        places[place] = characters
                    else:  # a group that reaches further back than the match before
                        places[place] = characters - _characters(encoded, place, counted)
                yield Match(
                    text, [(places[one], places[other]) if one >= 0 else (-1, -1) for one, other in spans], self._names
                )
            if end > start:
                at = _before(encoded, end) if self._steps_back else end
            elif end >= len(encoded):
                return
            else:
                at = end if self._steps_back else _after(encoded, end)
            found = self._later.search(encoded, at)

    def findall(self, text: str, /) -> list[Any]:
        """The matches' texts; of a pattern with groups those of its group, or tuples of them."""
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
        """With \\1 to \\9 for groups in a `replacement` that is a text."""
        make = replacement if callable(replacement) else _template(replacement)
        parts, at = [], 0
        for place, one in enumerate(self.finditer(text), 1):
            parts += [text[at : one.start()], make(one)]
            at = one.end()
            if place == count:
                break
        return "".join([*parts, text[at:]]) if parts else text

    def _spans(self, found: Any) -> list[tuple[int, int]]:
        first = 1 if self._context else 0
        return [found.span(place) for place in range(first, self._compiled.groups + 1)]

    def _match(self, text: str, encoded: bytes, found: Any) -> Match | None:
        if found is None:
            return None
        spans = self._spans(found)
        if len(encoded) != len(text):
            spans = [
                (_characters(encoded, 0, one), _characters(encoded, 0, other)) if one >= 0 else (-1, -1)
                for one, other in spans
            ]
        return Match(text, spans, self._names)


def _encode(text: str) -> bytes:
    """In UTF-8, with a sign of equal length for half characters, which UTF-8 does not have."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in text).encode()


def _characters(encoded: bytes, start: int, end: int) -> int:
    return len(encoded[start:end].decode())


def _before(encoded: bytes, place: int) -> int:
    """Where the character before that place begins."""
    place -= 1
    while encoded[place] & 0xC0 == 0x80:
        place -= 1
    return place


def _after(encoded: bytes, place: int) -> int:
    """Where the character after that at `place` begins."""
    place += 1
    while place < len(encoded) and encoded[place] & 0xC0 == 0x80:
        place += 1
    return place


@lru_cache(256)
def _template(text: str) -> Callable[[Match], str]:
    parts = text.split("\\")
    if len(parts) == 1:
        return lambda match: text
    heads = [(int(part[0]), part[1:]) for part in parts[1:]]  # a ValueError or IndexError for any other escape
    return lambda match: parts[0] + "".join((match.group(place) or "") + rest for place, rest in heads)


@lru_cache(1024)  # some patterns are made of names and numbers: their number has no end
def compile_pattern(pattern: str, *, behind: str = "", ahead: str = "") -> Pattern:
    """Compile `pattern` with RE2; put flags at its front, as in `(?is)`. Raises `re2.error` for what RE2 can't do."""
    return Pattern(pattern, behind, ahead)
