"""The records of a file, one after another, each with its line number; what cannot be read is a record with a problem."""

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from agents.common.patterns import compile_unicode
from tickets.imports.formats.files import Source
from tickets.imports.import_errors import ImportProblem

MAX_RECORD = 4 * 1024 * 1024  # characters of a CSV record, or bytes of a JSON line
DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "whitespace": " "}
_GUESSED = (",", ";", "\t", "|")
# A leading apostrophe marks text in spreadsheets; Shopify and our own reject files write it.
_MARKED = compile_unicode(r"'(?:[=+\-@\t\r]|[0-9]+$)")

_SEPARATOR = compile_unicode(r'"?([Ss][Ee][Pp]=[^\r\n"])"?\r?\n')
_REMEDY = "give the file's encoding, such as --encoding cp1252 (Windows) or latin-1, or save it as UTF-8"


@dataclass(slots=True)
class Record:
    """One record: first and last line, its cells or object, its literal text, and what is wrong with it."""

    line: int
    end: int
    content: Any = None
    original: list[str] | bytes = field(default_factory=list)
    problem: str = ""
    size: int = 0


class _TooLong(Exception):
    """A record exceeds the memory limit."""


class _Lines:
    """Physical lines for the CSV reader; lines of the current record can be returned."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self.stream = stream
        self.again: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0
        self.size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        text = self.again.popleft() if self.again else self.stream.readline(MAX_RECORD)
        if not text:
            raise StopIteration
        self.number += 1
        self.size += len(text)
        if self.size >= MAX_RECORD:
            self.taken.append(self._without_rest(text))
            raise _TooLong
        self.taken.append(text)
        return text

    def _without_rest(self, text: str) -> str:
        """The line, ended where it was cut; the rest is skipped."""
        more = text
        while more and not more.endswith(("\n", "\r")):
            more = self.stream.readline(MAX_RECORD)
        return text if text.endswith(("\n", "\r")) else text + "\n"

    def begin(self) -> None:
        self.taken.clear()
        self.size = 0

    def give_back(self) -> str:
        """The record's first line; the others are read again as separate records."""
        first, *rest = self.taken
        self.again.extendleft(reversed(rest))
        self.number -= len(rest)
        return first


class Table:
    """A file of rows: CSV, or columns separated by blanks."""

    def __init__(self, source: Source, *, delimiter: str, encoding: str, header: bool) -> None:
        if source.recoded:
            encoding = "utf-8"
        if is_reject_file(source.stream.peek(64)):
            encoding, delimiter = "utf-8", ","
        try:
            text = io.TextIOWrapper(
                source.stream,
                encoding="utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding,
                errors="surrogateescape",
                newline="",
            )
        except LookupError:
            raise ImportProblem(f"There is no encoding {encoding}; try utf-8, cp1252 or latin-1.") from None
        self.encoding = encoding
        self._whitespace = delimiter == "whitespace"
        stated = _stated_delimiter(source, encoding)
        if not delimiter:
            delimiter = stated[-1:] or _guess(source, encoding)
        self.delimiter = DELIMITERS.get(delimiter, delimiter)
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise ImportProblem(f"--delimiter takes one character, or one of {', '.join(DELIMITERS)}.")
        self._lines = _Lines(text)
        self._skip_separator(stated)
        csv.field_size_limit(MAX_RECORD + 1)
        self._rows = csv.reader(self._lines, delimiter=self.delimiter, strict=True)
        self.columns = self._header() if header else []
        self.width = len(self.columns)

    def _skip_separator(self, stated: str) -> None:
        """Skip the first line if it only states the separator."""
        if stated:
            next(self._lines)

    def _header(self) -> list[str]:
        for record in self._read():
            if record.problem:
                raise ImportProblem(f"The header (line {record.line}) cannot be read: {record.problem}")
            if any(_is_undecoded(name) for name in record.content):
                raise ImportProblem(f"The header contains bytes that are no characters in {self.encoding}: {_REMEDY}.")
            return [name.strip() for name in record.content]
        raise ImportProblem("The file is empty.")

    def __iter__(self) -> Iterator[Record]:
        for record in self._read():
            if not record.problem:
                self._check(record)
            yield record

    def _check(self, record: Record) -> None:
        cells: list[str] = record.content
        # Without a header the first row sets the number of columns.
        self.width = self.width or len(cells)
        if len(cells) != self.width:
            record.problem = f"This line has {len(cells)} columns, the first one has {self.width}."
        elif any(_is_undecoded(cell) for cell in cells):
            record.problem = f"This line contains bytes that are no characters in {self.encoding}: {_REMEDY}."
        elif any(cell[:1] == "'" for cell in cells):
            record.content = [cell[1:] if _MARKED.match(cell) else cell for cell in cells]

    def _read(self) -> Iterator[Record]:
        lines = self._lines
        while True:
            lines.begin()
            start = lines.number + 1
            try:
                cells = next(lines).split() if self._whitespace else next(self._rows)
            except StopIteration:
                return
            except csv.Error as error:
                first = lines.give_back().rstrip("\r\n")
                yield Record(start, start, None, [first], f"This line is broken CSV ({error}).", len(first))
                continue
            except _TooLong:
                beginning = lines.taken[0][:1000]
                problem = f"This record is longer than {MAX_RECORD:,} characters; is a quote not closed?"
                if len(lines.taken) > 1:
                    lines.give_back()
                yield Record(start, lines.number, None, [beginning], problem, len(beginning))
                continue
            if any(cells):
                yield Record(start, lines.number, cells, cells, "", lines.size)


