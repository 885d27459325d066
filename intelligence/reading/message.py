"""Read one message of a customer: language, sentiment, tags."""

from agents.common.patterns import compile_unicode
from intelligence.contract.results import MessageReading, Provenance
from intelligence.reading import language as languages
from intelligence.reading.cues import LANGUAGES
from intelligence.reading.difficulty import difficulty, difficulty_parts
from intelligence.reading.sentiment import sentiment
from intelligence.reading.text import own_words, split_words
from intelligence.reading.topic_tags import strongest, tag_parts, weights

SOURCE = "embedded"
MODEL_VERSION = "reading-1"
UNKNOWN = ""  # language detection ran without result


def read_message(text: str, language: str | None = None) -> MessageReading:
    """Read a message. If `language` is given (ISO 639-1 or `UNKNOWN`), detection is skipped and no model is loaded."""
    own = own_words(text)
    said = split_words(own)
    if language is None:
        language = language_of(own)[0]
    code = language or None
    tags = tag_parts(own, code)
    names = strongest(weights(tags))
    # Emoji mean the same in all languages.
    mood, mood_parts = sentiment(own) if code == "en" or not said else (None, ())
    if not said and len(mood_parts) < 2:
        mood, mood_parts = None, ()
    hard = difficulty_parts(names, questions(own), len(said), mood) if _can_judge(code, said, names) else ()
    return MessageReading(
        provenance=Provenance(SOURCE, MODEL_VERSION, reasons=_reasons(code, said)),
        language=code,
        sentiment=mood,
        difficulty=difficulty(hard) if hard else None,
        tags=names,
        sentiment_parts=mood_parts,
        difficulty_parts=hard,
        tag_parts=tags,
    )


def language_of(own: str, before: str = UNKNOWN) -> tuple[str, bool]:
    """The language of a customer's own words, and whether it was detected from them.

    If there are too few words, it is the customer's earlier language, else English.
    """
    if not split_words(own):
        return UNKNOWN, False
    found, probability = languages.detect(own)
    if probability is None:
        return before or found or UNKNOWN, False
    return found or UNKNOWN, found is not None


def questions(own: str) -> int:
    """Number of questions in the text; “???” counts as one."""
    return len(compile_unicode(r"[?？؟]+").findall(own))


def _can_judge(code: str | None, said: list[str], tags: tuple[str, ...]) -> bool:
    """Whether difficulty can be computed: it depends on tags, so a language without cues would look easy."""
    return bool(said) and (code in LANGUAGES or (code is None and bool(tags)))


def _reasons(code: str | None, said: list[str]) -> tuple[str, ...]:
    if not said:
        return ("The message has no words.",)
    if code is None:
        return ("The language could not be told, so the sentiment is unknown.",)
    if code == "en":
        return ()
    if code in LANGUAGES:
        return ("Sentiment is read in English only.",)
    return ("Sentiment is read in English only, tags and difficulty in English, German, French and Spanish.",)
