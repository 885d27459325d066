"""Retry waits grow exponentially up to a maximum, with jitter."""

import random

import pytest
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from agents.common import retries
from agents.common.retries import BRIEF, PATIENT, Backoff, wait_before


def job(attempts: int) -> Job:
    return Job(
        id=1, queue="q", lock=None, queueing_lock=None, task_name="t", task_kwargs={}, priority=0, attempts=attempts
    )


@pytest.fixture(autouse=True)
def seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "chance", random.Random(7))


def test_retry_wait_doubles_up_to_the_maximum() -> None:
    for attempt, whole in [(1, 2.0), (2, 4.0), (3, 8.0), (9, 300.0), (5000, 300.0)]:
        assert whole / 2 <= wait_before(attempt, first=2, longest=300) <= whole


def test_retry_wait_has_jitter() -> None:
    assert wait_before(4, first=2, longest=300) != wait_before(4, first=2, longest=300)


@pytest.mark.parametrize(("strategy", "least"), [(PATIENT, 240), (BRIEF, 15)])
def test_task_is_retried_for_a_minimum_time_before_it_fails(strategy: Backoff, least: float) -> None:
    waits = [wait_before(n + 1, first=strategy.first, longest=strategy.longest) for n in range(strategy.attempts)]
    assert sum(waits) >= least
    assert strategy.get_retry_decision(exception=ValueError(), job=job(0)) is not None
    assert strategy.get_retry_decision(exception=ValueError(), job=job(strategy.attempts)) is None


def test_every_retried_task_uses_exponential_backoff() -> None:
    ours = [task for name, task in app.tasks.items() if not name.startswith(("builtin:", "procrastinate."))]
    retried = [task for task in ours if task.retry_strategy is not None]
    assert len(retried) > 5
    assert all(isinstance(task.retry_strategy, Backoff) for task in retried)
