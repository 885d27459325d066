"""Ctrl-C and a polite kill end an import after the batch at hand; a second Ctrl-C ends it at once."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Stop:
    """The signal that asked the import to stop; 0 without one."""

    def __init__(self) -> None:
        self.number = 0

    def asked(self) -> bool:
        return self.number != 0

    def hear(self, number: int, frame: FrameType | None) -> None:
        if self.number:
            raise KeyboardInterrupt
        self.number = number


@contextlib.contextmanager
def politely() -> Iterator[Stop]:
    """Handle SIGINT and SIGTERM by a stop after the current batch."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
