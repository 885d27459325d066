"""Watches the children of a launcher: a signal ends the whole, and so does the end of a child that is not started again."""

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType

from quimbi_crm.runtime.children import Child, reap_strays, stop_all
from quimbi_crm.runtime.talk import RefusedError

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def handle_signals() -> None:
    """Stop on SIGTERM, Ctrl-C and a closed terminal; `nohup` keeps its meaning."""
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _leave)


@contextlib.contextmanager
def stopping() -> Iterator[list[Child]]:
    """A list of children, which are stopped in reverse order at the end; no signal interrupts that."""
    children: list[Child] = []
    try:
        yield children
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        stop_all(children)


def watch(children: list[Child], awaited: Child | None = None) -> int:
    """Wait for the end of `awaited` and return its exit code. Raises RefusedError if another child ends."""
    while True:
        check(children, awaited)
        if awaited and awaited.ended():
            code = awaited.process.returncode
            return code if code >= 0 else 128 - code
        time.sleep(0.05 if awaited else 0.2)


def check(children: list[Child], awaited: Child | None = None) -> None:
    """Raises RefusedError if a child other than `awaited` has ended and is not restarted."""
    reap_strays(children)
    for child in children:
        if child is awaited or not child.ended():
            continue
        if child.revival is not None:
            child.revival.revive(child)
        else:
            raise RefusedError(f"{child.name} ended unasked ({child.end()}), so everything stops.")


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
