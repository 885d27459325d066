"""Write tickets: permission, lock, write, re-rank, audit entry and event, in this order and in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from agents import audit
from agents.common.errors import Conflict
from agents.common.transactions import atomic, send_signal
from agents.models import Agent
from agents.permissions import Capability, demand
from tickets import keyword_index
from tickets.models import AssignmentRules, Contact, Customer, Message, Ticket, TicketTag
from tickets.ranking import scoring
from tickets.services.assigning.assignment import (
    automatic_assignee,
    checked_assignee,
    first_assignee,
    note_given_up,
    reason_by_hand,
)
from tickets.services.assigning.assignment_rules import Facts, rules_of, with_rules
from tickets.services.customers.customers import find_or_create_customer
from tickets.services.customers.external_ids import create_shop_customer, find_shop_customer
from tickets.services.customers.provisional import (
    Cause,
    create_provisional,
    named_by_address,
    opens_provisional,
    share,
    shares,
)
from tickets.services.locks import hold_agent, lock_ticket, rank
from tickets.services.messages.messages import REOPENED, append_message, leave_inactive, prepare_content, set_status
from tickets.services.snoozing import wake
from tickets.services.tags import change_tags
from tickets.services.validation import SUBJECT_LENGTH, clean_email, clean_line, clean_tags, fail
from tickets.signals import message_posted, ticket_created, ticket_updated


@dataclass
class TicketData:
    """A new ticket. The customer is given by id, or found or created by the shop's id or the address."""

    subject: str
    channel: str
    customer_id: UUID | None = None
    external_id: str | None = None  # the shop's id of the customer; only service accounts may give it
    author_email: str | None = None
    author_name: str | None = None
    priority: str = Ticket.Priority.NORMAL.value
    initial_message: str | None = None
    from_agent: bool = False
    tags: Iterable[str] = ()
    assigned_to: UUID | None = None
    # The customer's languages, spelled as in agents' specializations, such as "german".
    languages: Iterable[str] = ()


@atomic
def create_ticket(actor: Agent | None, data: TicketData) -> Ticket:
    """Create an open ticket with its first message. Raises `ValidationError`, `PermissionDenied`.

    Tickets that an agent creates are assigned to them. Others, also a service's, stay unassigned, or go to an available agent if
    the assignment rules say so.
    """
    demand(actor, Capability.WORK)
    values = {
        "subject": clean_line("subject", data.subject, SUBJECT_LENGTH),
        "channel": _one_of("channel", data.channel, Ticket.Channel.values),
        "priority": _one_of("priority", data.priority, Ticket.Priority.values),
    }
    tags = clean_tags(data.tags)
    content = None if data.initial_message is None else prepare_content(data.initial_message, "initial_message")
    assignee, why = first_assignee(actor, data.assigned_to)
    customer_id, facts = _named_customer(actor, data)
    if assignee is None:
        assignee, why = automatic_assignee(facts, tags, data.languages)
    customer = _locked_customer(actor, data, customer_id)
    now = timezone.now()
    ticket = Ticket.objects.create(
        customer=customer, assigned_to=assignee, created_at=now, updated_at=now, rank_at=now, **values
    )
    keyword_index.index_subject(ticket)
    TicketTag.objects.bulk_create(TicketTag(ticket=ticket, name=name) for name in tags)
    message = None
    if content is not None:
        name = data.author_name if actor is None or actor.is_service else None
        message = append_message(
            ticket,
            content,
            from_agent=data.from_agent,
            actor=actor,
            author_name=name,
            at=now,
        )
        if data.from_agent:
            set_status(ticket, Ticket.Status.PENDING, now)
        ticket.save()
    rank(ticket)
    audit.record(
        "ticket.created",
        ticket,
        actor=actor,
        changes={"assigned_to": (None, ticket.assigned_to_id)} if assignee else None,
        reason=why,
        at=now,
    )
    send_signal(ticket_created, Ticket, ticket=ticket, actor=actor)
    if message is not None:
        send_signal(message_posted, Message, message=message, ticket=ticket, actor=actor)
    return ticket


def _named_customer(actor: Agent | None, data: TicketData) -> tuple[UUID | None, Facts]:
    """The customer's id (`None` for a new one) and the facts for the assignment, read in one query."""
    if data.customer_id is not None:
        visible: Any = Customer.objects.visible_to(actor) if actor else Customer.objects.all()
        named = visible.filter(pk=data.customer_id)
    elif data.external_id is not None:
        known = find_shop_customer(actor, data.external_id, data.author_email)
        named = Customer.objects.filter(pk=known) if known else Customer.objects.none()
    elif data.author_email:
        email = clean_email(data.author_email, "author_email")
        if actor is not None and opens_provisional(actor):
            named = named_by_address(actor, email)
        else:
            named = Customer.objects.filter(contacts__kind=Contact.Kind.EMAIL, contacts__value=email)
    else:
        raise fail("customer_id", _("Identify the customer by customer_id or author_email."))
    customer = with_rules(named).first()
    if customer is not None:
        return customer.pk, Facts(rules_of(customer), customer.lifetime_value)
    if data.customer_id is not None:
        raise fail("customer_id", _("No customer has the id %(customer_id)s.") % {"customer_id": data.customer_id})
    return None, Facts(AssignmentRules.in_force(), Decimal(0))


