"""What people wrote, as safe HTML: paragraphs and links, quoted and very long text apart so that a page can fold it.

Everything is plain text. What looks like a link becomes one only for the three schemes that lead somewhere harmless, and its
words are its address, letter for letter: no link says one thing and leads to another.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

SHOWN_CHARACTERS, SHOWN_LINES = 1800, 28  # of one text before the rest is folded
# A link ends at blanks, at quotes and brackets that cannot be in one, and at signs that would turn the words around.
_LINK = re.compile(
    r"\b(?:https?://|mailto:)[^\s<>\"'`\\^{}|\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+", re.IGNORECASE
)
_BEHIND = ".,;:!?)]*_"  # belongs to the sentence, not to the link
_WROTE = re.compile(r"^\s*(?:On|Am|Le|El) .{4,250}(?:wrote|schrieb|écrit|escribió)\b.{0,100}:\s*$")
_ORIGINAL = re.compile(r"^\s*-{2,}\s*(?:Original Message|Forwarded message|Ursprüngliche Nachricht)\s*-{2,}\s*$", re.I)


@dataclass(frozen=True)
class Text:
    """A text in the three parts that a page shows differently; a part that there is none of is empty."""

    shown: SafeString
    rest: SafeString = SafeString("")
    rest_lines: int = 0
    quoted: SafeString = SafeString("")
    quoted_lines: int = 0


def read(content: str) -> Text:
    """The text as its writer laid it out. Raises nothing, whatever stands in it."""
    lines = content.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    at = _quote_begins(lines)
    own, quoted = lines[:at], lines[at:]
    cut = _shown_until(own)
    shown, rest = own[:cut], own[cut:]
    return Text(
        shown=_paragraphs(shown),
        rest=_paragraphs(rest),
        rest_lines=_count(rest),
        quoted=_paragraphs([line.lstrip("> ") if line.lstrip().startswith(">") else line for line in quoted]),
        quoted_lines=_count(quoted),
    )


def _quote_begins(lines: list[str]) -> int:
    """The first line of what is quoted to the end of the text; where nothing of one's own would stay, nothing is quoted."""
    end = len(lines)
    at = end
    while at > 0 and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith(">")):
        at -= 1
    if not any(line.strip() for line in lines[at:]):
        at = end
    for number, line in enumerate(lines):
        if _ORIGINAL.match(line) or (_WROTE.match(line) and (number + 1 >= at or at == end)):
            at = min(at, number)
            break
    return at if any(line.strip() for line in lines[:at]) else end


def _shown_until(lines: list[str]) -> int:
    """How many lines are shown at once. A little more than the limit is not worth folding."""
    used = 0
    for number, line in enumerate(lines):
        used += len(line) + 1
        if (used > SHOWN_CHARACTERS or number >= SHOWN_LINES) and number > 0:
            left = sum(len(one) + 1 for one in lines[number:])
            return number if left > SHOWN_CHARACTERS // 4 or len(lines) - number > SHOWN_LINES // 4 else len(lines)
    return len(lines)


def _count(lines: list[str]) -> int:
    return sum(1 for line in lines if line.strip())


def _paragraphs(lines: list[str]) -> SafeString:
    """An empty line begins a new paragraph, any other end of a line stays one."""
    made: list[str] = []
    open_one: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            open_one.append(with_links(line))
        elif open_one:
            made.append(f"<p>{'<br>'.join(open_one)}</p>")
            open_one = []
    return mark_safe("".join(made))  # noqa: S308  each line is escaped below


def with_links(line: str) -> SafeString:
    """The line, escaped, with its links."""
    found, last = [], 0
    for match in _LINK.finditer(line):
        address = match.group().rstrip(_BEHIND)
        if not (link := _link(address)):
            continue
        found += [escape(line[last : match.start()]), link]
        last = match.start() + len(address)
    return mark_safe("".join([*found, escape(line[last:])]))  # noqa: S308  every part is escaped


def _link(address: str) -> SafeString | None:
    """A link that shows where it leads; a host with letters that look like others is spelt out behind it."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme == "mailto":
        return format_html('<a href="{}">{}</a>', address, address) if "@" in parts.path else None
    if not host:
        return None
    spelt = _spelt_out(host)
    told = format_html(' <span class="spelt">({})</span>', spelt) if spelt else ""
    return format_html(
        '<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>{}', address, address, told
    )


def _spelt_out(host: str) -> str:
    if host.isascii():
        return ""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host.encode("unicode_escape").decode()
