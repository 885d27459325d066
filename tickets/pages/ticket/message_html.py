"""What people wrote, as safe HTML: paragraphs and links, quoted and very long text apart so that a page can fold it.

Everything is plain text. What looks like a link becomes one only for the three schemes that lead somewhere harmless, and its
words are its address, letter for letter: no link says one thing and leads to another.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from agents.common.patterns import compile_unicode
from tickets.pages.ticket.quoted_text import quote_begins

SHOWN_CHARACTERS, SHOWN_LINES = 1800, 28  # limits of a text before the rest is folded
LITTLE = SHOWN_CHARACTERS // 4
LONGEST_LETTER = 64  # code points searched for the end of a character (grapheme cluster)
# A link ends at white space, at quotes and brackets that no URL contains, and at direction marks.
_LINK = compile_unicode(
    r"\b(?:https?://|mailto:)[^\s<>\"'`\\^{}|\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+", ignore_case=True
)
_SCHEME = compile_unicode(r"https?://|mailto:", ignore_case=True)
_BEHIND = ".,;:!?)]*_"  # punctuation of the sentence, not part of the link
MOST_LINKS = 50  # links made in one text; further ones stay text
LONGEST_ADDRESS, LONGEST_HOST = 1500, 253  # characters; a link must fit into the shown part, see `_cut`
_JOINING = frozenset("\u200d\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff") | {
    chr(c) for c in range(0xE0020, 0xE0080)
}
_HALF_FLAGS = "".join(map(chr, range(0x1F1E6, 0x1F200)))


@dataclass(frozen=True)
class Text:
    """A text in the three parts that a page shows differently; missing parts are empty."""

    shown: SafeString
    rest: SafeString = SafeString("")
    rest_lines: int = 0
    quoted: SafeString = SafeString("")
    quoted_lines: int = 0


class Links:
    """The links of one text, limited in number."""

    def __init__(self) -> None:
        self.left = MOST_LINKS

    def within(self, line: str) -> SafeString:
        """The line, escaped, with its links."""
        found, last = [], 0
        for match in _LINK.finditer(line):
            if self.left <= 0:
                break
            address = match.group().rstrip(_BEHIND)
            if not (link := _link(address)):
                continue
            self.left -= 1
            found += [escape(line[last : match.start()]), link]
            last = match.start() + len(address)
        return mark_safe("".join([*found, escape(line[last:])]))  # noqa: S308  every part is escaped


def parse_message(content: str) -> Text:
    """Split a text as its author laid it out. Never raises."""
    lines = content.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    at = quote_begins(lines)
    own, quoted = lines[:at], lines[at:]
    shown, rest = _folded(own)
    links = Links()
    return Text(
        shown=_paragraphs(shown, links),
        rest=_paragraphs(rest, links),
        rest_lines=_count(rest),
        quoted=_paragraphs([line.lstrip("> ") if line.lstrip().startswith(">") else line for line in quoted], links),
        quoted_lines=_count(quoted),
    )


def _folded(lines: list[str]) -> tuple[list[str], list[str]]:
    """The visible part and the folded rest; a text slightly over the limit is not folded."""
    room = SHOWN_CHARACTERS
    for number, line in enumerate(lines):
        if (len(line) > room and line.strip()) or number >= SHOWN_LINES:
            cut = _cut(line, room) if number < SHOWN_LINES and len(line) > LITTLE <= room else 0
            left = sum(len(one) + 1 for one in lines[number:]) - cut
            if left <= LITTLE and len(lines) - number <= SHOWN_LINES // 4:
                break
            began = [line[:cut].rstrip()] if cut else []
            return [*lines[:number], *began], [line[cut:].lstrip(), *lines[number + 1 :]]
        room -= len(line) + 1 if line.strip() else 1
    return lines, []


def _cut(line: str, room: int) -> int:
    """Where to cut the line: between words, else before a link, else between letters. 0 means nowhere."""
    blank = max(line.rfind(" ", 0, room), line.rfind("\t", 0, room))
    if blank > room // 2:
        return blank
    if link := _SCHEME.search(line[blank + 1 : room]):
        # Cut before a link, because a cut link would lead elsewhere. One from the very start is too long to be a link.
        if (start := blank + 1 + link.start()) > SHOWN_CHARACTERS - LONGEST_ADDRESS:
            return start
        if room < SHOWN_CHARACTERS:
            return 0
    return next((at for at in range(room, room - LONGEST_LETTER, -1) if not _goes_on(line, at)), room)


def _goes_on(line: str, at: int) -> bool:
    """Whether the character belongs to the one before: a combining mark, a joiner or joined character, a flag's second half."""
    here, before = line[at], line[at - 1]
    if unicodedata.category(here)[0] == "M" or here in _JOINING or before == "\u200d":
        return True
    if here in _HALF_FLAGS and before in _HALF_FLAGS:
        flags = compile_unicode(f"[{_HALF_FLAGS[0]}-{_HALF_FLAGS[-1]}]+$").search(line[at - LONGEST_LETTER : at])
        return flags is not None and len(flags.group()) % 2 == 1
    return False


def _count(lines: list[str]) -> int:
    return sum(1 for line in lines if line.strip())


def _paragraphs(lines: list[str], links: Links) -> SafeString:
    """Paragraphs end at an empty line; other line breaks are kept."""
    made: list[str] = []
    open_one: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            open_one.append(links.within(line))
        elif open_one:
            made.append(f"<p>{'<br>'.join(open_one)}</p>")
            open_one = []
    return mark_safe("".join(made))  # noqa: S308  each line is escaped below


def _link(address: str) -> SafeString | None:
    """A link that shows its target; a host with look-alike letters is spelt out behind it. No host is longer than DNS allows."""
    if len(address) > LONGEST_ADDRESS:
        return None
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme == "mailto":
        return format_html('<a href="{}">{}</a>', address, address) if "@" in parts.path else None
    if not host or len(host) > LONGEST_HOST:
        return None
    spelt = _spelt_out(host)
    told = format_html(' <span class="spelt">({})</span>', spelt) if spelt else ""
    return format_html(
        '<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>{}', address, address, told
    )


@lru_cache(maxsize=1024)
def _spelt_out(host: str) -> str:
    if host.isascii():
        return ""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host.encode("unicode_escape").decode()
