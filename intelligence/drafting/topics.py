"""What the conversation is about and where it stands, from its tags and its course."""

import re
from dataclasses import dataclass
from datetime import timedelta

from intelligence.providers.facts import TicketFacts

# Heaviest first: of several tags the first here is answered.
TOPICS = (
    "chargeback_fraud",
    "escalation",
    "damaged",
    "wrong_item",
    "wrong_address",
    "cancel",
    "refund",
    "return",
    "billing",
    "shipping",
    "subscription",
    "discount",
    "account",
    "stock",
    "product_question",
    "praise",
)
OURS = frozenset({"damaged", "wrong_item", "shipping", "billing"})  # where we may be at fault
BAD = frozenset({"damaged", "wrong_item", "shipping", "refund", "billing", "escalation", "chargeback_fraud"})
GOOD = frozenset({"praise", "thanks"})
LATE = timedelta(days=2)

_THANKS = re.compile(
    r"\b(thanks|thank you|thx|cheers|danke|dankeschön|vielen dank|herzlichen dank|merci|gracias)\b", re.IGNORECASE
)
_OPEN = re.compile(
    r"\?|\b(but|still|not|n't|never|again|when|aber|nicht|noch|nie|wieder|wann|mais|pas|encore|jamais|quand|pero|no|todavía|aún|"
    r"nunca|otra vez|cuándo|please|bitte|s'il|por favor)\b|n't|n’t",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Matter:
    """`topic` chooses the sentences, `about` the fact: a tag, or the internal follow_up, thanks, check_in, unknown."""

    topic: str
    about: str
    again: bool = False  # two or more messages of the customer wait for an answer
    late: bool = False  # the oldest of them has waited two days or more

    @property
    def mood(self) -> str:
        if self.topic in GOOD:
            return "good"
        return "bad" if self.topic in BAD or (self.topic == "follow_up" and self.about in BAD) else "neutral"


def matter_of(ticket: TicketFacts) -> Matter:
    """What to answer. A conversation that an agent has answered already is followed up, not begun again."""
    tags = [topic for topic in TOPICS if topic in ticket.tags]
    about = next((tag for tag in tags if tag != "escalation"), tags[0] if tags else "unknown")
    if tags == ["praise"] and ticket.sentiment is not None and ticket.sentiment < 0.4:
        about = "unknown"
    topic = tags[0] if tags and about != "unknown" else "unknown"
    messages = ticket.messages
    if messages and messages[-1].from_agent:
        return Matter("check_in", about)
    if not any(message.from_agent for message in messages):
        return _waiting(ticket, topic, about)
    last = ticket.last_from_customer
    if last is not None and _is_thanks(last.content):
        return Matter("thanks", about)
    return _waiting(ticket, topic if topic in ("escalation", "praise") else "follow_up", about)


def _waiting(ticket: TicketFacts, topic: str, about: str) -> Matter:
    """With what waits for an answer: the customer's messages since the agent's last one."""
    unanswered = []
    for message in reversed(ticket.messages):
        if message.from_agent:
            break
        unanswered.append(message)
    if len(unanswered) < 2 or topic in GOOD:
        return Matter(topic, about)
    # Lines typed one after the other are one message; what came hours later is a reminder.
    span = unanswered[0].created_at - unanswered[-1].created_at
    return Matter(topic, about, again=span >= timedelta(hours=6), late=span >= LATE)


def _is_thanks(text: str) -> bool:
    """A short word of thanks that leaves nothing open."""
    return len(text) < 300 and len(text.split()) <= 30 and bool(_THANKS.search(text)) and not _OPEN.search(text)
