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

from tickets.imports.formats.encodings import SAMPLE, as_utf8, encoding_of, refuse_foreign
from tickets.imports.import_errors import ImportProblem

BUFFER = 64 * 1024
STDIN = "-"


@dataclass
class Source:
    """An open file: its name and its decompressed content."""

    name: str
    size: int | None
    stream: io.BufferedReader
    raw: BinaryIO
    recoded: bool = False  # the text was converted from UTF-16 to UTF-8

    def position(self) -> int:
        """Number of bytes read of the file as stored on the disk."""
        try:
            return self.raw.tell()
        except (OSError, ValueError):
            return 0


@contextlib.contextmanager
def open_source(name: str) -> Iterator[Source]:
    """Open the file, or standard input for `-`; gzip is detected by its first bytes. Raises `ImportProblem`."""
    with contextlib.ExitStack() as stack:
        try:
            raw, size = _raw(name, stack)
            stream = raw
            if raw.peek(2)[:2] == b"\x1f\x8b":
                stream = io.BufferedReader(cast(Any, gzip.GzipFile(fileobj=raw)), BUFFER)
            beginning = stream.peek(SAMPLE)[:SAMPLE]
        except (OSError, EOFError, zlib.error) as error:
            said = getattr(error, "strerror", None) or f"its compression is broken ({error})"
            raise ImportProblem(f"{name} cannot be read: {said}.") from None
        refuse_foreign(name, beginning)
        encoding = encoding_of(beginning)
        if encoding is not None:
            stream = as_utf8(stream, encoding)
        yield Source(name, size, stream, cast(BinaryIO, raw), encoding is not None)


def _raw(name: str, stack: contextlib.ExitStack) -> tuple[Any, int | None]:
    if name == STDIN:
        return sys.stdin.buffer, None
    opened = io.BufferedReader(stack.enter_context(io.FileIO(name)), BUFFER)
    return opened, Path(name).stat().st_size


def content_digest(name: str) -> str:
    """SHA-256 of the file as stored on the disk. Raises `ImportProblem`."""
    try:
        with open(name, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ImportProblem(f"{name} cannot be read: {error.strerror or error}.") from None


@contextlib.contextmanager
def telling_where(source: Source) -> Iterator[None]:
    """Turn errors in the middle of a stream into a sentence with the position."""
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


def is_json(source: Source, wanted: str) -> bool:
    """Whether the file holds JSON: as requested, by its name, else by its first character."""
    first = source.stream.peek(1024)[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if wanted:
        return wanted == "jsonl"
    name = source.name.lower().removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson", ".json")):
        return True
    return not name.endswith((".csv", ".tsv", ".txt")) and first in (b"{", b"[")
