"""The web process's address: whether it is free, and whether it answers."""

import errno
import http.client
import os
import socket

from quimbi_crm.runtime.talk import RefusedError

LOCAL = ("127.0.0.1", "0.0.0.0", "localhost")  # noqa: S104  # compared, not listened on


def address() -> tuple[str, int]:
    """`HOST` and `PORT`, with the defaults of the Procfile. Raises RefusedError for an invalid PORT."""
    port = os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise RefusedError(f"PORT is {port!r}: set it to a number from 1 to 65535.")
    return os.environ.get("HOST") or "127.0.0.1", int(port)


def shown() -> str:
    """The address for people; a server on all interfaces is shown as localhost."""
    host, port = address()
    return f"http://{'localhost' if host in LOCAL else host}:{port}"


def free() -> bool:
    """Whether the port can be used. Raises RefusedError if it cannot be used at all."""
    host, port = address()
    try:
        family, kind, *_, target = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(target)
            trial.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise RefusedError(f"Can't listen on {host}:{port} ({error.strerror}): set PORT or HOST.") from None
    return True


def alive() -> bool:
    """Whether the web process answers, even if it refuses this host name."""
    host, port = address()
    reached = "127.0.0.1" if host in LOCAL else host.strip("[]")
    connection = http.client.HTTPConnection(reached, port, timeout=5)
    try:
        connection.request("GET", "/health/live", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
