"""Text is composed in a time that grows with its length, and nothing of it is lost."""

import unicodedata

import pytest

from agents.common.unicode_composition import JOINER, MOST_MARKS, composed, isolated, seen_alone

# Each takes minutes where the runs are sorted as they come.
ENDLESS = [
    "a" + "\u0301" * 100_000 + "\u0316" * 100_000,
    "\u0f73" * 100_000,  # no mark by its class, two when it is taken apart
    "\u0344\u0316" * 60_000,
    "\u0316\u0301" * 100_000,
    "\uff9e\u0316" * 60_000,
]


@pytest.mark.parametrize("text", ENDLESS, ids=["two kinds", "tibetan", "doubled", "in turns", "half width"])
def test_endless_runs_of_marks_are_divided(text: str) -> None:
    for form in ("NFC", "NFKC"):
        done = composed(text, form)
        assert unicodedata.is_normalized(form, done) and composed(done, form) == done
        run = longest = 0
        for char in done:
            run = run + 1 if unicodedata.combining(char) else 0
            longest = max(longest, run)
        assert longest <= MOST_MARKS
        assert done.count(JOINER) >= len(text) // 2 // MOST_MARKS - 1


def test_nothing_is_lost() -> None:
    marks = "\u0301\u0316" * 100
    done = composed("o" + marks)
    assert sorted(unicodedata.normalize("NFD", done.replace(JOINER, ""))) == sorted("o" + marks)


@pytest.mark.parametrize(
    "text", ["Zoë", "Nguyễn Thị Ánh", "שָׁלוֹם", "สวัสดี", "हिन्दी", "Z̸̢͎a̷̡l̵̢g̶̛o", "한국어", "👩‍👩‍👧", "plain"]
)
def test_text_is_composed_as_nfc(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert composed(unicodedata.normalize(form, text)) == unicodedata.normalize("NFC", text)


def test_invisible_characters_are_removed_except_those_that_scripts_need() -> None:
    assert seen_alone("Ann \u202ekcab\u202c \u2066x\u2069\u200b\ufeff\u00ad\U000e0041") == "Ann kcab x"
    for text in ("می‌خواهم", "क्‍ष", "👩‍👩‍👧", "\u0600١٢", "عربي\u061c (a)\u200f!", "a\u200e"):
        assert seen_alone(text) == text


def test_a_name_in_a_sentence_is_isolated() -> None:
    assert isolated("Ann") == "\u2068Ann\u2069"
