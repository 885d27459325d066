"""Rows that belong to one record: those that stand together with the same number or id."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tickets.imports.file_records import Record
from tickets.imports.import_errors import Refused
from tickets.imports.recipes import Row
from tickets.imports.values import text_of

MAX_ROWS = 1_000
MAX_SIZE = 16 * 1024 * 1024  # characters


@dataclass(slots=True)
class Group:
    """The rows of one record, their fields, and the reasons why it is refused."""

    records: list[Record]
    rows: list[Row]
    problem: str = ""

    @property
    def end(self) -> int:
        return self.records[-1].end

    @property
    def size(self) -> int:
        return sum(record.size for record in self.records)


def one_each(records: Iterable[Record], read: Callable[[object], Row]) -> Iterator[Group]:
    """Each row is a record."""
    for record in records:
        if record.problem:
            yield Group([record], [], record.problem)
            continue
        try:
            group = Group([record], [read(record.content)])
        except Refused as problem:
            group = Group([record], [], str(problem))
        yield group


def together(records: Iterable[Record], read: Callable[[object], Row], name: str) -> Iterator[Group]:
    """Consecutive rows with the same value are one record.

    A broken row breaks the record: an order must not lose an article silently. A record of more than MAX_ROWS rows is refused in
    parts, so that memory stays bounded.
    """
    held: list[tuple[Record, Row]] = []
    held_key = ""
    size = 0
    refused_key: str | None = None
    for record in records:
        row, key = _keyed(record, read, name)
        if not key or key != held_key:
            if held:
                yield _group(held, held_key == refused_key, name)
            refused_key = refused_key if key == held_key else None
            held, held_key, size = [], key, 0
        held.append((record, row))
        size += record.size
        if len(held) > MAX_ROWS or size > MAX_SIZE:
            refused_key = held_key
            yield _group(held, True, name)
            held, size = [], 0
    if held:
        yield _group(held, held_key == refused_key, name)


def _keyed(record: Record, read: Callable[[object], Row], name: str) -> tuple[Row, str]:
    if record.content is None:
        return {}, ""
    try:
        row = read(record.content)
        return row, text_of(row.get(name))
    except (IndexError, Refused):
        return {}, ""


def _group(held: list[tuple[Record, Row]], oversized: bool, name: str) -> Group:
    records = [record for record, _ in held]
    if oversized:
        return Group(
            records, [], f"More than {MAX_ROWS:,} rows (or {MAX_SIZE // 2**20} MB) with this {name} stand together."
        )
    broken = next((record for record in records if record.problem), None)
    if broken is not None:
        return Group(records, [], f"Line {broken.line} with the same {name} is broken: {broken.problem}")
    return Group(records, [row for _, row in held])
