"""JSON in whatever shape an export has it: an object a line, a list, or pages of an API with the records under one key."""

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from agents.common.patterns import compile_pattern
from tickets.imports.file_records import MAX_RECORD, JsonLines, Record
from tickets.imports.formats.files import Source
from tickets.imports.import_errors import ImportProblem
from tickets.imports.systems.freshdesk import unwrapped
from tickets.imports.systems.zendesk import with_users

MAX_DOCUMENT = 32 * 1024 * 1024  # bytes of a file that is read as a whole
# Start of a list of records, bare or under a key; separator between two records.
_LIST = compile_pattern(r'\s*(?:\{\s*"([a-z_]{1,40})"\s*:\s*)?\[')
_BETWEEN = (" ", "\n", "\r", "\t", ",")
# Keys under which pages of an API hold the records of each kind, or a single record.
PAGES = {
    "tickets": ("tickets", "data", "results"),
    "customers": ("customers", "users", "contacts", "data", "results"),
    "orders": ("orders", "data", "results"),
}


def json_records(source: Source, kind: str) -> Iterator[Record]:
    """The records of a JSON file, numbered by position if they are in a list or pages. Raises `ImportProblem`."""
    stream = source.stream
    first, before = _first_line(stream)
    document = first.lstrip().startswith(b"[") or (first.lstrip().startswith(b"{") and not _is_object(first))
    if document and (first.lstrip().startswith(b"[") or _goes_on(stream) or _is_cut_off(first, stream, kind)):
        yield from _numbered(_of_document(source, first, kind))
        return
    lines = iter(JsonLines(source, first, before))
    record = next(lines, None)
    if record is None:
        return
    if record.content is not None and _is_page(record.content, kind):
        yield from _numbered(_of_pages(record, lines, kind))
        return
    yield _alone(record)
    yield from map(_alone, lines)


def _first_line(stream: io.BufferedReader) -> tuple[bytes, int]:
    """The first non-empty line without byte order mark, cut at a document's maximum length; and the empty lines before it."""
    before = 0
    line = stream.readline(MAX_DOCUMENT + 1).removeprefix(b"\xef\xbb\xbf")
    while line and not line.strip():
        before += 1
        line = stream.readline(MAX_DOCUMENT + 1)
    return line, before


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _goes_on(stream: io.BufferedReader) -> bool:
    """Whether the following text continues the object instead of starting another line's object."""
    following = stream.peek(1024)[:1024].lstrip()
    return following[:1] in (b'"', b"}")


def _is_cut_off(line: bytes, stream: io.BufferedReader, kind: str) -> bool:
    """Whether the file's only line is the beginning of a page of records."""
    start = _LIST.match(line[:200].decode("utf-8", "replace"))
    return start is not None and start[1] in PAGES[kind] and not stream.peek(1)


def _of_document(source: Source, first: bytes, kind: str) -> Iterator[Any]:
    rest = source.stream.read(max(0, MAX_DOCUMENT + 1 - len(first)))
    text = first + rest
    key = PAGES[kind][0]
    if len(text) > MAX_DOCUMENT:
        raise ImportProblem(
            f"{source.name} is one JSON document of more than {MAX_DOCUMENT // 2**20} MB; make it one object a line: "
            f"jq -c '.[]' {source.name} > lines.jsonl (or '.{key}[]')."
        )
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "unexpected end of data" in str(error):
            yield from _before_the_end(source, text, kind)
            return
        raise ImportProblem(f"{source.name} is broken JSON: {str(error)[:200]}.") from None
    del text, rest
    for page in content if isinstance(content, list) else [content]:
        yield from _of_page(page, kind)


def _before_the_end(source: Source, text: bytes, kind: str) -> Iterator[Any]:
    """The complete records of a truncated list, and a record with a problem for the truncated one."""
    decoded, decoder = text.decode("utf-8", "replace"), json.JSONDecoder()
    start = _LIST.match(decoded)
    if start is None or (start[1] and start[1] not in PAGES[kind]):
        raise ImportProblem(f"{source.name} ends in the middle: it was cut off; export or download it again.")
    place, number = start.end(), 1
    while True:
        while decoded[place : place + 1] in _BETWEEN:
            place += 1
        try:
            _, end = decoder.raw_decode(decoded, place)
            content = orjson.loads(decoded[place:end])
        except (json.JSONDecodeError, RecursionError):
            break
        place, number = end, number + 1
        yield from _of_page(content, kind)
    problem = f"The file ends in the middle of record {number:,}: it was cut off; export or download it again."
    rest = decoded[place : place + 1000].encode()
    yield Record(number, number, None, rest, problem, len(rest))


def _of_pages(first: Record, lines: Iterable[Record], kind: str) -> Iterator[Any]:
    yield from _of_page(first.content, kind)
    for record in lines:
        if record.content is None:
            yield record
        else:
            yield from _of_page(record.content, kind)


def _is_page(content: dict[str, Any], kind: str) -> bool:
    """Whether the object is a page with a list of records."""
    return "id" not in content and any(_list_under(content, name) is not None for name in PAGES[kind])


def _list_under(content: dict[str, Any], name: str) -> list[Any] | None:
    found = content.get(name)
    if isinstance(found, list) and all(isinstance(each, dict) for each in found[:10]):
        return found
    return None


def _of_page(content: Any, kind: str) -> Iterator[Any]:
    """The records of a page; any other object is itself a record."""
    if not isinstance(content, dict) or not _is_page(content, kind):
        yield content
        return
    found = next(listed for name in PAGES[kind] if (listed := _list_under(content, name)) is not None)
    for record in found:
        yield with_users(content, record) if kind == "tickets" and isinstance(record, dict) else record


def _numbered(contents: Iterable[Any]) -> Iterator[Record]:
    for number, content in enumerate(contents, start=1):
        if isinstance(content, Record):
            content.line = content.end = number
            yield content
            continue
        original = orjson.dumps(content)
        record = Record(number, number, content, original, "", len(original))
        if not isinstance(content, dict):
            record.content, record.problem = None, "This is no JSON object."
        elif len(original) > MAX_RECORD:
            record.content, record.original = None, original[:1000]
            record.problem = f"This record is longer than {MAX_RECORD:,} bytes."
        yield _alone(record)


def _alone(record: Record) -> Record:
    """The record without an enclosing object such as `{"ticket": {…}}`."""
    content = record.content
    if isinstance(content, dict) and len(content) == 1:
        (name,) = content
        if name in ("ticket", "customer", "user", "contact", "order") and isinstance(content[name], dict):
            record.content = content[name]
        elif name == "helpdesk_ticket":
            record.content = unwrapped(content)
    return record
