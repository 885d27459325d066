"""React to signals of other apps: re-rank tickets and write events."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from agents.common.jobs import job
from agents.common.transactions import after_commit
from agents.models import Agent, AuditEntry
from agents.signals import agent_deactivated
from tickets.live import hints
from tickets.models import Event, Message, Note, Ticket
from tickets.services import announce, hand_back_tickets
from tickets.services.events import event, write
from tickets.signals import listen, message_posted, note_added, ticket_created, ticket_updated, weights_changed


@receiver(agent_deactivated)
def back_to_the_queue(sender: Any, agent: Agent, actor: Agent | None, **kwargs: Any) -> None:
    """Unassign the tickets of a deactivated agent, in the deactivation's own transaction and not in a savepoint."""
    hand_back_tickets(agent, actor)


@listen(weights_changed)
def rank_again(version: int, **kwargs: Any) -> None:
    """Enqueue the re-rank in the transaction that saves the weights."""
    job("tickets.tasks.rerank_tickets", queueing_lock=f"rerank:{version}").defer(version=version)


# --- Live events ------------------------------------------------------------------------------------------------------
@listen(ticket_created, essential=True)
def tell_created(ticket: Ticket, actor: Agent | None, **kwargs: Any) -> None:
    facts = {"status": ticket.status, "priority": ticket.priority, "channel": ticket.channel}
    announce(Event.Kind.CREATED, ticket.pk, actor=actor, assigned_to=ticket.assigned_to_id, **facts)


@listen(message_posted, essential=True)
def tell_message(message: Message, ticket: Ticket, actor: Agent | None, **kwargs: Any) -> None:
    facts = {"from_agent": message.from_agent, "message_count": ticket.message_count, "status": ticket.status}
    announce(Event.Kind.MESSAGE, ticket.pk, actor=actor, message_id=message.pk, **facts)


@listen(note_added, essential=True)
def tell_note(note: Note, ticket: Ticket, actor: Agent | None, **kwargs: Any) -> None:
    announce(Event.Kind.NOTE, ticket.pk, actor=actor, note_id=note.pk)


@listen(ticket_updated, essential=True)
def tell_updated(ticket: Ticket, changes: dict[str, Any], actor: Agent | None, **kwargs: Any) -> None:
    """Write the events of a changed ticket. An assignment has its own event; other fields are named without values, for
    privacy.
    """
    events = []
    if "assigned_to" in changes:
        before, now = changes["assigned_to"]
        events.append(event(Event.Kind.ASSIGNED, ticket.pk, actor, {"assigned_to": now}, taken_from=before))
    if others := sorted(changes.keys() - {"assigned_to"}):
        facts = {"changes": others, "status": ticket.status, "priority": ticket.priority}
        events.append(event(Event.Kind.UPDATED, ticket.pk, actor, facts))
    write(events)


@receiver(post_save, sender=AuditEntry)
def look_at_accounts(sender: Any, instance: AuditEntry, **kwargs: Any) -> None:
    """Ask the live sockets to check their permissions again after a change of an account, its keys or a rule for its role."""
    if instance.subject_type in ("agent", "role"):
        after_commit(hints.look)


@receiver(user_logged_out)
def cut_off(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """Close the sockets of a session that ends; the session is deleted after this signal."""
    if request.session.session_key:
        hints.session_ended(request.session.session_key)
