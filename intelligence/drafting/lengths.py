"""The length of a text on its channel: SMS segments by encoding, words for chat and phone."""

from dataclasses import dataclass

from agents.common.patterns import compile_unicode, lines_of
from tickets.channels import SMS_SEGMENT, Channel, find_channel

# The GSM 03.38 alphabet; characters of the second line take two units (escape and character).
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_TWICE = frozenset("^{}\\[~]|€\f")

_BETWEEN = compile_unicode(r"(?<=[.!?…])\s+")


@dataclass(frozen=True)
class Segment:
    """One SMS segment; `length` is in units of its encoding: GSM-7 (at most 160) or UCS-2 (at most 70)."""

    text: str
    length: int
    encoding: str


def encoding_of(text: str) -> str:
    """GSM-7, or UCS-2 if any character is outside GSM-7."""
    return "GSM-7" if all(char in GSM_7 or char in GSM_7_TWICE for char in text) else "UCS-2"


def sms_length(text: str) -> int:
    """Length of the text as an SMS, in units of its encoding."""
    if encoding_of(text) == "GSM-7":
        return sum(2 if char in GSM_7_TWICE else 1 for char in text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def sms_limit(text: str) -> int:
    """The units that one SMS segment holds in the text's encoding."""
    return SMS_SEGMENT.gsm7 if encoding_of(text) == "GSM-7" else SMS_SEGMENT.ucs2


def max_length(text: str, channel: str) -> int | None:
    """The limit that the API gives with a draft: units of one SMS segment, `None` for channels without segments."""
    return None if find_channel(channel).segment_units is None else sms_limit(text)


def fits_one_sms(text: str) -> bool:
    return sms_length(text) <= sms_limit(text)


def count_words(text: str) -> int:
    return len(text.split())


def fits(text: str, channel: Channel) -> bool:
    """Whether a drafted reply is short enough for the channel."""
    if channel.segment_units is not None and not fits_one_sms(text):
        return False
    return channel.word_limit is None or count_words(text) < channel.word_limit


def segments(text: str) -> list[Segment]:
    """Split the text into SMS segments, between sentences; a long sentence between words, a long word anywhere."""
    packed: list[str] = []
    for sentence in filter(None, (part.strip() for part in lines_of(_BETWEEN.split(text)))):
        for piece in _pieces(" ".join(sentence.split())):
            joined = f"{packed[-1]} {piece}" if packed else piece
            if packed and fits_one_sms(joined):
                packed[-1] = joined
            else:
                packed.append(piece)
    return [Segment(one, sms_length(one), encoding_of(one)) for one in packed]


def _pieces(sentence: str) -> list[str]:
    if fits_one_sms(sentence):
        return [sentence]
    pieces: list[str] = []
    current = ""
    for word in sentence.split(" "):
        for part in _chunks(word):
            joined = f"{current} {part}" if current else part
            if fits_one_sms(joined):
                current = joined
            else:
                pieces.append(current)
                current = part
    return [*pieces, current]


def _chunks(word: str) -> list[str]:
    """The word unchanged if it fits, else cut into pieces that fit."""
    chunks: list[str] = []
    current = ""
    for char in word:
        if current and not fits_one_sms(current + char):
            chunks.append(current)
            current = ""
        current += char
    return [*chunks, current] if current else chunks
