"""Provisional customers: what an agent typed, kept apart from the customer whom the shop knows by that address.

An agent who does not see all customers may open a ticket for any address, but may not learn whether the address is known. So
the ticket gets a customer of its own with the typed name and address and nothing else, whether the address is known or not:
every list, page, score, draft and event shows the same. The ticket moves to the real customer once the customer writes on it,
or somebody who sees all customers shares it or assigns the ticket.

Lock order (locks.py): customers, then their orders, then their tickets.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from agents import audit
from agents.common.transactions import atomic, send_signal
from agents.models import Agent
from agents.permissions import Capability, demand, may
from tickets.models import Contact, Customer, Order, Ticket
from tickets.ranking import scoring
from tickets.services.locks import lock_ticket
from tickets.services.orders import refresh_order_figures
from tickets.services.validation import NAME_LENGTH, clean_line
from tickets.signals import customers_changed, ticket_updated


class Cause(StrEnum):
    """Why a customer is shared with the ticket's agent: the reason in the audit log."""

    ANSWERED = "The customer wrote."
    ASSIGNED = "Assigned by somebody who sees all customers."
    SHARED = "Shared by hand."


@dataclass(frozen=True)
class _Held:
    provisional: Customer
    known: Customer | None  # owner of the address; `None` if unknown
    ticket_ids: list[UUID]  # tickets of the provisional customer


def opens_provisional(actor: Agent | None) -> bool:
    """Whether the actor's new tickets get a provisional customer: people who do not see all customers."""
    return actor is not None and not actor.is_service and not may(actor, Capability.SEE_ALL)


def named_by_address(actor: Agent, email: str) -> "QuerySet[Customer]":
    """The customer with that address whom the actor may see, else a new provisional one."""
    known = Contact.objects.filter(kind=Contact.Kind.EMAIL, value=email).values("customer_id")
    seen = Customer.objects.visible_to(actor).filter(pk__in=known).values("pk")
    named = Customer.objects.filter(Q(pk__in=seen) | Q(provisional_for=actor, email=email))
    return named.order_by(F("provisional_for_id").asc(nulls_first=True), "pk")


def create_provisional(actor: Agent, email: str, name: str | None) -> Customer:
    """Create a customer with only what the actor typed."""
    shown = clean_line("author_name", name, NAME_LENGTH) if name else email[:NAME_LENGTH]
    customer = Customer.objects.create(name=shown, email=email, provisional_for=actor)
    audit.record("customer.created", customer, actor=actor)
    send_signal(customers_changed, Customer, customer_ids=[customer.pk])
    return customer


def shares(actor: Agent | None) -> bool:
    """Whether the actor's recording of a customer's message, or assignment, shares the customer."""
    return actor is None or actor.is_service or may(actor, Capability.SEE_ALL)


@atomic
def share_customer(actor: Agent, ticket_id: UUID) -> Ticket:
    """Show the ticket's agent the customer whose address they typed. Writes nothing if there is nothing to share.

    Raises `Ticket.DoesNotExist`, and `PermissionDenied` below senior agent.
    """
    Ticket.objects.visible_to(actor).only("pk").get(pk=ticket_id)
    demand(actor, Capability.SEE_ALL)
    shared = share(actor, ticket_id, Cause.SHARED)
    ticket = lock_ticket(actor, ticket_id)
    if shared:
        ticket.updated_at = timezone.now()
        ticket.save(update_fields=["updated_at"])
    return ticket


def share(actor: Agent | None, ticket_id: UUID, cause: Cause) -> bool:
    """Move the tickets of the ticket's provisional customer to the real one; make it the real one if there is none.

    Call it before the ticket is locked: customers are locked first. Returns whether there was anything to share.
    """
    held = _hold(ticket_id)
    if held is None:
        return False
    before = held.provisional.pk
    if held.known is None or held.known == held.provisional:
        customer = _confirm(held.provisional)
    else:
        customer = held.known
        _move(actor, held, customer)
    for ticket in Ticket.objects.filter(pk__in=held.ticket_ids).order_by("id"):
        audit.record("ticket.customer_shared", ticket, actor=actor, reason=cause.value)
        changes = {"customer_id": (before, customer.pk)}
        send_signal(ticket_updated, Ticket, ticket=ticket, changes=changes, actor=actor, reason=cause.value)
    return True


def _hold(ticket_id: UUID) -> _Held | None:
    """Lock the ticket's provisional and real customers by id, then the tickets; `None` where the customer is real."""
    seen = Customer.objects.filter(provisional_for__isnull=False, tickets=ticket_id).first()
    if seen is None:
        return None
    address = Contact.objects.filter(kind=Contact.Kind.EMAIL, value=seen.email or "")
    owner = address.values_list("customer_id", flat=True).first()
    wanted = [key for key in (seen.pk, owner) if key is not None]
    locked = Customer.objects.filter(pk__in=wanted).order_by("id").select_for_update(no_key=True)
    found = {customer.pk: customer for customer in locked}
    provisional = found.get(seen.pk)
    if provisional is None or provisional.provisional_for_id is None:
        return None  # somebody else has shared it already
    theirs = Ticket.objects.filter(customer=provisional).order_by("id")
    ticket_ids = list(theirs.select_for_update(no_key=True).values_list("pk", flat=True))
    return _Held(provisional, found.get(owner) if owner else None, ticket_ids)


def _confirm(provisional: Customer) -> Customer:
    """Make the provisional customer the real one: no customer has the address."""
    provisional.provisional_for = None
    provisional.updated_at = timezone.now()
    provisional.save(update_fields=["provisional_for", "updated_at"])
    if provisional.email:
        Contact.objects.get_or_create(customer=provisional, kind=Contact.Kind.EMAIL, value=provisional.email)
    send_signal(customers_changed, Customer, customer_ids=[provisional.pk])
    return provisional


def _move(actor: Agent | None, held: _Held, known: Customer) -> None:
    provisional_id = held.provisional.pk
    orders = Order.objects.filter(customer_id=provisional_id).update(customer=known)
    Ticket.objects.filter(pk__in=held.ticket_ids).update(customer=known)
    Customer.objects.filter(pk=provisional_id).delete()
    audit.record("customer.linked", known, actor=actor, changes={"provisional": (provisional_id, None)})
    if orders:
        refresh_order_figures([known.pk])
    scoring.rerank(Ticket.objects.ranked().filter(pk__in=held.ticket_ids))
    send_signal(customers_changed, Customer, customer_ids=[known.pk])
