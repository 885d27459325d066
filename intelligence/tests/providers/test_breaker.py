"""The circuit breaker follows the failure policy, with state shared by all processes."""

import os
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from redis.exceptions import ConnectionError as CacheIsDown

from agents.common import shared_cache
from intelligence.contract.failures import COUNTED, Failure, ProviderError
from intelligence.providers.transport import circuit_breaker as breaker_module
from intelligence.providers.transport.circuit_breaker import Breaker, Leave
from intelligence.providers.transport.service_keys import service_key

START = "2026-03-01T12:00:00Z"
HARMLESS = (Failure.NOT_FOUND, Failure.INVALID, Failure.REFUSED)


def failed(kind: Failure = Failure.SERVER, retry_after: float | None = None) -> ProviderError:
    return ProviderError(f"It failed: {kind}.", kind, retry_after=retry_after)


def made() -> Breaker:
    return Breaker("stub", uuid4().hex)


def leave(breaker: Breaker) -> Leave:
    given = breaker.ask()
    assert given is not None
    return given


def state(breaker: Breaker) -> str:
    return breaker.state().name(time.time())


def fail(breaker: Breaker, times: int, kind: Failure = Failure.SERVER) -> None:
    for _ in range(times):
        breaker.failed(leave(breaker), failed(kind))


def opened() -> Breaker:
    breaker = made()
    fail(breaker, 5)
    assert state(breaker) == "open"
    return breaker


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def no_cache(monkeypatch: Any) -> None:
    monkeypatch.setattr(shared_cache, "silent_until", float("inf"))


# --- Opening and closing -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", sorted(COUNTED))
def test_breaker_opens_for_30_seconds_after_five_failures_then_allows_one_probe(clock: Any, kind: Failure) -> None:
    breaker = made()
    fail(breaker, 4, kind)
    assert state(breaker) == "closed"
    fail(breaker, 1, kind)
    assert state(breaker) == "open" and breaker.ask() is None
    clock.shift(29.9)
    assert breaker.ask() is None
    clock.shift(0.2)
    assert state(breaker) == "half_open"
    probe = leave(breaker)
    assert probe.probe and [breaker.ask() for _ in range(5)] == [None] * 5
    breaker.succeeded(probe)
    assert state(breaker) == "closed" and not leave(breaker).probe
    fail(breaker, 4)
    assert state(breaker) == "closed", "what failed before it opened no longer counts"


def test_breaker_reopens_for_30_seconds_after_failed_probe(clock: Any) -> None:
    breaker = opened()
    clock.shift(31)
    breaker.failed(leave(breaker), failed())
    assert state(breaker) == "open" and breaker.state().retry_at(time.time()) == time.time() + 30


def test_failures_older_than_a_minute_do_not_count(clock: Any) -> None:
    breaker = made()
    for _ in range(30):
        fail(breaker, 1)
        clock.shift(15)  # never more than four within a minute
    assert state(breaker) == "closed"
    fail(breaker, 2)
    assert state(breaker) == "open"


@pytest.mark.parametrize("kind", HARMLESS)
def test_failures_caused_by_the_request_never_open_the_breaker(clock: Any, kind: Failure) -> None:
    breaker = made()
    fail(breaker, 50, kind)
    assert state(breaker) == "closed"
    fail(breaker, 5)
    clock.shift(31)
    breaker.failed(leave(breaker), failed(kind))
    assert state(breaker) == "closed", "it answered, so it is there"


def test_unsent_probe_lets_the_next_call_probe(clock: Any) -> None:
    breaker = opened()
    clock.shift(31)
    breaker.failed(leave(breaker), failed(Failure.UNAVAILABLE))
    assert leave(breaker).probe


def test_probe_without_outcome_expires_after_40_seconds(clock: Any) -> None:
    breaker = opened()
    clock.shift(31)
    leave(breaker)
    clock.shift(39)
    assert breaker.ask() is None
    clock.shift(2)
    assert leave(breaker).probe


def test_outcomes_of_calls_started_before_opening_are_ignored(clock: Any) -> None:
    breaker = made()
    early = [leave(breaker) for _ in range(3)]
    fail(breaker, 5)
    breaker.succeeded(early[0])
    assert state(breaker) == "open"
    clock.shift(20)
    breaker.failed(early[1], failed())
    clock.shift(11)
    assert state(breaker) == "half_open", "a late failure does not keep it open for longer"


