"""Rate limits, counted atomically in the cache that all processes share (DRF's own counter loses some of two at once)."""

import hashlib
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


def reset_allowed(email: str) -> bool:
    """Counts a request for a new password; no address gets more than a few mails an hour, whoever asks."""
    now = time.time()
    name = hashlib.sha256(email.strip().lower().encode()).hexdigest()
    key = f"reset:{name}:{int(now) // (60 * MINUTE)}"
    try:
        cache.add(key, 0, timeout=2 * 60 * MINUTE)
        return bool(cache.incr(key) <= settings.RESET_MAILS_PER_HOUR)
    except (RedisError, OSError, ValueError):
        log.warning("throttle_unavailable")
        return True
