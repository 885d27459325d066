"""How cells are read: times, amounts, whole numbers, yes or no. What could mean two things is refused, never guessed."""

import re
import shlex
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from agents.common.patterns import Pattern, compile_unicode
from tickets.imports.import_errors import Refused

CACHED_TIMES = 10_000
LONGEST_TIME = 100  # characters
_PLAIN_AMOUNT = compile_unicode(r"[0-9]{1,15}(?:\.[0-9]{1,2})?")
_ZERO = compile_unicode(r"0{1,15}[.,]0{1,15}")
_HALF_CENT = Decimal("0.005")
_BLANKS = "' ’\u00a0\u202f"


def _grouped(group: str, point: str) -> Pattern:
    """Pattern of amounts with thousands separated by one sign throughout."""
    divided = "|".join(f"[0-9]{{1,3}}(?:{re.escape(by)}[0-9]{{3}})+" for by in group + _BLANKS)
    return compile_unicode(rf"(?P<whole>{divided}|[0-9]{{1,15}})(?:{re.escape(point)}(?P<cents>[0-9]{{1,40}}))?")


_POINT_AMOUNT, _COMMA_AMOUNT = _grouped(",", "."), _grouped(".", ",")
# Shops write the offset after a space, as +0100 or by name, which ISO 8601 does not allow.
_OFFSET = compile_unicode(r"\s+([+-][0-9]{2}:?[0-9]{2})$")
_ZULU = compile_unicode(r"\s+(?:UTC|GMT|Z)$", ignore_case=True)
_YES = frozenset({"true", "t", "yes", "y", "1", "agent", "outbound", "out", "public"})
_NO = frozenset({"false", "f", "no", "n", "0", "customer", "enduser", "inbound", "in", "private", "internal"})


@dataclass(frozen=True)
class Conventions:
    """How this file writes ambiguous dates and amounts."""

    timezone: tzinfo = UTC
    date_format: str = ""
    decimal_comma: bool = False
    # Country of national telephone numbers, ISO 3166 with two letters; empty: PHONE_REGION.
    region: str = ""


def folded(name: str) -> str:
    """A name or choice for comparison: without case, blanks and punctuation."""
    return compile_unicode(r"[\W_]+").sub("", name).casefold()


def shown(value: object) -> str:
    """A value for use in a sentence, shortened."""
    # `str` fails on a list or object that is nested too deeply.
    text = "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else str(value)
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"


def text_of(value: Any) -> str:
    """A text or whole number as text, "" for nothing. Raises `Refused` for a float, which has lost digits of a long id."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Refused(f"A text is expected, not {shown(value)}.")


def list_of(value: Any) -> list[str]:
    """Several texts: a JSON list (of texts or of objects with a name), or one text with commas, semicolons or line ends."""
    if isinstance(value, list):
        texts = [text_of(item.get("name") if isinstance(item, dict) else item) for item in value]
    else:
        texts = [part.strip() for part in compile_unicode(r"[,;\n]").split(text_of(value))]
    return [text for text in texts if text]


def flag(value: Any) -> bool | None:
    """True, false, or `None` if empty."""
    if value is None or isinstance(value, bool):
        return value
    word = folded(text_of(value))
    if not word:
        return None
    if word in _YES or word in _NO:
        return word in _YES
    raise Refused(f"{shown(value)} is neither yes nor no (true or false, yes or no, 1 or 0).")


def fraction(value: Any) -> float | None:
    """A fraction such as 0.65, or `None`."""
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        return float(value)
    text = text_of(value)
    if not text:
        return None
    if compile_unicode(r"[0-9]{0,3}\.?[0-9]{1,15}").fullmatch(text):
        return float(text)
    raise Refused(f"{shown(value)} is not a number.")


def whole(value: Any) -> int:
    """A whole number, also from 2.0."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    text = text_of(value)
    if not compile_unicode(r"[0-9]{1,12}(?:\.0{1,6})?").fullmatch(text):
        raise Refused(f"{shown(value)} is not a whole number.")
    return int(text.partition(".")[0])


