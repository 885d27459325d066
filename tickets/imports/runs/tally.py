"""How often a text came by, however many different ones there are."""

import sqlite3
from hashlib import blake2b

IN_MEMORY = 200_000


class Tally:
    """Counts texts: recent ones in memory (about 20 MB at most), the others in a temporary SQLite file of this process."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._counts: dict[bytes, int] = {}
        self._limit = in_memory
        self._older: sqlite3.Connection | None = None

    def add(self, text: str) -> int:
        """How often the text was added, including this time."""
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        count = (self._counts.get(key) or self._old(key)) + 1
        if len(self._counts) >= self._limit:
            self._spill()
        self._counts[key] = count
        return count

    def _old(self, key: bytes) -> int:
        if self._older is None:
            return 0
        row = self._older.execute("SELECT count FROM tally WHERE key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0

    def _spill(self) -> None:
        if self._older is None:
            # SQLite deletes a database file with an empty name by itself.
            self._older = sqlite3.connect("", isolation_level=None)
            self._older.execute("PRAGMA cache_size = -16000")
            self._older.execute("PRAGMA journal_mode = OFF")
            self._older.execute("CREATE TABLE tally (key BLOB PRIMARY KEY, count INTEGER) WITHOUT ROWID")
        self._older.execute("BEGIN")
        self._older.executemany("INSERT OR REPLACE INTO tally VALUES (?, ?)", sorted(self._counts.items()))
        self._older.execute("COMMIT")
        self._counts.clear()
