"""Extract the customer's own words: without markup, quoted mails and signature."""

import html
import unicodedata

from agents.common.patterns import Pattern, compile_unicode, elements
from agents.common.unicode_composition import composed

# Analysis time grows with the length, so only the first and the last characters are read.
HEAD, TAIL = 2_000, 500

_HIDDEN = elements("script", "style", "head", "blockquote")
_BREAK = compile_unicode(r"<(?:br|/p|/div|/li|/tr|/h[1-6])\b[^<>]{0,500}>", ignore_case=True)
_TAG = compile_unicode(r"</?[a-z][^<>]{0,2000}>", ignore_case=True)
_LINK = compile_unicode(r"(?:https?://|www\.)\S+|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
# Where the customer's own words end and the quoted mail begins. All repetitions are bounded: adjacent unbounded ones
# would take quadratic time even on short texts.
_EARLIER = compile_unicode(
    r"^[^\w\n]{0,40}(?:-{2,40}[^\S\n]{0,10}"
    r"(?:original message|forwarded message|ursprüngliche nachricht|message d'origine|mensaje original)"
    r"|(?:on|am|le|el)\b.{5,200}\b(?:wrote|schrieb|a écrit|escribió)\b.{0,120}:[^\S\n]{0,20}$"
    r"|(?:from|von|de)\s?:.{1,200}@.{1,200}$)",
    ignore_case=True,
    multiline=True,
)
_SIGNATURE = compile_unicode(
    r"^(?:--[^\S\n]{0,20}$|sent from my |get outlook for |von meinem .{1,40} gesendet|gesendet von "
    r"|envoyé de(?:puis)? mon |enviado desde mi )",
    ignore_case=True,
    multiline=True,
)


def own_words(text: str) -> str:
    """The customer's own words as plain text, at most 2,500 characters. If all is a quotation, the quotation."""
    plain = clip(_plain(text))
    said = _before(_EARLIER, plain)
    said = _before(_SIGNATURE, said)
    lines = [line.strip() for line in said.splitlines() if not line.lstrip().startswith(">")]
    own = "\n".join(line for line in lines if line)
    return _LINK.sub(" ", own if own.strip() else plain).strip()


def clip(text: str) -> str:
    """The beginning and the end of a long text."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def split_words(text: str) -> list[str]:
    """Runs of letters, digits and apostrophes that contain a letter."""
    return [word for word in compile_unicode(r"[\w'’]+").findall(text) if any(map(str.isalpha, word))]


def _plain(text: str) -> str:
    # A mail's HTML and hidden parts are several times longer than its visible text.
    text = text[: 40 * HEAD] + ("\n" + text[-4 * HEAD :] if len(text) > 44 * HEAD else "")
    if "<" in text:
        text = _TAG.sub(" ", _BREAK.sub("\n", _HIDDEN.sub(" ", text)))
    if "&" in text:
        text = html.unescape(text)
    text = composed(text.replace("’", "'").replace("\x00", " "))
    return "".join(c for c in text if c in "\n\t\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def _before(pattern: Pattern, text: str) -> str:
    """The text before the first match; the whole text if the match is at its beginning."""
    found = pattern.search(text)
    return text[: found.start()] if found and text[: found.start()].strip() else text
