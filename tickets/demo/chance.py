"""The only source of chance: named streams, so that a change in one part leaves the others as they are."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def stream(seed: int, name: str) -> random.Random:
    """A random generator for `name`; text seeds are hashed by SHA-512, not by the process's hash seed."""
    return random.Random(f"{seed}:{name}")  # noqa: S311 - invented content, nothing secret depends on it


def weighted(rng: random.Random, choices: Sequence[tuple[T, int]]) -> T:
    """Choose one of the values by their weights."""
    return rng.choices([value for value, _ in choices], [weight for _, weight in choices])[0]
