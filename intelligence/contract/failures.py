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
    INVALID = "invalid"  # other 4xx
    REFUSED = "refused"  # the answer may not be shown
    UNAVAILABLE = "unavailable"  # the service was not called


# Failures that mean the service is down; other failures concern a single request.
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
        self.retry_after = retry_after  # seconds, as told by the service
        self.status = status  # HTTP status, if there was a response
