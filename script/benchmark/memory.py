"""The memory of a process and all those below it, sampled while something is measured."""

import contextlib
import threading
from collections.abc import Iterator

import psutil

EVERY = 0.5  # seconds between two samples


def used_by(pid: int) -> int:
    """Memory of the process tree in bytes: PSS (shared pages counted once) if the kernel gives it, else RSS."""
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(map(_bytes, tree))


def _bytes(process: "psutil.Process") -> int:
    with contextlib.suppress(psutil.Error):
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.rss)
    return 0


class Peak:
    """The largest sum so far for each watched process tree."""

    def __init__(self) -> None:
        self.bytes: dict[str, int] = {}

    @contextlib.contextmanager
    def watch(self, name: str, pid: int) -> Iterator[None]:
        """Sample the tree under `pid` while the body runs, and once at its end."""
        ended = threading.Event()

        def sample() -> None:
            while True:
                self.bytes[name] = max(self.bytes.get(name, 0), used_by(pid))
                if ended.wait(EVERY):
                    return

        thread = threading.Thread(target=sample, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.bytes[name] = max(self.bytes.get(name, 0), used_by(pid))