def test_retry_is_refused_when_breaker_is_open(clock: Any) -> None:
    breaker = made()
    assert breaker.may_retry()
    fail(breaker, 5)
    assert not breaker.may_retry()


# --- Refused keys and waits --------------------------------------------------------------------------------------------
def test_refused_key_blocks_service_until_the_configuration_changes(clock: Any) -> None:
    fingerprint = uuid4().hex
    breaker = Breaker("stub", fingerprint)
    late = leave(breaker)
    fail(breaker, 1, Failure.UNAUTHORIZED)
    clock.shift(30 * 86_400)
    again = Breaker("stub", fingerprint)
    assert state(again) == "blocked" and again.ask() is None and again.state().retry_at(time.time()) is None
    again.failed(late, failed())
    assert again.state().reason == "It failed: unauthorized."
    assert Breaker("stub", uuid4().hex).ask() == Leave()


@pytest.mark.parametrize("kind", [*sorted(COUNTED), Failure.RATE_LIMITED, Failure.UNAVAILABLE, Failure.UNAUTHORIZED])
def test_failed_connection_test_keeps_service_blocked(clock: Any, kind: Failure) -> None:
    breaker = made()
    fail(breaker, 1, Failure.UNAUTHORIZED)
    by_hand = breaker.try_anyway()
    assert by_hand is not None
    breaker.failed(by_hand, failed(kind))
    clock.shift(3600)
    assert state(breaker) == "blocked" and breaker.ask() is None


def test_successful_connection_test_unblocks_service(clock: Any) -> None:
    breaker = made()
    fail(breaker, 1, Failure.UNAUTHORIZED)
    by_hand = breaker.try_anyway()
    assert by_hand is not None and breaker.try_anyway() is None, "one at a time"
    breaker.succeeded(by_hand)
    assert state(breaker) == "closed" and breaker.ask() == Leave()


@pytest.mark.parametrize(("said", "seconds"), [(600.0, 600), (0.0, 0), (None, 60)])
def test_rate_limited_service_is_skipped_for_retry_after_or_60_seconds(
    clock: Any, said: float | None, seconds: float
) -> None:
    breaker = made()
    breaker.failed(leave(breaker), failed(Failure.RATE_LIMITED, said))
    if seconds:
        clock.shift(seconds - 0.1)
        assert state(breaker) == "waiting" and breaker.ask() is None
        clock.shift(0.2)
    assert state(breaker) == "closed" and leave(breaker) == Leave()


def test_longer_of_two_retry_after_waits_applies(clock: Any) -> None:
    breaker = made()
    first, second = leave(breaker), leave(breaker)
    breaker.failed(first, failed(Failure.RATE_LIMITED, 600))
    breaker.failed(second, failed(Failure.RATE_LIMITED, 5))
    assert breaker.state().retry_at(time.time()) == time.time() + 600


@pytest.mark.parametrize("outcome", [None, *sorted(COUNTED)])
def test_connection_test_does_not_shorten_retry_after_wait(clock: Any, outcome: Failure | None) -> None:
    breaker = made()
    breaker.failed(leave(breaker), failed(Failure.RATE_LIMITED, 600))
    by_hand = breaker.try_anyway()
    assert by_hand is not None
    if outcome is None:
        breaker.succeeded(by_hand)
    else:
        breaker.failed(by_hand, failed(outcome))
    clock.shift(599)
    assert breaker.ask() is None
    clock.shift(2)
    assert breaker.ask() is not None


def test_successful_connection_test_closes_open_breaker(clock: Any) -> None:
    breaker = opened()
    by_hand = breaker.try_anyway()
    assert by_hand is not None
    breaker.succeeded(by_hand)
    assert state(breaker) == "closed"


def test_failed_connection_tests_count_as_failures_when_breaker_is_closed(clock: Any) -> None:
    breaker = made()
    for _ in range(5):
        by_hand = breaker.try_anyway()
        assert by_hand == Leave()
        breaker.failed(by_hand, failed())
    assert state(breaker) == "open"


