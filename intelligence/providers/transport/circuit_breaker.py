"""The circuit breaker of a service, shared by all processes.

Its rules are a plain state machine (`State`), stored as one value in the shared cache and changed by compare-and-set. Where the
cache does not answer, each process uses the last state it knows and its own calls.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson
import structlog
from redis.exceptions import RedisError, WatchError

from agents.common import shared_cache
from intelligence.contract.failures import COUNTED, Failure, ProviderError
from intelligence.providers.transport.service_keys import service_key

log = structlog.get_logger(__name__)
FAILURES, WINDOW = 5, 60.0  # this many failures within this many seconds open the breaker
OPEN = 30.0  # seconds until a probe is allowed
PROBE = 40.0  # seconds after which an unfinished probe no longer blocks others
WAIT = 60.0  # seconds to wait after a 429 without Retry-After
KEPT = 7 * 86_400  # seconds for which an unchanged state is stored
TRIES = 20


@dataclass(frozen=True)
class State:
    """State of a circuit breaker; moments are seconds since 1970."""

    failures: tuple[float, ...] = ()
    open_until: float | None = None  # open until then, half open afterwards
    probe_until: float | None = None  # a probe is running until then
    wait_until: float | None = None  # the service asked to wait until then
    blocked: bool = False  # the key was refused: closed to calls until the configuration changes
    reason: str = ""
    since: float | None = None  # since when the service has been in this state

    def name(self, now: float) -> str:
        if self.blocked:
            return "blocked"
        if self.wait_until is not None and now < self.wait_until:
            return "waiting"
        if self.open_until is None:
            return "closed"
        return "open" if now < self.open_until else "half_open"

    def since_when(self, now: float) -> float | None:
        """When this state began (open and half open count as one); `None` if the service was never called."""
        waited = self.wait_until is not None and self.wait_until <= now
        return self.wait_until if waited and self.name(now) == "closed" else self.since

    def retry_at(self, now: float) -> float | None:
        """When the service will be asked again; `None` if that is now or needs a changed configuration."""
        if self.blocked:
            return None
        moments = (self.wait_until, self.open_until, self.probe_until if self.open_until is not None else None)
        later = [moment for moment in moments if moment is not None and moment > now]
        return max(later, default=None)

    def may_ask(self, now: float) -> bool:
        return not self.blocked and self.retry_at(now) is None

    def asked(self, now: float) -> "State":
        """The state after a call begins; in the half-open state the caller makes the probe."""
        return replace(self, probe_until=now + PROBE) if self.open_until is not None else self

    def succeeded(self, *, probe: bool) -> "State":
        """Close the breaker if the answer is the probe's: answers to earlier questions say nothing about the present.

        A pause that the service asked for is kept in any case.
        """
        if not probe:
            return self
        return State(wait_until=self.wait_until, reason=self.reason) if self.wait_until is not None else State()

    def failed(self, now: float, error: ProviderError, *, probe: bool) -> "State":
        if error.failure == Failure.UNAUTHORIZED:
            return State(blocked=True, reason=error.sentence)
        if self.blocked and (not probe or error.failure in COUNTED | {Failure.RATE_LIMITED}):
            # A failed connection does not prove that the key is valid again.
            return replace(self, probe_until=None) if probe else self
        if error.failure == Failure.RATE_LIMITED:
            wait = now + (WAIT if error.retry_after is None else error.retry_after)
            waits = State(wait_until=wait, reason=error.sentence) if probe else self
            return replace(waits, wait_until=max(wait, self.wait_until or 0.0), reason=error.sentence)
        if error.failure not in COUNTED:
            if error.failure == Failure.UNAVAILABLE:  # the service was not called
                return replace(self, probe_until=None) if probe else self
            return self.succeeded(probe=probe)
        if probe:
            return State(open_until=now + OPEN, wait_until=self.wait_until, reason=error.sentence)
        if self.open_until is not None:
            return self
        failures = tuple(moment for moment in self.failures if now - moment < WINDOW)[1 - FAILURES :] + (now,)
        if len(failures) >= FAILURES:
            return replace(self, failures=(), open_until=now + OPEN, reason=error.sentence)
        return replace(self, failures=failures)


@dataclass(frozen=True)
class Leave:
    """Permission for one call of a service."""

    probe: bool = False


class Breaker:
    """The circuit breaker of one service in one configuration."""

    def __init__(self, name: str, fingerprint: str) -> None:
        self._key = service_key(f"{name}:breaker:{fingerprint[:32]}")
        self.name = name

    def state(self) -> State:
        try:
            return self._remembered(_read(shared_cache.call_redis(lambda client: client.get(self._key))))
        except shared_cache.NotShared:
            return _own.get(self._key, State())

    def ask(self, *, probing: bool = True) -> Leave | None:
        """Permission to call the service, or `None`. In the half-open state one eligible caller gets it."""
        got: list[Leave | None] = [None]

        def change(state: State, now: float) -> State:
            probe = state.open_until is not None
            got[0] = Leave(probe=probe) if state.may_ask(now) and (probing or not probe) else None
            return state.asked(now) if got[0] else state

        self._change(change)
        return got[0]

    def try_anyway(self) -> Leave | None:
        """Permission for a test by hand, whatever the state; `None` while another test runs."""
        got: list[Leave | None] = [None]

        def change(state: State, now: float) -> State:
            tried = state.probe_until is not None and now < state.probe_until
            closed = state.name(now) == "closed"
            got[0] = None if tried else Leave(probe=not closed)
            return state if tried or closed else replace(state, probe_until=now + PROBE)

        self._change(change)
        return got[0]

    def may_retry(self) -> bool:
        """Whether a question under way may be attempted again."""
        now = time.time()
        return self.state().name(now) == "closed"

    def succeeded(self, leave: Leave) -> None:
        if leave.probe:
            self._change(lambda state, now: state.succeeded(probe=True))

    def failed(self, leave: Leave, error: ProviderError) -> None:
        before: list[State] = []

        def change(state: State, now: float) -> State:
            before[:] = [state]
            return state.failed(now, error, probe=leave.probe)

        after, now = self._change(change), time.time()
        if before and before[0].name(now) != after.name(now):
            log.warning("breaker_changed", service=self.name, state=after.name(now), failure=str(error.failure))

    def _change(self, change: Callable[[State, float], State]) -> State:
        """Apply a change to the shared state, or to this process' own state if the cache does not answer."""

        def dated(before: State, now: float) -> State:
            return _dated(before, change(before, now), now)

        try:
            return self._remembered(shared_cache.call_redis(lambda client: self._change_shared(client, dated)))
        except shared_cache.NotShared:
            with _lock:
                state = dated(_own.get(self._key, State()), time.time())
                _own[self._key] = state
            return state

    def _remembered(self, state: State) -> State:
        """The last known shared state, which this process uses if the cache does not answer."""
        with _lock:
            _own[self._key] = state
        return state

    def _change_shared(self, client: Any, change: Callable[[State, float], State]) -> State:
        with client.pipeline() as line:
            for _ in range(TRIES):
                with contextlib.suppress(WatchError):
                    line.watch(self._key)
                    before = _read(line.get(self._key))
                    after = change(before, time.time())
                    if after != before:
                        line.multi()
                        # A refused key stays refused, so this state never expires.
                        line.set(self._key, orjson.dumps(asdict(after)), ex=None if after.blocked else KEPT)
                        line.execute()
                    return after
        raise RedisError("The breaker's state keeps changing.")


_own: dict[str, State] = {}
_lock = threading.Lock()


def _dated(before: State, after: State, now: float) -> State:
    """The state with the moment at which it began."""
    names = {before.name(now), after.name(now)}
    same = len(names) == 1 or names == {"open", "half_open"}
    return replace(after, since=before.since_when(now) if same else now)


def _read(kept: bytes | None) -> State:
    if kept is None:
        return State()
    try:
        values = orjson.loads(kept)
        return State(**{**values, "failures": tuple(values["failures"])})
    except (ValueError, TypeError, KeyError):  # stored by an older version of the program
        return State()
