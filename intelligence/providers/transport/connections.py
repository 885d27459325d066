"""HTTP connections with a total deadline: a socket's own timeout restarts with every byte."""

import socket
import threading
from contextlib import suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.retry import Retry


class Call:
    """One call in a thread of its own, with its retries and its socket."""

    def __init__(self, retries: Retry) -> None:
        self.retries = retries
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._given_up = False

    def hold(self, found: socket.socket | None) -> None:
        with self._lock:
            self._socket = found
            if self._given_up:
                self._end()

    def give_up(self) -> None:
        """End the call at once, whatever it is doing; if it has no socket yet, as soon as it has one."""
        with self._lock:
            self._given_up = True
            self._end()

    def _end(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                # The plain socket's method: a TLS shutdown would send a goodbye and wait for the answer.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_thread = threading.local()


def begin(call: Call) -> None:
    """From now on this thread's connections belong to the call."""
    _thread.call = call


class _Held:
    """A mixin for connections: hands the socket to the call. The methods of `super()` are those of http.client."""

    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        _thread.call.hold(self.sock)

    def request(self, *args: Any, **options: Any) -> None:
        _thread.call.hold(self.sock)  # a connection kept open by an earlier call
        super().request(*args, **options)  # type: ignore[misc]


class _Connection(_Held, HTTPConnection):
    pass


class _TLSConnection(_Held, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


_POOLS = {"http": _Pool, "https": _TLSPool}


class Adapter(HTTPAdapter):
    """An adapter for `requests` that uses these connections and the retries of this thread's call."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    @property
    def max_retries(self) -> Retry:
        call: Call = _thread.call
        return call.retries

    @max_retries.setter
    def max_retries(self, value: Any) -> None:
        """The retries of the current call; the adapter's own default is ignored."""
