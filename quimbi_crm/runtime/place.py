"""The folder in which a PostgreSQL and a Valkey keep their data, sockets and logs, and who owns it."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from quimbi_crm.runtime import binaries, server_urls
from quimbi_crm.runtime.children import User
from quimbi_crm.runtime.talk import RefusedError

LOG_LIMIT = 1_000_000  # bytes; a longer log is moved aside at the next start


@dataclass(frozen=True)
class Place:
    """Where servers keep their data. `settings` are added to the default PostgreSQL settings; `disposable` data is deleted if
    it is unusable.
    """

    folder: Path
    settings: tuple[str, ...] = ()
    disposable: bool = False

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    @property
    def programs(self) -> Path:
        """Folder for copies of the servers' programs that cannot be used in place."""
        return self.folder / "programs"


def prepare(place: Place) -> User | None:
    """Create the folders, and return the user that the servers run as; None is the current one.

    PostgreSQL refuses to run as root. Then it runs as the folder's owner, so that the same person can use it without being root,
    or as nobody. Raises RefusedError if that user cannot enter the folder.
    """
    make_folder(place.folder)
    user = server_user(place.folder)
    if not binaries.enterable(place.folder, user):
        raise RefusedError(
            f"Started by root, the database runs as another user, who can't enter {place.folder}: "
            "set QUIMBI_VAR to a folder outside of private ones, such as /var/lib/quimbi."
        )
    run = server_urls.sockets(place.folder)
    if run.parent != place.folder:
        run.parent.mkdir(mode=0o711 if user else 0o700, exist_ok=True)
        server_urls.refuse_foreign(run.parent)
    for folder in (run, place.folder / "valkey"):
        folder.mkdir(mode=0o700, exist_ok=True)
        give(folder, user)
    return user


def make_folder(folder: Path) -> None:
    """Create `folder`; root gives it to the owner of the folder above, whose checkout it is."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o755, exist_ok=True)
    above = folder.parent.stat()
    if os.geteuid() == 0 and above.st_uid != 0:
        os.chown(folder, above.st_uid, above.st_gid)


def give(path: Path, user: User | None) -> None:
    if user:
        os.chown(path, user.uid, user.gid)


def open_log(path: Path) -> IO[bytes]:
    """Open a server's log; a long one is moved away first."""
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def last_words(path: Path, start: int = 0) -> str:
    """The line of a server's log after byte `start` that best says why it stopped."""
    with path.open("rb") as log:
        log.seek(start)
        lines = log.read().decode(errors="replace").strip().splitlines()
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:"))]
    full = [line for line in lines if "No space left" in line]
    return (full or telling or lines[-1:] or ["it wrote nothing"])[0].strip()


def server_user(folder: Path) -> User | None:
    """The user who runs the servers of `folder`; None is the current one."""
    if os.geteuid() != 0:
        return None
    found = folder.stat()
    if found.st_uid != 0:
        return User(found.st_uid, found.st_gid)
    nobody = pwd.getpwnam("nobody")
    return User(nobody.pw_uid, nobody.pw_gid)
