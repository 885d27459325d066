"""The audit log as a CSV file, written while it is read: a page of rows at a time, newest first."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, tzinfo

from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from agents.common.spreadsheets import written
from agents.models import AuditEntry

MOST_EXPORTED = 50_000
_PAGE = 1000
HEADER = [
    "at",
    "actor",
    "actor_email",
    "action",
    "subject_type",
    "subject_id",
    "changes",
    "reason",
    "address",
    "request",
]


async def csv_lines(
    entries: "QuerySet[AuditEntry]", zone: tzinfo = UTC, most: int = MOST_EXPORTED
) -> AsyncIterator[str]:
    """The file with its header, times in the given zone. Each page starts below the last id, so that a long log needs no large
    offsets.
    """
    yield written([HEADER])
    last: int | None = None
    while most > 0:
        page = await sync_to_async(_page)(entries, last, min(most, _PAGE))
        if not page:
            return
        yield written([_row(entry, zone) for entry in page])
        last, most = page[-1].pk, most - len(page)


def _page(entries: "QuerySet[AuditEntry]", below: int | None, size: int) -> list[AuditEntry]:
    rest = entries if below is None else entries.filter(pk__lt=below)
    return list(rest.select_related("actor").order_by("-id")[:size])


def _row(entry: AuditEntry, zone: tzinfo) -> list[str]:
    actor = entry.actor
    who = [actor.name, actor.email] if actor else ["", ""]
    changes = json.dumps(entry.changes, ensure_ascii=False) if entry.changes else ""
    what = [entry.action, entry.subject_type, entry.subject_id, changes, entry.reason]
    return [entry.at.astimezone(zone).isoformat(), *who, *what, entry.address or "", entry.request_id]
