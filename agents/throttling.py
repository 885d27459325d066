"""Rate limits, counted atomically in the shared cache (DRF's own counter can lose one of two simultaneous requests)."""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from agents.common import shared_cache
from agents.common.addresses import counted_address
from agents.models import Agent, ApiKey

MINUTE = 60


class TooMany(Throttled):
    """429 with a sentence and `Retry-After`."""

    def __init__(self, sentence: str, seconds: int) -> None:
        super().__init__(detail=sentence)
        self.wait = seconds


@dataclass(frozen=True)
class Rate:
    """So many a minute, by name of the settings that say how many: for a person, and for an API key."""

    name: str
    what: str
    person: str
    key: str

    def wait(self, spender: Agent | ApiKey) -> int:
        """Count one request; returns the seconds to wait if this minute had too many, else 0. A key counts separately."""
        return _count(f"{self.name}:{spender.pk}", self.limit(spender))

    def demand(self, spender: Agent | ApiKey) -> None:
        """Counts one more. Raises `TooMany`."""
        if seconds := self.wait(spender):
            raise TooMany(self.sentence(spender, seconds), seconds)

    def limit(self, spender: Agent | ApiKey) -> int:
        return int(getattr(settings, self.key if isinstance(spender, ApiKey) else self.person))

    def sentence(self, spender: Agent | ApiKey, seconds: int) -> str:
        return f"More than {self.limit(spender)} {self.what} in a minute. Try again in {in_words(seconds)}."


# API requests of an authenticated agent, with any kind of credential.
REQUESTS = Rate("requests", "requests", "AGENT_RATE_PER_MINUTE", "API_KEY_RATE_PER_MINUTE")
# Requests for pages and fragments. An open page loads fragments on live events, so a busy agent needs many.
PAGES = Rate("pages", "pages", "PAGE_RATE_PER_MINUTE", "PAGE_RATE_PER_MINUTE")
# Requests that make an AI service compute on demand; stored results do not count.
REGENERATIONS = Rate(
    "regenerations", "new drafts", "REGENERATION_RATE_PER_MINUTE", "API_KEY_REGENERATION_RATE_PER_MINUTE"
)


class RequestRate(BaseThrottle):
    """Counts every API request of an account; `LimitSignIn` limits requests without one."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if (spender := spender_of(request)) is not None:
            REQUESTS.demand(spender)
        return True


class AddressRate(BaseThrottle):
    """Counts requests that need no sign-in for the address that they come from, behind trusted proxies, too."""

    name = what = setting = ""

    def allow_request(self, request: Request, view: Any) -> bool:
        limit = int(getattr(settings, self.setting))
        if seconds := _count(f"{self.name}:{counted_address(request._request)}", limit):
            raise TooMany(f"More than {limit} {self.what} in a minute. Try again in {in_words(seconds)}.", seconds)
        return True


class SchemaRate(AddressRate):
    name, what, setting = "schema", "requests for the document of the API", "SCHEMA_RATE_PER_MINUTE"


class HealthRate(AddressRate):
    name, what, setting = "health", "checks", "HEALTH_RATE_PER_MINUTE"


def spender_of(request: Request) -> Agent | ApiKey | None:
    """Whom the request counts for: the key, else the agent."""
    if isinstance(request.auth, ApiKey):
        return request.auth
    return request.user if isinstance(request.user, Agent) else None


def may_call(request: Request) -> Callable[[], bool]:
    """Count a service call; `False` if there were too many in this minute."""
    spender = spender_of(request)
    return lambda: spender is None or not REGENERATIONS.wait(spender)


def sign_in_wait(address: str | None) -> int:
    """Count a sign-in attempt from the address; returns the seconds to wait if there were too many in this minute, else 0."""
    return _count(f"sign-in:{address}", settings.LOGIN_RATE_PER_MINUTE)


def in_words(seconds: int) -> str:
    return "1 second" if seconds == 1 else f"{seconds} seconds"


def _count(name: str, limit: int, window: int = MINUTE) -> int:
    """Count one under that name in this window, in one round trip; returns the window's remaining seconds if over the limit, else
    0.

    Without the cache everything passes: the lockout, which is stored in the database, still holds.
    """
    now = time.time()
    key = cache.make_key(f"rate:{name}:{int(now) // window}")
    try:
        used = shared_cache.call_redis(lambda client: _increment(client, key, 2 * window))
    except shared_cache.NotShared:
        return 0
    return math.ceil(window - now % window) if used > limit else 0


def _increment(client: Any, key: str, seconds: int) -> int:
    # Django's own `incr` first checks that the key exists: two round trips, between which the key may expire.
    with client.pipeline() as both:
        both.incr(key)
        both.expire(key, seconds)
        return int(both.execute()[0])


RESET_PAUSE = 10 * MINUTE


def reset_allowed(email: str, address: str | None) -> bool:
    """Count a password reset request; returns whether to send a mail. The caller's answer is the same in any case.

    One address may cause a limited number per hour. One account gets a limited number per hour, too, but an attacker cannot use
    them up against the owner: beyond the limit it gets one in ten minutes, and any of these mails lets its owner in.
    """
    if _count(f"reset-from:{address}", settings.RESET_REQUESTS_PER_HOUR, 60 * MINUTE):
        return False
    name = hashlib.sha256(email.strip().lower().encode()).hexdigest()
    if not _count(f"reset:{name}", settings.RESET_MAILS_PER_HOUR, 60 * MINUTE):
        return True
    return not _count(f"reset-pause:{name}", 1, RESET_PAUSE)
