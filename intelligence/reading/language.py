"""Which language a text is in, by py3langid (Lui & Baldwin 2012).

Its model takes one to two seconds and 90 MB, so it is loaded on the first use, which is in the worker: web processes read
with the language that was stored with the message.
"""

import threading
from typing import Any

from intelligence.reading.text import split_words

# Languages a shop's customers plausibly write; with all 97 of the model, short texts are often taken for rare ones.
PLAUSIBLE = frozenset(
    "ar bg cs da de el en es et fi fr he hi hr hu id it ja ko lt lv ms nl no pl pt ro ru sk sl sr sv th tr uk vi zh".split()  # noqa: SIM905  a list of quoted codes is longer
)
FEW_WORDS = 3  # shorter texts are taken as English
SURE = 0.5
_lock = threading.Lock()
_identifier: Any = None


def detect(text: str) -> tuple[str | None, float | None]:
    """ISO 639-1 code and probability; no code if the text has too few letters or no language is likely enough.

    Texts under three words are taken as English, without a probability.
    """
    said = split_words(text)
    if len(said) < FEW_WORDS and all(word.isascii() for word in said):
        return "en", None
    if not said:
        return "en", None
    language, probability = identifier().classify(" ".join(said[:400]).lower())
    if probability < SURE:
        return None, float(probability)
    return language, float(probability)


def identifier() -> Any:
    """The detection model, loaded once per process."""
    global _identifier
    if _identifier is None:
        with _lock:
            if _identifier is None:
                from py3langid.langid import MODEL_FILE, LanguageIdentifier

                loaded = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
                loaded.set_languages(PLAUSIBLE)
                _identifier = loaded
    return _identifier
