"""`python -m quimbi_crm.runtime.processes PROCFILE NAME…`: honcho, with processes that die with it.

`honcho start` itself leaves everything running when it is killed, sets a PORT of its own choice, and lets a
`.env` file override the environment.
"""

import multiprocessing
import os
import signal
import sys
from pathlib import Path
from typing import Any

from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Message, Printer
from honcho.process import Process

from quimbi_crm.runtime.children import die_with


class BoundProcess(Process):  # type: ignore[misc]  # honcho has no types
    """honcho reads each command's output in a process of its own, which must die with honcho."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.honcho = os.getpid()

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        die_with(self.honcho, signal.SIGKILL)
        self.env = {**os.environ, "QUIMBI_PARENT": str(os.getpid()), "PYTHONUNBUFFERED": "1"}
        super().run(events, ignore_signals)


class LastingPrinter(Printer):  # type: ignore[misc]  # honcho has no types
    """A closed terminal must not end honcho before it has stopped its processes."""

    def write(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().write(*args, **kwargs)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class BoundManager(Manager):  # type: ignore[misc]  # honcho has no types
    def __init__(self) -> None:
        super().__init__(LastingPrinter(sys.stdout))
        self._process_ctor = BoundProcess

    def _any_stopped(self) -> bool:
        """Check the processes themselves: honcho learns of an end only from a living reader process."""
        for name, known in self._processes.items():
            if known["process"].exitcode and "lost" not in known:
                known["lost"] = True
                end = {"returncode": known["process"].exitcode}
                self.events.put(Message(type="stop", data=end, time=self._clock.now(), name=name, colour=None))
        return bool(super()._any_stopped())


def main(procfile: str, *names: str) -> int:
    """Run the named processes until one of them ends, and exit with its code."""
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")  # this process must be the parent, not a fork server
    commands = parse_procfile(Path(procfile).read_text()).processes
    manager = BoundManager()
    for name in names:
        manager.add_process(name, commands[name])
    manager.loop()
    return int(manager.returncode or 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
