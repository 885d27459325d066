"""Call figures of each AI service, counted across all processes."""

import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agents.common import shared_cache
from intelligence.contract.failures import Failure, ProviderError
from intelligence.providers.transport.service_metrics import EDGES, Figures, Report


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-03-01T12:00:30Z", tick=False) as traveller:
        yield traveller


def made() -> Figures:
    return Figures(f"stub-{uuid4().hex}")


def report(figures: Figures) -> Report:
    found = figures.report()
    assert found.known
    return found


def fail(figures: Figures, kind: Failure, sentence: str = "It failed.") -> None:
    figures.failed(ProviderError(sentence, kind))


def test_figures_are_null_before_the_first_call() -> None:
    found = report(made())
    assert found == Report()
    assert (found.calls, found.error_rate) == (0, None)
    assert (found.latency_p50_ms, found.latency_p95_ms, found.tokens_today) == (None, None, None)
    assert (found.last_failure_at, found.last_failure, found.last_success_at) == (None, None, None)


def test_report_counts_calls_failures_and_cache_results(clock: Any) -> None:
    figures = made()
    for seconds in (0.02, 0.4, 0.4):
        figures.answered(seconds)
    fail(figures, Failure.TIMEOUT, "It did not answer in time.")
    for count, times in ((figures.hit, 3), (figures.missed, 4), (figures.stale, 1)):
        for _ in range(times):
            count()
    found = report(figures)
    assert (found.calls, found.failures, found.error_rate, found.by_failure) == (4, 1, 0.25, {"timeout": 1})
    assert (found.cache_hits, found.cache_misses, found.stale_answers) == (3, 4, 1)
    assert (found.latency_p50_ms, found.latency_p95_ms) == (500, 500)
    assert (found.last_failure, found.last_failure_reason) == ("timeout", "It did not answer in time.")
    assert found.last_failure_at == found.last_success_at is not None


def test_skipped_call_is_not_counted_as_a_call(clock: Any) -> None:
    figures = made()
    fail(figures, Failure.UNAVAILABLE)
    figures.not_asked()
    found = report(figures)
    assert (found.calls, found.failures, found.not_asked, found.last_failure) == (0, 0, 2, None)


@pytest.mark.parametrize("kind", [kind for kind in Failure if kind != Failure.UNAVAILABLE])
def test_each_failure_kind_is_counted_separately(clock: Any, kind: Failure) -> None:
    figures = made()
    fail(figures, kind)
    fail(figures, kind)
    assert report(figures).by_failure == {kind.value: 2} and report(figures).error_rate == 1.0


def test_figures_cover_one_hour_but_last_failure_is_kept_longer(clock: Any) -> None:
    figures = made()
    figures.answered(1)
    fail(figures, Failure.SERVER)
    clock.shift(59 * 60)
    assert report(figures).calls == 2
    figures.answered(1)
    clock.shift(60)
    assert report(figures).calls == 1
    clock.shift(20 * 86_400)
    found = report(figures)
    assert (found.calls, found.failures, found.latency_p50_ms) == (0, 0, None)
    assert found.last_failure == "server_error" and found.last_success_at is not None


def test_tokens_are_counted_by_utc_day(clock: Any) -> None:
    figures = made()
    figures.spent(300)
    figures.spent(20)
    assert figures.spent_today() == report(figures).tokens_today == 320
    clock.move_to("2026-03-01T23:59:59Z")
    assert report(figures).tokens_today == 320
    clock.move_to("2026-03-02T00:00:00Z")
    assert figures.spent_today() == 0 and report(figures).tokens_today is None


def test_figures_are_shared_by_processes_and_separate_by_service(clock: Any) -> None:
    name = uuid4().hex
    Figures(name).answered(1)
    Figures(name).answered(1)
    made().answered(1)
    assert report(Figures(name)).calls == 2


def test_concurrent_counts_are_not_lost(clock: Any) -> None:
    figures = made()

    def count() -> None:
        for _ in range(20):
            figures.answered(0.1)
            fail(figures, Failure.SERVER)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (report(figures).calls, report(figures).failures) == (320, 160)


@given(st.lists(st.floats(0, 70), min_size=1, max_size=40))
@hypothesis_settings(max_examples=60, deadline=None)
def test_latency_quantiles_are_upper_edges_of_histogram_buckets(seconds: list[float]) -> None:
    figures = made()
    for one in seconds:
        figures.answered(one)
    found = report(figures)
    ordered = sorted(seconds)
    for share, told in ((0.5, found.latency_p50_ms), (0.95, found.latency_p95_ms)):
        needed = share * len(ordered)
        exact = 1000 * next(one for place, one in enumerate(ordered, 1) if place >= needed)
        assert told in EDGES
        assert exact <= told or told == EDGES[-1]
        assert all(exact > edge for edge in EDGES if edge < told)


def test_counting_without_the_cache_fails_silently_and_figures_are_unknown(monkeypatch: Any) -> None:
    figures = made()
    figures.spent(5)
    monkeypatch.setattr(shared_cache, "silent_until", float("inf"))
    figures.answered(1)
    fail(figures, Failure.SERVER)
    figures.spent(100)
    assert not figures.report().known and figures.spent_today() == 0
    monkeypatch.setattr(shared_cache, "silent_until", 0.0)
    assert report(figures).calls == 0 and figures.spent_today() == 5
