"""Change many tickets, each in its own transaction, so that one refusal stops no other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from agents.common.errors import Conflict
from agents.models import Agent
from agents.permissions import Capability, demand
from tickets.models import Ticket
from tickets.services.lock_retry import retrying
from tickets.services.snoozing import snooze_ticket, unsnooze_ticket
from tickets.services.tickets import update_ticket
from tickets.services.validation import fail

MOST_AT_ONCE = 200
NOT_THERE = "There is nothing here that you may see."


@dataclass(frozen=True)
class Change:
    """The result for one ticket: changed, unchanged, or refused with a sentence."""

    ticket_id: UUID
    subject: str
    changed: bool = False
    refusal: str = ""


def change_many(actor: Agent, ticket_ids: Iterable[UUID], values: dict[str, Any]) -> list[Change]:
    """Call `update_ticket` for each ticket; one result per ticket, in the given order.

    Raises `ValidationError` for more than `MOST_AT_ONCE`, and then writes nothing.
    """
    return _each(actor, ticket_ids, lambda pk: update_ticket(actor, pk, dict(values)))


def snooze_many(
    actor: Agent, ticket_ids: Iterable[UUID], until: datetime | None, until_reply: bool = True
) -> list[Change]:
    """Call `snooze_ticket` for each ticket, as `change_many` does."""
    return _each(actor, ticket_ids, lambda pk: snooze_ticket(actor, pk, until=until, until_reply=until_reply))


def unsnooze_many(actor: Agent, ticket_ids: Iterable[UUID]) -> list[Change]:
    """Call `unsnooze_ticket` for each ticket, as `change_many` does."""
    return _each(actor, ticket_ids, lambda pk: unsnooze_ticket(actor, pk))


def _each(actor: Agent, ticket_ids: Iterable[UUID], change: Callable[[UUID], Ticket]) -> list[Change]:
    demand(actor, Capability.WORK)
    wanted = list(dict.fromkeys(ticket_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise fail(
            "tickets",
            _("At most %(most_at_once)s tickets can be changed at once; these are %(wanted)s.")
            % {"most_at_once": MOST_AT_ONCE, "wanted": len(wanted)},
        )
    seen = {
        pk: (subject, at)
        for pk, subject, at in Ticket.objects.visible_to(actor)
        .filter(pk__in=wanted)
        .values_list("pk", "subject", "updated_at")
    }
    results = []
    for pk in wanted:
        subject, at = seen.get(pk, ("", None))
        results.append(_change(pk, subject, at, change))
    return results


def _change(ticket_id: UUID, subject: str, seen_at: Any, change: Callable[[UUID], Ticket]) -> Change:
    try:
        ticket = retrying(lambda: change(ticket_id))
    except Ticket.DoesNotExist:
        return Change(ticket_id, subject, refusal=NOT_THERE)
    except (PermissionDenied, Conflict) as refusal:
        return Change(ticket_id, subject, refusal=str(refusal))
    except ValidationError as refusal:
        return Change(ticket_id, subject, refusal=refusal.messages[0])
    return Change(ticket_id, subject, changed=ticket.updated_at != seen_at)
