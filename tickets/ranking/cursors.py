"""Cursors of the list: a position in the ranking instead of a page number, so that pages do not shift."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import ValidationError

# Ranks may lie some years before and after the times allowed for records (services/validation.py).
OLDEST, NEWEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2300, 1, 1, tzinfo=UTC)


def mirrored(moment: datetime) -> datetime:
    """The ranking key of a ticket that closed at that time, and the time of such a key: closed tickets come after all ranks, the
    last closed first.
    """
    return NEWEST + (NEWEST - moment)


LAST = mirrored(OLDEST)


@dataclass(frozen=True)
class Cursor:
    """The last row of a page: its position in the ranking (`key`, then `id`), and the time of the first page's request."""

    as_of: datetime
    key: datetime
    id: UUID

    def encode(self, filters: Any) -> str:
        body = orjson.dumps([self.as_of, self.key, self.id, fingerprint(filters)])
        return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def decode(text: str, filters: Any) -> Cursor:
    """Decode a cursor. Raises `ValidationError` if it is malformed or belongs to a list with other filters."""
    try:
        as_of, key, id, made_for = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        cursor = Cursor(datetime.fromisoformat(as_of), datetime.fromisoformat(key), UUID(id))
    except (binascii.Error, ValueError, TypeError, AttributeError):
        raise ValidationError({"cursor": ["The cursor is not one that a list has answered."]}) from None
    if not all(
        moment.tzinfo is not None and OLDEST < moment.replace(tzinfo=UTC) < LAST
        for moment in (cursor.as_of, cursor.key)
    ):
        raise ValidationError({"cursor": ["The cursor is not one that a list has answered."]})
    if made_for != fingerprint(filters):
        raise ValidationError({"cursor": ["The cursor belongs to a list with other filters; start without one."]})
    return cursor


def fingerprint(filters: Any) -> str:
    return hashlib.sha256(orjson.dumps(filters, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
