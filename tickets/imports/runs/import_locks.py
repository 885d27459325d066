"""One import of a file at a time."""

import contextlib
import time
from collections.abc import Iterator
from hashlib import blake2b

from django.db import DatabaseError, InterfaceError, connection

from tickets.imports.import_errors import ImportProblem

# PostgreSQL takes a moment to notice that an import was killed.
PATIENCE = 3.0  # seconds


def key_of(kind: str, digest: str) -> int:
    """The lock's number."""
    return int.from_bytes(blake2b(f"{kind} {digest}".encode(), digest_size=8).digest(), signed=True)


def _taken(key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        return bool(cursor.fetchone()[0])


@contextlib.contextmanager
def alone(kind: str, digest: str, name: str) -> Iterator[None]:
    """Hold PostgreSQL's lock for this content; a killed import releases it. Raises `ImportProblem` if another import has it."""
    key = key_of(kind, digest)
    deadline = time.monotonic() + PATIENCE
    while not _taken(key):
        if time.monotonic() >= deadline:
            raise ImportProblem(f"{name} is being imported already: wait until that ends.")
        time.sleep(0.2)
    try:
        yield
    finally:
        # If the connection is lost, PostgreSQL has already released the lock.
        with contextlib.suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
