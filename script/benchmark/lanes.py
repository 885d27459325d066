"""Interleaved measuring: a few requests of each kind in turn, round after round, so that all of them meet the same machine."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tqdm import tqdm

from script.benchmark.client import Call, Connection


@dataclass
class Lane:
    """One kind of request to one program, with its measured times."""

    name: str
    port: int
    token: str
    call: Callable[[int], Call]
    wanted: int
    warm: bool = True  # one untimed request before each block; off if a request takes seconds
    limit: float = 30.0  # seconds after which no further block begins
    times: list[float] = field(default_factory=list)
    spent: float = 0.0
    asked: int = 0
    bytes: int = 0

    def block(self, count: int) -> None:
        """Measure a number of requests on a warm connection of their own."""
        with Connection(self.port, self.token) as connection:
            if self.warm:
                connection.send(self._next())
            for _ in range(count):
                taken, body = connection.send(self._next())
                self.times.append(taken)
                self.spent += taken
                self.bytes = len(body)

    def _next(self) -> Call:
        self.asked += 1
        return self.call(self.asked)


def interleave(lanes: Sequence[Lane], rounds: int, say: str) -> None:
    """Measure all lanes in rounds; each round starts with another lane."""
    seconds = time.monotonic
    start = seconds()
    with tqdm(total=sum(lane.wanted for lane in lanes), desc=say, unit=" requests", mininterval=0.5) as bar:
        for number in range(rounds):
            turn = number % len(lanes)
            for lane in (*lanes[turn:], *lanes[:turn]):
                due = lane.wanted * (number + 1) // rounds - lane.wanted * number // rounds
                if due and lane.spent < lane.limit:
                    lane.block(due)
                bar.update(due)
        bar.set_postfix_str(f"{seconds() - start:.0f} s")
