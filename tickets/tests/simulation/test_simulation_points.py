"""The simulation's score formula against the database's formula, which is authoritative; and the history reader."""

import random
from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tickets.models import Customer, Ticket
from tickets.ranking.scoring import rank_expression
from tickets.ranking.weights import DEFAULT_WEIGHTS, Weights
from tickets.simulation import points
from tickets.simulation.database import read_history

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRIORITIES = ("urgent", "high", "normal", "low")


def unit(rng: random.Random) -> float | None:
    return rng.choice([None, 0.0, 1.0, 0.5, rng.random(), rng.random()])


def random_tickets(rng: random.Random, count: int) -> None:
    worth = ["0", "-120.50", "0.01", "250", "9999999999.99"]
    customers = [
        Customer(
            name=f"Customer {number}",
            lifetime_value=Decimal(rng.choice([*worth, f"{rng.uniform(0, 5000):.2f}"])),
            churn_risk_score=unit(rng),
        )
        for number in range(count)
    ]
    Customer.objects.bulk_create(customers)
    Ticket.objects.bulk_create(
        Ticket(
            customer=customer,
            subject="Order",
            channel="email",
            priority=rng.choice(PRIORITIES),
            customer_sentiment=unit(rng),
            estimated_difficulty=unit(rng),
            created_at=NOW - timedelta(seconds=rng.randrange(86400 * 60)),
        )
        for customer in customers
    )


def random_weights(rng: random.Random) -> Weights:
    def weight() -> float:
        return rng.choice([0.0, 100.0, round(rng.uniform(0, 10), 3)])

    return Weights(
        priority={name: weight() for name in PRIORITIES},
        customer_value=weight(),
        churn_risk=weight(),
        sentiment=weight(),
        difficulty=weight(),
    )


@pytest.mark.parametrize("seed", range(3))
def test_simulation_points_equal_the_database_score(seed: int) -> None:
    rng = random.Random(seed)
    random_tickets(rng, 150)
    history = read_history(days=365)
    assert len(history.tickets) > 100
    for weights in (DEFAULT_WEIGHTS, random_weights(rng), random_weights(rng)):
        ranks: dict[Hashable, datetime] = dict(
            Ticket.objects.annotate(live=rank_expression(weights)).values_list("id", "live")
        )
        created: dict[Hashable, datetime] = dict(Ticket.objects.values_list("id", "created_at"))
        for key, arrival, _ in history.tickets:
            days = (created[key] - ranks[key]).total_seconds() / 86400
            assert points(arrival, weights) == pytest.approx(days, abs=1e-9)
