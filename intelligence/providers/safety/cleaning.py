"""Clean and check a remote service's text before it is shown.

Each sentence is checked, and our own greeting and signature are put around the rest. The result passes the same checker as our
own drafts.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from agents.common.patterns import Match, compile_unicode
from intelligence.contract.facts import Conversation, OrderFacts
from intelligence.contract.failures import Failure, ProviderError
from intelligence.drafting import check
from intelligence.drafting.check import Finding
from intelligence.drafting.check_words import WORDS
from intelligence.drafting.packs import pack
from intelligence.drafting.topic_choice import matter_of
from intelligence.providers.safety.forbidden_words import service_words
from intelligence.providers.safety.plain_text import folded, paragraphs, seen, typed, unmarked, without_pictures
from intelligence.providers.safety.sentence_rules import judge
from intelligence.providers.safety.short_lines import clean_line
from intelligence.providers.safety.wrapping import Body, wrapped
from tickets.channels import Layout, find_channel

__all__ = ["MOST", "Cleaned", "clean_draft", "clean_line"]

MOST = 8_000  # characters; a longer text cannot be an answer
SENTENCES = 60
# findings that concern a single sentence
_CONTENT = frozenset({"leak", "character", "promise", "claim", "amount", "date", "link", "number"})
_SAY = {
    "promise": "promised something",
    "deed": "told of something done that no record has",
    "claim": "said of an order what its record does not",
    "amount": "named an amount that no record has",
    "date": "named a date or a time that no record has",
    "number": "named a number that no record has",
    "link": "held a link or an address",
    "name": "named somebody whom no record has",
    "carrier": "named a carrier that no record has",
    "unsupported": "stated something that no record has",
    "secret": "asked for what customers must not send",
    "legal": "spoke of guilt or the law",
    "insult": "were impolite",
    "internal": "told the customer what is internal",
    "machine": "spoke of the machine that wrote it",
    "language": "were in another language",
    "leak": "held markup or a placeholder",
    "character": "held characters that do not belong there",
    "dangling": "hung on a removed one",
    "length": "did not fit the channel",
    "markup": "were code or markup",
}
_HANGING = compile_unicode(
    r"(?:this|that|these|those|it|they|then|therefore|so|otherwise|also|additionally|in addition|in that case|once (?:it|this)"
    r"|das|dies\w*|er|es|sie (?:ist|wird)|dann|daher|deshalb|so|außerdem|zudem|sobald"
    r"|cela|ceci|ce|il|elle|ensuite|donc|ainsi|alors|de plus|esto|eso|además|entonces|luego|así|por eso)\b"
)
_ADVERB = compile_unicode(
    r"\w+ly$|(?:however|meanwhile|also|so|then|here|now|yes|no|well|leider|cependant|toutefois|malheureusement|actualmente"
    r"|desgraciadamente|lamentablemente|please|sorry|thanks|bitte|danke|merci|gracias|oh)$"
)
_NAMED = compile_unicode(r"^([A-ZÀ-Ý][\w'’-]+(?: [A-ZÀ-Ý][\w'’-]+)?),\s+(?=\w)")
_INTRODUCTION = compile_unicode(r"(?:this is|hier ist|ici|le habla|i am|my name is|ich bin|je suis|soy) (.+)$")
_WORDS = compile_unicode(r"[^\W\d_]+")


@dataclass(frozen=True)
class Cleaned:
    """A draft that may be shown. `removed` has the violated rule of each removed sentence."""

    text: str
    removed: tuple[str, ...] = ()
    kept: int = 0  # sentences of the service's text that remain

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why sentences were removed, for people; does not quote them."""
        found = []
        for rule, count in Counter(self.removed).items():
            subject = "Removed 1 sentence that" if count == 1 else f"Removed {count} sentences that"
            said = _SAY.get(rule, "did not pass the checks")
            if count == 1:
                said = said.replace("were ", "was ", 1) if said.startswith("were ") else said
            found.append(f"{subject} {said}.")
        return tuple(found)


def clean_draft(
    text: object,
    conversation: Conversation,
    language: str,
    tone: str,
    *,
    allowed: frozenset[str] = frozenset(),
    restore: Callable[[str], str] = str,
) -> Cleaned:
    """Make a service's reply safe to show, with the program's own greeting and signature for the channel.

    `allowed` placeholders are checked as they are and restored afterwards. Raises `ProviderError` (refused) if nothing usable is
    left.
    """
    body, cut = _read(text, conversation)
    body, removed = _judged(body, conversation, language, allowed)
    removed = ["markup"] * cut + removed
    count = sum(map(len, body))
    if len(removed) > count:
        raise _refused(removed)
    _demand_language(body, language)
    if not _says_something(body, conversation, language):
        raise _refused(removed)
    finished, kept = wrapped(body, conversation, language, tone, restore)
    if not _says_something(kept, conversation, language):
        raise ProviderError("What it wrote does not fit the channel.", Failure.REFUSED)
    removed += ["length"] * (count - sum(map(len, kept)))
    if _wrong(finished, conversation, language, restore, allowed):
        raise _refused([])
    return Cleaned(restore(finished), tuple(removed), sum(map(len, kept)))


