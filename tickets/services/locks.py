"""Locks on tickets, and the rank that is stored under them. Order of locks everywhere:
agents, customers, orders, tickets; each by id."""

from uuid import UUID

from agents.models import Agent
from tickets import scoring
from tickets.models import Ticket


def lock_ticket(actor: Agent | None, ticket_id: UUID) -> Ticket:
    """The ticket, held until the end of the transaction. Raises `Ticket.DoesNotExist` where the actor may not see it."""
    visible = Ticket.objects.visible_to(actor) if actor else Ticket.objects.all()
    ticket: Ticket = visible.select_for_update(no_key=True, of=("self",)).get(pk=ticket_id)
    return ticket


def rank(ticket: Ticket) -> None:
    """Stores the ticket's rank after a write to it; a closed one keeps its rank until it reopens. The caller holds its lock."""
    if ticket.status == Ticket.Status.CLOSED:
        return
    scoring.rerank(Ticket.objects.filter(pk=ticket.pk))
    ticket.refresh_from_db(fields=["rank_at"])
