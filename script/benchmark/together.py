"""Eight clients that write and eight that read at once, while all is ranked again: is every rank and total exact after it?"""

import threading
from dataclasses import dataclass
from typing import Any

from script.benchmark.client import Call, Crowd, crowd
from script.benchmark.measured_requests import LIST, TEXT
from script.benchmark.programs import Bench, Running

CLIENTS = 8  # clients of each kind
PRIORITIES = ("urgent", "high", "normal", "low")


@dataclass
class Together:
    """The result of the run, and how many ranks and totals were wrong after it."""

    seconds: float
    writes: int
    reads: int
    stale: int
    miscounted: int


def together(bench: Bench, database: str, running: Running, seconds: float) -> Together:
    """Run readers and writers together. Raises RefusedError for the first request that is refused."""
    crowds: list[Crowd] = []
    errors: list[BaseException] = []

    def work(call: Any) -> None:
        try:
            crowds.append(crowd(running.port, running.token, call, clients=CLIENTS, seconds=seconds))
        except BaseException as error:  # noqa: BLE001  raised again below, in the waiting thread
            errors.append(error)

    writers, readers = (threading.Thread(target=work, args=(call,)) for call in (_write(running), _read(running)))
    writers.start()
    bench.inside(database, "rerank", "1.5")
    readers.start()
    bench.inside(database, "rerank", "1")
    writers.join()
    readers.join()
    if errors:
        raise errors[0]
    found = bench.inside(database, "verify")
    written, read = (len(one.times) for one in crowds)
    return Together(seconds, written, read, found["stale"], found["miscounted"])


def _write(running: Running) -> Any:
    """Writes that change ranks and totals, on few tickets and customers, so that writers collide."""
    tickets, customers = running.facts["tickets"][:40], running.facts["customers"][:20]

    def call(number: int) -> Call:
        kind, turn = number % 7, number // 7
        path = f"/api/tickets/{tickets[turn % len(tickets)]}"
        customer = customers[turn % len(customers)]
        if kind == 0:
            body = {
                "customer_id": customer,
                "subject": f"Together {number}",
                "channel": "chat",
                "initial_message": TEXT,
            }
            return Call("/api/tickets", body)
        if kind == 1:
            order = {"customer_id": customer, "placed_at": "2026-01-01T00:00:00Z", "total": number % 900}
            return Call(f"/api/orders/together-{number % 50}", order, "PUT")
        if kind == 2:
            return Call(path, {"status": ("closed", "open", "pending")[turn % 3]}, "PATCH")
        if kind == 3:
            return Call(path, {"priority": PRIORITIES[turn % 4]}, "PATCH")
        if kind == 4:
            return Call(path, {"add_tags": [f"together-{turn % 5}"]}, "PATCH")
        return Call(f"{path}/messages", {"content": TEXT, "from_agent": kind == 5})

    return call


def _read(running: Running) -> Any:
    tickets = running.facts["tickets"]
    ticket = f"/api/tickets/{tickets[0]}"
    paths = [LIST, f"{LIST}&topic_alerts=order", f"{LIST}&page=20", ticket, f"{ticket}/score-breakdown"]
    return lambda number: Call(paths[number % len(paths)])
