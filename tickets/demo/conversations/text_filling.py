"""The small language of the texts: `{slot}` stands for a fact, `[one|other]` for a choice of wordings."""

import random
import re
import string
from collections.abc import Mapping

# Placeholders of every conversation, and of conversations about an order. `facts.py` fills them.
_GENERAL = (
    "name shop me first email city street weekday friend code metres skeins bolt reason "
    "garment tool yarn kit pattern cutter fabric colour size size2"
)
_ORDER = "order order_date delivered_date days item variant other total refund carrier tracking price"
ALTERNATIVES = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")


def fill(rng: random.Random, text: str, slots: Mapping[str, str]) -> str:
    """Choose among `[a|b]`, then fill the `{slots}`."""
    chosen = ALTERNATIVES.sub(lambda match: rng.choice(match.group(1).split("|")), text)
    return chosen.format_map(slots)


def capitalize(text: str) -> str:
    """Make the first letter large; unlike `str.capitalize`, leave the others unchanged."""
    return text[:1].upper() + text[1:]


def _both_cases(names: str) -> frozenset[str]:
    """`{item}`, and `{Item}` for the beginning of a sentence."""
    return frozenset(names.split()) | frozenset(map(capitalize, names.split()))


SLOTS = _both_cases(_GENERAL) | {"agent", "agent_hint"}
ORDER_SLOTS = _both_cases(_ORDER)


def find_slots(text: str) -> set[str]:
    """The names of a text's slots. Raises `ValueError` for an unmatched brace or bracket."""
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    if set("[]|") & set(ALTERNATIVES.sub("", text)):
        raise ValueError("a choice is not closed, or has only one wording")
    return names
