"""What all processes know of the services: in the cache that they share, which may be lost and may not answer."""

import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
PAUSE = 5.0  # seconds without asking after it did not answer: waiting for it must not slow every request
T = TypeVar("T")
_silent_until = 0.0


class NotShared(Exception):
    """The shared cache does not answer now."""


def shared(work: Callable[[Any], T]) -> T:
    """What `work` does with the Redis client. Raises `NotShared`."""
    global _silent_until
    if time.monotonic() < _silent_until:
        raise NotShared
    try:
        return work(cast(Any, cache)._cache.get_client(None, write=True))
    except (RedisError, OSError) as error:
        _silent_until = time.monotonic() + PAUSE
        log.warning("shared_cache_unavailable", error=type(error).__name__)
        raise NotShared from None


def full(key: str) -> str:
    """The key as it is in Redis."""
    return cache.make_key(f"service:{key}")
