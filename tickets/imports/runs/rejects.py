"""The reject file: every line that did not go in, with its number, the reason, and what it said; and the file of details."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import orjson

from tickets.imports.file_records import Record
from tickets.imports.import_errors import ImportProblem

# First characters that make a spreadsheet take a cell for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Reject = tuple[Record, str]


class Rejects:
    """The reject file. Rejects are written before their batch is committed; a resumed import cuts off uncommitted ones.

    Rejects of a table are CSV with the columns `line` and `reason` in front; those of JSON lines are JSON lines.
    """

    def __init__(self, path: Path, columns: Sequence[str] | None) -> None:
        self.path = path
        self._option = "--rejects"
        self._columns = columns
        self._file: BinaryIO | None = None
        self._committed = 0

    def begin(self, kept: int) -> None:
        """Open the file with the first `kept` rejects of a resumed import; replace that of a finished one. Raises
        `ImportProblem`.
        """
        try:
            if not self.path.exists():
                return
            with self.path.open("r+b") as file:
                if not self._is_ours(file):
                    raise ImportProblem(
                        f"{self.path} was not written by an import: name another file with {self._option}."
                    )
                if kept:
                    self._skip(file, kept)
                    file.truncate(file.tell())
                    self._committed = file.tell()
            if not kept:
                self.path.unlink()
        except OSError as error:
            raise self._unwritable(error) from None

    def _is_ours(self, file: BinaryIO) -> bool:
        beginning = file.read(16).removeprefix(b"\xef\xbb\xbf")
        file.seek(0)
        return not beginning or beginning.startswith(b'{"line":' if self._columns is None else b"line,reason")

    def _skip(self, file: BinaryIO, kept: int) -> None:
        """Skip the header and a number of rejects. A reject may span lines, so CSV is parsed."""
        if self._columns is None:
            for _ in range(kept):
                file.readline()
            return
        # Not `for line in file`, which reads ahead and loses the position.
        lines = (line.decode("utf-8", "surrogateescape") for line in iter(file.readline, b""))
        rows = csv.reader(lines)
        for _ in range(kept + 1):
            next(rows, None)

    def write(self, rejects: Sequence[Reject]) -> None:
        """Write a batch's rejects after the committed ones; a repeated call for the batch replaces them."""
        if not rejects:
            return
        try:
            if self._file is None:
                self._file = self.path.open("r+b" if self.path.exists() else "w+b")
            self._file.seek(self._committed)
            self._file.truncate()
            if not self._committed and self._columns is not None:
                self._file.write(_csv([["line", "reason", *self._columns]]))
            self._file.write(self._encoded(rejects))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unwritable(error) from None

    def _encoded(self, rejects: Sequence[Reject]) -> bytes:
        if self._columns is None:
            return b"".join(_json(record, reason) for record, reason in rejects)
        return _csv([[str(record.line), reason, *map(harmless, record.original)] for record, reason in rejects])

    def committed(self) -> None:
        """The batch is committed, so its rejects stay."""
        if self._file is not None:
            self._committed = self._file.tell()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _unwritable(self, error: OSError) -> ImportProblem:
        return ImportProblem(
            f"{self.path} cannot be written ({error.strerror}): name another file with {self._option}."
        )


class Details(Rejects):
    """Details left out of imported records, as CSV with line number and reason."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, ())
        self._option = "--details"

    def _encoded(self, rejects: Sequence[Reject]) -> bytes:
        return _csv([[str(record.line), harmless(detail)] for record, detail in rejects])


def harmless(cell: object) -> str:
    """A cell in a form that a spreadsheet does not evaluate; an import removes the mark again."""
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogateescape")


def _json(record: Record, reason: str) -> bytes:
    line = record.original if isinstance(record.original, bytes) else b""
    # Keep a JSON object as it is; quote anything else as a string.
    original = orjson.Fragment(line) if record.content is not None else line.decode("utf-8", "backslashreplace")
    reason = reason.encode("utf-8", "backslashreplace").decode()
    return orjson.dumps({"line": record.line, "reason": reason, "original": original}) + b"\n"
