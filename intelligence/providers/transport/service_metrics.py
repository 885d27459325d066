"""Metrics of a service per minute, shared by all processes: calls, failures, latencies, cache hits, tokens."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agents.common import shared_cache
from intelligence.contract.failures import Failure, ProviderError
from intelligence.providers.transport.service_keys import service_key

MINUTE, KEPT = 60, 3 * 3600
SHOWN = 60  # minutes of history shown
DAY = 86_400
# Upper bounds of the latency histogram in milliseconds; the last bin is open.
EDGES = (
    25,
    50,
    100,
    200,
    300,
    500,
    750,
    1_000,
    1_500,
    2_000,
    3_000,
    5_000,
    7_500,
    10_000,
    15_000,
    20_000,
    25_000,
    60_000,
)


@dataclass(frozen=True)
class Report:
    """Metrics of the last `minutes`. Latencies are upper edges of their histogram class; `None` without answered calls."""

    minutes: int = SHOWN
    known: bool = True  # False: the figures are unavailable
    calls: int = 0
    failures: int = 0
    by_failure: dict[str, int] = field(default_factory=dict)
    cache_hits: int = 0
    cache_misses: int = 0
    stale_answers: int = 0
    not_asked: int = 0  # calls skipped because the breaker was open or the deadline had passed
    latency_p50_ms: int | None = None
    latency_p95_ms: int | None = None
    tokens_today: int | None = None  # `None`: not counted
    last_failure_at: datetime | None = None
    last_failure: str | None = None  # a `Failure`
    last_failure_reason: str | None = None  # a sentence for people
    last_success_at: datetime | None = None

    @property
    def error_rate(self) -> float | None:
        """0…1 of the calls made; `None` if there were none."""
        return round(self.failures / self.calls, 4) if self.calls else None


class Figures:
    """Metrics of one service. Counting never fails: without the shared cache, nothing is counted."""

    def __init__(self, name: str) -> None:
        self._name = name

    def answered(self, seconds: float) -> None:
        self._count({"calls": 1, f"ms:{_edge(seconds)}": 1}, {"success_at": time.time()})

    def failed(self, error: ProviderError) -> None:
        if error.failure == Failure.UNAVAILABLE:
            self._count({"not_asked": 1})
            return
        last = {"failure_at": time.time(), "failure": str(error.failure), "reason": error.sentence}
        self._count({"calls": 1, "failures": 1, f"failure:{error.failure}": 1}, last)

    def not_asked(self) -> None:
        self._count({"not_asked": 1})

    def hit(self) -> None:
        self._count({"hits": 1})

    def missed(self) -> None:
        self._count({"misses": 1})

    def stale(self) -> None:
        self._count({"stale": 1})

    def spent(self, tokens: int) -> None:
        """Add tokens to the count of the UTC day."""

        def add(client: Any) -> None:
            with client.pipeline() as line:
                line.incrby(self._day(), tokens)
                line.expire(self._day(), 2 * DAY)
                line.execute()

        self._quietly(add)

    def spent_today(self) -> int:
        try:
            return int(shared_cache.call_redis(lambda client: client.get(self._day())) or 0)
        except shared_cache.NotShared:
            return 0

    def report(self) -> Report:
        """The last hour in one round trip; `known` is false if the shared cache does not answer."""
        minute = int(time.time()) // MINUTE
        keys = [self._minute(minute - back) for back in range(SHOWN)]

        def load(client: Any) -> list[Any]:
            with client.pipeline() as line:
                line.get(self._day())
                for key in (self._last(), *keys):
                    line.hgetall(key)
                found: list[Any] = line.execute()
                return found

        try:
            tokens, last, *minutes = shared_cache.call_redis(load)
        except shared_cache.NotShared:
            return Report(known=False)
        total: dict[str, int] = {}
        for one in minutes:
            for name, count in one.items():
                total[name.decode()] = total.get(name.decode(), 0) + int(count)
        told = {name.decode(): value.decode() for name, value in last.items()}
        return _report(total, told, None if tokens is None else int(tokens))

    def _count(self, counts: dict[str, int], last: dict[str, Any] | None = None) -> None:
        key = self._minute(int(time.time()) // MINUTE)

        def add(client: Any) -> None:
            with client.pipeline() as line:
                for name, count in counts.items():
                    line.hincrby(key, name, count)
                line.expire(key, KEPT)
                if last:
                    line.hset(self._last(), mapping=last)
                    line.expire(self._last(), 30 * DAY)
                line.execute()

        self._quietly(add)

    @staticmethod
    def _quietly(work: Any) -> None:
        try:
            shared_cache.call_redis(work)
        except shared_cache.NotShared:
            return

    def _minute(self, minute: int) -> str:
        return service_key(f"{self._name}:minute:{minute}")

    def _last(self) -> str:
        return service_key(f"{self._name}:last")

    def _day(self) -> str:
        return service_key(f"{self._name}:tokens:{int(time.time()) // DAY}")


def _edge(seconds: float) -> int:
    return next((edge for edge in EDGES if seconds * 1000 <= edge), EDGES[-1])


def _report(total: dict[str, int], last: dict[str, str], tokens: int | None) -> Report:
    latencies = {int(name[3:]): count for name, count in total.items() if name.startswith("ms:")}
    return Report(
        calls=total.get("calls", 0),
        failures=total.get("failures", 0),
        by_failure={name[8:]: count for name, count in sorted(total.items()) if name.startswith("failure:")},
        cache_hits=total.get("hits", 0),
        cache_misses=total.get("misses", 0),
        stale_answers=total.get("stale", 0),
        not_asked=total.get("not_asked", 0),
        latency_p50_ms=_quantile(latencies, 0.5),
        latency_p95_ms=_quantile(latencies, 0.95),
        tokens_today=tokens,
        last_failure_at=_moment(last.get("failure_at")),
        last_failure=last.get("failure"),
        last_failure_reason=last.get("reason"),
        last_success_at=_moment(last.get("success_at")),
    )


def _quantile(counts: dict[int, int], share: float) -> int | None:
    needed, seen = share * sum(counts.values()), 0
    for edge in sorted(counts):
        seen += counts[edge]
        if seen >= needed:
            return edge
    return None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromtimestamp(float(text), UTC) if text else None