# --- Since when --------------------------------------------------------------------------------------------------------
def test_since_when_is_the_start_of_the_current_state(clock: Any) -> None:
    breaker = made()
    assert breaker.state().since_when(time.time()) is None
    began = time.time()
    fail(breaker, 5)
    clock.shift(31)
    breaker.failed(leave(breaker), failed())  # still not answering
    clock.shift(31)
    assert state(breaker) == "half_open" and breaker.state().since_when(time.time()) == began
    probe = leave(breaker)
    clock.shift(2)
    breaker.succeeded(probe)
    assert breaker.state().since_when(time.time()) == began + 64
    breaker.failed(leave(breaker), failed(Failure.RATE_LIMITED, 100))
    clock.shift(50)
    assert breaker.state().since_when(time.time()) == began + 64
    clock.shift(51)
    assert state(breaker) == "closed" and breaker.state().since_when(time.time()) == began + 164
    fail(breaker, 1, Failure.UNAUTHORIZED)
    assert breaker.state().since_when(time.time()) == time.time()


# --- Who shares it -----------------------------------------------------------------------------------------------------
def test_one_of_twenty_threads_in_two_processes_gets_the_probe(clock: Any) -> None:
    fingerprint = uuid4().hex
    fail(Breaker("stub", fingerprint), 5)
    clock.shift(31)
    children = [_start_child(fingerprint) for _ in range(2)]
    assert sum(_leaves_of(child) for child in children) == 1


def _start_child(fingerprint: str) -> tuple[int, int]:
    """Fork a process in which ten threads ask at once and write how many got leave to a pipe."""
    told, telling = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.write(telling, bytes([_ask_at_once(Breaker("stub", fingerprint), 10)]))
        finally:
            os._exit(0)  # nothing of the test's own ends with it
    os.close(telling)
    return process, told


def _leaves_of(child: tuple[int, int]) -> int:
    process, told = child
    os.waitpid(process, 0)
    answer = os.read(told, 1)
    os.close(told)
    return answer[0]


