"""Part of a ticket's messages or notes: the newest ones, or those before one of them, bounded in number and in size.

A conversation may hold thousands of long messages; no answer, page or job loads more of them at once than is said here.
"""

from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, F, Func, Q, QuerySet, RowRange, Sum, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from tickets.models import Message, Note, Ticket

MOST = 100  # messages or notes in one response
MOST_BYTES = 1_000_000  # bytes of UTF-8 of all texts in one response
CUT = "…"  # ends a text that is longer than a response may be

Written = TypeVar("Written", Message, Note)


def octets(field: str = "content") -> Func:
    """Number of bytes of the text in UTF-8, computed by PostgreSQL without reading a long text."""
    return Func(F(field), function="octet_length", output_field=BigIntegerField())


def newest(rows: QuerySet[Written], most: int = MOST) -> QuerySet[Written]:
    """The newest `most` rows of each ticket, oldest first, as far as their texts fit into `MOST_BYTES`; always at least one.

    One statement.
    """
    backwards: dict[str, Any] = {"partition_by": [F("ticket")], "order_by": [F("created_at").desc(), F("id").desc()]}
    return (
        rows.annotate(
            place=Window(RowNumber(), **backwards),
            upto=Window(Sum(octets()), frame=RowRange(None, 0), **backwards),
        )
        .filter(Q(upto__lte=MOST_BYTES) | Q(place=1), place__lte=most)
        .order_by("created_at", "id")
    )


def part(
    kind: type[Written], ticket: Ticket, before: UUID | None = None, most: int = MOST
) -> tuple[list[Written], bool]:
    """The newest part of the ticket's messages or notes, or the part before one of them; and whether there are earlier ones.

    Raises `ValidationError` if `before` is not of this ticket.
    """
    everything = kind._default_manager.filter(ticket=ticket)
    if before is not None:
        at = everything.filter(pk=before).values_list("created_at", flat=True).first()
        if at is None:
            raise ValidationError({"before": [_("This ticket has nothing with the ID %(id)s.") % {"id": before}]})
        everything = everything.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=before))
    shown = list(newest(everything, most))
    earlier = (
        bool(shown)
        and everything.filter(
            Q(created_at__lt=shown[0].created_at) | Q(created_at=shown[0].created_at, pk__lt=shown[0].pk)
        ).exists()
    )
    return shown, earlier


def cut(content: str) -> str:
    """The text as it is sent: shortened, with a mark, if it alone exceeds the limit of an answer."""
    if len(content) <= MOST_BYTES // 4:  # fits in any case: a character takes at most four bytes
        return content
    sent = content.encode()
    if len(sent) <= MOST_BYTES:
        return content
    return sent[: MOST_BYTES - len(CUT.encode())].decode(errors="ignore") + CUT
