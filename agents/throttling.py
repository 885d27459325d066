"""Rate limits, counted atomically in the cache that all processes share (DRF's own counter loses some of two at once)."""

import time

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)
MINUTE = 60


def sign_in_wait(address: str | None) -> int:
    """Counts an attempt to sign in from the address; the seconds to wait where there were too many in this minute, else 0."""
    now = time.time()
    key = f"sign-in:{address}:{int(now) // MINUTE}"
    try:
        cache.add(key, 0, timeout=2 * MINUTE)
        attempts = cache.incr(key)
    except (RedisError, OSError, ValueError):
        # Without the cache the lockout, which lives in the database, still holds.
        log.warning("throttle_unavailable")
        return 0
    return int(MINUTE - now % MINUTE) if attempts > settings.LOGIN_RATE_PER_MINUTE else 0