class Reader:
    """Parses times and amounts by the file's conventions."""

    def __init__(self, conventions: Conventions, choices: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self.conventions = conventions
        self.choices = choices or {}
        # An export repeats its times, and parsing one takes longer than all else of a line.
        self._times: dict[str, datetime] = {}

    def time(self, value: Any) -> datetime:
        """Parse a moment. Raises `Refused`."""
        if isinstance(value, float):
            value = f"{value:.0f}"
        text = text_of(value)
        moment = self._times.get(text)
        if moment is None:
            if len(self._times) >= CACHED_TIMES:
                self._times.clear()
            moment = self._times[text] = self._read_time(text)
        return moment

    def _read_time(self, text: str) -> datetime:
        try:
            if len(text) > LONGEST_TIME:  # the patterns below take quadratic time
                raise ValueError(text)
            if self.conventions.date_format:
                moment = datetime.strptime(text, self.conventions.date_format)
            elif text.isascii() and text.isdigit():
                moment = _digits(text)
            else:
                moment = datetime.fromisoformat(_OFFSET.sub(r"\1", _ZULU.sub("+00:00", text)))
        except (ValueError, OverflowError, OSError):
            wanted = self.conventions.date_format or "2026-03-01T14:05:00+01:00, 2026-03-01, 20260301"
            hint = "" if self.conventions.date_format else " (or give --date-format)"
            raise Refused(f"{shown(text)} is not a time such as {wanted}{hint}.") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=self.conventions.timezone)

    def amount(self, value: Any, *, rounded: bool = False) -> Decimal:
        """Parse an amount of money with at most two decimals; with `rounded`, round it. Raises `Refused`."""
        if isinstance(value, str):
            if not self.conventions.decimal_comma and _PLAIN_AMOUNT.fullmatch(value):
                return Decimal(value)
            return self._read_amount(value, rounded)
        if isinstance(value, float):
            # Undo float errors of the exporting program, in which 12.1 + 0.2 is 12.299999999999999.
            return _cents(Decimal(repr(round(value, 6))), value, rounded)
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value)
        raise Refused(f"{shown(value)} is not an amount.")

    def _read_amount(self, given: str, rounded: bool) -> Decimal:
        comma = self.conventions.decimal_comma
        text = _without_signs(given)
        negative = text[:1] in ("-", "−")
        if negative:
            text = _without_signs(text[1:])
        if _ZERO.fullmatch(text):  # zero is zero with any decimal separator
            return Decimal(0)
        match = (_COMMA_AMOUNT if comma else _POINT_AMOUNT).fullmatch(text)
        if match is None:
            other = None if comma else _COMMA_AMOUNT.fullmatch(text)
            hint = "; with --decimal-comma it would be one" if other else ""
            raise Refused(f"{shown(given)} is not an amount such as {'1.234,56' if comma else '1,234.56'}{hint}.")
        if not comma and match["cents"] is None and text.count(",") == 1:
            raise Refused(f"{shown(given)} may be a thousand or a decimal comma: write it without, or as 1,234.00.")
        digits = compile_unicode(r"[^0-9]").sub("", match["whole"])
        amount = _cents(Decimal(f"{digits}.{match['cents'] or '0'}"), given, rounded)
        return -amount if negative else amount

    def choice(self, name: str, value: Any, default: str) -> str:
        """One of the field's allowed values, also under other names. Raises `Refused` with the list."""
        text = text_of(value)
        if not text:
            return default
        known = self.choices[name]
        found = known.get(folded(text))
        if found is None:
            allowed = ", ".join(dict.fromkeys(known.values()))
            raise Refused(
                f"{name}: {shown(text)} is none of {allowed}; say which it is, "
                f"as in --map-value {_quoted(f'{name}:{text[:60]}={next(iter(known.values()))}')}."
            )
        return found


def _quoted(option: str) -> str:
    """An option's value quoted for a shell."""
    return shlex.quote(" ".join(option.split()))


def _digits(text: str) -> datetime:
    """Parse a day as YYYYMMDD, or seconds (9 or 10 digits) or milliseconds (13) since 1970."""
    if len(text) == 8:
        return datetime(int(text[:4]), int(text[4:6]), int(text[6:]))
    if len(text) in (9, 10):
        return datetime.fromtimestamp(int(text), UTC)
    if len(text) == 13:
        return datetime.fromtimestamp(int(text) // 1000, UTC).replace(microsecond=int(text) % 1000 * 1000)
    raise ValueError(text)


def _without_signs(text: str) -> str:
    """The text without blanks and currency signs at both ends."""
    start, end = 0, len(text)
    while start < end and _is_sign(text[start]):
        start += 1
    while end > start and _is_sign(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_sign(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Sc"


def _cents(amount: Decimal, given: object, rounds: bool) -> Decimal:
    if not amount.is_finite() or abs(amount) >= 10**15:
        raise Refused(f"{shown(given)} is not an amount.")
    rounded = amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    if rounded != amount and not (rounds and abs(rounded - amount) < _HALF_CENT):
        raise Refused(f"{shown(given)} has more than two decimals.")
    return rounded
