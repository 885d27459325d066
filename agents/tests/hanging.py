"""A Redis server that hangs: it accepts every connection and never answers."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any


class Hanging:
    """Accepts connections until `close`, which also disconnects the waiting clients."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.taken: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.server.getsockname()[1]}/0"

    def _take(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.taken.append(self.server.accept()[0])

    def close(self) -> None:
        for one in (self.server, *self.taken):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def be_the_cache(self, settings: Any, patience: float) -> None:
        """Replace the cache with this server; a client's call times out after `patience` seconds."""
        options = {"socket_connect_timeout": patience, "socket_timeout": patience}
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": self.url, "OPTIONS": options}}


@contextlib.contextmanager
def hanging_redis() -> Iterator[Hanging]:
    one = Hanging()
    try:
        yield one
    finally:
        one.close()
