"""Writes the invented shop through the services, in one transaction: a killed load leaves nothing behind."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import connection

from agents.common.transactions import atomic
from agents.models import Agent
from agents.services import create_agent, create_key
from tickets.demo.records import DemoAgent, DemoCustomer, DemoMessage, DemoNote, DemoOrder, DemoShop, DemoTicket
from tickets.demo.shop import build_shop
from tickets.models import Customer
from tickets.services import (
    CustomerData,
    LineData,
    OrderData,
    PastEntry,
    PastTicket,
    save_customers,
    save_histories,
    save_orders,
    set_churn_risk,
)

PASSWORD = "quimbi-demo"  # noqa: S105  printed on the sign-in page; never made in production
SERVICE_KEY = "spa-key"  # API key of the storefront; production accepts no key this short
BATCH = 100
Record = TypeVar("Record")
Progress = Callable[[int], object]


def is_empty() -> bool:
    """Whether there are no agents and no orders."""
    return not Agent.objects.exists() and not Customer.objects.exists()


def load(now: datetime, seed: int, progress: Progress) -> DemoShop:
    """Load the shop as of `now`; `progress` receives the number of records of each step."""
    shop = build_shop(now, seed)
    with atomic():
        _load_agents(shop.agents, progress)
        _load_customers(shop.customers, progress)
        for orders in _batches(shop.orders):
            _demand([outcome.error for outcome in save_orders(map(_order, orders), None, trail=False)])
            progress(len(orders))
        for tickets in _batches(shop.tickets):
            _demand([outcome.error for outcome in save_histories(map(_ticket, tickets), trail=False)])
            progress(len(tickets))
    with connection.cursor() as cursor:
        # A newly filled table has no statistics, so the first pages would get bad query plans.
        cursor.execute("ANALYZE")
    return shop


def size(shop: DemoShop) -> int:
    return len(shop.agents) + len(shop.customers) + len(shop.orders) + len(shop.tickets)


def _load_agents(agents: Sequence[DemoAgent], progress: Progress) -> None:
    password = make_password(PASSWORD)
    for one in agents:
        made = create_agent(
            None,
            email=one.email,
            name=one.name,
            role=one.role,
            status=one.status,
            department=one.department,
            accepts_new_tickets=one.accepts_new_tickets,
            max_concurrent_tickets=one.max_concurrent_tickets,
            specializations=list(one.specializations),
            is_service=one.is_service,
        )
        if one.is_service:
            create_key(None, made.pk, name=one.name, scope="write", secret=SERVICE_KEY)
        else:
            # The well-known password would fail the password validators, as it should.
            Agent.objects.filter(pk=made.pk).update(password=password)
        progress(1)


def _load_customers(customers: Sequence[DemoCustomer], progress: Progress) -> None:
    for batch in _batches(customers):
        outcomes = save_customers(map(_customer, batch), None, trail=False)
        _demand([outcome.error for outcome in outcomes])
        known = {outcome.customer.external_id: outcome.customer.pk for outcome in outcomes if outcome.customer}
        set_churn_risk({known[one.key]: one.churn_risk_score for one in batch})
        progress(len(batch))


def _batches(records: Sequence[Record]) -> Iterator[list[Record]]:
    rest = iter(records)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _demand(errors: list[ValidationError | None]) -> None:
    """Raise unless the services accept all of the demo's content."""
    wrong = [error for error in errors if error is not None]
    if wrong:
        raise wrong[0]


def _customer(one: DemoCustomer) -> CustomerData:
    return CustomerData(
        name=one.name,
        email=one.email,
        external_id=one.key,
        emails=one.extra_emails,
        phones=one.phones,
        created_at=one.created_at,
    )


def _order(one: DemoOrder) -> OrderData:
    return OrderData(
        number=one.number,
        placed_at=one.placed_at,
        total=one.total,
        customer=CustomerData(external_id=one.customer_key),
        status=one.status,
        fulfillment_status=one.fulfillment_status,
        currency=one.currency,
        discount=one.discount,
        refunded=one.refunded,
        tracking_numbers=one.tracking_numbers,
        tracking_urls=one.tracking_urls,
        shipping_carrier=one.shipping_carrier or "",
        lines=[LineData(line.title, line.quantity, line.sku, line.unit_price) for line in one.lines],
    )


def _ticket(one: DemoTicket) -> PastTicket:
    return PastTicket(
        external_id=one.key,
        customer=CustomerData(external_id=one.customer_key),
        subject=one.subject,
        channel=one.channel,
        created_at=one.created_at,
        status=one.status,
        priority=one.priority,
        assigned_to=one.assigned_to,
        tags=one.tags,
        customer_sentiment=one.customer_sentiment,
        estimated_difficulty=one.estimated_difficulty,
        messages=[_entry(message, from_agent=message.from_agent) for message in one.messages],
        notes=[_entry(note, from_agent=True) for note in one.notes],
    )


def _entry(one: DemoMessage | DemoNote, *, from_agent: bool) -> PastEntry:
    return PastEntry(one.content, one.created_at, from_agent=from_agent, author_email=one.author_email)
