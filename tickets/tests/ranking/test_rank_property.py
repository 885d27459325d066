"""The stored rank equals the formula after every kind of write, in any order."""

from collections.abc import Callable
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.common.errors import Conflict
from agents.models import Agent
from tickets import services
from tickets.models import Customer, Ticket
from tickets.ranking import scoring
from tickets.tests.factories import NOW, make_customer, make_ticket
from tickets.tests.oracle import assert_ranked

pytestmark = pytest.mark.django_db

unit = st.one_of(st.none(), st.floats(0, 1))
money = st.decimals(0, Decimal("9999999999.99"), places=2)
Write = Callable[[Agent, Ticket], Any]


def _order(total: Decimal, refunded_share: Decimal, status: str, number: int) -> Write:
    refunded = (total * refunded_share).quantize(Decimal("0.01"), ROUND_DOWN)

    def write(actor: Agent, ticket: Ticket) -> None:
        data = services.OrderData(
            number=f"{ticket.pk}-{number}",
            placed_at=NOW,
            total=total,
            refunded=refunded,
            status=status,
            customer=ticket.customer_id,
        )
        services.put_order(actor, data)

    return write


writes = st.one_of(
    st.sampled_from(["urgent", "high", "normal", "low"]).map(
        lambda value: lambda actor, ticket: services.update_ticket(actor, ticket.pk, {"priority": value})
    ),
    st.sampled_from(["open", "pending", "closed"]).map(
        lambda value: lambda actor, ticket: services.update_ticket(actor, ticket.pk, {"status": value})
    ),
    st.booleans().map(
        lambda value: lambda actor, ticket: services.post_message(actor, ticket.pk, "A message", from_agent=value)
    ),
    st.tuples(unit, unit).map(
        lambda pair: (
            lambda actor, ticket: services.set_sentiment_and_difficulty(
                ticket.pk, sentiment=pair[0], difficulty=pair[1]
            )
        )
    ),
    unit.map(lambda value: lambda actor, ticket: services.set_churn_risk({ticket.customer_id: value})),
    st.builds(
        _order,
        money,
        st.decimals(0, 1, places=2),
        st.sampled_from(["paid", "cancelled", "refunded"]),
        st.integers(1, 3),
    ),
    st.just(lambda actor, ticket: services.add_note(actor, ticket.pk, "A note")),
    st.just(
        lambda actor, ticket: services.update_ticket(actor, ticket.pk, {"assigned_to": actor.pk, "add_tags": ["vip"]})
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(writes, min_size=1, max_size=6), offset=st.floats(-1000, 10_000))
def test_stored_rank_equals_the_formula_after_any_sequence_of_writes(
    senior: Agent, steps: list[Write], offset: float
) -> None:
    ticket = make_ticket(created_at=NOW - timedelta(days=offset))
    assert_ranked(ticket)
    for step in steps:
        step(senior, ticket)
    closed = Ticket.objects.get(pk=ticket.pk).status == "closed"
    if closed:  # a closed ticket is ranked again when it reopens
        services.update_ticket(senior, ticket.pk, {"status": "open"})
    assert_ranked(ticket)
    assert not scoring.stale_ranks().filter(pk=ticket.pk).exists()


def test_order_reranks_only_open_tickets_of_its_customer() -> None:
    customer, other = make_customer(), make_customer()
    mine = [make_ticket(customer, status=status) for status in ("open", "pending")]
    closed = make_ticket(customer, status="closed")
    theirs = make_ticket(other)
    before = {ticket.pk: ticket.rank_at for ticket in (*mine, closed, theirs)}
    services.put_order(None, services.OrderData("1", NOW, Decimal(5000), customer.pk))
    for ticket in mine:
        assert_ranked(ticket)
        assert Ticket.objects.get(pk=ticket.pk).rank_at < before[ticket.pk]
    for ticket in (closed, theirs):
        assert Ticket.objects.get(pk=ticket.pk).rank_at == before[ticket.pk]


def test_order_pushed_for_another_customer_changes_no_figures() -> None:
    owner, other = make_customer(value="700.00"), make_customer()
    order = owner.orders.get()
    with pytest.raises(Conflict):
        services.put_order(None, services.OrderData(order.number, NOW, order.total, other.pk))
    owner.refresh_from_db()
    other.refresh_from_db()
    assert (owner.lifetime_value, owner.total_orders) == (Decimal("700.00"), 1)
    assert (other.lifetime_value, other.total_orders) == (Decimal(0), 0)


def test_computed_fields_do_not_change_updated_at() -> None:
    ticket = make_ticket()
    seen = (ticket.updated_at, ticket.customer.updated_at)
    services.set_sentiment_and_difficulty(ticket.pk, sentiment=0.1, difficulty=0.9)
    services.set_churn_risk({ticket.customer_id: 0.8})
    ticket = Ticket.objects.select_related("customer").get(pk=ticket.pk)
    assert (ticket.updated_at, ticket.customer.updated_at) == seen
    assert ticket.customer.churn_risk_score == 0.8


def test_stale_ranks_finds_ranks_that_differ_from_the_formula() -> None:
    ticket = make_ticket()
    assert not scoring.stale_ranks().exists()
    Ticket.objects.filter(pk=ticket.pk).update(rank_at=NOW)
    assert list(scoring.stale_ranks()) == [ticket]


def test_database_rejects_churn_risk_outside_zero_to_one() -> None:
    from django.db import IntegrityError

    customer = make_customer()
    with pytest.raises(IntegrityError):
        Customer.objects.filter(pk=customer.pk).update(churn_risk_score=1.5)
