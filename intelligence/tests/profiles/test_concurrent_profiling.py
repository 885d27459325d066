"""Profiling runs concurrently with order and ticket updates."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from agents.tests.waiting import HANGS
from intelligence.models import CustomerProfile, StaleProfile
from intelligence.profiles.customer_figures import profile
from intelligence.services import profiles
from intelligence.services.order_histories import histories
from intelligence.services.shop_rows import shop_in_force
from tickets.models import Customer
from tickets.ranking import scoring
from tickets.services import OrderData, retrying, save_orders, update_ticket
from tickets.services.orders import wrong_figures
from tickets.tests.concurrency import until_somebody_waits
from tickets.tests.factories import NOW, make_customer, make_order, make_ticket


@pytest.fixture(autouse=True)
def quiet(time_machine: Any, monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    """Freeze time and suppress enqueuing: the threads of the test act as workers."""
    time_machine.move_to(NOW, tick=False)
    monkeypatch.setattr("intelligence.services.enqueueing.enqueue_profiles", lambda: None)


def test_profiling_waits_for_a_concurrent_order_and_includes_it() -> None:
    """While an order is being written, profiling of its customer waits and then sees the order."""
    customer = make_customer()
    make_order(customer)
    profiles.fit_shop()
    waiting = threading.Thread(target=closing(lambda: profiles.profile_customers([customer.pk]), []))
    with transaction.atomic():
        make_order(customer, placed_at=NOW)
        waiting.start()
        assert until_somebody_waits()
        assert waiting.is_alive()
    waiting.join(HANGS)
    assert CustomerProfile.objects.get().segments["purchase_frequency"] == "regular"


def test_profiles_match_orders_after_concurrent_writes_and_profiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """No deadlock and no lost update: afterwards every profile and every rank matches the orders."""
    monkeypatch.setattr(profiles, "BATCH", 7)
    customers = [make_customer() for _ in range(20)]
    for customer in customers:
        make_order(customer, placed_at=NOW - timedelta(days=90))
    tickets = [make_ticket(customer) for customer in customers]
    model = profiles.fit_shop()
    profiles.profile_customers()

    def write(seed: int) -> None:
        rng = random.Random(seed)
        for number in range(6):
            chosen = rng.sample(customers, 6)
            orders = [
                OrderData(
                    f"{one.external_id}-{rng.randrange(3)}",
                    NOW - timedelta(days=rng.randrange(60)),
                    Decimal(rng.randint(1, 99)),
                    one.pk,
                )
                for one in chosen
            ]
            retrying(lambda orders=orders: save_orders(orders, None, trail=False))  # type: ignore[misc]
            retrying(
                lambda number=number, rng=rng: update_ticket(  # type: ignore[misc]
                    None, rng.choice(tickets).pk, {"priority": ["high", "low"][number % 2]}
                )
            )

    def profile_all() -> None:
        for _ in range(3):
            profiles.start_over(model)
            profiles.profile_customers()

    def refresh() -> None:
        for _ in range(6):
            profiles.refresh_stale()

    errors: list[BaseException] = []
    jobs = [lambda: write(1), lambda: write(2), profile_all, refresh, refresh]
    threads = [threading.Thread(target=closing(job, errors)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANGS)
    assert errors == []
    profiles.refresh_stale()
    assert not StaleProfile.objects.exists() and wrong_figures() == 0 and not scoring.stale_ranks().exists()
    shop, found = shop_in_force(), histories([one.pk for one in customers])
    for customer in Customer.objects.all():
        wanted = profile(found.get(customer.pk), shop, NOW.date())
        assert customer.churn_risk_score == (wanted.churn_risk if wanted else None)
        stored = CustomerProfile.objects.filter(pk=customer.pk).first()
        assert (stored.archetype_id if stored else None) == (wanted.archetype_id if wanted else None)


def closing(work: Callable[[], Any], errors: list[BaseException]) -> Callable[[], None]:
    """Wrap a thread's work: close its database connection at the end and collect its exception."""

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  told by the test
            errors.append(error)
        finally:
            connection.close()

    return run
