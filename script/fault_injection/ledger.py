"""The ledger: what each writer asked for and what it was answered, on disk before it goes on.

A line before each request and a line after its answer, as JSON. Each write has a marker, ten characters that stand in its
text or number and in its request ids, so that its rows can be counted.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

START, LENGTH = "zq", 10


class Outcome(StrEnum):
    ACKNOWLEDGED = "acknowledged"
    UNKNOWN = "unknown"  # no answer, a lost connection, a 5xx
    REFUSED = "refused"  # a 4xx: nothing may have been written


@dataclass
class Attempt:
    """One request of a write. Status 0 means no answer; times are of the machine's clock, in seconds."""

    asked_at: float
    answered_at: float | None = None
    status: int = 0
    result: dict[str, Any] = field(default_factory=dict)


@dataclass
class Write:
    """One write: its kind, its expected effect, and its attempts, all with one `Idempotency-Key`."""

    marker: str
    kind: str
    expect: dict[str, Any]
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        if any(200 <= one.status < 400 for one in self.attempts):
            return Outcome.ACKNOWLEDGED
        if any(one.status == 0 or one.status >= 500 for one in self.attempts):
            return Outcome.UNKNOWN
        return Outcome.REFUSED

    @property
    def result(self) -> dict[str, Any]:
        """The body of the acknowledging answer."""
        return next((one.result for one in self.attempts if 200 <= one.status < 400), {})

    @property
    def ended_at(self) -> float:
        last = self.attempts[-1]
        return last.answered_at or last.asked_at


def make_marker(writer: int, number: int) -> str:
    """A marker that is unique within a run, for up to ten writers of a million writes each."""
    return f"{START}{writer}{number:06d}x"


def find_marker(text: str) -> str:
    """The marker in the text, or nothing. The program's own texts have at most one."""
    place = text.find(START)
    found = text[place : place + LENGTH] if place >= 0 else ""
    return found if found[2:9].isdigit() and found.endswith("x") else ""


class Ledger:
    """One writer's file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def ask(self, write: Write, attempt: int, at: float) -> None:
        """Record a request that is about to be sent."""
        line = {"marker": write.marker, "kind": write.kind, "attempt": attempt, "at": at}
        self._append(line | ({"expect": write.expect} if attempt == 0 else {}))

    def answer(self, marker: str, attempt: int, at: float, status: int, result: dict[str, Any]) -> None:
        """Record its answer."""
        self._append({"marker": marker, "attempt": attempt, "at": at, "status": status, "result": result})

    def _append(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line).encode() + b"\n")
        os.fsync(self._file.fileno())


def read_ledger(paths: Iterable[Path]) -> list[Write]:
    """All writes by the time of their first request. A truncated last line is skipped."""
    writes: dict[str, Write] = {}
    for path in paths:
        for text in path.read_bytes().split(b"\n"):
            try:
                line = json.loads(text)
            except ValueError:
                continue
            _take(writes, line)
    return sorted(writes.values(), key=lambda write: write.attempts[0].asked_at)


def _take(writes: dict[str, Write], line: dict[str, Any]) -> None:
    if "status" not in line:
        write = writes.setdefault(line["marker"], Write(line["marker"], line["kind"], line.get("expect", {})))
        write.attempts.append(Attempt(line["at"]))
        return
    attempt = writes[line["marker"]].attempts[line["attempt"]]
    attempt.answered_at, attempt.status, attempt.result = line["at"], line["status"], line["result"]