def _ask_at_once(breaker: Breaker, askers: int) -> int:
    together, got = threading.Barrier(askers), list[Leave | None]()

    def ask() -> None:
        together.wait()
        got.append(breaker.ask())

    threads = [threading.Thread(target=ask) for _ in range(askers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(one is not None for one in got)


def test_concurrent_failures_are_all_counted(clock: Any) -> None:
    breaker = made()
    leaves = [leave(breaker) for _ in range(100)]
    threads = [threading.Thread(target=breaker.failed, args=(one, failed())) for one in leaves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state(breaker) == "open" and breaker.state().failures == ()
    few = made()
    leaves = [leave(few) for _ in range(4)]
    threads = [threading.Thread(target=few.failed, args=(one, failed())) for one in leaves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(few.state().failures) == 4 and state(few) == "closed"


@pytest.mark.parametrize("kept", [b"", b"nonsense", b"[]", b'{"failures": 5}', b'{"unknown": 1, "failures": []}'])
def test_unreadable_cached_state_is_treated_as_closed(kept: bytes) -> None:
    fingerprint = uuid4().hex
    client: Any = cache
    client._cache.get_client(None, write=True).set(service_key(f"stub:breaker:{fingerprint}"), kept)
    assert Breaker("stub", fingerprint).ask() == Leave()


def test_process_uses_its_own_failures_without_the_shared_cache(clock: Any, no_cache: None) -> None:
    breaker = opened()
    assert breaker.ask() is None
    clock.shift(31)
    assert leave(breaker).probe and _ask_at_once(breaker, 10) == 0
    assert made().ask() == Leave()


@pytest.mark.parametrize("kind", [Failure.SERVER, Failure.UNAUTHORIZED, Failure.RATE_LIMITED])
def test_process_keeps_last_shared_state_when_cache_goes_down(clock: Any, monkeypatch: Any, kind: Failure) -> None:
    """Holds too for a process that only read the shared state: the test clears what the failing process recorded."""
    breaker = made()
    fail(breaker, 5 if kind is Failure.SERVER else 1, kind)
    shared_state = state(breaker)
    breaker_module._own.clear()
    assert breaker.ask() is None, "heard of it"
    monkeypatch.setattr(shared_cache, "silent_until", float("inf"))
    assert breaker.ask() is None and state(breaker) == shared_state != "closed"


def test_recovered_service_stays_closed_when_cache_goes_down(clock: Any, monkeypatch: Any) -> None:
    breaker = opened()
    clock.shift(31)
    breaker.succeeded(leave(breaker))
    monkeypatch.setattr(shared_cache, "silent_until", float("inf"))
    assert state(breaker) == "closed" and leave(breaker) == Leave()


def test_unreachable_cache_is_not_asked_again_at_once(monkeypatch: Any) -> None:
    asked: list[int] = []

    def down(*args: Any, **kwargs: Any) -> Any:
        asked.append(1)
        raise CacheIsDown

    monkeypatch.setattr(shared_cache, "silent_until", 0.0)
    client: Any = cache
    monkeypatch.setattr(client._cache, "get_client", down)
    breaker = made()
    fail(breaker, 5)
    assert breaker.ask() is None and asked == [1]


# --- Whatever happens --------------------------------------------------------------------------------------------------
class Policy:
    """A plain reference implementation of the failure policy."""

    def __init__(self) -> None:
        self.failures: list[float] = []
        self.until = self.wait = 0.0
        self.is_open = self.blocked = False
        self.probed: float | None = None

    def may_ask(self, now: float) -> bool:
        probing = self.probed is not None and now < self.probed + 40
        return not self.blocked and now >= self.wait and not (self.is_open and (now < self.until or probing))

    def close(self) -> None:
        self.failures, self.is_open, self.probed = [], False, None

    def open(self, now: float) -> None:
        self.close()
        self.is_open, self.until = True, now + 30

    def came_back(self, now: float, kind: Failure | None, seconds: float | None, probe: bool) -> None:
        if kind == Failure.UNAUTHORIZED:
            self.blocked = True
        elif kind == Failure.UNAVAILABLE:
            self.probed = None if probe else self.probed
        elif kind == Failure.RATE_LIMITED:
            self.wait = max(self.wait, now + (60 if seconds is None else seconds))
            if probe:
                self.close()
        elif kind in COUNTED and probe:
            self.open(now)
        elif kind in COUNTED and not self.is_open:
            self.failures = [*(one for one in self.failures if now - one < 60), now]
            if len(self.failures) >= 5:
                self.open(now)
        elif kind not in COUNTED and probe:
            self.close()


class Life(RuleBasedStateMachine):
    """Compares the breakers of two processes with the reference policy under arbitrary sequences of events."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen = time_machine.travel(START, tick=False)
        self.clock: Any = self.frozen.start()
        fingerprint = uuid4().hex
        self.breakers = [Breaker("stub", fingerprint), Breaker("stub", fingerprint)]
        self.policy = Policy()
        self.leaves: list[Leave] = []

    def teardown(self) -> None:
        self.frozen.stop()

    @rule(seconds=st.sampled_from([0.5, 5, 14, 29, 31, 41, 61]))
    def time_passes(self, seconds: float) -> None:
        self.clock.shift(seconds)

    @rule(process=st.integers(0, 1))
    def ask(self, process: int) -> None:
        now, given = time.time(), self.breakers[process].ask()
        assert (given is not None) == self.policy.may_ask(now)
        if given is not None:
            assert given.probe == self.policy.is_open
            self.leaves.append(given)
            if given.probe:
                self.policy.probed = now

    @precondition(lambda self: self.leaves)
    @rule(
        data=st.data(),
        process=st.integers(0, 1),
        kind=st.sampled_from([None, Failure.TIMEOUT, Failure.SERVER, Failure.CONNECTION, *HARMLESS])
        | st.sampled_from([None, *Failure]),
        seconds=st.sampled_from([None, 0.0, 10.0, 90.0]),
    )
    def come_back(self, data: Any, process: int, kind: Failure | None, seconds: float | None) -> None:
        given = self.leaves.pop(data.draw(st.integers(0, len(self.leaves) - 1)))
        if self.policy.blocked:
            return  # of that there are tests above
        if kind is None:
            self.breakers[process].succeeded(given)
        else:
            self.breakers[process].failed(given, failed(kind, seconds))
        self.policy.came_back(time.time(), kind, seconds, given.probe)

    @rule(process=st.integers(0, 1), times=st.integers(1, 6))
    def a_storm(self, process: int, times: int) -> None:
        """Several calls in a row fail."""
        for _ in range(times):
            self.ask(process)
            if self.leaves and not self.policy.blocked:
                given = self.leaves.pop()
                self.breakers[process].failed(given, failed())
                self.policy.came_back(time.time(), Failure.SERVER, None, given.probe)

    @invariant()
    def both_processes_know_the_same(self) -> None:
        now = time.time()
        assert {one.state().may_ask(now) for one in self.breakers} == {self.policy.may_ask(now)}


class TestLife(Life.TestCase):  # type: ignore[misc, valid-type]
    settings = hypothesis_settings(max_examples=120, stateful_step_count=30, deadline=None)
