"""Fitting and profiling write to the records, update rankings and survive interruptions."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from intelligence import tasks
from intelligence.models import CustomerProfile, ShopModel, StaleProfile
from intelligence.profiles.analysis import history_of
from intelligence.services import enqueueing, profiles
from intelligence.services.customer_facts import customer_facts
from intelligence.services.order_histories import histories, sampled_histories
from intelligence.services.shop_rows import shop_in_force, shop_of
from tickets.models import Customer, Order
from tickets.services import OrderData, save_orders
from tickets.tests import oracle
from tickets.tests.factories import NOW, make_customer, make_order, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> datetime:
    time_machine.move_to(NOW, tick=False)
    return NOW


def make_shop(customers: int = 30) -> list[Customer]:
    """Customers with one to four orders over the last year."""
    rng = random.Random(1)
    made = [make_customer() for _ in range(customers)]
    orders = [
        OrderData(f"s{number}-{index}", NOW - timedelta(days=rng.uniform(0, 365)), Decimal(rng.randint(5, 300)), one.pk)
        for index, one in enumerate(made)
        for number in range(index % 4 + 1)
    ]
    assert not [outcome.error for outcome in save_orders(orders, None, trail=False) if outcome.error]
    return made


def test_fit_profiles_all_customers_and_updates_ticket_ranking() -> None:
    made, nobody = make_shop(), make_customer(churn=0.9)
    ticket, other = make_ticket(made[3]), make_ticket(nobody)
    before = {one.pk: one.updated_at for one in Customer.objects.all()}
    model = profiles.fit_shop()
    assert profiles.profile_customers() == 31
    assert (model.customers, model.orders, model.repeat_customers) == (30, Order.objects.count(), 22)
    assert CustomerProfile.objects.count() == 30
    for profile in CustomerProfile.objects.select_related("customer"):
        assert profile.customer.churn_risk_score == profile.churn_risk and profile.model_id == model.pk
        assert profile.customer.updated_at == before[profile.customer_id]
    nobody.refresh_from_db()
    assert nobody.churn_risk_score is None  # without orders there is no risk, whoever said one
    for one in (ticket, other):
        one.refresh_from_db()
        oracle.assert_ranked(one)
    model.refresh_from_db()
    assert sum(model.members.values()) == 30 and model.profiled_at == NOW
    assert not StaleProfile.objects.exists()


def test_profiling_is_idempotent() -> None:
    make_shop(8)
    profiles.fit_shop()
    profiles.profile_customers()
    first = list(CustomerProfile.objects.order_by("pk").values("pk", "archetype_id", "churn_risk"))
    assert profiles.profile_customers() == 0  # finished
    model = profiles.model_in_force()
    assert model is not None
    profiles.start_over(model)
    assert profiles.profile_customers() == 8
    assert list(CustomerProfile.objects.order_by("pk").values("pk", "archetype_id", "churn_risk")) == first


def test_interrupted_profiling_resumes_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    make_shop(10)
    monkeypatch.setattr(profiles, "BATCH", 4)
    profiles.fit_shop()

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        profiles.profile_customers(progress=stop)
    assert CustomerProfile.objects.count() == 4
    assert profiles.profile_customers() == 6
    assert CustomerProfile.objects.count() == 10


def test_newer_fit_ends_an_older_profiling_run() -> None:
    make_shop(3)
    old = profiles.fit_shop()
    profiles.fit_shop()
    assert profiles._next_batch(old.pk) == 0


def test_profile_is_deleted_when_last_order_is_cancelled() -> None:
    customer = make_customer()
    placed = make_order(customer)
    profiles.fit_shop()
    profiles.profile_customers()
    make_order(customer, number=placed.number, status="cancelled")
    assert profiles.refresh_stale() == 1
    customer.refresh_from_db()
    assert not CustomerProfile.objects.exists() and customer.churn_risk_score is None


def test_new_orders_mark_profiles_stale_and_enqueue_one_job(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    woken: list[int] = []
    monkeypatch.setattr("intelligence.services.enqueueing.enqueue_profiles", lambda: woken.append(1))
    customers = [make_customer() for _ in range(3)]
    StaleProfile.objects.all().delete()
    connection.run_on_commit.clear()  # what the test's own transaction would run at its end
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        for customer in customers:
            make_order(customer)
    assert set(StaleProfile.objects.values_list("customer_id", flat=True)) == {one.pk for one in customers}
    assert woken == [1]
    assert profiles.refresh_stale() == 3  # the first look at a shop fits it
    assert ShopModel.objects.count() == 1 and CustomerProfile.objects.count() == 3
    make_order(customers[0], total=Decimal("900.00"), placed_at=NOW)
    assert profiles.refresh_stale() == 1
    refreshed = CustomerProfile.objects.get(pk=customers[0].pk)
    assert refreshed.segments["purchase_frequency"] == "regular"


def test_profile_job_is_enqueued_at_most_once(transactional_db: None) -> None:
    """However often it is requested: an import of thousands must not flood the queue."""
    for _ in range(3):
        enqueueing.enqueue_profiles()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = 'refresh_profiles' AND status = 'todo'"
        )
        assert cursor.fetchone() == (1,)
        cursor.execute("DELETE FROM procrastinate_jobs WHERE queueing_lock = 'refresh_profiles'")


def test_stale_profile_is_refreshed_by_sweep_when_enqueuing_fails(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def broken() -> None:
        raise OSError("the queue does not answer")

    monkeypatch.setattr("intelligence.services.enqueueing.enqueue_profiles", broken)
    connection.run_on_commit.clear()
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        make_order(make_customer())
    with pytest.raises(OSError, match="does not answer"):  # Django logs it: the callback is registered as robust
        callbacks[0]()
    tasks.sweep_profiles(0)
    assert CustomerProfile.objects.count() == 1


def test_has_grown_compares_orders_with_the_last_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not profiles.has_grown()
    make_order(make_customer())
    assert profiles.has_grown()
    model = profiles.fit_shop()
    for fitted, orders, grown in [
        (1, 1, False),
        (1, 2, True),
        (40, 79, False),
        (40, 80, True),
        (100, 149, False),
        (100, 150, True),
        (1000, 1099, False),
        (1000, 1100, True),
        (1000, 900, False),
    ]:
        ShopModel.objects.filter(pk=model.pk).update(orders=fitted)
        monkeypatch.setattr(profiles, "count_orders", lambda orders=orders: orders)
        assert profiles.has_grown() is grown, (fitted, orders)


def test_periodic_tasks_fit_and_profile_the_shop() -> None:
    tasks.fit_nightly(0)
    assert not ShopModel.objects.exists()  # nothing to fit
    make_order(make_customer())
    tasks.fit_when_grown(0)
    tasks.fit_when_grown(0)
    assert ShopModel.objects.count() == 1 and CustomerProfile.objects.count() == 1
    tasks.fit_nightly(0)
    assert ShopModel.objects.count() == 2
    assert set(CustomerProfile.objects.values_list("model_id", flat=True)) == {ShopModel.objects.latest("pk").pk}


def test_fit_command_shows_progress_and_resumes(monkeypatch: pytest.MonkeyPatch) -> None:
    make_shop(6)
    with pytest.raises(CommandError, match="no fit to go on with"):
        call_command("fit_intelligence", resume=True, verbosity=0)
    out, err = StringIO(), StringIO()
    call_command("fit_intelligence", stdout=out, stderr=err)
    assert "6 customers profiled" in out.getvalue() and "Fitting 6 histories" in err.getvalue()
    call_command("fit_intelligence", resume=True, stdout=out, verbosity=0)
    assert "0 customers profiled" in out.getvalue() and ShopModel.objects.count() == 1

    def stop(*args: object, **kwargs: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(profiles, "profile_customers", stop)
    with pytest.raises(CommandError, match="--resume") as stopped:
        call_command("fit_intelligence", verbosity=0)
    assert stopped.value.returncode == 130


def test_fit_of_ended_record_is_observed_until_its_last_order() -> None:
    for number in range(profiles.SILENT_BUYERS):
        make_order(make_customer(), placed_at=NOW - timedelta(days=800 + number % 40))
    assert profiles.fit_shop().observed_until == (NOW - timedelta(days=800)).date()
    make_order(make_customer(), placed_at=NOW - timedelta(days=59))
    assert profiles.fit_shop().observed_until is None


def test_histories_from_database_and_from_facts_are_equal() -> None:
    customer = make_customer()
    make_order(
        customer, total=Decimal("10.00"), refunded=Decimal("4.00"), placed_at=datetime(2025, 3, 1, 0, 0, tzinfo=UTC)
    )
    make_order(customer, total=Decimal("20.00"), placed_at=datetime(2025, 3, 1, 23, 59, 59, tzinfo=UTC))
    make_order(customer, total=Decimal("5.00"), discount=Decimal("1.00"), placed_at=datetime(2025, 4, 1, tzinfo=UTC))
    make_order(customer, total=Decimal("99.00"), status="cancelled")
    found = histories([customer.pk, uuid4()])
    assert found == {customer.pk: history_of(customer_facts(customer))}
    assert found[customer.pk].amounts == (26.0, 5.0) and found[customer.pk].discounted == (False, True)
    assert sampled_histories(10) == (found, 1)


def test_large_shop_is_sampled_repeatably() -> None:
    make_shop(40)
    some, buyers = sampled_histories(10)
    assert buyers == 40 and 1 <= len(some) <= 25
    assert sampled_histories(10) == (some, buyers)


def test_recency_table_of_a_fit_is_loaded_and_used() -> None:
    make_shop(3)
    model = profiles.fit_shop()
    assert shop_in_force().recency is None
    model.uses_recency, model.recency = True, {"upto": [10, 20], "share": [0.1, 0.6]}
    model.save()
    assert shop_of(ShopModel.objects.get()).recency is not None
    profiles.profile_customers()
    assert set(CustomerProfile.objects.values_list("churn_risk", flat=True)) <= {0.1, 0.6}


def test_profiling_query_count_is_independent_of_batch_size() -> None:
    made = make_shop(24)
    model = profiles.fit_shop()

    def count(ids: list[Any]) -> int:
        with CaptureQueriesContext(connection) as caught:
            profiles._profile(ids, model)
        return len(caught)

    assert count([one.pk for one in made[:3]]) == count([one.pk for one in made[3:]])
