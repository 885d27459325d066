"""What the server is to do with the next calls, and what it was asked."""

import random
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# What a step can do, by name. Every one but "answer" is a failure that `storm` can draw.
STATUSES = ("400", "401", "403", "404", "422", "429", "500", "502", "503", "504")
WIRE = ("slow", "drip_headers", "drip_body", "truncated", "reset_before", "reset_after", "close")
CONTENTS = ("wrong_schema", "not_json", "html", "empty", "huge", "gzip", "hostile", "redirect")
SAID = ("answer", "json", "text")  # the usual answer, with `patch`; `body` as JSON; `body` as it is
FAILURES = (*STATUSES, *WIRE, *CONTENTS)


@dataclass(frozen=True)
class Step:
    """One thing to do with a call.

    `do`: a name of `FAILURES` or `SAID`. `times`: how often; `None` for ever. `seconds`: how long it takes, slow or dripping.
    `body`: what to send. `patch`: values to put into the usual answer, by dotted path. `status`, `headers`: instead of the
    usual ones. `kind`: which wrong schema, which hostile text, or how a 429 says when ("seconds", "date", "none").
    """

    do: str = "answer"
    times: int | None = 1
    seconds: float = 1.0
    body: Any = None
    patch: Mapping[str, Any] = field(default_factory=dict)
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    retry_after: float = 60  # seconds that a 429 asks for

    def __post_init__(self) -> None:
        if self.do not in (*FAILURES, *SAID):
            raise ValueError(f"A step does one of {', '.join((*SAID, *FAILURES))}.")
        if self.times is not None and (isinstance(self.times, bool) or not isinstance(self.times, int)):
            raise ValueError("times is a whole number, or null for ever.")

    @classmethod
    def of(cls, values: Any) -> "Step":
        """From JSON: a name, or an object with these fields. Raises `ValueError`."""
        if isinstance(values, str):
            return cls(values)
        if not isinstance(values, dict):
            raise ValueError("A step is a name or an object.")
        try:
            return cls(**{**values, "times": None} if values.get("times") == "forever" else values)
        except TypeError as error:
            raise ValueError(str(error)) from None


@dataclass
class Call:
    """One request. The key's value is never kept, only whether there was one and whether it was right."""

    method: str
    path: str
    headers: dict[str, str]
    key: str  # right, wrong, missing
    body: Any = None
    did: str = "answer"
    status: int | None = None
    refused: str = ""  # what was wrong with the request

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Storm:
    """Draws a failure for a share of the calls; the same seed draws the same."""

    shares: Mapping[str, float]
    seed: int = 0
    seconds: float = 1.0  # at most
    retry_after: float = 60
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        unknown = set(self.shares) - set(FAILURES)
        if unknown or sum(self.shares.values()) > 1.000001:
            raise ValueError(f"Shares are of {', '.join(FAILURES)}, together at most 1.")
        self.dice = random.Random(self.seed)

    def draw(self) -> Step:
        at = self.dice.random()
        for name, share in self.shares.items():
            at -= share
            if at < 0:
                return Step(
                    name, seconds=self.seconds * self.dice.random(), kind=self._kind(name), retry_after=self.retry_after
                )
        return Step()

    def _kind(self, name: str) -> str:
        from intelligence.tests.fake_ai.hostile import HOSTILE, SHAPES

        if name == "429":
            return self.dice.choice(("seconds", "date", "none"))
        if name == "hostile":
            return self.dice.choice(sorted(HOSTILE))
        return self.dice.choice(SHAPES) if name == "wrong_schema" else ""


class Scripts:
    """Steps for each path, "*" for every other one; shared by the threads of the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._steps: dict[str, list[list[Any]]] = defaultdict(list)  # [step, how often it is left]
        self._calls: list[Call] = []
        self.storm: Storm | None = None

    def add(self, path: str, *steps: Step) -> None:
        with self._lock:
            self._steps[path] += [[step, step.times] for step in steps]

    def next(self, path: str) -> Step:
        """What to do now: the path's own steps, then those for every path, then the storm, then an answer."""
        with self._lock:
            for key in (path, "*"):
                steps = self._steps[key]
                while steps:
                    step, left = steps[0]
                    if left is None:
                        return step  # type: ignore[no-any-return]
                    steps[0][1] = left - 1
                    if left <= 1:
                        steps.pop(0)
                    if left >= 1:
                        return step  # type: ignore[no-any-return]
            return self.storm.draw() if self.storm else Step()

    def record(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)

    def calls(self, path: str = "") -> list[Call]:
        with self._lock:
            return [call for call in self._calls if not path or call.path == path]

    def reset(self) -> None:
        with self._lock:
            self._steps.clear()
            self._calls.clear()
            self.storm = None
