"""Which run of which file this is: a new one, or one that was interrupted."""

import json
from hashlib import sha256
from typing import Any

from tickets.models import ImportRun

# Raise it when the program reads the same file with the same options differently than before.
VERSION = 2


def fingerprint(digest: str, options: dict[str, Any]) -> str:
    """SHA-256 of the content's digest and all options that affect how a row is imported."""
    meaning = json.dumps({"version": VERSION, "content": digest, **options}, sort_keys=True)
    return sha256(meaning.encode("utf-8", "surrogatepass")).hexdigest()


def begin(kind: str, key: str, name: str, *, dry: bool, restart: bool) -> tuple[ImportRun, bool]:
    """The run to resume and whether it was interrupted; always a new one without a key (standard input)."""
    fresh = ImportRun(kind=kind, fingerprint=key, file_name=name[-255:])
    if dry:
        return fresh, False
    if key and not restart:
        unfinished = ImportRun.objects.filter(kind=kind, fingerprint=key).first()
        # Only the latest run counts: a finished one left nothing of older runs to do.
        if unfinished is not None and unfinished.finished_at is None:
            return unfinished, unfinished.line > 0
    fresh.save()
    return fresh, False
