"""What kind of file this is, by its first bytes: UTF-16 is read as UTF-8, a spreadsheet or a PDF is refused in one sentence."""

import codecs
import io
from typing import Any, cast

from tickets.imports.import_errors import ImportProblem

SAMPLE = 4096
_CHUNK = 64 * 1024
_BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CSV = "export it as CSV (UTF-8) and import that"
_FOREIGN = (
    (b"PK\x03\x04", "a spreadsheet (XLSX, ODS) or a ZIP archive", f"unpack it, or {_CSV}"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old spreadsheet (XLS) or Office file", _CSV),
    (b"%PDF", "a PDF", _CSV),
    (b"{\\rtf", "a text document (RTF)", _CSV),
    (b"BZh", "compressed with bzip2", "unpack it, or compress it with gzip"),
    (b"\xfd7zXZ\x00", "compressed with xz", "unpack it, or compress it with gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it, or compress it with gzip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"\x89PNG", "a picture", _CSV),
    (b"\xff\xd8\xff", "a picture", _CSV),
    (b"SQLite format 3", "an SQLite database", _CSV),
)
_MARKUP = ((b"<?xml", "XML"), (b"<!doctype", "a page (HTML)"), (b"<html", "a page (HTML)"))


def refuse_foreign(name: str, beginning: bytes) -> None:
    """Raises `ImportProblem` if the file's format is not supported."""
    for magic, what, remedy in _FOREIGN:
        if beginning.startswith(magic):
            raise ImportProblem(f"{name} is {what}, not CSV or JSON: {remedy}.")
    text = beginning.removeprefix(codecs.BOM_UTF8).lstrip()[:16].lower()
    for tag, what in _MARKUP:
        if text.startswith(tag):
            raise ImportProblem(f"{name} is {what}, not CSV or JSON: {_CSV}, or export it as JSON.")
    controls = sum(byte < 32 and byte not in b"\t\n\v\f\r\x1a\x1b" for byte in beginning)
    if encoding_of(beginning) is None and controls * 10 > len(beginning):
        raise ImportProblem(f"{name} is a binary file, not CSV or JSON: {_CSV}.")


def encoding_of(beginning: bytes) -> str | None:
    """UTF-16 or UTF-32, by the byte order mark or by the positions of zero bytes in mostly Latin text; else None."""
    for bom, encoding in _BOMS.items():
        if beginning.startswith(bom):
            return encoding
    size = len(beginning) // 2
    if size < 2:
        return None
    even, odd = beginning[0::2].count(0), beginning[1::2].count(0)
    if odd * 10 >= size * 4 and even * 20 <= size:
        return "utf-16-le"
    return "utf-16-be" if even * 10 >= size * 4 and odd * 20 <= size else None


class _AsUtf8(io.RawIOBase):
    """A stream in another encoding, read as UTF-8. Raises `UnicodeDecodeError`."""

    def __init__(self, stream: Any, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and not self._ended:
            chunk = self._stream.read(_CHUNK)
            self._ended = not chunk
            text = self._decoder.decode(chunk, final=self._ended)
            self._ready = text.encode("utf-8", "surrogatepass")
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size


def as_utf8(stream: io.BufferedReader, encoding: str) -> io.BufferedReader:
    """The stream's text as UTF-8."""
    return io.BufferedReader(cast(Any, _AsUtf8(stream, encoding)), _CHUNK)
