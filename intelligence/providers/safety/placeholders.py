"""Replace personal data by placeholders before a call, and put it back afterwards.

Placeholders are letters only, such as [PHONE-A]: the checker reads digits as numbers. The same value has the same placeholder
within one call. Whatever looks personal is replaced: a word too many costs nothing, since it comes back.
"""

import re
from collections.abc import Iterator
from itertools import chain

import phonenumbers

from agents.common.patterns import Match, Pattern, compile_unicode
from intelligence.contract.facts import Conversation

TOKEN = compile_unicode(r"\[(?:[A-Z]{2,8})-(?:[A-Z]{1,3})\]")
# The customer's own data, which a reply may repeat; secrets are not among them.
PERSONAL = frozenset({"EMAIL", "PHONE", "ADDRESS"})
OF_RECORDS = frozenset({"NAME", "TRACKING"})
_REGIONS = {"en": ("US", "GB"), "de": ("DE", "AT"), "fr": ("FR", "BE"), "es": ("ES", "MX")}
_SCANNED = 20_000  # characters that the phone number library searches
_PARTICLES = frozenset(
    ("von", "van", "de", "der", "den", "del", "della", "di", "da", "dos", "la", "le", "zu", "bin", "al", "el", "y", "e")
)
_WEB = compile_unicode(r"\b(?:https?://|www\.)[^\s<>\"]+", ignore_case=True)
_EMAIL = compile_unicode(r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;:\"]*\w")
_IBAN = compile_unicode(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{3,4}){3,8}(?:[ -]?[A-Z0-9]{1,3})?\b", ignore_case=True)
# separators that people put between groups of digits
_BETWEEN = r"[\s._/\u00ad\u200b-\u200d\u2060\u2010-\u2015\u2212-]"
_DIGITS = compile_unicode(rf"\d(?:{_BETWEEN}{{0,2}}\d){{12,60}}")
_FOURS = compile_unicode(rf"\d{{4}}(?:{_BETWEEN}{{1,2}}\d{{4}}){{2}}{_BETWEEN}{{1,2}}\d{{1,7}}")
_PARCEL = compile_unicode(r"\b(?:1Z[0-9A-Z]{16}|[A-Z]{2}\d{9}[A-Z]{2}|JJD\d{10,20})\b", ignore_case=True)
_PHONE = compile_unicode(r"(?<![\w.])(?:\+|\(\+?|00)?\d(?:[ ()/.\u00a0-]{0,3}\d){6,16}(?!\w)")
_DATE = compile_unicode(r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})$")
_AMOUNT = compile_unicode(r"\d{1,3}(?:[.,]\d{3})+[.,]\d{2}$")
_ADDRESSES = (
    r"\b\d{1,6}[A-Za-z]?,? (?:[NSEW]\.? )?(?:[\w'’.-]{1,30} ){1,4}(?:street|st|avenue|ave|road|rd|lane|ln"
    r"|drive|dr|boulevard|blvd"
    r"|court|ct|place|square|terrace|way|close|crescent|gardens|parkway|highway|hwy|row|hill)\b\.?"
    r"(?:,? (?:apt|apartment|unit|suite|ste|flat|#)\.? ?\w+)?",
    r"\b[^\W\d_][\w.-]{0,40}?(?:stra(?:ß|ss)e|str\.?|weg|platz|allee|gasse|ring|ufer|damm|chaussee|steig"
    r"|markt) ?\d{1,4} ?[a-z]?\b",
    r"\b(?:[Aa]m|[Aa]n der|[Ii]m|[Zz]um|[Zz]ur|[Aa]uf de[mr]|[Uu]nter den) "
    r"[A-ZÄÖÜ][\wäöüß-]{1,30}(?: [A-ZÄÖÜ][\wäöüß-]{1,30}){0,2} \d{1,4} ?[a-z]?\b",
    r"\b[A-ZÄÖÜ][\wäöüß-]{1,30}er (?:[Ss]traße|[Ss]tr\.|[Ww]eg|[Pp]latz|[Aa]llee|[Rr]ing) \d{1,4} ?[a-z]?\b",
    r"\b\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|av\.|boulevard|bd|place|impasse|chemin|allée|route|quai|cours|square|villa)"
    r"(?: (?:d[eu]s?|la|le|les|l['’]|d['’])? ?[\w'’-]{1,30}){1,5}",
    r"\b(?:calle|c/|avenida|avda\.?|av\.|plaza|paseo|camino|carretera|ronda|travesía) ?(?:[\w'’-]{1,30} ){0,5}?[\w'’-]{1,30},?"
    r" (?:n[.º°]{0,2} ?)?\d{1,4}\b(?:,? ?\d[ºª°]\w?)?",
    r"\b(?:p\.? ?o\.? box|postfach|boîte postale|bp|apartado(?: de correos)?) \d[\d ]{0,8}",
    r"\b(?:D-|F-|E-|A-|CH-)?\d{5}(?:-\d{4})? [A-ZÀ-Ý][\wÀ-ÿ'’-]{1,30}"
    r"(?: (?:am|an|der|de|la|les|sur|del?) [A-ZÀ-Ý][\wÀ-ÿ-]{1,30}| [A-ZÀ-Ý][\wÀ-ÿ-]{1,30})?",
    r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b",
    r"\b[A-Z][\w'’.-]{1,30}(?: [A-Z][\w'’.-]{1,30})?, ?[A-Z]{2} \d{5}(?:-\d{4})?\b",
)
_CASELESS = tuple(compile_unicode(_ADDRESSES[place], ignore_case=True) for place in (0, 1, 4, 5, 6))
_CASED = tuple(compile_unicode(_ADDRESSES[place]) for place in (2, 3, 7, 8, 9))

