"""Find a conversation's topic and stage from its tags and messages."""

from dataclasses import dataclass
from datetime import timedelta

from agents.common.patterns import compile_unicode
from intelligence.contract.facts import TicketFacts

# Most serious first: of several tags the draft answers the first one listed here.
TOPICS = (
    "chargeback_fraud",
    "escalation",
    "damaged",
    "wrong_item",
    "wrong_address",
    "cancel",
    "refund",
    "return",
    "shipping",
    "product_question",
    "billing",
    "subscription",
    "discount",
    "account",
    "stock",
    "praise",
)
# Pairs of tags whose meaning differs from the more serious tag alone: parcels that did not arrive, and items that
# arrived but do not suit.
TOGETHER = {
    frozenset({"wrong_item", "shipping"}): "missing",
    frozenset({"wrong_item", "return"}): "return",
}
# topics in which the shop may be at fault
OURS = frozenset({"damaged", "wrong_item", "missing", "shipping", "billing"})
BAD = frozenset({"damaged", "wrong_item", "missing", "shipping", "refund", "billing", "escalation", "chargeback_fraud"})
GOOD = frozenset({"praise", "thanks"})
SCANNED = 5_000  # characters of a message that are searched
REMINDER = timedelta(hours=6)

_PHOTO = compile_unicode(
    r"\b(photos?|pictures?|pics?|images?|attached|fotos?|bild(er)?|anhang|angehängt|pièces? jointes?|adjunt\w+)\b",
    ignore_case=True,
)
_AMOUNT = compile_unicode(r"[$€£]\s?\d|\d[.,]\d\d\b")
_CODE = compile_unicode(r"\b[A-Z0-9][A-Z0-9-]{3,20}\b")
_STREET = compile_unicode(r"\b\d{1,5}[a-z]? [A-ZÄÖÜÉ]\w+|[a-zäöüß]{3,}\.? \d{1,4}\b[ ,]")
# Topics with a question about details: a message of this many words has already given them.
_TOLD, TOLD_WORDS = frozenset({"return", "subscription", "account", "discount"}), 15
# Topics with a question for something specific: these patterns show that the customer already provided it.
_GIVEN = {
    "damaged": _PHOTO,
    "wrong_item": _PHOTO,
    "billing": _AMOUNT,
    "chargeback_fraud": _AMOUNT,
    "wrong_address": _STREET,
}

_THANKS = compile_unicode(
    r"\b(thanks|thank you|thx|cheers|danke|dankeschön|vielen dank|herzlichen dank|merci|gracias)\b", ignore_case=True
)
_OPEN = compile_unicode(
    r"\?|\b(but|still|not|n't|never|again|when|aber|nicht|noch|nie|wieder|wann|mais|pas|encore|jamais|quand|pero|no|todavía|aún|"
    r"nunca|otra vez|cuándo|please|bitte|s'il|por favor)\b|n't|n’t",
    ignore_case=True,
)


@dataclass(frozen=True)
class Matter:
    """What the reply is about. `topic` selects the sentences and `about` the fact: a tag, or one of the internal values
    follow_up, thanks, check_in and unknown.
    """

    topic: str
    about: str
    again: bool = False  # two or more of the customer's messages are unanswered
    given: bool = False  # the customer already provided what the draft would ask for

    @property
    def mood(self) -> str:
        if self.topic in GOOD:
            return "good"
        return "bad" if self.topic in BAD or (self.topic == "follow_up" and self.about in BAD) else "neutral"


def matter_of(ticket: TicketFacts) -> Matter:
    """Decide what to answer. A conversation that an agent has already answered gets a follow-up."""
    tags = [topic for topic in TOPICS if topic in ticket.tags]
    about = _about([tag for tag in tags if tag != "escalation"] or tags, ticket)
    if tags == ["praise"] and ticket.sentiment is not None and ticket.sentiment < 0.4:
        about = "unknown"
    topic = "escalation" if tags[:1] == ["escalation"] else about
    messages = ticket.messages
    if messages and messages[-1].from_agent:
        return Matter("check_in", about)
    if not any(message.from_agent for message in messages):
        return _waiting(ticket, topic, about)
    last = ticket.last_from_customer
    if last is not None and _is_thanks(last.content):
        return Matter("thanks", about)
    return _waiting(ticket, topic if topic in ("escalation", "praise") else "follow_up", about)


def _about(tags: list[str], ticket: TicketFacts) -> str:
    """The tag to answer; "do you ship to Duluth?" is a question about the shop, not about a parcel."""
    for pair, about in TOGETHER.items():
        if pair <= set(tags) and tags[0] in pair:
            return about
    if tags[:2] == ["shipping", "product_question"] and not any(
        compile_unicode(r"\d{4}").search(message.content) for message in ticket.messages if not message.from_agent
    ):
        return "product_question"
    return tags[0] if tags else "unknown"


def _waiting(ticket: TicketFacts, topic: str, about: str) -> Matter:
    """The conversation with only the messages that wait for an answer: the customer's since the agent's last one."""
    unanswered = []
    for message in reversed(ticket.messages):
        if message.from_agent:
            break
        unanswered.append(message)
    given = any(_has_given(about, message.content[:SCANNED]) for message in unanswered)
    if len(unanswered) < 2 or topic in GOOD:
        return Matter(topic, about, given=given)
    # Messages sent within this span form one message; hours later it is a reminder.
    span = unanswered[0].created_at - unanswered[-1].created_at
    return Matter(topic, about, again=span >= REMINDER, given=given)


def _has_given(about: str, text: str) -> bool:
    if about in _TOLD and len(text.split()) >= TOLD_WORDS:
        return True
    if about == "discount":
        return _has_code(text)
    pattern = _GIVEN.get(about)
    return pattern is not None and pattern.search(text) is not None


def _has_code(text: str) -> bool:
    """Whether a word mixes capitals and digits, as codes do."""
    words = (match.group() for match in _CODE.finditer(text))
    return any(not word.isalpha() and word.upper() != word.lower() and any(map(str.isdigit, word)) for word in words)


def _is_thanks(text: str) -> bool:
    """Whether the text is a short thank-you that needs no answer."""
    return len(text) < 300 and len(text.split()) <= 30 and bool(_THANKS.search(text)) and not _OPEN.search(text)
