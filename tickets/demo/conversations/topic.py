"""The shape of a topic: every sentence bank a conversation about it can draw from.

Texts use `{slot}` for facts and `[one|other]` for wordings. Within a topic any `ask` may follow any opening,
any `answer` any `ask`, and a `resolve` closes the conversation after either; that is what keeps mixed
wordings coherent.
"""

from dataclasses import dataclass

Texts = tuple[str, ...]
Weighted = tuple[tuple[str, int], ...]

NORMAL: Weighted = (("normal", 7), ("high", 2), ("low", 1))
PRESSING: Weighted = (("high", 6), ("normal", 3), ("urgent", 1))
RELAXED: Weighted = (("low", 6), ("normal", 4))
ALARM: Weighted = (("urgent", 9), ("high", 1))


@dataclass(frozen=True)
class Topic:
    """A subject customers write about.

    `need` names the state of the order behind it (see `commissions.py`), `categories` the articles it can
    be about. `sentiment` and `difficulty` are ranges 0…1. `sms`, `chat` and `spoken` may stay empty: the
    topic then does not come by that channel. A line break in a `chat` text starts a new message.
    """

    key: str
    tags: Texts
    need: str
    weight: int
    priorities: Weighted
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
