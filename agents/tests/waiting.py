"""Waiting in tests for threads, processes and browsers: for a condition, never for a fixed time."""

import time
from collections.abc import Callable

# Seconds after which a condition is taken to be false for good. It only ends a test that hangs: no test may depend on
# how fast the machine is, so this is far above what a busy machine needs.
HANGS = 180.0


def eventually(condition: Callable[[], object], seconds: float = HANGS) -> None:
    """Return as soon as `condition()` is true. Raises `AssertionError` after `seconds`."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"Not true within {seconds:.0f} seconds."
        time.sleep(0.03)
