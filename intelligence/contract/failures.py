"""The exceptions by which a provider says that it cannot answer."""

from enum import StrEnum


class Failure(StrEnum):
    """Kinds of failure. Metrics count them, and the circuit breaker decides by them."""

    CONNECTION = "connection"
    TIMEOUT = "timeout"
    SERVER = "server_error"
    BAD_ANSWER = "bad_answer"
    UNAUTHORIZED = "unauthorized"  # 401 and 403
    RATE_LIMITED = "rate_limited"  # 429
    NOT_FOUND = "not_found"  # 404
    INVALID = "invalid"  # every other 4xx
    REFUSED = "refused"  # it answered, but not what may be shown
    UNAVAILABLE = "unavailable"  # it was not asked


# What says that the service is ill; everything else says something of the request.
COUNTED = frozenset({Failure.CONNECTION, Failure.TIMEOUT, Failure.SERVER, Failure.BAD_ANSWER})


class ProviderError(Exception):
    """A provider cannot answer. The sentence is for people: it holds no secret, no personal data and no text of the service."""

    def __init__(
        self,
        sentence: str,
        failure: Failure = Failure.BAD_ANSWER,
        *,
        retry_after: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.failure = failure
        self.retry_after = retry_after  # seconds; the service said so
        self.status = status  # of HTTP, where there was an answer
