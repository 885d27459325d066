"""Waits before a retry: they grow with each failure and have jitter, so that calls that failed together do not retry together."""

import random
from dataclasses import dataclass

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

chance = random.Random()  # noqa: S311  tests seed it


def wait_before(attempt: int, *, first: float, longest: float) -> float:
    """Seconds before attempt 1, 2, …: `first` doubled each time up to `longest`; the second half is random."""
    whole = min(longest, first * 2.0 ** min(attempt - 1, 60))
    return whole * chance.uniform(0.5, 1)


@dataclass(frozen=True, kw_only=True)
class Backoff(BaseRetryStrategy):
    """A retry strategy: the number of attempts and the waits in seconds."""

    attempts: int
    first: float
    longest: float

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts >= self.attempts:
            return None
        wait = wait_before(job.attempts + 1, first=self.first, longest=self.longest)
        return RetryDecision(retry_in={"milliseconds": round(wait * 1000)})


# Waits of 2, 4, 8 … seconds, about eight minutes in all: longer than a restart of the database or of a mail server.
PATIENT = Backoff(attempts=8, first=2, longest=300)
# Half a minute in all, for tasks that hold a lock other jobs wait for; a periodic task repeats what they leave undone.
BRIEF = Backoff(attempts=5, first=1, longest=15)
