"""How a customer feels, by VADER (Hutto & Gilbert 2014) with what support talk adds. English only.

VADER sums the valence v of each word, corrected for negation, degree and capitals, and brings the sum s into −1…1 by
s / √(s² + 15). Here every part keeps its share of that: v / √(s² + 15), halved, on top of the neutral 0.5, so that the parts add
up to the figure.
"""

import functools
import math
from typing import Any

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer, SentiText

from agents.common.patterns import compile_unicode, lines_of
from intelligence.contract.results import Contribution

ALPHA = 15  # VADER's normalization constant
# VADER is made for one or two sentences: its time grows with the square of the words, and its sum with their number.
CHUNK_WORDS = 60
WORD_LENGTH = 60

# Valences on VADER's scale (−4 to 4) of phrases that only please or anger the customers of a shop.
CUES: tuple[tuple[float, str], ...] = (
    (-2.2, r"charge\W?back"),
    (-2.0, r"(?:never|not) again|(?:never|not|won't be|will not be) (?:order|buy)(?:ing)? (?:here|from you|again)"),
    (-1.8, r"still (?:waiting|haven't|hasn't|nothing)|still no (?:answer|reply|response|news|parcel|package|refund|sign)"),
    (-1.8, r"still not (?:here|arrived|received|resolved|fixed)"),
    (-1.8, r"(?:lawyer|solicitor|attorney|small claims|legal action|trading standards|consumer protection)"),
    (-1.8, r"(?:is|are|what) (?:this )?(?:a|some kind of) (?:bad |total |complete |big )?joke"),
    (-1.6, r"(?:second|third|fourth|fifth|sixth|2nd|3rd|4th|5th|\d+th) time"),
    (-1.6, r"(?:want|give me|refund me|get) (?:all )?my money back"),
    (-1.5, r"(?:last chance|final warning)"),
    (-1.5, r"(?:charged|billed|debited) (?:me )?(?:twice|two times|three times|again|double)|double.charged|overcharged"),
    (-1.4, r"(?:no one|nobody) (?:answers|answered|replies|replied|responds|responded|cares|picks up|has answered)"),
    (-1.4, r"no (?:answer|reply|response) (?:so far|yet|for|since|from|to my|after)|ignor(?:ed|ing) (?:me|my)"),
    (-1.4, r"(?:never|not|\w+n't) (?:yet )?(?:arrived?|came|come|turned up|show(?:n|ed)? up|been delivered)"),
    (-1.4, r"(?:\w+n't|not|stopped|stops|quit) work(?:ing)?(?: at all| any ?more)?"),
    (-1.2, r"(?:speak|talk) (?:to|with) (?:a|your|the) (?:manager|supervisor|someone in charge)"),
    (-1.0, r"for (?:over |more than |almost )?(?:two|three|four|five|six|\d+) weeks"),
    (2.0, r"(?:10/10|five stars|5 stars)"),
    (1.4, r"(?:will|would) (?:definitely |certainly |gladly )?(?:order|buy|shop)(?: here| from you)? again"),
    (1.2, r"(?:arrived|came|delivered) (?:a day |two days )?(?:early|ahead of (?:time|schedule))|keep it up"),
)  # fmt: skip
# Words of courtesy and trade whose usual valence does not apply in messages to a shop.
NEUTRAL = (
    "dear",
    "credit",
    "support",
    "order",
    "card",
    "gift",
    "gifts",
    "save",
    "number",
    "share",
    "shared",
    "sincerely",
)
FORMULAS = (
    r"(?:would|'d) like",
    r"no (?:rush|hurry|worries|problem)",  # VADER would negate what follows the "no"
    r"a (?:bad |total |complete |big )?joke",
    r"(?:kind|kindest|best|warm|warmest) (?:regards|wishes)",
    r"thanks? (?:you )?(?:so much |very much )?in advance",
    r"yours (?:truly|sincerely|faithfully)",
    r"(?:all the best|many thanks|thanks|thank you|best),?\s*\n\s*[\w .'-]{1,40}\s*\Z",
    r"look(?:ing)? forward to (?:hearing|your)",
    r"please (?:help|advise)",
    r"(?:can|could) (?:you|someone|anyone)(?: please)? help(?: me)?",
)
_CUES = [(weight, compile_unicode(rf"\b(?:{pattern})\b")) for weight, pattern in CUES]
_FORMULAS = compile_unicode("|".join(rf"(?<!\w){pattern}(?!\w)" for pattern in FORMULAS), ignore_case=True)


