"""The requests that are measured."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from script.benchmark.client import Call, Connection
from script.benchmark.programs import Running

LIMIT = 50
LIST = f"/api/tickets?limit={LIMIT}"
DEEP = 50_000  # tickets before the deep page
TEXT = "I looked into it: your parcel is on its way, and you will have it on Friday."
# Frequency in the generated texts: one in 28 tickets, every ticket, none.
KEYWORDS = {"rare": "chargeback", "common": "order", "no match": "zeppelin"}


@dataclass(frozen=True)
class Operation:
    """One kind of request; `baseline` is whether the baseline has it too."""

    key: str
    title: str
    call: Callable[[int], Call]
    baseline: bool = False


def deep_page(size: int) -> int:
    """The page for the deep requests: 1000, or half-way if there are fewer."""
    return max(2, min(DEEP, size // 2) // LIMIT)


def operations(running: Running, size: int) -> list[Operation]:
    """All operations to measure on a database of that size."""
    tickets, customers = running.facts["tickets"], running.facts["customers"]
    page = deep_page(size)
    with Connection(running.port, running.token) as connection:
        first = connection.send(Call(LIST))[1]
        behind = json.loads(connection.send(Call(f"{LIST}&page={page}"))[1])["next_cursor"]

    def each(path: str, body: object = None) -> Callable[[int], Call]:
        """Another ticket each time, the same sequence for all operations."""
        return lambda number: Call(path.format(tickets[number % len(tickets)]), body)

    def number(count: int) -> str:
        """A number with as many digits as the largest, so that it is no part of another."""
        return str(size - count * 7919 % (size // 2))

    def new(count: int) -> Call:
        subject = f"Where is my parcel #n{count}"
        customer = customers[count % len(customers)]
        body = {"customer_id": customer, "subject": subject, "channel": "email", "initial_message": TEXT}
        return Call("/api/tickets", body)

    return [
        Operation("constant", "constant view, same bytes", same(f"/api/bench/constant/{len(first)}")),
        Operation("list", "list, first page", same(LIST), baseline=True),
        *(
            Operation(f"alerts {name}", f"list + alerts, {name}", same(alerted(word)), baseline=True)
            for name, word in KEYWORDS.items()
        ),
        Operation("alerts one", "list + alerts, number of one ticket", lambda n: Call(alerted(number(n)))),
        Operation(
            "alerts phrase", "list + alerts, number in a phrase", lambda n: Call(alerted(f"order {number(n)} since"))
        ),
        Operation("page", f"page {page:,}", same(f"{LIST}&page={page}"), baseline=True),
        Operation("cursor", f"cursor to that page (position {page * LIMIT:,})", same(f"{LIST}&cursor={behind}")),
        Operation("detail", "one ticket", each("/api/tickets/{}")),
        Operation("breakdown", "score breakdown", each("/api/tickets/{}/score-breakdown")),
        Operation("create", "create a ticket", new),
        Operation("reply", "reply", each("/api/tickets/{}/messages", {"content": TEXT})),
    ]


def same(path: str) -> Callable[[int], Call]:
    call = Call(path)
    return lambda number: call


def alerted(word: str) -> str:
    return f"{LIST}&topic_alerts={quote(word)}"


def baseline_operations(size: int) -> list[Operation]:
    """The operations that both programs have, as the baseline expects them."""
    page = deep_page(size)
    paths = {"list": LIST, "page": f"{LIST}&page={page}"}
    paths |= {f"alerts {name}": alerted(word) for name, word in KEYWORDS.items()}
    return [Operation(key, key, same(path), baseline=True) for key, path in paths.items()]
