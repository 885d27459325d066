"""The gunicorn worker of the web process, with limits on connections that send nothing.

gunicorn gives a connection all the time it wants to send its first request, and takes any number of them: a few thousand silent
ones take all file descriptors, and nobody else gets in. Here the head of each request has a deadline, and the open connections
of one address and of the process have a limit. Behind trusted proxies all connections come from these; there the proxy limits
them by address (docs/operating.md), and the application limits bodies that do not come (slow_bodies.py).
"""

import asyncio
import resource
from collections import Counter
from typing import Any

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

from agents.common.addresses import network_of

KEPT_FOR_OTHERS = 200  # file descriptors for the database, Redis, the log and open files


class LimitedProtocol(ASGIProtocol):  # type: ignore[misc]  # gunicorn has no types
    """One connection, within the limits per address and process."""

    def connection_made(self, transport: Any) -> None:
        self._head_timer: asyncio.TimerHandle | None = None
        self._head_expected, self._counted = True, False
        self._address = _address_of(transport.get_extra_info("peername"))
        if not _has_room(self.worker, self._address):
            transport.abort()
            return
        self._counted = True
        _open(self.worker)[self._address] += 1
        self._arm_head_timer()
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._counted:
            return  # the connection was refused, so the worker does not count it
        self._counted = False
        self._cancel_head_timer()
        open_connections = _open(self.worker)
        open_connections[self._address] -= 1
        if open_connections[self._address] <= 0:
            del open_connections[self._address]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._counted:
            return
        if self._head_expected and self._head_timer is None:
            self._arm_head_timer()  # first byte of a further request on this connection
        super().data_received(data)

    def _on_headers_complete(self) -> Any:
        self._head_expected = False
        self._cancel_head_timer()
        return super()._on_headers_complete()

    def _arm_keepalive_timer(self) -> None:
        # The response is complete; until the first byte of the next request the keep-alive timer runs.
        self._head_expected = True
        super()._arm_keepalive_timer()

    def _arm_head_timer(self) -> None:
        self._head_timer = self.worker.loop.call_later(_setting("REQUEST_HEAD_SECONDS"), self._head_is_late)

    def _cancel_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        self._close_transport()


class Worker(gasgi.ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """`gunicorn -k quimbi_crm.runtime.gunicorn_worker.Worker`."""


# The worker reads its protocol class from this attribute alone.
gasgi.ASGIProtocol = LimitedProtocol


def _open(worker: Any) -> "Counter[str]":
    """The open connections of this process, by address."""
    if not hasattr(worker, "open_connections"):
        worker.open_connections = Counter()
    counts: Counter[str] = worker.open_connections
    return counts


def _has_room(worker: Any, address: str) -> bool:
    counts = _open(worker)
    if worker.nr_conns >= _most_connections(worker):
        return False
    return not address or counts[address] < _setting("CONNECTIONS_PER_ADDRESS")


def _most_connections(worker: Any) -> int:
    """gunicorn's setting, limited so that some file descriptors stay free."""
    files, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = int(worker.cfg.worker_connections)
    return most if files == resource.RLIM_INFINITY else min(most, max(files - KEPT_FOR_OTHERS, 50))


def _address_of(peer: Any) -> str:
    """The address by which connections are counted; empty if the peer is an own proxy or a unix socket."""
    if _setting("TRUSTED_PROXIES") or not isinstance(peer, tuple):
        return ""
    return network_of(str(peer[0]))


def _setting(name: str) -> int:
    # imported here: settings are configured when the application is loaded, after this module
    from django.conf import settings

    return int(getattr(settings, name))
