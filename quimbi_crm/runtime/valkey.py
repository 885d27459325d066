"""The embedded Valkey: on a socket only, and keeping nothing on disk."""

import os
import signal
import socket
from pathlib import Path

from quimbi_crm.runtime import binaries, server_urls
from quimbi_crm.runtime.children import Child, User, spawn
from quimbi_crm.runtime.place import Place, last_words, open_log
from quimbi_crm.runtime.waiting import EndedError, wait_until

STOPPING = 20  # seconds for the server of an earlier run to stop
SETTINGS = ("--port", "0", "--unixsocketperm", "700", "--save", "", "--appendonly", "no")


def start(place: Place, user: User | None, *, seconds: float | None = None) -> Child:
    """Start Valkey and wait until it answers."""
    # A stopping Valkey removes its socket file at the end, which could be the new server's.
    wait_until(lambda: not answers(place), "the old Valkey to stop", seconds=STOPPING)
    program = binaries.valkey()
    program = binaries.copy_for(user, program.parent, place.programs) / program.name
    argv: list[str | Path] = [program, *SETTINGS, "--loglevel", "warning"]
    argv += ["--dir", place.folder / "valkey"]
    argv += ["--unixsocket", server_urls.redis_socket(place.folder)]
    path = place.folder / "valkey.log"
    with open_log(path) as log:
        start = log.tell()
        child = spawn("Valkey", argv, signal.SIGTERM, user=user, env={"PATH": os.defpath}, output=log)
    try:
        wait_until(lambda: answers(place), "Valkey", child, seconds=seconds)
    except EndedError as ended:
        raise EndedError(f"{ended} {last_words(path, start)} (see {path})") from None
    except BaseException:
        child.stop()
        raise
    return child


def answers(place: Place) -> bool:
    """Whether it answers a PING."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        try:
            connection.connect(os.fspath(server_urls.redis_socket(place.folder)))
            connection.sendall(b"PING\r\n")
            return connection.recv(7).startswith(b"+PONG")
        except OSError:
            return False