def _read(text: object, conversation: Conversation) -> tuple[Body, bool]:
    """The paragraphs as lists of sentences, without the service's own greeting and signature."""
    if not isinstance(text, str) or not text.strip():
        raise ProviderError("It wrote nothing.", Failure.REFUSED)
    if len(text) > MOST:
        raise ProviderError("It wrote far more than a reply.", Failure.REFUSED)
    plain, cut = unmarked(seen(text))
    if find_channel(conversation.ticket.channel).layout is Layout.SMS:
        plain = typed(without_pictures(plain))
    body = _without_signoff(
        _without_greeting(paragraphs(_in_our_ways(plain, conversation)), conversation), conversation
    )
    if not body:
        raise _refused([])
    if sum(map(len, body)) > SENTENCES:
        raise ProviderError("It wrote far more than a reply.", Failure.REFUSED)
    return body, cut


def _in_our_ways(text: str, conversation: Conversation) -> str:
    """The text with order numbers and English dates in the records' notation, so that they can be compared."""
    for order in conversation.customer.orders:
        if order.number and not order.number.startswith("#"):
            text = compile_unicode(rf"#\s?(?={re.escape(order.number)}(?![\w-]))").sub("", text)
    months = "|".join(month for month in pack("en").months)
    text = compile_unicode(rf"\b({months}) (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?(?!\d)").sub(_turned, text)
    text = compile_unicode(rf"\b(\d{{1,2}})(?:st|nd|rd|th)(?: of)? ({months})\b").sub(r"\1 \2", text)
    return compile_unicode(r"\bas soon as (?=(?:i|we|you|there|it|the)\b(?! possible))", ignore_case=True).sub(
        "once ", text
    )


def _turned(match: Match) -> str:
    return " ".join(filter(None, (match.group(2), match.group(1), match.group(3))))


def _without_greeting(body: Body, conversation: Conversation) -> Body:
    """The text without a greeting; the program writes greetings and their names itself."""
    for _ in range(3):
        if not body:
            break
        first = body[0][0]
        if _introduces(first, conversation):
            body = [paragraph for paragraph in ([*body[0][1:]], *body[1:]) if paragraph]
            continue
        low = folded(first)
        longest = max(
            (match.end() for words in service_words().values() if (match := words.greeting.match(low))),
            default=0,
        )
        rest = first[longest:].lstrip(" ,:!.-–—") if longest and len(low) == len(first) else first
        if longest and len(low) != len(first):
            rest = ""
        if rest == first:
            named = _NAMED.match(first)
            if named and not _ADVERB.match(named.group(1).lower()):
                rest = first[named.end() :]
            elif compile_unicode(r"[\w .'’-]{1,40}[,:!]").fullmatch(first) and len(first.split()) <= 4:
                rest = ""
        if rest == first:
            break
        body = [[rest[:1].upper() + rest[1:], *body[0][1:]] if rest else body[0][1:], *body[1:]]
        body = [paragraph for paragraph in body if paragraph]
    return body


def _introduces(line: str, conversation: Conversation) -> bool:
    """Whether the sentence introduces the caller (“This is Theo from Larkmere”), which the telephone script already does."""
    match = _INTRODUCTION.match(folded(line))
    names = [
        folded(name) for name in (conversation.agent_name, conversation.shop_name, "customer care") if name.strip()
    ]
    return match is not None and len(match.group(1)) <= 80 and any(name in match.group(1) for name in names)


def _without_signoff(body: Body, conversation: Conversation) -> Body:
    """The text up to a closing formula among its last lines; the rest is a signature."""
    flat = [(place, sentence) for place, sentences in enumerate(body) for sentence in sentences]
    for index in range(max(len(flat) - 6, 1), len(flat)):
        low = folded(flat[index][1])
        if any(words.signoff.match(low) for words in service_words().values()) and _only_names(flat[index + 1 :]):
            flat = flat[:index]
            break
    else:
        while len(flat) > 1 and _is_signature(flat[-1][1], conversation):
            flat.pop()
    return [kept for place in range(len(body)) if (kept := [sentence for at, sentence in flat if at == place])]


