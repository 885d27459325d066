"""Where this checkout's own PostgreSQL and Valkey listen, computed from its path alone.

So `manage.py shell` finds the running servers without asking anybody. Nothing is created or changed here.
"""

import hashlib
import os
import stat
from pathlib import Path
from urllib.parse import quote

from quimbi_crm.runtime.talk import RefusedError

ROOT = Path(__file__).resolve().parents[2]
POSTGRES_PORT = 5432  # only part of the socket file's name; no TCP port is opened
LONGEST_SOCKET = 103  # bytes: Linux allows 107, macOS 103; with one limit, a path has the same folder on both


def var_folder() -> Path:
    """The folder of this checkout's data: `QUIMBI_VAR` (relative to the checkout), else `var`."""
    return Path(os.path.normpath(ROOT / Path(os.environ.get("QUIMBI_VAR") or "var").expanduser()))


def sockets(place: Path | None = None) -> Path:
    """The folder of both servers' sockets: in `place`, or a short private one if that path is too long.

    Raises RefusedError if the short folder belongs to another user.
    """
    folder = (place or var_folder()) / "run"
    if len(os.fsencode(folder / f".s.PGSQL.{POSTGRES_PORT}")) <= LONGEST_SOCKET:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    # Not tempfile.gettempdir(): shells with different TMPDIR must find the same folder.
    short = Path("/tmp") / f"quimbi-{os.getuid()}-{digest}"  # noqa: S108  # owner and mode are checked
    refuse_foreign(short)
    return short / "run"


def refuse_foreign(folder: Path) -> None:
    """Raise RefusedError if another user owns the folder: anybody can create one in /tmp and listen there."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise RefusedError(f"{folder} isn't a private folder of yours: remove it, or set QUIMBI_VAR to a shorter path.")


def postgres_socket(place: Path | None = None) -> Path:
    return sockets(place) / f".s.PGSQL.{POSTGRES_PORT}"


def redis_socket(place: Path | None = None) -> Path:
    return sockets(place) / "s"


def database_url(place: Path | None = None) -> str:
    """The URL of the embedded PostgreSQL; it names the port because PGPORT would change it otherwise."""
    host = quote(str(sockets(place)), safe="/")
    return f"postgresql://postgres@:{POSTGRES_PORT}/postgres?host={host}"


def redis_url(place: Path | None = None) -> str:
    """The URL of the embedded Valkey."""
    return "unix://" + quote(str(redis_socket(place)), safe="/")
