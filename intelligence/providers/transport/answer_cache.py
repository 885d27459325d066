"""Cache the answers of services: fresh ones save a call, older ones are the fallback while a service fails."""

import time
from dataclasses import dataclass
from typing import Any

import structlog
from django.core.cache import cache

from agents.common import shared_cache
from intelligence.contract.deadline import Deadline
from intelligence.providers.transport.service_keys import service_key

log = structlog.get_logger(__name__)
VERSION = 1  # of the results' format: entries of other versions are ignored
LOOK = 0.1  # seconds between two polls for an answer that another request is fetching


@dataclass(frozen=True)
class Ages:
    """Seconds: up to `fresh` an answer saves a call, up to `stale` it may replace a failed one."""

    fresh: float
    stale: float


ANALYSES = Ages(15 * 60, 24 * 3600)
TEXTS = Ages(5 * 60, 5 * 60)


@dataclass(frozen=True)
class Kept:
    """A cached answer. Value `None` means that the service does not know the customer. `facts` is what it was based on."""

    value: Any
    facts: str
    at: float

    @property
    def age(self) -> float:
        return max(time.time() - self.at, 0.0)

    def fresh(self, ages: Ages, facts: str) -> bool:
        return self.age <= ages.fresh and self.facts == facts


def look(key: str, ages: Ages) -> Kept | None:
    """The cached answer of the key if it is not too old to replace a failed one."""
    try:
        found = shared_cache.call_redis(lambda client: cache.get(_name(key)))
    except shared_cache.NotShared:
        return None
    except Exception as error:  # noqa: BLE001  unpickling an old version's entry may raise anything
        log.warning("kept_answer_unreadable", error=type(error).__name__)
        return None
    return found if isinstance(found, Kept) and found.age <= ages.stale else None


def store_answer(key: str, value: Any, ages: Ages, facts: str = "") -> None:
    kept = Kept(value, facts, time.time())
    try:
        shared_cache.call_redis(lambda client: cache.set(_name(key), kept, int(ages.stale)))
    except shared_cache.NotShared:
        return


def begin(key: str, within: Deadline) -> bool:
    """Whether the caller should ask; `False` if another process is asking the same."""
    milliseconds = int(1000 * within.left()) + 1
    try:
        return bool(
            shared_cache.call_redis(
                lambda client: client.set(service_key(f"asking:{key}"), 1, nx=True, px=milliseconds)
            )
        )
    except shared_cache.NotShared:
        return True


def end(key: str) -> None:
    try:
        shared_cache.call_redis(lambda client: client.delete(service_key(f"asking:{key}")))
    except shared_cache.NotShared:
        return


def wait_for(key: str, ages: Ages, facts: str, within: Deadline) -> Kept | None:
    """Wait for the answer that another process asks for; `None` if it got none or takes too long."""
    while not within.over():
        found = look(key, ages)
        if found is not None and found.fresh(ages, facts):
            return found
        try:
            if not shared_cache.call_redis(lambda client: client.exists(service_key(f"asking:{key}"))):
                found = look(key, ages)  # the answer may have been stored between the two reads
                return found if found is not None and found.fresh(ages, facts) else None
        except shared_cache.NotShared:
            return None
        time.sleep(min(LOOK, within.left()))
    return None


def _name(key: str) -> str:
    return f"service:answer:{VERSION}:{key}"
