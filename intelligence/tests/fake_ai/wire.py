"""Answers, script steps that spoil them, and how both are sent over the wire."""

import gzip
import http
import json
import math
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Step = Mapping[str, Any]
PIECE = 0.02  # seconds between two pieces of what drips
SECONDS = frozenset({"slow", "drip_headers", "drip_body"})
_FLAGS = frozenset({"truncate", "empty", "gzip"})
_KEYS = SECONDS | _FLAGS | {"status", "headers", "body", "json", "text", "reset", "redirect", "large", "retry_after"}
KEYS = _KEYS | {"hostile"}


@dataclass(frozen=True)
class Answer:
    """A response before any script step is applied; `data` is sent as JSON unless it is bytes."""

    status: int
    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return self.data if isinstance(self.data, bytes) else json.dumps(self.data).encode()


def checked(step: object, hostile: frozenset[str]) -> Step:
    """The step; raises `ValueError` with a sentence where it is none."""
    if not isinstance(step, Mapping):
        raise ValueError("A step is an object.")
    unknown = sorted(set(step) - KEYS)
    if unknown:
        raise ValueError(f"There is no step {unknown[0]!r}; there are: {', '.join(sorted(KEYS))}.")
    for key in SECONDS & set(step):
        if isinstance(step[key], bool) or not isinstance(step[key], int | float) or not 0 <= step[key] <= 600:
            raise ValueError(f"{key} takes seconds, from 0 to 600.")
    for key, least, most in (("status", 200, 599), ("large", 20, 100_000_000)):
        value = step.get(key, least)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"{key} takes a number from {least} to {most}.")
    if step.get("reset", "before") not in ("before", "after"):
        raise ValueError("reset takes before or after.")
    if not isinstance(step.get("headers", {}), Mapping):
        raise ValueError("headers takes an object.")
    if "hostile" in step and step["hostile"] not in hostile:
        raise ValueError(f"hostile takes one of: {', '.join(sorted(hostile))}.")
    return step


def spoiled(answer: Answer, step: Step, error: Callable[[int], Answer]) -> Answer:
    """The answer as the step wants it; `error` says what the service answers with a status."""
    if "retry_after" in step:
        answer = error(int(step.get("status", 429)))
        answer = replace(answer, headers={**answer.headers, "Retry-After": str(step["retry_after"])})
    elif "redirect" in step:
        answer = Answer(int(step.get("status", 302)), b"", {"Location": str(step["redirect"])})
    elif "status" in step:
        answer = replace(answer, status=step["status"]) if step["status"] < 300 else error(step["status"])
    if "body" in step:
        answer = _with_text(answer, step["body"]) if isinstance(step["body"], str) else _with(answer, step["body"])
    if "json" in step:
        answer = _with(answer, json.dumps(step["json"]).encode())
    if "text" in step:
        answer = _with_text(answer, str(step["text"]))
    if step.get("empty"):
        answer = _with(answer, b"")
    if "large" in step:
        answer = _with(answer, b'{"padding": "%s"}' % (b"a" * (step["large"] - 15)))
    if step.get("gzip"):
        answer = replace(_with(answer, gzip.compress(answer.body)), headers={"Content-Encoding": "gzip"})
    return replace(answer, headers={**answer.headers, **{str(k): str(v) for k, v in step.get("headers", {}).items()}})


def _with(answer: Answer, data: Any) -> Answer:
    return replace(answer, data=data)


def _with_text(answer: Answer, text: str) -> Answer:
    kind = "text/html" if text.lstrip().startswith("<") else "text/plain"
    return replace(answer, data=text.encode(), headers={**answer.headers, "Content-Type": f"{kind}; charset=utf-8"})


def send(connection: socket.socket, answer: Answer, step: Step, wait: Callable[[float], object]) -> bool:
    """Sends it as the step says. Whether the connection can be used again; raises `OSError` where the caller left."""
    wait(step.get("slow", 0))
    if step.get("reset") == "before":
        return reset(connection)
    body = answer.body
    pieces = math.ceil(step.get("drip_body", 0) / PIECE)
    if not step.get("gzip"):
        body = b" " * (pieces - len(body)) + body  # JSON may begin with blanks
    whole = not step.get("truncate") and "reset" not in step
    _send_head(connection, _head(answer, len(body)), step.get("drip_headers", 0), wait)
    _send_body(connection, body if whole else body[: len(body) // 2], pieces, wait)
    return reset(connection) if "reset" in step else whole


def reset(connection: socket.socket) -> bool:
    """Closing sends RST instead of FIN from now on."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def _head(answer: Answer, length: int) -> bytes:
    try:
        phrase = http.HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unknown"
    headers = {"Content-Type": "application/json", "Content-Length": str(length), **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n"


def _send_head(connection: socket.socket, head: bytes, seconds: float, wait: Callable[[float], object]) -> None:
    connection.sendall(head)
    for _ in range(min(math.ceil(seconds / PIECE), 30_000)):
        wait(PIECE)
        connection.sendall(b"X-Drip: 1\r\n")
    connection.sendall(b"\r\n")


def _send_body(connection: socket.socket, body: bytes, pieces: int, wait: Callable[[float], object]) -> None:
    size = math.ceil(len(body) / pieces) if pieces else len(body)
    for start in range(0, len(body), size or 1):
        connection.sendall(body[start : start + size])
        if pieces:
            wait(PIECE)
