"""The first records of a file, by which its columns and what it holds are judged."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from tickets.imports.columns import Columns
from tickets.imports.file_records import Record
from tickets.imports.import_errors import ImportProblem
from tickets.imports.values import folded

SAMPLE = 1_000  # JSON objects whose keys are examined
SAMPLE_SIZE = 8 * 1024 * 1024
_TEXTS = frozenset({"body", "body_text", "body_html", "plain_body", "stripped_text", "html_body"})


def refuse_messages(objects: Iterable[dict[str, Any]]) -> None:
    """Raises `ImportProblem` if most objects are messages instead of tickets."""
    objects = list(objects)
    if sum(map(_is_message, objects)) * 2 > len(objects):
        raise ImportProblem(
            "These are messages, not tickets: each belongs to a ticket (ticket_id) and names no customer. Import the tickets "
            "with their messages in them, such as those of GET /api/tickets/{id}."
        )


def _is_message(record: dict[str, Any]) -> bool:
    if record.get("ticket_id") is None or not _TEXTS & record.keys():
        return False
    return not any(folded(key).startswith(("customer", "requester", "email")) for key in record)


def sampled(records: Iterator[Record]) -> tuple[Iterator[Record], list[dict[str, Any]]]:
    """All records, and the objects of the first ones."""
    sample: list[Record] = []
    size = 0
    for record in records:
        sample.append(record)
        size += record.size
        if len(sample) >= SAMPLE or size >= SAMPLE_SIZE:
            break
    if not sample:
        raise ImportProblem("The file is empty.")
    objects = [record.content for record in sample if record.content]
    if not objects:
        raise ImportProblem(f"No line is a JSON object with something in it. {sample[0].problem}".strip())
    return itertools.chain(sample, records), objects


def numbered(records: Iterator[Record], found: Columns) -> tuple[Iterator[Record], list[str]]:
    """The rows of a file without header, with numbers as names. Raises `ImportProblem` if a mapped column is missing."""
    first = next(records, None)
    if first is None:
        raise ImportProblem("The file is empty.")
    width = len(first.content or ())
    for name, place in found.places.items():
        if width and place >= width:
            raise ImportProblem(f"--map: {name} is column {place + 1}, but the first line has {width}.")
    return itertools.chain([first], records), [str(number + 1) for number in range(width)]
