"""Difficulty of a ticket: a logistic model with explainable terms."""

import math
from collections.abc import Iterable

from intelligence.contract.results import Contribution

BASE = -2.1
TAG_WEIGHTS = {
    "chargeback_fraud": 2.6,
    "safety": 2.6,
    "escalation": 1.6,
    "billing": 0.9,
    "refund": 0.8,
    "damaged": 0.6,
    "wrong_item": 0.6,
    "return": 0.5,
    "wrong_address": 0.5,
    "account": 0.5,
    "subscription": 0.4,
    "shipping": 0.4,
    "cancel": 0.4,
    "discount": 0.2,
    "product_question": 0.2,
    "stock": 0.0,
    "praise": -0.6,
}
ANOTHER_TAG, ANOTHER_QUESTION = 0.25, 0.3
WORD, USUAL_WORDS = 0.012, 12
ANGER, CALM = 1.6, 0.4  # a sentiment below 0.4 increases difficulty


def difficulty_parts(
    tags: Iterable[str], questions: int, words: int, sentiment: float | None
) -> tuple[Contribution, ...]:
    """The terms of the difficulty in log-odds. An unknown sentiment adds nothing."""
    names = list(tags)
    anger = 0.0 if sentiment is None else ANGER * max(0.0, CALM - sentiment) / CALM
    extra = max(0, questions - 1)
    return (
        Contribution("base", BASE),
        *(Contribution("tag", TAG_WEIGHTS[name], name) for name in names),
        Contribution("number_of_tags", ANOTHER_TAG * (len(names) - 1), str(len(names))),
        Contribution("extra_questions", ANOTHER_QUESTION * extra, str(extra)),
        Contribution("length", WORD * (words - USUAL_WORDS), f"{words} words"),
        Contribution("anger", anger, "" if sentiment is None else f"sentiment {sentiment:.2f}"),
    )


def difficulty(parts: Iterable[Contribution]) -> float:
    """0 easy … 1 hard: the logistic function of the sum of the parts."""
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, math.fsum(part.weight for part in parts)))))
