"""Call the Redis that all processes share. After a failure no process asks it for some seconds, so that nobody waits
repeatedly."""

import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
PAUSE = 5.0  # seconds without a call after a failure, so that waiting for Redis does not slow down every request
T = TypeVar("T")
# Monotonic time. Shared by the whole process, so that one timeout spares all threads the wait.
silent_until = 0.0


class NotShared(Exception):
    """Redis does not answer, or did not a moment ago."""


def call_redis(work: Callable[[Any], T]) -> T:
    """Call `work` with the Redis client and return its result. Raises `NotShared`."""
    global silent_until
    if time.monotonic() < silent_until:
        raise NotShared
    try:
        return work(client())
    except (RedisError, OSError) as error:
        silent_until = time.monotonic() + PAUSE
        log.warning("shared_cache_unavailable", error=type(error).__name__)
        raise NotShared from None


def client() -> Any:
    """The Redis client of Django's cache, with its timeouts."""
    return cast(Any, cache)._cache.get_client(None, write=True)
