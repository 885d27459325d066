"""All measurements of one run of the benchmark."""

import argparse
from dataclasses import dataclass, field
from typing import Any

from script.benchmark.client import Crowd
from script.benchmark.experiments import Closing, Rerank
from script.benchmark.lanes import Lane
from script.benchmark.together import Together


@dataclass
class Results:
    """What was measured; `lanes` by program, size and operation."""

    options: argparse.Namespace
    lanes: dict[tuple[str, int, str], Lane] = field(default_factory=dict)
    titles: dict[tuple[int, str], str] = field(default_factory=dict)
    crowds: dict[tuple[str, int], Crowd] = field(default_factory=dict)
    memory: dict[tuple[str, int], int] = field(default_factory=dict)
    rerank: Rerank | None = None
    customers: list[float] = field(default_factory=list)
    closing: Closing | None = None
    together: Together | None = None
    # timings of the parts of a list request, at the experiments' size
    parts: dict[str, float] = field(default_factory=dict)
    tried: int = 0  # number of tickets in the experiments
    verified: dict[int, dict[str, Any]] = field(default_factory=dict)

    def times(self, program: str, size: int, key: str) -> list[float]:
        lane = self.lanes.get((program, size, key))
        return lane.times if lane else []
