"""One owner for each folder of servers: a lock that the kernel forgets with its process."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from quimbi_crm.runtime.place import make_folder
from quimbi_crm.runtime.talk import say


class TakenError(Exception):
    """Another process holds the lock; the text is its pid and description."""


@contextlib.contextmanager
def owned(folder: Path, words: str) -> Iterator[bool]:
    """Own `folder` and write the pid and `words` there; raise TakenError if another process owns it.

    Yields whether the previous owner ended without cleaning up: its processes may still be stopping.
    """
    make_folder(folder)
    with _open(folder / "lock") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TakenError(file.read().strip()) from None
        unclean = bool(file.read().strip())
        _write(file, f"{os.getpid()} {words}\n")
        yield unclean
        _write(file, "")


def use(folder: Path) -> IO[str]:
    """Be a user of the owner's servers; waits while an owner stops them."""
    file = _open(folder / "users")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


@contextlib.contextmanager
def last_user(folder: Path) -> Iterator[None]:
    """Wait until nobody else uses the servers, and make new users wait."""
    with _open(folder / "users") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another script/run still uses the servers; waiting for its end.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _open(path: Path) -> IO[str]:
    """Open for reading and writing, created if missing; root gives it to the folder's owner."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+")
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.fchown(file.fileno(), folder.st_uid, folder.st_gid)
    return file


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
