"""The file of an import: plain, gzip or standard input, read as a stream."""

import contextlib
import gzip
import hashlib
import io
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from tickets.imports.errors import ImportProblem

BUFFER = 64 * 1024
STDIN = "-"


@dataclass
class Source:
    """An open file: what it is called, and its content without compression."""

    name: str
    size: int | None
    stream: io.BufferedReader
    raw: BinaryIO

    def position(self) -> int:
        """How many bytes of the file, as it lies on the disk, are read."""
        try:
            return self.raw.tell()
        except (OSError, ValueError):
            return 0


@contextlib.contextmanager
def open_source(name: str) -> Iterator[Source]:
    """The file of that name, `-` for standard input; gzip is known by its first bytes. Raises `ImportProblem`."""
    with contextlib.ExitStack() as stack:
        try:
            raw, size = _raw(name, stack)
            stream = raw
            if raw.peek(2)[:2] == b"\x1f\x8b":
                stream = io.BufferedReader(cast(Any, gzip.GzipFile(fileobj=raw)), BUFFER)
            stream.peek(1)
        except (OSError, EOFError, zlib.error) as error:
            said = getattr(error, "strerror", None) or f"its compression is broken ({error})"
            raise ImportProblem(f"{name} cannot be read: {said}.") from None
        yield Source(name, size, stream, cast(BinaryIO, raw))


def _raw(name: str, stack: contextlib.ExitStack) -> tuple[Any, int | None]:
    if name == STDIN:
        return sys.stdin.buffer, None
    opened = io.BufferedReader(stack.enter_context(io.FileIO(name)), BUFFER)
    return opened, Path(name).stat().st_size


def content_digest(name: str) -> str:
    """SHA-256 of the file as it lies on the disk. Raises `ImportProblem`."""
    try:
        with open(name, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ImportProblem(f"{name} cannot be read: {error.strerror or error}.") from None


@contextlib.contextmanager
def telling_where(source: Source) -> Iterator[None]:
    """Turns what can go wrong in the middle of a stream into a sentence."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ImportProblem(
            f"The compression of {source.name} is broken around byte {source.position():,} ({error}): "
            "what came before is imported."
        ) from None
    except UnicodeDecodeError as error:
        raise ImportProblem(
            f"{source.name} is not {error.encoding} around byte {source.position():,}: give its --encoding."
        ) from None


def is_json_lines(source: Source, wanted: str) -> bool:
    """Whether the file holds JSON lines: as asked for, by its name, else by its first character. Raises `ImportProblem`."""
    first = source.stream.peek(1024)[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if wanted:
        found = wanted == "jsonl"
    else:
        name = source.name.lower().removesuffix(".gz")
        found = name.endswith((".jsonl", ".ndjson", ".json")) or (
            not name.endswith((".csv", ".tsv", ".txt")) and first == b"{"
        )
    if found and first == b"[":
        raise ImportProblem(
            f"{source.name} is one JSON list; an import takes one object a line: jq -c '.[]' {source.name} > lines.jsonl"
        )
    return found
