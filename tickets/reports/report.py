"""All figures of a period: each is computed on first use, and cached for a minute where that took long."""

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.core.cache import cache

from agents.models import Agent
from agents.permissions import Capability, demand
from tickets.extensions import ranking_keywords
from tickets.reports import agent_figures, backlog, keyword_counts, times
from tickets.reports.period import Period

log = structlog.get_logger(__name__)
Part = Callable[[Period], Any]
KEPT = 60  # seconds
SLOW = 1.0  # seconds; figures that take longer to compute are cached
PARTS: dict[str, Part] = {
    "first_ticket": times.first_ticket,
    "arrivals": times.arrivals,
    "resolutions": times.resolutions,
    "first_replies": times.first_replies,
    "backlog": backlog.backlog,
    "unanswered": backlog.unanswered,
    "value": backlog.value,
    "loads": agent_figures.loads,
}


class Report(Mapping[str, Any]):
    """The figures by name, for agents who may read team reports. `more` are those of higher layers.

    Raises `PermissionDenied`. Everybody with `Capability.REPORTS` sees all tickets, so all of them are counted.
    """

    def __init__(self, agent: Agent, period: Period, more: Mapping[str, Part] | None = None) -> None:
        demand(agent, Capability.REPORTS)
        demand(agent, Capability.SEE_ALL)
        self.period = period
        words = ranking_keywords(agent)
        self._parts = {**PARTS, "topics": lambda period: keyword_counts.topics(period, words), **(more or {})}
        asked = "\n".join([str(period.days), str(period.channel), period.zone, *sorted(self._parts), *words])
        self._key = f"overview:{hashlib.sha256(asked.encode()).hexdigest()}"
        self._found: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._found:
            self._found[name] = self._parts[name](self.period)
        return self._found[name]

    def __iter__(self) -> Any:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def fill(self) -> "Report":
        """Load all figures, or those cached in the last minute; `period.now` is their time."""
        kept = _quietly(lambda: cache.get(self._key))
        if kept is not None:
            self.period, self._found = kept
            return self
        began = time.perf_counter()
        for name in self._parts:
            self[name]
        took = time.perf_counter() - began
        if took >= SLOW:
            log.info("overview_read", seconds=round(took, 2), days=self.period.days, channel=self.period.channel)
            _quietly(lambda: cache.set(self._key, (self.period, self._found), KEPT))
        return self


def _quietly(ask: Callable[[], Any]) -> Any:
    """Ignore a cache failure: the figures are computed each time then."""
    try:
        return ask()
    except Exception:
        log.warning("overview_not_kept", exc_info=True)
        return None
