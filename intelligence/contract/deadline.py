"""A deadline for calls that somebody waits for."""

import time
from collections.abc import Callable
from typing import Self

from intelligence.contract.failures import Failure, ProviderError

WHOLE = 25.0  # seconds for a whole request, retries and all providers included


class Deadline:
    """A moment from which on nobody waits any more, by the monotonic clock.

    `may_retry` is asked before another attempt: in the meantime the service may have been found ill by somebody else.
    `urgent`: somebody waits who would rather have less than find out whether a service is well again.
    """

    def __init__(
        self, seconds: float | None = None, *, urgent: bool = False, may_retry: Callable[[], bool] | None = None
    ) -> None:
        self._ends = time.monotonic() + (WHOLE if seconds is None else seconds)
        self._may_retry = may_retry
        self.urgent = urgent

    def asking(self, may_retry: Callable[[], bool]) -> Self:
        """The same moment, for one service."""
        return type(self)(self.left(), urgent=self.urgent, may_retry=may_retry)

    def half(self) -> Self:
        """Half of what is left."""
        return type(self)(self.left() / 2, urgent=self.urgent)

    def left(self) -> float:
        """Seconds, never below 0."""
        return max(self._ends - time.monotonic(), 0.0)

    def over(self) -> bool:
        return self.left() <= 0

    def may_retry(self) -> bool:
        return not self.over() and (self._may_retry is None or self._may_retry())

    def demand(self) -> None:
        """Raises `ProviderError` where it is over."""
        if self.over():
            raise ProviderError("There is no time left.", Failure.UNAVAILABLE)
