"""Locks on agents and tickets, and the rank that is stored while a ticket is locked.

Lock order everywhere: agents, customers, orders, tickets; each by id.

- An assignment locks the agent's row first. A deactivation, which unassigns tickets, therefore either comes first and is seen,
  or waits and finds this ticket too. The same lock keeps two assignments from taking the last free place (assignee_choice.py).
- A reopening learns its agent only from the ticket, too late for that order. It takes an advisory lock of the agent after the
  ticket's row. A deactivation takes the same lock exclusively, after the agent's row and before any ticket: it looks for tickets
  afterwards, and never waits for a ticket that was closed when it looked.
- *Next ticket* uses SKIP LOCKED. Only where all remaining tickets are locked does it wait, holding no more than the caller's own
  row, as the order requires.
"""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils.translation import gettext as _

from agents.models import Agent
from tickets.models import Ticket
from tickets.ranking import scoring

_REOPENING = 0x5175  # class of advisory locks, one for each agent; the number is arbitrary


def hold_agent(agent_id: UUID | None) -> Agent | None:
    """Lock the new assignee's row before any ticket; `None` where there is none."""
    if agent_id is None:
        return None
    return Agent.objects.filter(pk=agent_id).select_for_update(no_key=True).first()


def hold_self(actor: Agent) -> Agent:
    """Lock the actor's own row and reload it. Raises `PermissionDenied` where the account was deactivated meanwhile."""
    agent = hold_agent(actor.pk)
    if agent is None or not agent.is_active:
        raise PermissionDenied(_("Your account is no longer active."))
    return agent


def still_works(agent_id: UUID) -> bool:
    """Whether a reopened ticket may keep its agent; a deactivation waits until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, hashtext(%s))", [_REOPENING, str(agent_id)])
    return Agent.objects.filter(pk=agent_id, is_active=True).exists()


def hold_reopening(agent_id: UUID) -> None:
    """Wait for every reopening of the agent's tickets, and block new ones until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_REOPENING, str(agent_id)])


def lock_ticket(actor: Agent | None, ticket_id: UUID) -> Ticket:
    """Lock the ticket until the end of the transaction. Raises `Ticket.DoesNotExist` where the actor may not see it."""
    visible = Ticket.objects.visible_to(actor) if actor else Ticket.objects.all()
    ticket: Ticket = visible.select_for_update(no_key=True, of=("self",)).get(pk=ticket_id)
    return ticket


def rank(ticket: Ticket) -> None:
    """Store the rank of a locked ticket after a write; a closed ticket keeps its rank until it reopens."""
    if ticket.status == Ticket.Status.CLOSED:
        return
    scoring.rerank(Ticket.objects.filter(pk=ticket.pk))
    ticket.refresh_from_db(fields=["rank_at"])
