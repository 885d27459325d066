"""Where a mail begins to quote the one that it answers: by the marks that mail programs leave, in four languages.

Each mark is looked for in a few lines of bounded length, so that reading takes a time that grows with the text alone. What a
customer may write themselves is none: a “From: Hamburg” in a list, “On Monday Mara wrote:” before their own words.
"""

from collections.abc import Sequence

from agents.common.patterns import compile_unicode

WRAPPED = 3  # lines over which an introduction may be wrapped
LINE_LENGTH = 300  # characters of a line of an introduction
HEADERS = 8  # lines in a block of mail headers
RULE = 5  # characters that form a rule

LONGEST_INTRODUCTION = 700  # characters of “On … wrote:”
_BEGINS = compile_unicode(r"\s{0,10}(?:On|Am|Le|El)\s")
_WROTE = compile_unicode(r"(?:On|Am|Le|El)\s.{4,}\b(?:wrote|schrieb|écrit|escribió)\b.*:")
_ORIGINAL = compile_unicode(
    r"-{2,40} ?(?:Original Message|Forwarded message|(?:Ursprüngliche|Original-?|Weitergeleitete) ?Nachricht"
    r"|Message (?:d[’']origine|transféré)|Mensaje (?:original|reenviado)) ?-{2,40}",
    ignore_case=True,
)
_KINDS = {
    name: kind
    for kind, names in {
        "from": ("from", "von", "de"),
        "sent": ("sent", "date", "gesendet", "datum", "envoyé", "envoyé le", "enviado", "enviado el", "fecha"),
        "to": ("to", "an", "à", "a", "para"),
        "subject": ("subject", "betreff", "objet", "asunto"),
    }.items()
    for name in names
}


def quote_begins(lines: Sequence[str]) -> int:
    """First line of the quotation at the end of the text; if no own text would remain, nothing is a quotation."""
    end = len(lines)
    marked = _marked(lines)
    at = marked
    for number in range(marked):
        if _begins(lines, number, marked):
            at = _behind_a_rule(lines, number)
            break
    return at if any(line.strip() for line in lines[:at]) else end


def _marked(lines: Sequence[str]) -> int:
    """First of the lines with > at the end of the text; the text's end if there are none."""
    at = len(lines)
    while at > 0 and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith(">")):
        at -= 1
    return at if any(line.strip() for line in lines[at:]) else len(lines)


def _begins(lines: Sequence[str], number: int, marked: int) -> bool:
    if len(lines[number]) > LINE_LENGTH:
        return False
    if _ORIGINAL.fullmatch(" ".join(lines[number].split())) or _is_header(lines, number):
        return True
    last, text = _introduction(lines, number)
    if not text:
        return False
    # Without quote marks below, a normal sentence may look the same; mail programs include a date, so require a digit.
    return last + 1 >= marked if marked < len(lines) else any(map(str.isdigit, text))


def _introduction(lines: Sequence[str], number: int) -> tuple[int, str]:
    """“On … wrote:” up to its last line; "" if the line does not begin one."""
    if not _BEGINS.match(lines[number]):
        return number, ""
    text = ""
    for last in range(number, min(number + WRAPPED, len(lines))):
        line = lines[last].strip()
        if not line or len(line) > LINE_LENGTH:
            break
        text = f"{text} {line}".strip()
        if line.endswith(":"):
            return last, text if len(text) <= LONGEST_INTRODUCTION and _WROTE.fullmatch(text) else ""
    return number, ""


def _is_header(lines: Sequence[str], number: int) -> bool:
    """Whether the lines are a mail header: sender, subject, and date or recipient. One of them alone is ordinary text."""
    if _kind(lines[number]) != "from":
        return False
    kinds: set[str] = set()
    for line in lines[number : number + HEADERS]:
        if not line.strip():
            break
        kinds.add(_kind(line))
    return "subject" in kinds and bool(kinds & {"sent", "to"})


def _kind(line: str) -> str:
    name, colon, _rest = line[:40].partition(":")
    return _KINDS.get(name.strip(" *\t\u00a0").lower(), "") if colon else ""


def _behind_a_rule(lines: Sequence[str], number: int) -> int:
    """Include a rule before the quotation, and blank lines between."""
    above = number
    while above > 0 and not lines[above - 1].strip():
        above -= 1
    rule = lines[above - 1].strip() if above > 0 else ""
    return above - 1 if len(rule) >= RULE and set(rule) in ({"_"}, {"-"}) else number
