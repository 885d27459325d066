"""Concurrency helpers for tests: real threads, each with its own database connection."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

from django.db import connection, connections

from agents.tests.waiting import HANGS


def at_once(work: Callable[[int], Any], count: int) -> list[Any]:
    """Runs `work(0)` to `work(count - 1)` in `count` threads that start together; returns results or exceptions."""
    gate = threading.Barrier(count)

    def run(number: int) -> Any:
        gate.wait()
        try:
            return work(number)
        except Exception as error:  # noqa: BLE001  handed to the test
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def until_somebody_waits() -> bool:
    """Waits until another connection waits for a lock; returns whether one did before the timeout."""
    end = monotonic() + HANGS
    while monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return True
    return False
