"""Topics: what a customer writes about, with every text that a conversation about it can draw from.

Within a topic any `ask` may follow any opening, any `answer` any `ask`, and a `resolve` closes the conversation after
either; that is what keeps mixed wordings coherent.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from tickets.demo.catalog import BY_CATEGORY, MIXED_CATEGORY
from tickets.demo.conversations.loader import FOLDER, TextError, build, check_slots, read_file, require_known
from tickets.demo.conversations.text_filling import ORDER_SLOTS, SLOTS
from tickets.demo.conversations.voices import phrases, voices

Texts = tuple[str, ...]
Need = Literal["none", "late", "dispute", "delivered", "damaged", "partial", "returned", "unshipped", "cancel"]
Urgency = Literal["relaxed", "normal", "pressing", "furious", "alarm"]
PRIORITIES: dict[Urgency, tuple[tuple[str, int], ...]] = {
    "relaxed": (("low", 6), ("normal", 4)),
    "normal": (("normal", 7), ("high", 2), ("low", 1)),
    "pressing": (("high", 6), ("normal", 3), ("urgent", 1)),
    "furious": (("urgent", 5), ("high", 5)),
    "alarm": (("urgent", 9), ("high", 1)),
}
# Keep the order: topics are drawn by their position, so another order makes another shop.
FILES = (
    *("shipping", "goods", "money", "feelings", "questions", "products", "accounts"),
    *("german", "french", "spanish", "other_languages"),
)


@dataclass(frozen=True)
class Topic:
    """A subject that customers write about; a table `[[topic]]` of a TOML file.

    `need` is the state of the order behind it (see `commissions.py`), `categories` are the possible articles, `priorities` the
    weights of the ticket's priority. `sentiment` and `difficulty` are ranges 0…1. A topic without `sms`, `chat` or `spoken` does
    not come by that channel. An `email` or `spoken` text may begin with its own subject and `:: `. A line break in a `chat` text
    starts a new message.
    """

    key: str
    tags: Texts
    need: Need
    weight: int
    priorities: Urgency
    sentiment: tuple[float, float]
    difficulty: tuple[float, float]
    subjects: Texts
    email: Texts
    ask: Texts
    answer: Texts
    nudge: Texts
    resolve: Texts
    thanks: Texts
    sms: Texts = ()
    chat: Texts = ()
    spoken: Texts = ()
    ask_short: Texts = ()
    resolve_short: Texts = ()
    notes: Texts = ()
    categories: Texts = ()
    language: str = "en"
    before_sale: bool = False

    def texts(self) -> dict[str, Texts]:
        """All lists of texts by their key."""
        names = ("subjects", "email", "ask", "answer", "nudge", "resolve", "thanks")
        optional = ("sms", "chat", "spoken", "ask_short", "resolve_short", "notes")
        return {name: getattr(self, name) for name in (*names, *optional)}


@dataclass(frozen=True)
class TopicFile:
    """A file of topics: tables `[[topic]]`."""

    topic: tuple[Topic, ...]


@cache
def topics(folder: Path = FOLDER) -> tuple[Topic, ...]:
    """All topics, in the order of the files. Raises `TextError` for wrong keys and values, and placeholders without a fact."""
    found: dict[str, Topic] = {}
    for name in FILES:
        for topic in build(TopicFile, read_file(name, folder), f"{name}.toml").topic:
            if topic.key in found:
                raise TextError(f"{name}.toml: there are two topics {topic.key}.")
            _check(topic, f"{name}.toml, topic {topic.key}")
            found[topic.key] = topic
    return tuple(found.values())


def _check(topic: Topic, where: str) -> None:
    slots = SLOTS if topic.need == "none" else SLOTS | ORDER_SLOTS
    for name, texts in topic.texts().items():
        check_slots(texts, slots, f"{where}, {name}")
    require_known([topic.language], voices(), f"{where}, language")
    require_known(topic.categories, {*BY_CATEGORY, MIXED_CATEGORY}, f"{where}, categories")
    if topic.language == "en":  # the contact form names the first tag
        require_known(topic.tags[:1], phrases().form_topics, f"{where}, tags")
