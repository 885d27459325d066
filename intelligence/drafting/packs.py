"""Load the sentences of each language from `languages/*.toml`, with its formats of dates and amounts."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "languages"
LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
# Each language's thousands separator and decimal mark, and whether the currency symbol comes first.
_NUMBERS = {"en": (",", ".", True), "de": (".", ",", False), "fr": (" ", ",", False), "es": (".", ",", False)}
# First words that stay capitalized after the comma of a greeting.
_KEEP = {
    "en": frozenset({"I", "I'm", "I'll"}),
    "de": frozenset({"Ihre", "Ihrer", "Ihr", "Sie", "Bestellung", "Zu", "Auf"}),
    "fr": frozenset(),
    "es": frozenset(),
}

Texts = dict[str, str]


@dataclass(frozen=True)
class Pack:
    """The sentences of one language. `texts` are by section and key; each is a whole sentence."""

    code: str
    months: tuple[str, ...]
    words: Texts
    texts: dict[str, Texts]
    topics: dict[str, Texts]

    def say(self, section: str, key: str) -> str:
        return self.texts[section][key]

    def has(self, section: str, key: str) -> bool:
        return key in self.texts[section]

    def acknowledge(self, topic: str, tone: str) -> str:
        return self.topics[topic][tone]

    def date(self, moment: datetime, now: datetime) -> str:
        """Day and month, with the year if it is not this one; in UTC, like the records."""
        form = "date" if moment.year == now.year else "date_with_year"
        return self.words[form].format(day=moment.day, month=self.months[moment.month - 1], year=moment.year)

    def money(self, amount: float, currency: str) -> str:
        """The amount in the language's notation with two decimals; currencies without a symbol by their code."""
        group, point, leads = _NUMBERS[self.code]
        number = f"{amount:,.2f}".replace(",", "\0").replace(".", point).replace("\0", group)
        symbol = _SYMBOLS.get(currency)
        if symbol is None:
            return f"{number} {currency}"
        return f"{symbol}{number}" if leads else f"{number} {symbol}"

    def listed(self, items: list[str]) -> str:
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])} {self.words['and']} {items[-1]}"

    def after_greeting(self, greeting: str, text: str, *, inline: bool) -> str:
        """The text with a small first letter after a comma or colon: always in German, elsewhere only on the same line."""
        first = text.split(" ", 1)[0].rstrip(",.!")
        if not greeting.endswith((",", ":")) or not (inline or self.code == "de") or first in _KEEP[self.code]:
            return text
        return text[:1].lower() + text[1:]


@cache
def pack(code: str) -> Pack:
    """The language's sentences. Raises `KeyError` if there are none."""
    if code not in LANGUAGES:
        raise KeyError(code)
    data = tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    months, topics = tuple(data.pop("months")), data.pop("topics")
    words = {key: value for key, value in data.items() if isinstance(value, str)}
    texts = {key: value for key, value in data.items() if isinstance(value, dict)}
    return Pack(code, months, words, texts, topics)
