"""Tell the web processes by Redis that there are new events. Without hints they look every few seconds.

A writer never waits for Redis: a thread with its own event loop, which the channel layer needs, sends the hints. A lost hint
loses nothing; the event is in the log.
"""

import asyncio
import hashlib
import threading
import time
from concurrent.futures import Future
from typing import Any

import structlog
from channels.layers import get_channel_layer

log = structlog.get_logger(__name__)
GROUP = "live"
PAUSE = 5.0  # seconds between two warnings
MOST_WAITING = 1000

_starting = threading.Lock()
_places = threading.BoundedSemaphore(MOST_WAITING)
_loop: asyncio.AbstractEventLoop | None = None
_complained_at = float("-inf")


def look() -> None:
    """Hint that there are new events, or that an account changed."""
    send({"type": "look"})


def session_ended(session_key: str) -> None:
    """Disconnect the sockets of a session that signs out; its row is deleted only afterwards."""
    send({"type": "look", "ended": digest(session_key)})


def digest(session_key: str) -> str:
    """Hash of a session key for the message that the session ended: the key itself would grant access."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def send(message: dict[str, Any]) -> None:
    """Hand the message to the sending thread; returns at once."""
    if not _places.acquire(blocking=False):
        return  # Redis hangs; after such a wait receivers read the log without a hint
    asyncio.run_coroutine_threadsafe(publish(message), _sending_loop()).add_done_callback(_sent)


async def publish(message: dict[str, Any]) -> None:
    """Publish to the listeners of all processes."""
    layer: Any = get_channel_layer()
    await asyncio.wait_for(layer.group_send(GROUP, message), timeout=PAUSE)


def complain(error: BaseException) -> None:
    """Log the failure, but not for every message."""
    global _complained_at
    if time.monotonic() - _complained_at >= PAUSE:
        _complained_at = time.monotonic()
        log.warning("live_hints_unavailable", error=type(error).__name__)


def _sent(done: "Future[None]") -> None:
    _places.release()
    if not done.cancelled() and (error := done.exception()) is not None:
        complain(error)


def _sending_loop() -> asyncio.AbstractEventLoop:
    global _loop
    if _loop is None:
        with _starting:
            if _loop is None:
                loop = asyncio.new_event_loop()
                threading.Thread(target=loop.run_forever, name="live-hints", daemon=True).start()
                _loop = loop
    return _loop