def _only_names(rest: list[tuple[int, str]]) -> bool:
    """Whether the lines after a closing formula are a signature: short lines, no sentences."""
    return all(len(sentence.split()) <= 6 and not sentence.rstrip().endswith(("?", "!")) for _, sentence in rest)


def _is_signature(line: str, conversation: Conversation) -> bool:
    known = {folded(name) for name in (conversation.agent_name, conversation.shop_name) if name.strip()}
    low = folded(line).strip(" -–—.,")
    return low in known or low in {"customer care", "customer service", "customer support", "kundenservice", "the team"}


def _judged(body: Body, conversation: Conversation, language: str, allowed: frozenset[str]) -> tuple[Body, list[str]]:
    """The sentences that may stay, and the rules that the others broke; a sentence that depends on a removed one goes too."""
    removed: list[str] = []
    while True:
        spoken = _spoken(body, conversation)
        kept: Body = []
        broken: list[str] = []
        hangs = False
        for sentences in body:
            left = []
            for sentence in sentences:
                rule = _broken(sentence, conversation, language, spoken, allowed)
                if rule is None and hangs and _HANGING.match(folded(sentence)):
                    rule = "dangling"
                hangs = rule is not None
                if rule is None:
                    left.append(sentence)
                else:
                    broken.append(rule)
            kept.append(left)
        body = [paragraph for paragraph in kept if paragraph]
        removed += broken
        if not broken or not body:
            return body, removed


def _spoken(body: Body, conversation: Conversation) -> list[OrderFacts]:
    text = "\n".join(sentence for sentences in body for sentence in sentences)
    return [
        order
        for order in conversation.customer.orders
        if order.number and compile_unicode(rf"(?<![\w-]){re.escape(order.number)}(?![\w-])").search(text)
    ]


def _broken(
    sentence: str, conversation: Conversation, language: str, spoken: list[OrderFacts], allowed: frozenset[str]
) -> str | None:
    """The first rule that the sentence breaks."""
    if len(sentence) > 1_000:
        return "length"
    facts = "\n".join((sentence, *(order.number for order in spoken)))
    on_chat = replace(conversation, ticket=replace(conversation.ticket, channel="form"))
    found: list[Finding] = [one for one in check.findings(facts, on_chat, language) if one.rule in _CONTENT]
    found += judge(sentence, language, conversation, spoken, allowed)
    if _other_language(sentence, language, 2):
        found.append(Finding("language", ""))
    if find_channel(conversation.ticket.channel).layout is Layout.SCRIPT and "://" in sentence:
        found.append(Finding("link", ""))
    return found[0].rule if found else None


def _other_language(text: str, language: str, by: int) -> bool:
    tokens = _WORDS.findall(text.lower())
    counts = {code: sum(token in words.common for token in tokens) for code, words in WORDS.items()}
    return max(counts.values()) - counts[language] >= by


def _demand_language(body: Body, language: str) -> None:
    """Refuse a text whose most common words are not those of its language, or are those of another language only."""
    tokens = _WORDS.findall(" ".join(sentence for sentences in body for sentence in sentences).lower())
    common = sum(token in WORDS[language].common for token in tokens)
    if len(tokens) >= 8 and common < len(tokens) / 20:
        raise ProviderError("It wrote in another language.", Failure.REFUSED)


def _says_something(body: Body, conversation: Conversation, language: str) -> bool:
    """Whether the text has more than thanks and apologies, unless thanks are the answer."""
    sentences = [sentence for paragraph in body for sentence in paragraph]
    matter = matter_of(conversation.ticket)
    if matter.mood == "good" or matter.topic == "check_in":
        return any(len(sentence.split()) >= 2 for sentence in sentences)
    polite = service_words()[language].polite
    return any(len(_WORDS.findall(one)) >= 4 and not polite.match(folded(one)) for one in sentences)


def _wrong(
    finished: str, conversation: Conversation, language: str, restore: Callable[[str], str], allowed: frozenset[str]
) -> bool:
    """Check with the program's own rules, with placeholders in place; restoring may only add what the customer told."""
    if check.findings(finished, conversation, language):
        return True
    shown = restore(finished)
    if shown == finished:
        return False
    values = " ".join(restore(token) for token in allowed)
    return any(
        one.text not in values for one in check.findings(shown, conversation, language) if one.rule not in ("language",)
    )


def _refused(removed: list[str]) -> ProviderError:
    """The error for a refused draft; does not quote it."""
    said = [_SAY[rule] for rule, _ in Counter(removed).most_common(2) if rule in _SAY]
    if not said:
        return ProviderError("What it wrote did not pass the checks.", Failure.REFUSED)
    return ProviderError(f"What it wrote did not pass the checks: sentences {' or '.join(said)}.", Failure.REFUSED)
