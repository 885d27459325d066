"""Check one sentence of a service for what it must not say although the drafts' own checker would pass it.

That checker (`drafting.check`) was made for our own sentences; free text uses other words. Here a sentence about something that
an agent would have to decide is refused, unless it only asks about it or mentions it.
"""

import unicodedata
from collections.abc import Iterator

from agents.common.patterns import Pattern, compile_unicode
from intelligence.contract.facts import Conversation, OrderFacts
from intelligence.drafting.check import Finding
from intelligence.providers.safety.forbidden_words import ServiceWords, any_words, service_words
from intelligence.providers.safety.plain_text import folded
from intelligence.providers.safety.sentence_support import unsupported

_BRACKETS = compile_unicode(
    r"\[[^\]\n]{0,60}\]?|[{}\]]|<|>|%[A-Z_]{2,}%|\$[A-Z_]{2,}|_{3,}|\\[nrtux]|\"\w+\"\s?:|={2,}|\|"
)
_NAMES = compile_unicode(r"(?<![.!?:] )(?<!^)\b([A-ZÀ-Ý][a-zà-ÿ]+) ([A-ZÀ-Ý][a-zà-ÿ]+)\b")
_OWNER = compile_unicode(r"(?<=\s)([A-ZÀ-Ý][a-zà-ÿ]+)['’]s\b")
_VOCATIVE = compile_unicode(r", ([A-ZÀ-Ý][a-zà-ÿ]+)[.!?,]")
_RECORDS = compile_unicode(
    r"\b(?:records?|recorded|vermerkt|unterlagen|données|dossiers?|datos|registros?|consta|figura)\b"
)
_REFUND_OF = compile_unicode(r"\b(?:refund|erstattung|remboursement|reembolso) (?:of|von|de) (?=[$€£]?\d)")
_DISCOUNT_OF = compile_unicode(r"\b(?:discount|rabatt|remise|réduction|descuento) (?:of|von|de) (?=[$€£]?\d)")
_SAID_BY = frozenset(
    (
        "it",
        "that",
        "let",
        "here",
        "there",
        "what",
        "who",
        "he",
        "she",
        "how",
        "where",
        "customer",
        "care",
        "service",
        "support",
    )
)
_UNVOICED = frozenset(("i", "monday", "sir", "madam", "please", "thanks"))
_GONE = frozenset({"shipped", "partial", "delivered", "returned"})


def judge(
    sentence: str, language: str, conversation: Conversation, spoken: list[OrderFacts], allowed: frozenset[str]
) -> Iterator[Finding]:
    """All violations in the sentence. `spoken` are the orders that the whole text names; `allowed` placeholders stay."""
    for token in allowed:
        sentence = sentence.replace(token, " ")
    text = folded(sentence)
    words = service_words()[language]
    yield from _found("leak", _BRACKETS, sentence)
    yield from scripts(sentence, conversation)
    yield from _found("link", any_words().web, _without_links(text, spoken))
    yield from _found("number", any_words().digits, text)
    yield from _found("insult", any_words().insults, text)
    yield from _found("machine", any_words().machine, text)
    yield from _found("internal", any_words().internal, text)
    yield from _found("unsupported", any_words().beyond, text)
    yield from secrets(text)
    yield from _found("legal", words.legal, text)
    yield from commitments(_without_recorded(text, spoken), language)
    yield from _claims(text, words, spoken or list(conversation.customer.orders))
    yield from _figures(text, words)
    yield from _carriers(text, conversation)
    clause = unsupported(sentence, words, list(conversation.customer.orders))
    if clause is not None:
        yield Finding("unsupported", clause)
    yield from _people(sentence, text, language, conversation)


def _found(rule: str, pattern: Pattern, text: str) -> Iterator[Finding]:
    match = pattern.search(text)
    if match:
        yield Finding(rule, match.group())


def _without_recorded(text: str, spoken: list[OrderFacts]) -> str:
    """The sentence without refunds and discounts that records support; their amounts are checked as figures."""
    if any(order.refunded > 0 for order in spoken) and _RECORDS.search(text):
        text = _REFUND_OF.sub(" ", text)
    if any(order.discount > 0 for order in spoken) and _RECORDS.search(text):
        text = _DISCOUNT_OF.sub(" ", text)
    return text


def _without_links(text: str, spoken: list[OrderFacts]) -> str:
    for order in spoken:
        for url in order.tracking_urls:
            text = text.replace(folded(url), " ")
    return text


