"""Limit how much of a conversation is sent: tokens, estimated without a tokenizer."""

from collections.abc import Sequence

LAST = 8  # newest messages included
_PER_MESSAGE = 12  # tokens of overhead for its keys and punctuation
_SHORTEST = 60  # tokens; a message cut to less is left out
CUT = " […] "


def tokens(text: str) -> int:
    """Estimated number of tokens, not less than common tokenizers make.

    From the UTF-8 length: English has about four bytes a token, so three are assumed; letters outside ASCII are rarer in
    vocabularies, so two. Pure CJK or emoji may reach one token for two bytes, which is the assumption.
    """
    size = len(text.encode("utf-8", "replace"))
    plain = sum(char.isascii() for char in text)
    return (plain + 2) // 3 + (size - plain + 1) // 2


def shortened(text: str, most: int) -> str:
    """The text without its middle if it is longer than the given tokens: customers greet first and ask at the end."""
    if tokens(text) <= most:
        return text
    low, high = 0, len(text) // 2
    while low < high:
        half = (low + high + 1) // 2
        if tokens(text[:half] + CUT + text[-half:]) <= most:
            low = half
        else:
            high = half - 1
    return text[:low].rstrip() + CUT + (text[-low:].lstrip() if low else "")


def fitting(texts: Sequence[str], most: int, last: int = LAST) -> list[str]:
    """The newest messages that fit, oldest first.

    The newest may take half of the room and each earlier one half of the rest; room that one does not use goes to earlier ones.
    """
    kept: list[str] = []
    left = most
    for place, text in enumerate(reversed(texts[-last:])):
        room = left - _PER_MESSAGE
        if room < _SHORTEST and kept:
            break
        share = room if place == len(texts[-last:]) - 1 else max(room // 2, _SHORTEST)
        kept.append(shortened(text, max(share, 1)))
        left -= tokens(kept[-1]) + _PER_MESSAGE
    return list(reversed(kept))
