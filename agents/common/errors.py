"""Exceptions of the services beside `ValidationError` (bad input) and `PermissionDenied` (the role is too low)."""

from typing import Any


class Conflict(Exception):
    """Another person changed the record. `details` lists the changes, so that nothing typed is lost."""

    def __init__(self, sentence: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = details or {}


class LimitReached(Conflict):
    """A rate limit was reached; `seconds` until the next try may succeed. The API answers 429."""

    def __init__(self, sentence: str, seconds: int) -> None:
        super().__init__(sentence)
        self.seconds = seconds
