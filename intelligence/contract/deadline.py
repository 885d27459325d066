"""A deadline for calls that somebody waits for."""

import time
from collections.abc import Callable
from typing import Self

from intelligence.contract.failures import Failure, ProviderError

WHOLE = 25.0  # seconds for a request, including retries and fallback providers


class Deadline:
    """The moment (monotonic clock) after which nobody waits for the answer any more.

    `may_retry` is called before each further attempt, because another process may have marked the service as failing meanwhile.
    `urgent` is true if a person waits: the call then skips a service that is only being probed for recovery.
    """

    def __init__(
        self, seconds: float | None = None, *, urgent: bool = False, may_retry: Callable[[], bool] | None = None
    ) -> None:
        self._ends = time.monotonic() + (WHOLE if seconds is None else seconds)
        self._may_retry = may_retry
        self.urgent = urgent

    def asking(self, may_retry: Callable[[], bool]) -> Self:
        """The same deadline, for a call to the given service."""
        return type(self)(self.left(), urgent=self.urgent, may_retry=may_retry)

    def half(self) -> Self:
        """A deadline at half of the remaining time."""
        return type(self)(self.left() / 2, urgent=self.urgent)

    def left(self) -> float:
        """The remaining seconds, at least 0."""
        return max(self._ends - time.monotonic(), 0.0)

    def over(self) -> bool:
        return self.left() <= 0

    def may_retry(self) -> bool:
        return not self.over() and (self._may_retry is None or self._may_retry())

    def demand(self) -> None:
        """Raise `ProviderError` if the deadline has passed."""
        if self.over():
            raise ProviderError("There is no time left.", Failure.UNAVAILABLE)
