"""The embedded PostgreSQL: made once, started on a socket only, awaited."""

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

import psutil
import psycopg

from quimbi_crm.runtime import binaries, server_urls
from quimbi_crm.runtime.children import Child, User, spawn
from quimbi_crm.runtime.place import Place, give, last_words, open_log
from quimbi_crm.runtime.talk import RefusedError, say
from quimbi_crm.runtime.waiting import EndedError, wait_until

STOPPING = 60  # seconds for the server of an earlier run to stop
# The user's PG… variables must not reach the server. Without TZ it would try all time zones of the system at its start.
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C", "TZ": "UTC"}
SETTINGS = (
    "shared_buffers=256MB",
    "max_connections=100",
    "jit=off",
    "random_page_cost=1.1",
    "unix_socket_permissions=0700",
    # Log only the server's own messages; the program reports failed statements.
    "log_min_messages=log",
    "log_min_error_statement=panic",
    "log_checkpoints=off",
)


def start(place: Place, user: User | None) -> Child:
    """Start PostgreSQL on the data of `place`, created if missing, and wait until it answers."""
    try:
        return _start(place, user)
    except RefusedError:
        if not place.disposable or not place.data.exists():
            raise
        shutil.rmtree(place.data)
        return _start(place, user)


def answers(place: Place) -> bool:
    """Whether it accepts connections."""
    try:
        psycopg.connect(server_urls.database_url(place.folder), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _start(place: Place, user: User | None) -> Child:
    programs = binaries.postgres_for(place.data)
    folder = binaries.copy_for(user, programs.folder, place.programs)
    if not place.data.exists():
        _create(place, user, folder, programs.major)
    deadline = time.monotonic() + STOPPING
    while True:
        _clear_old(place)
        try:
            return _run(place, user, folder, programs.major)
        except EndedError as ended:
            # Sessions may outlive a killed server for a moment and hold its shared memory.
            if "shared memory block" not in str(ended) or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _create(place: Place, user: User | None, folder: Path, major: int) -> None:
    """Create the data in a temporary folder and rename it, so that a killed first start leaves nothing incomplete."""
    say("Creating the database …")
    new = place.folder / "postgres.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    give(new, user)
    argv: list[str | Path] = [folder / "initdb", "-D", new, "-U", "postgres", "--encoding=UTF8"]
    argv += ["--auth-local=trust", "--auth-host=reject", *_locale(major)]
    if place.disposable:
        argv.append("--no-sync")
    log = place.folder / "initdb.log"
    with log.open("wb") as output:
        child = spawn("initdb", argv, signal.SIGTERM, user=user, env=ENVIRONMENT, cwd=new, output=output)
    try:
        if child.process.wait():
            raise RefusedError(f"PostgreSQL could not make its database in {new}: {last_words(log)}")
    finally:
        child.stop()
    new.rename(place.data)
    log.unlink()


def _locale(major: int) -> list[str]:
    """Case rules for all of Unicode, and an order that no system update changes.

    Older major versions depend on the system's locales.
    """
    if major >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8"] if os.uname().sysname == "Linux" else ["--locale=en_US.UTF-8"]


def _run(place: Place, user: User | None, folder: Path, major: int) -> Child:
    argv: list[str | Path] = [folder / "postgres", "-D", place.data, "-h", "", "-p", str(server_urls.POSTGRES_PORT)]
    argv += ["-k", server_urls.sockets(place.folder)]
    for setting in (*SETTINGS, *place.settings):
        argv += ["-c", setting]
    path = place.folder / "postgres.log"
    with open_log(path) as log:
        start = log.tell()
        child = spawn(
            f"PostgreSQL {major}",
            argv,
            signal.SIGINT,
            user=user,
            env=ENVIRONMENT,
            cwd=place.data,
            output=log,
            patience=30,
        )
    try:
        wait_until(lambda: answers(place), "PostgreSQL", child)
    except EndedError as ended:
        raise EndedError(f"{ended} {last_words(path, start)} (see {path})") from None
    except BaseException:
        child.stop()
        raise
    return child


def _clear_old(place: Place) -> None:
    """Let the server of an earlier run stop, and remove the files of a dead one.

    PostgreSQL itself takes them for files of a running server if any process of the same user has that pid, as after the restart
    of a container.
    """
    file = place.data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ValueError):
        pid = int(file.read_text().split("\n")[0])
        if _serves(pid, place.data):
            with contextlib.suppress(ProcessLookupError):
                # Its owner is dead, since this process holds the lock. Only on macOS the kernel leaves it running.
                os.kill(pid, signal.SIGINT)
            wait_until(lambda: not _serves(pid, place.data), "the old PostgreSQL to stop", seconds=STOPPING)
    socket = server_urls.postgres_socket(place.folder)
    for left in (file, socket, socket.with_name(socket.name + ".lock")):
        left.unlink(missing_ok=True)


def _serves(pid: int, data: Path) -> bool:
    """Whether that process is the PostgreSQL of this data."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and os.fspath(data) in process.cmdline()
    except psutil.Error:
        return False
