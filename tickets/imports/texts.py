"""Make texts of other systems storable: HTML as plain text, without what PostgreSQL refuses, within the allowed length."""

import html
from collections.abc import Iterable
from typing import Any

from agents.common.patterns import compile_pattern

HTML_LENGTH = 500_000  # characters of an HTML message that are converted; the rest is cut
MAX_NAMES = 10  # attachments that are listed; further ones are counted
NAME_LENGTH = 80

_LOOKS_LIKE_HTML = compile_pattern(
    r"(?i)^\s*<(?:!doctype html|html|head|body|div|p|span|table|br|ul|ol|h[1-6]|font|blockquote|b|i|strong|em|a|meta)\b[^>]*>"
)
_HIDDEN = ("script", "style", "head", "title")
_BREAKS = frozenset(
    {
        "br",
        "hr",
        "p",
        "div",
        "tr",
        "ul",
        "ol",
        "table",
        "blockquote",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "pre",
        "section",
    }
)
_NAME = compile_pattern(r"/?([A-Za-z][A-Za-z0-9]{0,15})")


def looks_like_html(text: str) -> bool:
    """Whether the text begins with an HTML tag."""
    return text[:200].lstrip()[:1] == "<" and _LOOKS_LIKE_HTML.search(text[:2000]) is not None


def html_to_text(markup: str) -> str:
    """The text of an HTML message with its line breaks, in one pass."""
    text = " ".join(markup[:HTML_LENGTH].encode("utf-8", "replace").decode().split())
    first, *pieces = text.split("<")
    said = [html.unescape(first)]
    hidden = ""  # element whose end tag is awaited, or "!--" in a comment
    for piece in pieces:
        if not hidden and piece.startswith("!--"):
            hidden = "!--"
        if hidden == "!--":
            _, end, rest = piece.partition("-->")
            hidden = "" if end else hidden
            said.append(html.unescape(rest))
            continue
        match = _NAME.match(piece)
        name = match[1].lower() if match else ""
        if hidden and not (name == hidden and piece.startswith("/")):
            continue
        tag, end, rest = piece.partition(">")
        if not end or not (name or tag[:1] in ("!", "?", "/")):
            said.append(html.unescape(f"<{piece}"))
            continue
        hidden = name if name in _HIDDEN and tag[:1] != "/" and tag[-1:] != "/" else ""
        said.append(("" if hidden else _separator(name, tag)) + ("" if hidden else html.unescape(rest)))
    return _tidy("".join(said))


def _separator(name: str, tag: str) -> str:
    """The text that replaces a tag."""
    if name == "li":
        return "" if tag[:1] == "/" else "\n- "
    if name in _BREAKS:
        return "\n"
    return " " if tag[:1] == "/" and name in ("td", "th") else ""


def _tidy(text: str) -> str:
    """The lines without trailing blanks, and at most one empty line in a row."""
    tidy: list[str] = []
    for line in text.replace("\u00a0", " ").split("\n"):
        stripped = line.strip()
        if stripped or (tidy and tidy[-1]):
            tidy.append(stripped)
    return "\n".join(tidy).strip()


def storable_text(text: str, limit: int) -> tuple[str, list[str]]:
    """The text without NUL characters and lone surrogates, cut to `limit`; and what was changed."""
    changes = []
    if "\x00" in text:
        text = text.replace("\x00", "")
        changes.append("NUL characters were removed")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        text = text.encode("utf-8", "replace").decode()
        changes.append("half a character (a lone surrogate) was replaced")
    if len(text) > limit:
        changes.append(f"it was cut to {limit:,} of its {len(text):,} characters")
        text = text[:limit].rstrip()
    return text, changes


def attachment_names(attachments: Any) -> list[str]:
    """The file names in a list of attachments (objects or texts)."""
    if not isinstance(attachments, list):
        return []
    return [name for each in attachments if (name := _attachment_name(each))]


def _attachment_name(attachment: Any) -> str:
    if isinstance(attachment, dict):
        for key in ("file_name", "name", "filename", "content_file_name", "url"):
            if isinstance(attachment.get(key), str) and attachment[key].strip():
                attachment = attachment[key].rsplit("/", 1)[-1] if key == "url" else attachment[key]
                break
        else:
            return "a file without a name"
    if not isinstance(attachment, str):
        return ""
    return " ".join(storable_text(attachment[: 4 * NAME_LENGTH], NAME_LENGTH)[0].split())


def listed(names: Iterable[str], most: int = MAX_NAMES) -> str:
    """Names with commas, at most `most` of them."""
    names = list(names)
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
