"""Write entries to the audit log. Every service calls `record` in its own transaction."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from agents.models import Agent, AuditEntry


@dataclass(frozen=True)
class Origin:
    """The origin of a change: a request's address and id, both empty for a command or a job."""

    address: str | None = None
    request_id: str = ""


_NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


@contextlib.contextmanager
def origin(address: str | None, request_id: str = "") -> Iterator[None]:
    """Set the origin of all entries that are written inside the block."""
    token = _origin.set(Origin(address, request_id))
    try:
        yield
    finally:
        _origin.reset(token)


def entry(
    action: str,
    subject: Model | tuple[str, str],
    *,
    actor: Agent | None,
    changes: dict[str, Any] | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> AuditEntry:
    """An unsaved entry, for callers who write many at once. `at` is the moment of the change."""
    kind, key = subject if isinstance(subject, tuple) else (subject._meta.model_name or "", str(subject.pk))
    where = _origin.get()
    return AuditEntry(
        actor=actor,
        at=at or timezone.now(),
        action=action,
        subject_type=kind,
        subject_id=key[:64],
        changes={name: [plain(old), plain(new)] for name, (old, new) in (changes or {}).items()},
        reason=reason[:500],
        address=where.address,
        request_id=where.request_id,
    )


def record(
    action: str,
    subject: Model | tuple[str, str],
    *,
    actor: Agent | None,
    changes: dict[str, Any] | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> None:
    """Write one entry. `changes` maps a field's name to (before, after); message texts must not be in it."""
    entry(action, subject, actor=actor, changes=changes, reason=reason, at=at).save(force_insert=True)


def changes_since(subject: Model, seen_at: datetime) -> dict[str, Any]:
    """The changes of a record after `seen_at`: per field its current value, who changed it and when."""
    entries = AuditEntry.objects.filter(
        subject_type=subject._meta.model_name, subject_id=str(subject.pk), at__gt=seen_at
    ).select_related("actor")
    changed: dict[str, Any] = {}
    for one in entries.order_by("id")[:100]:
        by = one.actor.name if one.actor else _("System")
        for name, (_before, after) in (one.changes or {one.action: (None, None)}).items():
            changed[name] = {"now": after, "by": by, "at": one.at.isoformat()}
    return changed


def plain(value: Any) -> Any:
    """Convert the value for JSON."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    return str(value)