def scripts(sentence: str, conversation: Conversation) -> Iterator[Finding]:
    """Refuse letters of other scripts, which imitate Latin ones or belong to another language; those of records may stay."""
    known = {char for text in _told(conversation) for char in text}
    for char in sentence:
        if (
            char not in known
            and char.isalpha()
            and not unicodedata.name(char, "").startswith(("LATIN", "FEMININE", "MASCULINE"))
        ):
            yield Finding("character", repr(char))
            return


def _told(conversation: Conversation) -> Iterator[str]:
    """Names in the records."""
    yield from (conversation.customer.name, conversation.agent_name, conversation.shop_name)
    for order in conversation.customer.orders:
        yield order.carrier
        yield from (line.title for line in order.lines)


def secrets(text: str) -> Iterator[Finding]:
    """Refuse requests for secrets such as passwords; telling the customer never to send them is allowed."""
    match = any_words().secrets.search(text)
    if match is None:
        return
    if any_words().secrets_denied.search(text) and not any_words().except_.search(text) and len(text.split()) <= 20:
        return
    yield Finding("secret", match.group())


def commitments(text: str, language: str) -> Iterator[Finding]:
    """Refuse decisions that only a person can make and deeds that no record shows, in all supported languages."""
    for code, words in service_words().items():
        rest = text
        if code == language:
            acted = words.acts.search(text)
            if acted and not text.rstrip().endswith("?"):
                yield Finding("deed", acted.group())
            rest = words.topical.sub(" ", text)
            if text.rstrip().endswith("?") and not words.offer.search(text):
                continue
        elif set(text.split()) & _AMBIGUOUS:
            continue
        match = words.commit.search(rest)
        if match:
            yield Finding("promise", match.group())
            return


# Words on one language's list that mean something harmless in another.
_AMBIGUOUS = frozenset(("remise", "remises", "vale", "vales", "gestes", "cadeau", "credit"))


def _claims(text: str, words: ServiceWords, orders: list[OrderFacts]) -> Iterator[Finding]:
    """Refuse a statement about an order's state that no record supports."""
    if text.rstrip().endswith("?"):
        return
    for state, pattern in words.states:
        for match in pattern.finditer(text):
            before = text[: match.start()]
            if words.hedge.search(before):
                continue
            near = " ".join(before.split()[-5:] + text[match.end() :].split()[:2])
            negated = words.negation.search(near) is not None
            if not any(_stands(order, state) != negated for order in orders):
                yield Finding("claim", match.group())
                return


def _stands(order: OrderFacts, state: str) -> bool:
    if state == "gone":
        return order.fulfillment_status in _GONE
    if state == "cancelled":
        return order.status == "cancelled"
    if state == "refunded":
        return order.refunded > 0
    return order.fulfillment_status == state


def _figures(text: str, words: ServiceWords) -> Iterator[Finding]:
    """Refuse amounts, times and dates in words. Dates in digits are checked elsewhere."""
    rest = compile_unicode(rf"\b\d{{1,2}}\.? (?:de )?(?:{words.months.pattern}|may|march)(?: (?:de )?\d{{4}})?").sub(
        " ", text
    )
    yield from _found("amount", words.amounts, rest)
    yield from _found("date", words.times, rest)
    yield from _found("date", words.months, rest)
    yield from _found("number", words.counts, rest)


def _carriers(text: str, conversation: Conversation) -> Iterator[Finding]:
    known = " ".join(folded(order.carrier) for order in conversation.customer.orders)
    yield from (
        Finding("carrier", match.group()) for match in any_words().carriers.finditer(text) if match.group() not in known
    )


def _people(sentence: str, text: str, language: str, conversation: Conversation) -> Iterator[Finding]:
    """Refuse names of people that no record has. In German, where all nouns are capitalised, only titles show a name."""
    names = [conversation.customer.name, conversation.agent_name, conversation.shop_name, *_told(conversation)]
    said = [message.content[:20_000] for message in conversation.ticket.messages if not message.from_agent]
    known = set(compile_unicode(r"\w+").findall(" ".join([*names, *said, conversation.ticket.subject]).casefold()))
    match = service_words()[language].people.search(text)
    if match and not _knows(text[match.end() - 1 :], conversation.customer.name):
        yield Finding("name", match.group())
    if language == "de":
        return
    for first, second in _NAMES.findall(sentence):
        if not {first.casefold(), second.casefold()} & (known | _SAID_BY):
            yield Finding("name", f"{first} {second}")
    for pattern in (_OWNER, _VOCATIVE):
        for name in pattern.findall(sentence):
            if name.casefold() not in known | _SAID_BY | _UNVOICED:
                yield Finding("name", name)


def _knows(rest: str, name: str) -> bool:
    first = compile_unicode(r"\w+").match(rest)
    return first is not None and first.group() in folded(name).split()
