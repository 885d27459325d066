"""The one way to write tickets: permission, lock, write, re-rank, audit entry, event, in this order and in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agents import audit
from agents.errors import Conflict
from agents.models import Agent, AuditEntry
from agents.permissions import Capability, demand, may
from tickets import scoring, search
from tickets.models import Customer, Message, Ticket, TicketTag
from tickets.services.conversation import append_message, set_status
from tickets.services.customers import find_or_create_customer
from tickets.services.locks import lock_ticket, rank
from tickets.services.rules import SUBJECT_LENGTH, clean_line, clean_tags, fail
from tickets.services.tags import change_tags
from tickets.signals import message_posted, ticket_created, ticket_updated


@dataclass
class TicketData:
    """A new ticket. The customer is named by id, or found or created by the address they write from."""

    subject: str
    channel: str
    customer_id: UUID | None = None
    author_email: str | None = None
    author_name: str | None = None
    priority: str = Ticket.Priority.NORMAL.value
    initial_message: str | None = None
    from_agent: bool = False
    tags: Iterable[str] = ()
    assigned_to: UUID | None = None


@transaction.atomic
def create_ticket(actor: Agent | None, data: TicketData) -> Ticket:
    """A new open ticket with its first message. Raises `ValidationError`, `PermissionDenied`.

    An agent's own tickets are assigned to them; a service's stay unassigned.
    """
    demand(actor, Capability.WORK)
    values = {
        "subject": clean_line("subject", data.subject, SUBJECT_LENGTH),
        "channel": _one_of("channel", data.channel, Ticket.Channel.values),
        "priority": _one_of("priority", data.priority, Ticket.Priority.values),
    }
    tags = clean_tags(data.tags)
    _hold(data.assigned_to)
    assignee = _first_assignee(actor, data.assigned_to)
    customer = _customer_of(actor, data)
    now = timezone.now()
    ticket = Ticket.objects.create(
        customer=customer, assigned_to=assignee, created_at=now, updated_at=now, rank_at=now, **values
    )
    search.index_subject(ticket)
    TicketTag.objects.bulk_create(TicketTag(ticket=ticket, name=name) for name in tags)
    message = None
    if data.initial_message is not None:
        name = data.author_name if actor is None or actor.is_service else None
        message = append_message(
            ticket,
            data.initial_message,
            from_agent=data.from_agent,
            actor=actor,
            author_name=name,
            at=now,
            field="initial_message",
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
        at=now,
    )
    ticket_created.send_robust(Ticket, ticket=ticket, actor=actor)
    if message is not None:
        message_posted.send_robust(Message, message=message, ticket=ticket, actor=actor)
    return ticket


def _customer_of(actor: Agent | None, data: TicketData) -> Customer:
    """The customer, locked, so that the rank made from their figures stays true."""
    if data.customer_id is not None:
        visible = Customer.objects.visible_to(actor) if actor else Customer.objects.all()
        if not visible.filter(pk=data.customer_id).exists():
            raise fail("customer_id", f"No customer has the id {data.customer_id}.")
        return scoring.lock_customer(data.customer_id)
    if not data.author_email:
        raise fail("customer_id", "Name the customer: by customer_id, or by author_email.")
    name = clean_line("author_name", data.author_name, 200) if data.author_name else None
    return scoring.lock_customer(find_or_create_customer(actor, data.author_email, name).pk)


def _first_assignee(actor: Agent | None, wanted: UUID | None) -> Agent | None:
    if wanted is not None:
        return _assignee(actor, wanted)
    return actor if actor is not None and not actor.is_service and not may(actor, Capability.SEE_ALL) else None


def _assignee(actor: Agent | None, wanted: UUID) -> Agent:
    """The agent to assign to: oneself what one may see, others from team lead up."""
    if actor is not None and wanted != actor.pk:
        demand(actor, Capability.ASSIGN)
    agent = Agent.objects.filter(pk=wanted, is_active=True, is_service=False).first()
    if agent is None:
        raise fail("assigned_to", "No active agent has this id.")
    return agent


def _hold(agent_id: UUID | None) -> None:
    """Locks the account that a ticket is to be assigned to, before any ticket: a deactivation, which hands tickets back, either
    comes first and is seen, or waits and finds this ticket, too."""
    if agent_id is not None:
        Agent.objects.filter(pk=agent_id).select_for_update(no_key=True).values_list("pk", flat=True).first()


def _one_of(field: str, value: str, choices: list[str]) -> str:
    if value not in choices:
        raise fail(field, f"The {field} is one of {', '.join(choices)}.")
    return value


@transaction.atomic
def update_ticket(
    actor: Agent | None,
    ticket_id: UUID,
    values: dict[str, Any],
    *,
    seen_at: datetime | None = None,
    reason: str = "",
) -> Ticket:
    """Changes subject, status, priority, assigned_to (an id or None), tags (or add_tags, remove_tags).

    `seen_at` is the `updated_at` that the writer saw; where the ticket has changed since, raises `Conflict` with what changed.
    Nothing new, nothing written. Raises `Ticket.DoesNotExist`, `ValidationError`, `PermissionDenied`.
    """
    demand(actor, Capability.WORK)
    _hold(values.get("assigned_to"))
    ticket = lock_ticket(actor, ticket_id)
    if seen_at is not None and ticket.updated_at != seen_at:
        raise Conflict("The ticket has changed since you saw it; nothing was written.", _since(ticket, seen_at))
    now = timezone.now()
    changes = _change_fields(ticket, values, actor, now)
    tags = change_tags(ticket, values)
    if tags:
        changes["tags"] = tags
    if not changes:
        return ticket
    ticket.updated_at = now
    ticket.save()
    if "subject" in changes:
        search.index_subject(ticket)
    rank(ticket)
    audit.record("ticket.updated", ticket, actor=actor, changes=changes, reason=reason, at=now)
    ticket_updated.send_robust(Ticket, ticket=ticket, changes=changes, actor=actor)
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
    if "assigned_to" in values and values["assigned_to"] != ticket.assigned_to_id:
        wanted = values["assigned_to"]
        if wanted is None:
            demand(actor, Capability.ASSIGN)
        _set(ticket, "assigned_to_id", _assignee(actor, wanted).pk if wanted else None, changes, "assigned_to")
    return changes


def _set(ticket: Ticket, name: str, value: Any, changes: dict[str, tuple[Any, Any]], label: str = "") -> None:
    before = getattr(ticket, name)
    if before != value:
        setattr(ticket, name, value)
        changes[label or name] = (before, value)


def _since(ticket: Ticket, seen_at: datetime) -> dict[str, Any]:
    """What happened to the ticket after `seen_at`: per field its value now, who and when."""
    entries = AuditEntry.objects.filter(
        subject_type="ticket", subject_id=str(ticket.pk), at__gt=seen_at
    ).select_related("actor")
    changed: dict[str, Any] = {}
    for entry in entries.order_by("id")[:100]:
        by = entry.actor.name if entry.actor else "the program"
        for name, (_, after) in (entry.changes or {entry.action: (None, None)}).items():
            changed[name] = {"now": after, "by": by, "at": entry.at.isoformat()}
    return {"changed": changed, "updated_at": ticket.updated_at}


@transaction.atomic
def hand_back_tickets(agent: Agent, actor: Agent | None, reason: str = "The agent was deactivated.") -> list[UUID]:
    """Puts the open and pending tickets of an agent back into the queue, unassigned. Returns their ids.

    Ranks stay: the assignee does not count in them. Raises `PermissionDenied` below team lead.
    """
    demand(actor, Capability.ASSIGN)
    held = Ticket.objects.ranked().filter(assigned_to=agent)
    tickets: list[Ticket] = list(held.order_by("id").select_for_update(no_key=True))
    now = timezone.now()
    ids = [ticket.pk for ticket in tickets]
    Ticket.objects.filter(pk__in=ids).update(assigned_to=None, updated_at=now)
    changes = {"assigned_to": (agent.pk, None)}
    AuditEntry.objects.bulk_create(
        [
            audit.entry("ticket.updated", ticket, actor=actor, changes=changes, reason=reason, at=now)
            for ticket in tickets
        ],
        batch_size=1000,
    )
    for ticket in tickets:
        ticket.assigned_to, ticket.updated_at = None, now
        ticket_updated.send_robust(Ticket, ticket=ticket, changes=changes, actor=actor)
    return ids