def _is_undecoded(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text)


def is_reject_file(beginning: bytes) -> bool:
    """Whether the table is a reject file of an import: UTF-8 with commas, whatever the original was."""
    return beginning.removeprefix(b"\xef\xbb\xbf").startswith(b"line,reason,")


def _stated_delimiter(source: Source, encoding: str) -> str:
    """The beginning of a first line such as `sep=;`, which spreadsheets write; "" without one."""
    beginning = source.stream.peek(64)[:64].decode(encoding, "replace").lstrip("\ufeff")
    found = _SEPARATOR.match(beginning)
    return found[1] if found else ""


def _guess(source: Source, encoding: str) -> str:
    """The most frequent delimiter of the first line outside quotes."""
    beginning = source.stream.peek(8192).decode(encoding, "replace").lstrip("\ufeff\r\n")
    line = compile_unicode(r'"[^"]*"').sub("", compile_unicode(r"[\r\n]").split(beginning, maxsplit=1)[0])
    return max(_GUESSED, key=line.count)


class JsonLines:
    """A file with one JSON object per line, in UTF-8."""

    def __init__(self, source: Source, first: bytes = b"", before: int = 0) -> None:
        self._before = before  # lines before the first one
        self._stream = source.stream
        self._first = first  # a line that was already read; it may exceed the limit of other lines

    def __iter__(self) -> Iterator[Record]:
        number = self._before
        while line := self._first or self._stream.readline(MAX_RECORD):
            self._first = b""
            number += 1
            if len(line) >= MAX_RECORD and not line.endswith(b"\n"):
                yield self._too_long(number, line)
                continue
            if number == 1 + self._before:
                line = line.removeprefix(b"\xef\xbb\xbf")
            line = line.strip()
            if line:
                yield _parsed(number, line)

    def _too_long(self, number: int, line: bytes) -> Record:
        beginning = line[:1000]
        while line and not line.endswith(b"\n"):
            line = self._stream.readline(MAX_RECORD)
        return Record(
            number, number, None, beginning, f"This line is longer than {MAX_RECORD:,} bytes.", len(beginning)
        )


def _parsed(number: int, line: bytes) -> Record:
    try:
        content = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return Record(number, number, None, line, f"This line is broken JSON ({error}).", len(line))
    if not isinstance(content, dict):
        return Record(number, number, None, line, "This line is no JSON object.", len(line))
    return Record(number, number, content, line, "", len(line))
