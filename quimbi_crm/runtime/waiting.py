"""Waiting for a server, with a line for the person where it takes long."""

import time
from collections.abc import Callable

from quimbi_crm.runtime.children import Child
from quimbi_crm.runtime.talk import RefusedError, say


class EndedError(RefusedError):
    """A server ended while something waited for it."""


def wait_until(
    ready: Callable[[], bool], what: str, child: Child | None = None, *, seconds: float | None = None
) -> None:
    """Wait until `ready()`; raise EndedError if `child` ends first, RefusedError after `seconds`.

    A running server gets all the time it needs: recovery after a power cut can take minutes.
    """
    start = time.monotonic()
    told = start
    while not ready():
        now = time.monotonic()
        if child and child.ended():
            raise EndedError(f"{child.name} stopped at its start ({child.end()}).")
        if seconds is not None and now - start > seconds:
            raise RefusedError(f"{what} took more than {seconds:.0f} seconds.")
        if now - told > (1 if told == start else 5):
            say(f"Waiting for {what}, {now - start:.0f} s …")
            told = now
        time.sleep(0.03)
