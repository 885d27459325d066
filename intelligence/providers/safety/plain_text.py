"""Turn a service's text into plain text: visible characters, no markup, paragraphs of sentences."""

import html
import unicodedata

from agents.common.patterns import Match, compile_unicode, elements
from agents.common.unicode_composition import composed

_FENCE = compile_unicode(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", dot_all=True)
_DROPPED = elements("script", "style", "head", "title", "svg", "iframe")
_BREAK = compile_unicode(r"<(?:br|/p|/div|/li)\s*/?>", ignore_case=True)
_TAG = compile_unicode(r"</?(?:b|i|u|em|strong|p|div|span|ul|ol|li|small)>", ignore_case=True)
_LINE_MARK = compile_unicode(
    r"^[ \t]*(?:#{1,6}[ \t]+|>+[ \t]*|[-*+•‣–][ \t]+|\d{1,2}[.)][ \t]+|(?:[-*_=][ \t]*){3,}$)", multiline=True
)
_EMPHASIS = compile_unicode("|".join(rf"{mark}(\S(?:.*?\S)??){mark}" for mark in (r"\*\*", "__", r"\*", r"\b_", "~~")))
_LABEL = compile_unicode(r"^(?:subject|betreff|objet|asunto)\s?:[^\n]*\n?", ignore_case=True, multiline=True)
_ABBREVIATED = compile_unicode(
    r"(?:\b(?:nr|no|mr|mrs|ms|dr|st|bzw|ca|etc|vs|sr|sra|núm|tel|prof|inkl|str|z|b|d|h|u|a|e|g|i|p|ej|m|mme)|(?<!\w)n)\.$",
    ignore_case=True,
)
_END = compile_unicode(r"(?:[.!?…]+[\"'”’»)]*)(?=\s)")
_MONTH = compile_unicode(
    r"\s+(?:januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)\b", ignore_case=True
)
_SPACES = compile_unicode(r"[^\S\n]+")
_MATHEMATICAL = range(0x1D400, 0x1D800)  # mathematical letters look like Latin ones but evade word checks
_TYPOGRAPHIC = str.maketrans(
    {
        "“": '"',
        "”": '"',
        "„": '"',
        "’": "'",
        "‘": "'",
        "–": "-",
        "—": "-",
        "…": "...",
        "\u2011": "-",
        "«": '"',
        "»": '"',
    }
)


def seen(text: str) -> str:
    """The text normalised (NFC) without invisible characters: control, direction, zero width, private use, lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = composed(text.replace("\t", " "))
    kept = []
    for char in text:
        if ord(char) in _MATHEMATICAL or 0xFF01 <= ord(char) <= 0xFF5E:
            char = unicodedata.normalize("NFKC", char)
        if char == "\n" or (unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs", "Cn") and not _invisible(char)):
            kept.append(char)
    return _SPACES.sub(" ", "".join(kept))


def _invisible(char: str) -> bool:
    """Whether the character shows nothing: variation selectors and fillers."""
    code = ord(char)
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or code in (0x115F, 0x1160, 0x3164, 0x2800, 0x034F)


def unmarked(text: str) -> tuple[str, bool]:
    """The text without code fences, tags and Markdown, and whether something was removed with its content."""
    cut = _DROPPED.sub("\n", _FENCE.sub("\n", text))
    cut = html.unescape(cut)
    again = _DROPPED.sub("\n", cut)
    plain = _TAG.sub("", _BREAK.sub("\n", again))
    plain = _LABEL.sub("", _LINE_MARK.sub("", plain))
    plain = _EMPHASIS.sub(_emphasized, plain).replace("`", "")
    return seen(plain), "".join(cut.split()) != "".join(html.unescape(text).split()) or again != cut


def _emphasized(match: Match) -> str:
    return next(filter(None, match.groups()), "")


def without_pictures(text: str) -> str:
    """The text without emoji and other pictographs, which halve the length of an SMS."""
    kept = "".join(char for char in text if unicodedata.category(char) not in ("So", "Sk") or char in "°")
    return _SPACES.sub(" ", kept)


def typed(text: str) -> str:
    """The text with keyboard quotes and dashes, which the SMS alphabet has."""
    return text.translate(_TYPOGRAPHIC)


def paragraphs(text: str) -> list[list[str]]:
    """The sentences of each paragraph; each line counts as a sentence of its own."""
    found = []
    for paragraph in compile_unicode(r"\n\s*\n").split(text):
        sentences = [one for line in paragraph.split("\n") for one in sentences_of(line)]
        if sentences:
            found.append(sentences)
    return found


def sentences_of(line: str) -> list[str]:
    found, start = [], 0
    for match in _END.finditer(line):
        before, end = line[start : match.end()], match.end()
        if match.group() == "." and (_ABBREVIATED.search(before) or _is_ordinal(before, line[end:])):
            continue
        found.append(before.strip())
        start = end
    found.append(line[start:].strip())
    return [one for one in found if one]


def _is_ordinal(before: str, after: str) -> bool:
    """Whether the dot belongs to a number (“19. Februar”) and the sentence goes on."""
    return before[-2:-1].isdigit() and (_MONTH.match(after) is not None or after.lstrip()[:1].islower())


def folded(text: str) -> str:
    """The text for comparison by rules: small letters, plain spaces, apostrophes and hyphens, compatibility letters replaced."""
    text = composed(text, "NFKC").translate(_TYPOGRAPHIC).lower()
    text = text.replace("\u0307", "")
    return " ".join(text.split())
