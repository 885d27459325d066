"""Rate limits, counted atomically in the cache that all processes share (DRF's own counter loses some of two at once)."""

import time
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from agents.middleware import client_address

log = structlog.get_logger(__name__)
MINUTE = 60


class LoginThrottle(BaseThrottle):
    """So many attempts to sign in per address and minute, whatever the account."""

    def allow_request(self, request: Request, view: Any) -> bool:
        window = int(time.time()) // MINUTE
        key = f"login:{client_address(request._request)}:{window}"
        try:
            cache.add(key, 0, timeout=2 * MINUTE)
            return cache.incr(key) <= settings.LOGIN_RATE_PER_MINUTE
        except (RedisError, OSError, ValueError):
            # Without the cache the lockout, which lives in the database, still holds.
            log.warning("throttle_unavailable")
            return True

    def wait(self) -> float:
        return MINUTE - time.time() % MINUTE
