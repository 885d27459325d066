"""Check a draft before it is shown: read its text independently of the generator and compare it with the records.

It shares no code with the generator and knows none of its sentences: numbers, dates, amounts, links and claims are found in the
text itself. It also judges what a language model writes.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from agents.common.patterns import Match, compile_unicode, lines_of
from intelligence.contract.facts import Conversation, OrderFacts
from intelligence.drafting.check_words import WORDS, Words
from tickets.channels import Channel, find_channel

_LINK = compile_unicode(r"(?:https?://|www\.)\S+", ignore_case=True)
_LEAKS = compile_unicode(r"[{}]|%[sd(]|\$\{|<|>|&(?:[a-z]+|#\d+);|javascript:|\b(?:None|null|undefined|NaN)\b")
_BETWEEN = compile_unicode(r"(?<=[.!?])(?<!\d\.)\s+")
_TOKEN = compile_unicode(r"#?\w[\w./#-]*")
# A plausible signature; other names may be missing from a draft.
_NAME = compile_unicode(r"[^\W\d_][^\W_]*(?:[ .&'’-]+[^\W_]+)*\.?")
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}
_LEADING = compile_unicode(r"([$€£])\s?(\d{1,3}(?:,?\d{3})*\.\d{2})")
_TRAILING = compile_unicode(r"(\d{1,3}(?:[ .,]\d{3})+[.,]\d{2}|\d+[.,]\d{2})\s?([$€£]|[A-Z]{3}\b)")
_ORDERED = {  # order state that a claim in the text requires
    "unfulfilled": lambda order: order.fulfillment_status == "unfulfilled",
    "shipped": lambda order: order.fulfillment_status == "shipped",
    "partial": lambda order: order.fulfillment_status == "partial",
    "delivered": lambda order: order.fulfillment_status == "delivered",
    "returned": lambda order: order.fulfillment_status == "returned",
    "cancelled": lambda order: order.status == "cancelled",
}
# GSM 03.38 as code points; an SMS of these characters holds 160 units.
_BASIC = frozenset(
    [
        0x0A,
        0x0D,
        0x40,
        0xA3,
        0x24,
        0xA5,
        0xE8,
        0xE9,
        0xF9,
        0xEC,
        0xF2,
        0xC7,
        0xD8,
        0xF8,
        0xC5,
        0xE5,
        0x394,
        0x5F,
        0x3A6,
        0x393,
    ]
    + [
        0x39B,
        0x3A9,
        0x3A0,
        0x3A8,
        0x3A3,
        0x398,
        0x39E,
        0xC6,
        0xE6,
        0xDF,
        0xC9,
        0xA4,
        0xA1,
        0xC4,
        0xD6,
        0xD1,
        0xDC,
        0xA7,
        0xBF,
    ]
    + [0xE4, 0xF6, 0xF1, 0xFC, 0xE0, *range(0x20, 0x24), *range(0x25, 0x40), *range(0x41, 0x5B), *range(0x61, 0x7B)]
)
_EXTENDED = frozenset([0x5E, 0x7B, 0x7D, 0x5C, 0x5B, 0x7E, 0x5D, 0x7C, 0x20AC, 0x0C])


@dataclass(frozen=True)
class Finding:
    """One violation in a draft: the rule and the words that break it."""

    rule: str
    text: str


def findings(content: str, conversation: Conversation, language: str) -> list[Finding]:
    """All violations in the draft; a draft is shown only if there are none."""
    words = WORDS[language]
    found = [Finding("empty", "")] if not content.strip() else []
    found += [Finding("leak", match.group()) for match in _LEAKS.finditer(_LINK.sub(" ", content))]
    found += [Finding("character", repr(char)) for char in content if char != "\n" and _unseen(char)]
    found += _lengths(content, find_channel(conversation.ticket.channel))
    found += _greeting(content, conversation, words)
    if find_channel(conversation.ticket.channel).is_letter:
        found += _signature(content, conversation)
    found += _promises(content, words)
    found += _facts(content, conversation, words)
    return [*found, *_language(content, language)]


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


def _lengths(content: str, channel: Channel) -> Iterator[Finding]:
    count = len(content.split())
    if channel.word_limit is not None and count >= channel.word_limit:
        yield Finding("length", f"{count} words")
    if channel.segment_units is not None:
        codes = [ord(char) for char in content]
        if all(code in _BASIC or code in _EXTENDED for code in codes):
            units, most = len(codes) + sum(code in _EXTENDED for code in codes), channel.segment_units.gsm7
        else:
            units, most = sum(2 if code > 0xFFFF else 1 for code in codes), channel.segment_units.ucs2
        if units > most:
            yield Finding("length", f"{units} of {most} units")


def _greeting(content: str, conversation: Conversation, words: Words) -> Iterator[Finding]:
    """The greeting must name the customer, and an email must have one."""
    match = words.greeting.match(content)
    if match is None:
        if find_channel(conversation.ticket.channel).is_letter:
            yield Finding("greeting", content[:40])
        return
    known = set(compile_unicode(r"[\s]+").split(conversation.customer.name.casefold()))
    for word in (match.group(1) or "").casefold().split():
        if word not in known:
            yield Finding("greeting", match.group())
            return


def _signature(content: str, conversation: Conversation) -> Iterator[Finding]:
    """An email must end with a name: the agent's, or the shop's if it is known."""
    last = content.rstrip().split("\n")[-2:]
    wanted = [name for name in (conversation.agent_name, conversation.shop_name) if name.strip()]
    writable = [name for name in wanted if 2 <= len(name.strip()) <= 50 and _NAME.fullmatch(name.strip())]
    if "\n\n" not in content.strip() or (
        writable and not any(_folded(name) in map(_folded, last) for name in writable)
    ):
        yield Finding("signature", " / ".join(last)[:60])


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _promises(content: str, words: Words) -> Iterator[Finding]:
    for pattern in words.promises:
        yield from (Finding("promise", match.group()) for match in pattern.finditer(content))


def _language(content: str, language: str) -> Iterator[Finding]:
    """The text's most common words must be those of its language."""
    tokens = compile_unicode(r"[^\W\d_]+").findall(content.lower())
    counts = {code: sum(token in words.common for token in tokens) for code, words in WORDS.items()}
    best = max(counts, key=lambda code: counts[code])
    if counts[best] > counts[language]:
        yield Finding("language", best)