class _Vader(SentimentIntensityAnalyzer):  # type: ignore[misc]  # the library has no types
    """VADER with each word's valence instead of the compound score."""

    def score_valence(self, sentiments: list[float], text: str) -> dict[str, Any]:
        total = sum(sentiments)
        emphasis = self._punctuation_emphasis(text) if total else 0.0
        return {
            "words": list(zip(SentiText(text).words_and_emoticons, map(float, sentiments), strict=False)),
            "emphasis": math.copysign(emphasis, total),
        }


@functools.cache
def _vader() -> _Vader:
    vader = _Vader()
    for word in NEUTRAL:
        vader.lexicon.pop(word, None)
    return vader


def sentiment(text: str) -> tuple[float, tuple[Contribution, ...]]:
    """0 negative … 1 positive, and the parts that add up to it. The text must be English and the customer's own words."""
    valences = _valences(text)
    total = math.fsum(valence for _, _, valence in valences)
    # Damp the sum for texts longer than one or two sentences, since it grows with their length.
    length = max(1, len(text.split()))
    damping = min(1.0, math.sqrt(CHUNK_WORDS / length))
    scale = damping / (2 * math.sqrt((total * damping) ** 2 + ALPHA))
    parts = [Contribution("neutral", 0.5)]
    parts += [Contribution(name, valence * scale, said) for name, said, valence in _summed(valences)]
    figure = math.fsum(part.weight for part in parts)
    return min(1.0, max(0.0, figure)), tuple(parts)


def _valences(text: str) -> list[tuple[str, str, float]]:
    found = []
    lowered = " ".join(text.lower().split())
    for weight, pattern in _CUES:
        seen = {match.group() for match in pattern.finditer(lowered)}
        found += [("cue", said, weight) for said in sorted(seen)[:3]]
    plain = _FORMULAS.sub(" ", text)
    for chunk in _chunks(plain):
        read = _vader().polarity_scores(chunk)
        found += [("word", word.lower()[:WORD_LENGTH], valence) for word, valence in read["words"] if valence]
        if read["emphasis"]:
            found.append(("emphasis", "! and ?", read["emphasis"]))
    return found


def _summed(valences: list[tuple[str, str, float]]) -> list[tuple[str, str, float]]:
    """The words by their total effect, each once, strongest first."""
    sums: dict[tuple[str, str], float] = {}
    for name, said, valence in valences:
        sums[name, said] = sums.get((name, said), 0.0) + valence
    rows = [(name, said, valence) for (name, said), valence in sums.items() if valence]
    return sorted(rows, key=lambda row: (-abs(row[2]), row[0], row[1]))


def _chunks(text: str) -> list[str]:
    """The whole text if it is short, else groups of sentences of the length that VADER handles well."""
    if len(text.split()) <= CHUNK_WORDS and len(text) <= CHUNK_WORDS * WORD_LENGTH:
        return [text] if text.strip() else []
    chunks: list[str] = []
    count = 0
    for sentence in lines_of(compile_unicode(r"(?<=[.!?])\s+").split(text)):
        said = [word[:WORD_LENGTH] for word in sentence.split()]
        for start in range(0, len(said), CHUNK_WORDS):
            part = said[start : start + CHUNK_WORDS]
            if chunks and count + len(part) <= CHUNK_WORDS:
                chunks[-1] += " " + " ".join(part)
                count += len(part)
            else:
                chunks.append(" ".join(part))
                count = len(part)
    return chunks