def _locked_customer(actor: Agent | None, data: TicketData, customer_id: UUID | None) -> Customer:
    """Lock the customer, or create it, so that the rank from its figures stays true."""
    if customer_id is None and actor is not None and opens_provisional(actor):
        return create_provisional(actor, clean_email(data.author_email or "", "author_email"), data.author_name)
    if customer_id is None:
        name = clean_line("author_name", data.author_name, 200) if data.author_name else None
        if data.external_id is not None:
            customer_id = create_shop_customer(actor, data.external_id, data.author_email, name)
        else:
            customer_id = find_or_create_customer(actor, data.author_email or "", name).pk
    try:
        return scoring.lock_customer(customer_id)
    except Customer.DoesNotExist:  # a provisional customer that is being shared at this moment
        raise Conflict(_("The customer was changed in the meantime; try again.")) from None


def _one_of(field: str, value: str, choices: list[str]) -> str:
    if value not in choices:
        raise fail(
            field, _("The %(field)s must be one of %(choices)s.") % {"field": field, "choices": ", ".join(choices)}
        )
    return value


@atomic
def update_ticket(
    actor: Agent | None,
    ticket_id: UUID,
    values: dict[str, Any],
    *,
    seen_at: datetime | None = None,
    reason: str = "",
) -> Ticket:
    """Change subject, status, priority, assigned_to (an id or None), tags (or add_tags, remove_tags).

    `reason` is for the audit log; an assignment has a default reason. `seen_at` is the `updated_at` that the writer saw; if the
    ticket changed since, raises `Conflict` with the changes. Without a change nothing is written. Raises `Ticket.DoesNotExist`,
    `ValidationError`, `PermissionDenied`.
    """
    demand(actor, Capability.WORK)
    held = hold_agent(values.get("assigned_to"))
    if held is not None and shares(actor):
        share(actor, ticket_id, Cause.ASSIGNED)
    ticket = lock_ticket(actor, ticket_id)
    if seen_at is not None and ticket.updated_at != seen_at:
        changed = {"changed": audit.changes_since(ticket, seen_at), "updated_at": ticket.updated_at}
        raise Conflict(_("The ticket has changed since you saw it; nothing was written."), changed)
    now = timezone.now()
    before = ticket.status
    changes = _change_fields(ticket, values, actor, now)
    if "assigned_to" in values and values["assigned_to"] != ticket.assigned_to_id:
        changes["assigned_to"] = _assign(ticket, values["assigned_to"], actor, held)
        reason = reason or reason_by_hand(actor, ticket.assigned_to_id)
    if "assigned_to" in changes or ("status" in changes and ticket.status != Ticket.Status.PENDING):
        changes |= wake(ticket)
    if left := leave_inactive(ticket, before):
        changes |= left
        reason = reason or REOPENED
    tags = change_tags(ticket, values)
    if tags:
        changes["tags"] = tags
    if not changes:
        return ticket
    ticket.updated_at = now
    ticket.save()
    if "subject" in changes:
        keyword_index.index_subject(ticket)
    rank(ticket)
    audit.record("ticket.updated", ticket, actor=actor, changes=changes, reason=reason, at=now)
    send_signal(ticket_updated, Ticket, ticket=ticket, changes=changes, actor=actor, reason=reason)
    return ticket


def _change_fields(
    ticket: Ticket, values: dict[str, Any], actor: Agent | None, now: datetime
) -> dict[str, tuple[Any, Any]]:
    changes: dict[str, tuple[Any, Any]] = {}
    if "subject" in values:
        _set(ticket, "subject", clean_line("subject", values["subject"], SUBJECT_LENGTH), changes)
    if "priority" in values:
        _set(ticket, "priority", _one_of("priority", values["priority"], Ticket.Priority.values), changes)
    if "status" in values:
        before = ticket.status
        if set_status(ticket, _one_of("status", values["status"], Ticket.Status.values), now):
            changes["status"] = (before, ticket.status)
    return changes


def _assign(
    ticket: Ticket, wanted: UUID | None, actor: Agent | None, held: Agent | None
) -> tuple[UUID | None, UUID | None]:
    """Assign the unsaved ticket; changing another agent's assignment requires the permission. Returns new and old assignee."""
    before = ticket.assigned_to_id
    if wanted is None:
        demand(actor, Capability.ASSIGN)
        if actor is not None and before == actor.pk:
            note_given_up(ticket, actor.pk, timezone.now())
    ticket.assigned_to = checked_assignee(actor, wanted, held) if wanted else None
    return before, wanted


def _set(ticket: Ticket, name: str, value: Any, changes: dict[str, tuple[Any, Any]]) -> None:
    before = getattr(ticket, name)
    if before != value:
        setattr(ticket, name, value)
        changes[name] = (before, value)