def _facts(content: str, conversation: Conversation, words: Words) -> Iterator[Finding]:
    """Each link, amount, date and number must stand in one of the records that the text names."""
    orders = conversation.customer.orders
    spoken = [order for order in orders if _mentions(content, order.number)]
    # A tracking number alone identifies the order.
    followed = spoken or [order for order in orders if any(_mentions(content, one) for one in order.tracking_numbers)]
    links = {url for order in followed for url in order.tracking_urls}
    yield from (Finding("link", link) for link in _LINK.findall(content) if link not in links)
    text = _without_names(_LINK.sub(" ", content), conversation)
    for sentence in filter(None, lines_of(_BETWEEN.split(text))):
        yield from _claims(sentence, orders, words)
        rest, found = _amounts(sentence, spoken, words)
        yield from found
        rest, found = _dates(rest, _moments(conversation, spoken), words)
        yield from found
        numbers = {order.number.casefold() for order in orders}
        numbers |= {number.casefold() for order in followed for number in order.tracking_numbers}
        for token in _TOKEN.findall(rest):
            bare = token.rstrip("./-#")
            if any(char.isdigit() for char in bare) and bare.casefold() not in numbers:
                yield Finding("number", bare)


def _mentions(text: str, number: str) -> bool:
    return bool(number) and compile_unicode(rf"(?<![\w-]){re.escape(number)}(?![\w-])").search(text) is not None


def _without_names(text: str, conversation: Conversation) -> str:
    """The text without names of people and shops, which may contain digits; the rest must be supported by records."""
    carriers = {order.carrier for order in conversation.customer.orders}
    for name in {conversation.agent_name, conversation.shop_name, *carriers} - {""}:
        if any(char.isdigit() for char in name) and not name.isdigit():
            text = text.replace(name, " ")
    return text


def _claims(sentence: str, orders: Iterable[OrderFacts], words: Words) -> Iterator[Finding]:
    """A sentence about the state of an order must agree with the order's record."""
    about = [order for order in orders if _mentions(sentence, order.number)]
    for state, pattern in words.claims:
        match = pattern.search(sentence)
        if match and about and not all(_ORDERED[state](order) for order in about):
            yield Finding("claim", f"{state}: {match.group()}")


def _amounts(sentence: str, spoken: list[OrderFacts], words: Words) -> tuple[str, list[Finding]]:
    """The sentence without its amounts, and the amounts that no record has. Refunds, discounts and totals are told apart."""
    found: list[Finding] = []

    def judge(match: Match) -> str:
        first, second = match.group(1), match.group(2)
        sign, number = (first, second) if first in _SIGNS else (second, first)
        digits = compile_unicode(r"\D").sub("", number)
        currency = _SIGNS.get(sign, sign)
        kind = "discount" if words.discount.search(sentence) else "total"
        kind = "refunded" if words.refund.search(sentence) else kind
        of_record = {(f"{round(getattr(order, kind) * 100)}".zfill(3), order.currency) for order in spoken}
        if (digits.lstrip("0").zfill(3), currency) not in of_record:
            found.append(Finding("amount", match.group()))
        return " "

    return _TRAILING.sub(judge, _LEADING.sub(judge, sentence)), found


def _moments(conversation: Conversation, spoken: list[OrderFacts]) -> list[datetime]:
    return [order.placed_at for order in spoken] + [past.created_at for past in conversation.ticket.past]


def _dates(sentence: str, moments: list[datetime], words: Words) -> tuple[str, list[Finding]]:
    """The sentence without its dates, and the dates that no record has."""
    months = words.months.split()
    pattern = compile_unicode(
        rf"\b(\d{{1,2}})\.? (?:de )?({'|'.join(months)})\b(?: (?:de )?(\d{{4}}))?", ignore_case=True
    )
    found: list[Finding] = []

    def judge(match: Match) -> str:
        day, month, year = int(match.group(1)), months.index(match.group(2).lower()) + 1, match.group(3)
        known = [moment for moment in moments if (moment.day, moment.month) == (day, month)]
        if not any(year is None or moment.year == int(year) for moment in known):
            found.append(Finding("date", match.group()))
        return " "

    return pattern.sub(judge, sentence), found