Span = tuple[int, int, str]  # start, end, kind; text with an empty kind stays unchanged


class Placeholders:
    """The placeholders of one call; not safe to share between threads."""

    def __init__(self, conversation: Conversation) -> None:
        self._tokens: dict[tuple[str, str], str] = {}
        self._values: dict[str, str] = {}
        self._names = _names(conversation)
        self._kept = _exactly(order.number for order in conversation.customer.orders)
        tracked = (number for order in conversation.customer.orders for number in order.tracking_numbers)
        self._tracking = _exactly(tracked)
        self._regions = _REGIONS.get(conversation.ticket.language or "en", ("US", "GB"))

    def replace(self, text: str) -> str:
        parts, at = [], 0
        for start, end, kind in self._chosen(text):
            parts += [text[at:start], self._token(kind, text[start:end]) if kind else text[start:end]]
            at = end
        return "".join([*parts, text[at:]])

    def restore(self, text: str, kinds: frozenset[str] | None = None) -> str:
        """The text with the values put back; only values of the given kinds if `kinds` is set."""

        def value(match: Match) -> str:
            token = match.group()
            kind = token[1:].split("-")[0]
            return self._values.get(token, token) if kinds is None or kind in kinds else token

        return TOKEN.sub(value, text)

    def tokens(self, kinds: frozenset[str]) -> frozenset[str]:
        """Placeholders in use of these kinds."""
        return frozenset(token for (kind, _), token in self._tokens.items() if kind in kinds)

    def _token(self, kind: str, value: str) -> str:
        known = self._tokens.get((kind, value))
        if known is None:
            place = sum(kind == other for other, _ in self._tokens)
            known = f"[{kind}-{_letters(place)}]"
            self._tokens[kind, value] = known
            self._values[known] = value
        return known

    def _chosen(self, text: str) -> list[Span]:
        """Of overlapping spans the first kind wins; the others are dropped whole."""
        chosen: list[Span] = []
        for start, end, kind in self._spans(text):
            if start < end and all(end <= other[0] or start >= other[1] for other in chosen):
                chosen.append((start, end, kind))
        return sorted(chosen)

    def _spans(self, text: str) -> Iterator[Span]:
        yield from _all(TOKEN, text, "TEXT")
        yield from _all(_WEB, text, "LINK")
        yield from _all(_EMAIL, text, "EMAIL")
        if self._kept:
            yield from _all(self._kept, text, "")
        if self._tracking:
            yield from _all(self._tracking, text, "TRACKING")
        yield from _all(_PARCEL, text, "TRACKING")
        yield from _all(_IBAN, text, "IBAN")
        yield from _cards(text)
        yield from chain.from_iterable(_all(one, text, "ADDRESS") for one in (*_CASELESS, *_CASED))
        yield from self._phones(text)
        if self._names:
            yield from _all(self._names, text, "NAME")

    def _phones(self, text: str) -> Iterator[Span]:
        for match in _PHONE.finditer(text):
            if not _DATE.match(match.group()) and not _AMOUNT.match(match.group()):
                yield (*match.span(), "PHONE")
        for region in self._regions:
            for found in phonenumbers.PhoneNumberMatcher(text[:_SCANNED], region):
                yield found.start, found.end, "PHONE"


def _all(pattern: Pattern, text: str, kind: str) -> Iterator[Span]:
    for match in pattern.finditer(text):
        yield (*match.span(), kind)


def _cards(text: str) -> Iterator[Span]:
    """Card numbers, also between other numbers: consecutive groups of digits, longest match first."""
    for run in _DIGITS.finditer(text):
        groups = [
            (run.start() + one.start(), run.start() + one.end())
            for one in compile_unicode(r"\d+").finditer(run.group())
        ]
        spans = [(start, end) for place, (start, _) in enumerate(groups) for _, end in groups[place : place + 7]]
        for start, end in sorted(spans, key=lambda span: span[0] - span[1]):
            if _luhn(text[start:end]) or _FOURS.fullmatch(text[start:end]):
                yield start, end, "CARD"


def _letters(place: int) -> str:
    """A to Z, then AA."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


def _exactly(values: Iterator[str]) -> Pattern | None:
    """Matches of these numbers as whole numbers, not as a group of digits in a longer one."""
    wanted = sorted({value for value in values if value.strip()}, key=len, reverse=True)
    if not wanted:
        return None
    listed = "|".join(map(re.escape, wanted))
    return compile_unicode(rf"(?<![\w+@-])(?<!\d[ ./()-])(?:{listed})(?![\w@-])(?![ ./()-]{{1,2}}\d)", ignore_case=True)


def _names(conversation: Conversation) -> Pattern | None:
    """The customer's and the agents' names, whole and word by word, also with a possessive s."""
    known = {conversation.customer.name, conversation.agent_name}
    known |= {message.author_name for message in conversation.ticket.messages}
    whole = {" ".join(name.split()) for name in known if name.strip()}
    words = {word for name in whole for word in compile_unicode(r"[^\W\d_]+(?:['’-][^\W\d_]+)*").findall(name)}
    words |= {part for word in words for part in compile_unicode(r"[-'’]").split(word)}
    words = {word for word in words if len(word) > 1 and word.lower() not in _PARTICLES}
    wanted = sorted(whole | words, key=lambda name: (-len(name), name))
    if not wanted:
        return None
    listed = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in wanted)
    return compile_unicode(rf"(?<![^\W_])(?:{listed})(?=s?(?![^\W_]))", ignore_case=True)


def _luhn(text: str) -> bool:
    digits = [int(char) for char in reversed(text) if char.isdigit()]
    return (
        13 <= len(digits) <= 19
        and sum(sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(digits)) % 10 == 0
    )
