"""Snooze tickets: out of the queue until a moment, the customer's next message, or whichever comes first.

A snooze ends at its moment: every query counts a ticket whose moment has passed as part of the queue (`TicketQuerySet.awake`,
`Ticket.is_asleep`), with or without a worker, and writes nothing. `wake_due` stores the end, writes an audit entry and an event:
the worker calls it each minute, and *Next ticket* before it takes one. Whatever else ends a snooze (the customer's message,
closing, opening, another assignee) ends it in its own write, by `wake`.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from agents import audit
from agents.common.errors import Conflict
from agents.common.transactions import atomic, send_signal
from agents.models import Agent, AuditEntry
from agents.permissions import Capability, demand
from tickets.models import Ticket
from tickets.services.locks import lock_ticket
from tickets.services.validation import fail
from tickets.signals import ticket_updated

LONGEST = timedelta(days=90)
OVER = "The time until which it was snoozed has come."
BY_HAND = "Put back into the queue by hand."
UNTIL_REPLY = "Until the customer writes."
# Snoozes that one call ends: *Next ticket* must not wait for more, and the worker does the rest.
AT_ONCE = 500
FIELDS = ("snoozed", "snoozed_until", "snoozed_until_reply", "snoozed_by")
Changes = dict[str, tuple[Any, Any]]


@atomic
def snooze_ticket(
    actor: Agent | None,
    ticket_id: UUID,
    *,
    until: datetime | None,
    until_reply: bool = True,
    seen_at: datetime | None = None,
) -> Ticket:
    """Snooze the ticket. The same again changes nothing; other terms replace the earlier ones.

    `seen_at` is the `updated_at` that the actor saw. Raises `Ticket.DoesNotExist`, `ValidationError`, and `Conflict` for a closed
    ticket, one that changed since `seen_at`, and one whose customer writes at this moment.
    """
    demand(actor, Capability.WORK)
    now = timezone.now()
    _check(until, until_reply, now)
    visible = Ticket.objects.visible_to(actor) if actor else Ticket.objects.all()
    # Read before waiting for the lock: the agent has not seen messages that arrive meanwhile.
    messages = visible.values_list("message_count", flat=True).get(pk=ticket_id)
    ticket = lock_ticket(actor, ticket_id)
    if ticket.message_count != messages and ticket.last_message_from_agent is False:
        raise Conflict(_("The customer has just written; the ticket was not snoozed."))
    if seen_at is not None and ticket.updated_at != seen_at:
        changed = {"changed": audit.changes_since(ticket, seen_at), "updated_at": ticket.updated_at}
        raise Conflict(_("The ticket has changed since you saw it; nothing was written."), changed)
    if ticket.status == Ticket.Status.CLOSED:
        raise Conflict(_("The ticket is closed; reopen it first."))
    if ticket.snoozed and (ticket.snoozed_until, ticket.snoozed_until_reply) == (until, until_reply):
        return ticket
    changes = _set(ticket, True, until, until_reply, actor)
    _save(ticket, changes, actor, _told(until, until_reply), "ticket.snoozed")
    return ticket


@atomic
def unsnooze_ticket(actor: Agent | None, ticket_id: UUID) -> Ticket:
    """End the snooze of a ticket now; no-op if it is not snoozed. Raises `Ticket.DoesNotExist`."""
    demand(actor, Capability.WORK)
    ticket = lock_ticket(actor, ticket_id)
    if changes := wake(ticket):
        _save(ticket, changes, actor, BY_HAND, "ticket.unsnoozed")
    return ticket


def wake(ticket: Ticket) -> Changes:
    """End the snooze of the locked, unsaved ticket; the caller saves `FIELDS` and writes the event. Returns the changes."""
    return _set(ticket, False, None, False, None) if ticket.snoozed else {}


def wake_due(now: datetime) -> int:
    """Reopen snoozed tickets whose time has passed, except those locked by a writer. Returns how many.

    `updated_at` stays: nobody has edited anything. Raises nothing.
    """
    due = Ticket.objects.filter(snoozed=True, snoozed_until__lte=now)
    if not due.exists():
        return 0
    with atomic():
        tickets: list[Ticket] = list(due.order_by("id").select_for_update(no_key=True, skip_locked=True)[:AT_ONCE])
        if not tickets:
            return 0
        changed = {ticket.pk: wake(ticket) for ticket in tickets}
        Ticket.objects.filter(pk__in=list(changed)).update(
            snoozed=False, snoozed_until=None, snoozed_until_reply=False, snoozed_by=None
        )
        AuditEntry.objects.bulk_create(
            audit.entry("ticket.unsnoozed", ticket, actor=None, changes=changed[ticket.pk], reason=OVER, at=now)
            for ticket in tickets
        )
        for ticket in tickets:
            send_signal(ticket_updated, Ticket, ticket=ticket, changes=changed[ticket.pk], actor=None, reason=OVER)
    return len(tickets)


def _check(until: datetime | None, until_reply: bool, now: datetime) -> None:
    if until is None:
        if not until_reply:
            raise fail("until", _("Set until to a time, or until_reply to true."))
        return
    if until <= now:
        raise fail("until", _("The snooze time must be in the future."))
    if until > now + LONGEST:
        raise fail("until", _("A ticket can be snoozed for at most %(days)s days.") % {"days": LONGEST.days})


def _set(ticket: Ticket, snoozed: bool, until: datetime | None, until_reply: bool, by: Agent | None) -> Changes:
    """Set the snooze on the unsaved ticket and return the changed fields."""
    terms = {"snoozed": snoozed, "snoozed_until": until, "snoozed_until_reply": until_reply}
    changes = {name: (getattr(ticket, name), value) for name, value in terms.items() if getattr(ticket, name) != value}
    for name, value in terms.items():
        setattr(ticket, name, value)
    ticket.snoozed_by = by
    return changes


def _save(ticket: Ticket, changes: Changes, actor: Agent | None, reason: str, action: str) -> None:
    ticket.updated_at = timezone.now()
    ticket.save(update_fields=[*FIELDS, "updated_at"])
    audit.record(action, ticket, actor=actor, changes=changes, reason=reason, at=ticket.updated_at)
    send_signal(ticket_updated, Ticket, ticket=ticket, changes=changes, actor=actor, reason=reason)


def _told(until: datetime | None, until_reply: bool) -> str:
    """The snooze's terms as a sentence."""
    if until is None:
        return UNTIL_REPLY
    moment = f"{until.astimezone(timezone.get_default_timezone()):%Y-%m-%d %H:%M %Z}"
    return f"Until {moment}, or until the customer writes." if until_reply else f"Until {moment}."
