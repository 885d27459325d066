"""Processes that don't outlive us: started, watched and stopped here.

On Linux the kernel signals a child when we die (PR_SET_PDEATHSIG), also by kill -9, and we inherit the
orphans of our children (PR_SET_CHILD_SUBREAPER). macOS has neither: there only an orderly end stops them.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, ClassVar

import psutil

from quimbi_crm.runtime.talk import RefusedError, say

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class User:
    """The user a server runs as, if it differs from the current one."""

    uid: int
    gid: int

    def options(self) -> dict[str, Any]:
        """Options for `subprocess`."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass
class Child:
    """A direct child; `ask` is the signal that asks it to stop, sent by the parent, or by the kernel when the parent dies."""

    name: str
    process: subprocess.Popen[bytes]
    ask: signal.Signals
    patience: float  # seconds between SIGTERM and SIGKILL
    revival: "Revival | None" = None  # how to restart it; without one, its end stops everything

    def ended(self) -> bool:
        return self.process.poll() is not None

    def end(self) -> str:
        """How it ended, in words."""
        code = self.process.returncode
        return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"

    def stop(self) -> None:
        if self.ended():
            return
        self.process.send_signal(self.ask)
        try:
            self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Revival:
    """Restarts a child that ended unexpectedly, after growing waits, a limited number of times in a row."""

    start: Callable[[], Child]
    clock: Callable[[], float] = time.monotonic
    started_at: float = field(init=False)
    attempts: int = 0
    due_at: float | None = None

    MOST: ClassVar[int] = 20
    LONGEST_WAIT: ClassVar[float] = 30.0  # seconds
    LASTING: ClassVar[float] = 60.0  # seconds after which an earlier exit no longer counts

    def __post_init__(self) -> None:
        self.started_at = self.clock()

    def revive(self, child: Child) -> None:
        """Called repeatedly while the child is gone; restarts it when its wait is over, and says so."""
        now = self.clock()
        if self.due_at is None:
            self.attempts = 0 if now - self.started_at > self.LASTING else self.attempts
            self._wait(now, f"{child.name} ended unasked ({child.end()})")
        if now < (self.due_at or 0.0):
            return
        try:
            child.process = self.start().process
        except (RefusedError, OSError) as error:
            self._wait(self.clock(), f"{child.name} could not be started ({error})")
        else:
            self.started_at, self.due_at = self.clock(), None
            say(f"{child.name} runs again.")

    def _wait(self, now: float, what: str) -> None:
        self.attempts += 1
        if self.attempts > self.MOST:
            self.due_at = float("inf")
            say(f"{what}, {self.MOST} times in a row: it is not started again. The program goes on without it.")
            return
        wait = 0.0 if self.attempts == 1 else min(self.LONGEST_WAIT, 0.5 * 2**self.attempts)
        self.due_at = now + wait
        say(f"{what}; it is started again" + (f" in {wait:.0f} s." if wait else "."))


def die_with(parent: int, ask: int) -> None:
    """In a child: receive `ask` when `parent` dies, and exit at once if it is dead already.

    The kernel forgets the request when the user id changes, so this comes after that.
    """
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, ask, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of the children's orphans, so that they can be stopped too."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(
    name: str,
    argv: Sequence[str | Path],
    ask: signal.Signals,
    *,
    user: User | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: IO[bytes] | None = None,
    session: bool = True,
    patience: float = 10,
) -> Child:
    """Start a child in its own session, so that a Ctrl-C in the terminal reaches only the parent."""
    me = os.getpid()
    process = subprocess.Popen(
        [os.fspath(part) for part in argv],
        preexec_fn=lambda: die_with(me, ask),
        start_new_session=session,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL if session else None,
        stdout=output,
        stderr=output,
        **(user.options() if user else {}),
    )
    return Child(name, process, ask, patience)


def stop_all(children: list[Child]) -> None:
    """Stop in reverse order, each with its orphans, so that none loses a server it needs."""
    while children:
        child = children.pop()
        child.stop()
        _stop_strays({other.process.pid for other in children})


def reap_strays(children: list[Child]) -> None:
    """Reap adopted processes that ended; otherwise they stay as zombies."""
    ours = {child.process.pid for child in children}
    if sys.platform == "linux":
        with contextlib.suppress(ChildProcessError):
            while dead := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                if dead.si_pid in ours:
                    return
                os.waitpid(dead.si_pid, os.WNOHANG)


def _stop_strays(ours: set[int], patience: float = 8) -> None:
    """Ask the orphans of stopped children to stop, wait for them, and kill the remaining ones."""
    asked: set[int] = set()
    deadline = time.monotonic() + patience
    while strays := [one for one in psutil.Process().children() if one.pid not in ours]:
        for stray in strays:
            with contextlib.suppress(psutil.Error):
                if time.monotonic() > deadline:
                    stray.kill()
                elif stray.pid not in asked:
                    stray.terminate()
            asked.add(stray.pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(stray.pid, os.WNOHANG)
        time.sleep(0.02)
