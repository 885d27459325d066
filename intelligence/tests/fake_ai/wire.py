"""How an answer goes over the wire, and how it fails to."""

import gzip
import socket
import struct
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler

from intelligence.tests.fake_ai.scripts import Step

_LINGER = struct.Struct("ii")
_PAUSE = 0.02  # seconds between two dripping bytes


def send(
    handler: BaseHTTPRequestHandler,
    step: Step,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    ending: threading.Event,
) -> None:
    """A caller who lets go meanwhile is an `OSError`, which ends the connection."""
    if step.do == "reset_after":
        reset(handler)
        return
    if step.do == "close":
        handler.close_connection = True
        return
    if step.do == "slow":
        ending.wait(step.seconds)
    if step.do == "gzip":
        body, headers = gzip.compress(body), {**headers, "Content-Encoding": "gzip"}
    headers = {**headers, "Content-Length": str(len(body)), **step.headers}
    try:
        if step.do == "drip_headers":
            _drip_headers(handler, step.seconds, ending)
            return
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if step.do == "truncated":
            handler.wfile.write(body[: len(body) // 2])
            handler.close_connection = True
        elif step.do == "drip_body":
            _drip(handler, body, step.seconds, ending)
        else:
            handler.wfile.write(body)
        handler.wfile.flush()
    except OSError:
        handler.close_connection = True


def _drip(handler: BaseHTTPRequestHandler, body: bytes, seconds: float, ending: threading.Event) -> None:
    """The whole body, evenly over that time."""
    parts = max(int(seconds / _PAUSE), 1)
    size = max(-(-len(body) // parts), 1)
    for start in range(0, len(body), size):
        handler.wfile.write(body[start : start + size])
        handler.wfile.flush()
        if ending.wait(_PAUSE):
            return


def _drip_headers(handler: BaseHTTPRequestHandler, seconds: float, ending: threading.Event) -> None:
    """Header lines without an end, until the time is over or the caller lets go; then the connection ends."""
    handler.close_connection = True
    until = time.monotonic() + seconds
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while time.monotonic() < until and not ending.wait(_PAUSE):
        handler.wfile.write(b"X-Still: coming\r\n")
        handler.wfile.flush()


def reset(handler: BaseHTTPRequestHandler) -> None:
    """The connection ends with RST as soon as it is closed."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER.pack(1, 0))
    handler.close_connection = True


def is_reset(connection: socket.socket) -> bool:
    try:
        found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER.size)
    except OSError:
        return True
    return bool(_LINGER.unpack(found)[0])
