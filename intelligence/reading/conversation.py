"""Read all messages of a customer in a conversation; the newest weighs most."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from intelligence.contract.results import Contribution, MessageReading, Provenance
from intelligence.reading.cues import LANGUAGES
from intelligence.reading.difficulty import difficulty, difficulty_parts
from intelligence.reading.message import MODEL_VERSION, SOURCE, UNKNOWN, language_of, questions, read_message
from intelligence.reading.text import own_words, split_words
from intelligence.reading.topic_tags import strongest, tag_parts, weights

NEWEST = 10  # messages that count
FADING = 0.5  # each message weighs half as much as the next, so the last outweighs all others


@dataclass(frozen=True)
class Said:
    """A customer's message to read. `language` is `None` if it was not detected yet, "" if it could not be."""

    id: UUID
    content: str
    language: str | None = None


@dataclass(frozen=True)
class SaidReading:
    """A message's reading and its weight in the conversation's sentiment (0…1, 1 in total)."""

    id: UUID
    language: str  # "" if unknown
    weight: float
    reading: MessageReading


@dataclass(frozen=True)
class TagReading:
    """A tag of the conversation with the message (no id: the subject) and the words that show it most clearly."""

    name: str
    weight: float
    message_id: UUID | None
    parts: tuple[Contribution, ...]


@dataclass(frozen=True)
class ConversationReading:
    """The figures of a conversation with what each was derived from; `None` if unknown."""

    provenance: Provenance
    language: str | None
    sentiment: float | None
    difficulty: float | None
    tags: tuple[TagReading, ...]
    difficulty_parts: tuple[Contribution, ...]
    messages: tuple[SaidReading, ...]

    @property
    def tag_names(self) -> tuple[str, ...]:
        return tuple(tag.name for tag in self.tags)


def newest(said: Sequence[Said]) -> Sequence[Said]:
    """The messages that count, oldest first."""
    return said[-NEWEST:]


def read_conversation(subject: str, said: Sequence[Said]) -> ConversationReading:
    """Read the customer's messages, given oldest first.

    - language: that of the newest message in which it can be detected
    - sentiment: weighted mean of the messages; each weighs half as much as the next newer one
    - tags: those of the subject and of any message that counts, at most five
    - difficulty: the formula, with the conversation's tags and sentiment and the last message's length and questions
    """
    rows = _messages(newest(said))
    language = next((row.language for row in reversed(rows) if row.language), UNKNOWN)
    mood = math.fsum(row.weight * (row.reading.sentiment or 0.0) for row in rows) if _felt(rows) else None
    tags = _tags(subject, language, rows)
    last = own_words(said[-1].content) if said else ""
    judged = bool(rows) and (language in LANGUAGES or bool(tags))
    hard = difficulty_parts((tag.name for tag in tags), questions(last), len(split_words(last)), mood) if judged else ()
    return ConversationReading(
        provenance=Provenance(SOURCE, MODEL_VERSION, reasons=_reasons(said, rows)),
        language=language or None,
        sentiment=None if mood is None else min(1.0, max(0.0, mood)),
        difficulty=difficulty(hard) if hard else None,
        tags=tags,
        difficulty_parts=hard,
        messages=tuple(rows),
    )


def _messages(said: Iterable[Said]) -> list[SaidReading]:
    read_ones: list[tuple[Said, str, MessageReading]] = []
    before = UNKNOWN
    for one in said:
        language = one.language if one.language is not None else language_of(own_words(one.content), before)[0]
        before = language or before
        read_ones.append((one, language, read_message(one.content, language)))
    raw = [
        0.0 if reading.sentiment is None else FADING**age
        for age, (_, _, reading) in zip(range(len(read_ones) - 1, -1, -1), read_ones, strict=True)
    ]
    total = math.fsum(raw) or 1.0
    return [
        SaidReading(one.id, language, weight / total, reading)
        for (one, language, reading), weight in zip(read_ones, raw, strict=True)
    ]


def _felt(rows: Iterable[SaidReading]) -> bool:
    return any(row.weight for row in rows)


def _tags(subject: str, language: str, rows: list[SaidReading]) -> tuple[TagReading, ...]:
    """For each tag the message that shows it most clearly; the newest of equal ones."""
    places: list[tuple[UUID | None, tuple[Contribution, ...]]] = [(None, tag_parts(subject, language or None))]
    places += [(row.id, row.reading.tag_parts) for row in rows]
    best: dict[str, TagReading] = {}
    for message_id, parts in places if rows else ():
        for name, weight in weights(parts).items():
            if name not in best or weight >= best[name].weight:
                own = tuple(part for part in parts if part.name == name)
                best[name] = TagReading(name, weight, message_id, own)
    return tuple(best[name] for name in strongest({name: tag.weight for name, tag in best.items()}))


def _reasons(said: Sequence[Said], rows: list[SaidReading]) -> tuple[str, ...]:
    if not said:
        return ("The customer has written nothing yet.",)
    reasons = list(dict.fromkeys(reason for row in rows for reason in row.reading.provenance.reasons))
    if len(said) > NEWEST:
        reasons.append(f"The newest {NEWEST} of {len(said)} messages of the customer are read.")
    return tuple(reasons)
