"""Check the short lines of a remote service: reasons, warnings, guidance, talking points."""

from collections.abc import Iterator

from agents.common.patterns import compile_unicode
from intelligence.contract.facts import Conversation, CustomerFacts
from intelligence.drafting.check import Finding
from intelligence.drafting.check_words import WORDS
from intelligence.drafting.packs import LANGUAGES, pack
from intelligence.providers.safety.forbidden_words import any_words, service_words
from intelligence.providers.safety.plain_text import folded, seen, unmarked
from intelligence.providers.safety.sentence_rules import commitments, scripts, secrets

LIMIT = 300  # characters
_MARKS = compile_unicode(
    r"<[a-z/!?]|[<>{}\[\]|\\]|%[sd(]|%[A-Z_]{2,}%|\$[A-Z_]{2,}|_{3,}|\$\{|&(?:[a-z]+|#\d+);", ignore_case=True
)
_MONEY = compile_unicode(
    r"\b(?:dollars?|euros?|pounds|pfund|libras|pesos|percent|per cent|prozent|pour cent|por ciento|half price)\b"
)
_TOKEN = compile_unicode(r"[$€£]?#?\w[\w./#,:%-]*[€£$%]?")
_DATE = compile_unicode(r"\b(\d{1,2})(?:st|nd|rd|th|\.)? (?:of |de )?([^\W\d_]{3,10})(?:,? (?:de )?(\d{4}))?")
_DATE_TURNED = compile_unicode(r"\b([A-Z][a-z]{2,8}) (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?(?!\w)")
_MONTHS = {month.lower(): place for code in LANGUAGES for place, month in enumerate(pack(code).months, 1)}


def clean_line(
    text: object,
    conversation: Conversation,
    limit: int = LIMIT,
    *,
    strict: bool = False,
    allowed: frozenset[str] = frozenset(),
) -> str | None:
    """One line without markup; `None` if it is empty, hostile, or names a figure, link or order that no record has.

    `strict` also refuses promises, which a language model can be talked into, and lines that are not in English, the language of
    advice to agents. A line that only breaks `allowed` rules may stay.
    """
    if not isinstance(text, str) or len(text) > 10 * limit:
        return None
    line, _ = unmarked(seen(text))
    line = " ".join(line.split())
    if len(line) > limit:
        line = line[:limit].rsplit(" ", 1)[0].rstrip(" ,;:-") + "…"
    if sum(char.isalpha() for char in line) < 2:
        return None
    return None if any(one.rule not in allowed for one in _wrong(line, conversation, strict)) else line


def _wrong(line: str, conversation: Conversation, strict: bool) -> Iterator[Finding]:
    low = folded(line)
    common = any_words()
    patterns = (("leak", _MARKS), ("insult", common.insults), ("machine", common.machine), ("number", common.digits))
    for rule, pattern in patterns:
        match = pattern.search(line if rule == "leak" else low)
        if match:
            yield Finding(rule, match.group())
    links = {url for order in conversation.customer.orders for url in order.tracking_urls}
    rest = low
    for url in links:
        rest = rest.replace(folded(url), " ")
    if common.web.search(rest):
        yield Finding("link", "")
    if _MONEY.search(low):
        yield Finding("amount", "")
    if strict:
        yield from (Finding("legal", "") for words in service_words().values() if words.legal.search(low))
    yield from secrets(low)
    if strict:
        yield from commitments(low, "en")
        yield from scripts(line, conversation)
        yield from _foreign(low)
    yield from _figures(line, conversation)


def _foreign(low: str) -> Iterator[Finding]:
    """Whether the line's most common words are of another language."""
    tokens = compile_unicode(r"[^\W\d_]+").findall(low)
    counts = {code: sum(token in words.common for token in tokens) for code, words in WORDS.items()}
    best = max(counts, key=lambda code: counts[code])
    if counts[best] - counts["en"] >= 2:
        yield Finding("language", best)


def _figures(line: str, conversation: Conversation) -> Iterator[Finding]:
    """Whether each figure is in the records."""
    days = set(_days(conversation))
    foreign: list[str] = []

    def judged(day: str, month: str, year: str | None, whole: str) -> str:
        place = _MONTHS.get(month.lower())
        if place is None:
            return whole
        if not any((int(day), place) == known[:2] and year in (None, "", str(known[2])) for known in days):
            foreign.append(whole)
        return " "

    line = _DATE.sub(lambda match: judged(match.group(1), match.group(2), match.group(3), match.group()), line)
    line = _DATE_TURNED.sub(lambda match: judged(match.group(2), match.group(1), match.group(3), match.group()), line)
    yield from (Finding("date", one) for one in foreign)
    known = set(_known(conversation))
    for token in _TOKEN.findall(line):
        bare = token.rstrip(".,:/-").casefold()
        if any(char.isdigit() for char in bare) and bare not in known:
            yield Finding("number", bare)


def _days(conversation: Conversation) -> Iterator[tuple[int, int, int]]:
    ticket = conversation.ticket
    moments = [order.placed_at for order in conversation.customer.orders]
    moments += [past.created_at for past in ticket.past] + [message.created_at for message in ticket.messages]
    for moment in [*moments, ticket.created_at]:
        yield moment.day, moment.month, moment.year


def _known(conversation: Conversation) -> Iterator[str]:
    """Figures of the records, as people write them."""
    yield from _of_orders(conversation.customer)
    messages = conversation.ticket.messages
    counts = {len(messages), len(conversation.ticket.past), conversation.customer.total_orders}
    counts |= {sum(message.from_agent == side for message in messages) for side in (True, False)}
    yield from map(str, counts)
    analysis = conversation.analysis
    if analysis is None:
        return
    for share in (analysis.churn_risk, analysis.churn_base_rate):
        if share is not None:
            yield from (f"{share:.2f}", f"{share:.1f}", f"{share * 100:.0f}%", f"{share * 100:.1f}%")
    for amount in (analysis.predicted_ltv_12mo, analysis.revenue_at_risk):
        if amount is not None:
            yield from _amounts(amount, "")


def _of_orders(customer: CustomerFacts) -> Iterator[str]:
    currencies = {order.currency for order in customer.orders}
    yield str(len(customer.orders))
    for order in customer.orders:
        number = order.number.casefold()
        yield from (number, f"#{number}")
        yield from (tracking.casefold() for tracking in order.tracking_numbers)
        for amount in (order.total, order.refunded, order.discount):
            if amount:
                yield from _amounts(amount, order.currency)
        yield from (str(line.quantity) for line in order.lines)
    for currency in currencies:
        yield from _amounts(customer.lifetime_value, currency)


def _amounts(amount: float, currency: str) -> Iterator[str]:
    sign = {"USD": "$", "EUR": "€", "GBP": "£"}.get(currency, "")
    written = {f"{amount:.2f}", f"{amount:,.2f}", f"{amount:.2f}".replace(".", ",")}
    written |= {pack(code).money(amount, currency).replace(sign, "").strip() for code in LANGUAGES if sign}
    if amount == int(amount):
        written |= {f"{amount:.0f}", f"{amount:,.0f}"}
    for one in written:
        yield from (one, f"{sign}{one}", f"{one}{sign}")
