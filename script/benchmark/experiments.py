"""What happens to requests while something large happens: a re-rank of everything, and 20,000 tickets closed at once."""

import threading
import time
from dataclasses import dataclass

from tqdm import tqdm

from quimbi_crm.runtime.talk import RefusedError
from script.benchmark.client import Call, Connection, crowd
from script.benchmark.figures import p50, p95
from script.benchmark.measured_requests import LIST, TEXT
from script.benchmark.programs import Bench, Running

WRITERS = 4
HIGHEST = 0.2  # share of the open tickets that is closed: 20,000 of 100,000
MOMENTS = (0, 10, 30, 60)  # seconds after the tickets were closed


@dataclass
class Rerank:
    """A re-rank of all open and pending tickets, and the writers' p95 without and during it."""

    tickets: int
    alone: float
    seconds: float
    p95_without: float
    p95_during: float
    writes: int


@dataclass
class Closing:
    """The first page before and after the highest-ranked tickets were closed in one statement."""

    closed: int
    seconds: float
    before: "Page"
    first: float  # seconds that the first request afterwards took
    after: dict[int, "Page"]  # by seconds after the change


@dataclass
class Page:
    """p50 of the first page, and of the constant view in between, which shows the machine's own variation."""

    list: float
    constant: float

    @property
    def times(self) -> float:
        return self.list / self.constant


def rerank(bench: Bench, database: str, running: Running, quiet: float) -> Rerank:
    """Measure a re-rank by the program's worker twice: alone, and while four writers reply. `quiet` is seconds of the writers
    alone.
    """
    alone = bench.inside(database, "rerank", "1.5")
    without = crowd(running.port, running.token, _reply(running), clients=WRITERS, seconds=quiet)
    written: list[tuple[float, float]] = []
    errors: list[BaseException] = []
    ended = threading.Event()
    threads = [
        threading.Thread(target=_write, args=(running, number, ended, written, errors), daemon=True)
        for number in range(WRITERS)
    ]
    for thread in threads:
        thread.start()
    try:
        beside = bench.inside(database, "rerank", "1")
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
    during = [taken for at, taken in written if beside["from"] <= at + taken and at <= beside["to"]]
    alone_for, beside_for = (one["to"] - one["from"] for one in (alone, beside))
    return Rerank(beside["tickets"], alone_for, beside_for, p95(without.times), p95(during), len(during))


def _write(
    running: Running,
    writer: int,
    ended: threading.Event,
    written: list[tuple[float, float]],
    errors: list[BaseException],
) -> None:
    """One writer until it is stopped; records each write's start and duration."""
    reply = _reply(running)
    number = writer
    try:
        with Connection(running.port, running.token) as connection:
            while not ended.is_set():
                at = time.monotonic()
                written.append((at, connection.send(reply(number))[0]))
                number += WRITERS
    except (OSError, RefusedError) as error:
        errors.append(error)


def _reply(running: Running) -> "_Reply":
    return _Reply(running.facts["tickets"])


class _Reply:
    """A reply to another ticket each time; the ticket stays open."""

    def __init__(self, tickets: list[str]) -> None:
        self.tickets = tickets

    def __call__(self, number: int) -> Call:
        ticket = self.tickets[number % len(self.tickets)]
        return Call(f"/api/tickets/{ticket}/messages", {"content": TEXT, "status": "open"})


def closing(bench: Bench, database: str, running: Running, size: int, requests: int) -> Closing:
    """Measure how long dead entries at the head of the rank index slow the first page."""
    before = _first_page(running, requests)
    done = bench.inside(database, "close_highest", str(int(size * HIGHEST)))
    start = time.monotonic()
    with Connection(running.port, running.token) as connection:
        first, _ = connection.send(Call(LIST))
    after = {}
    with tqdm(total=MOMENTS[-1], desc="After closing the highest-ranked", unit=" s", mininterval=0.5) as bar:
        for moment in MOMENTS:
            while (passed := time.monotonic() - start) < moment:
                bar.update(round(passed) - bar.n)
                time.sleep(0.5)
            after[moment] = _first_page(running, requests)
        bar.update(MOMENTS[-1] - bar.n)
    return Closing(done["closed"], done["seconds"], before, first, after)


def _first_page(running: Running, requests: int) -> Page:
    with Connection(running.port, running.token) as connection:
        size = len(connection.send(Call(LIST))[1])
        rounds = [
            [connection.send(Call(path))[0] for path in (LIST, f"/api/bench/constant/{size}")] for _ in range(requests)
        ]
    return Page(*(p50(list(times)) for times in zip(*rounds, strict=True)))
