"""Retention probability and order age are the same figure in every place."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from intelligence.contract.facts import age_in_days
from intelligence.services import profiles
from tickets import services
from tickets.models import Customer
from tickets.tests.factories import make_customer, make_order, make_ticket

NOW = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_half_past_midnight() -> Iterator[None]:
    """Freeze time just after midnight UTC, so that 24-hour days and calendar days differ."""
    with time_machine.travel(NOW, tick=False):
        yield


def recommendation(api: APIClient, customer: Customer) -> dict[str, Any]:
    ticket = make_ticket(customer, channel="email")
    answer = api.get(f"/api/ai/tickets/{ticket.pk}/recommendation")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


@pytest.fixture
def fitted(db: None) -> Customer:
    """One customer of a fitted shop with thirty customers."""
    for number in range(30):
        customer = make_customer(f"Customer {number}")
        for back in (300, 200, 100)[: 1 + number % 3]:
            make_order(customer, placed_at=NOW - timedelta(days=back - number), total=Decimal(40 + number))
    profiles.fit_shop()
    return customer


@pytest.mark.django_db
def test_retention_probability_is_one_minus_churn_risk_after_the_first_fit(fitted: Customer, api: APIClient) -> None:
    found = recommendation(api, fitted)
    known = api.get(f"/api/ai/customers/{fitted.pk}/intelligence").json()["predictions"]
    kept = found["estimated_impact"]["retention_probability"]
    assert kept == pytest.approx(1 - found["churn_risk"], abs=1e-6) and 0 < kept < 1
    assert found["retention_probability_source"].startswith("mbg-cnbd-k")
    assert {one["estimated_impact"]["retention_probability"] for one in found["actions"]} == {kept}
    assert known["retention_probability"] == kept
    assert known["retention_probability_source"] == found["retention_probability_source"]


@pytest.mark.django_db
def test_retention_probability_is_null_without_orders(fitted: Customer, api: APIClient) -> None:
    found = recommendation(api, make_customer("Nora New"))
    assert found["estimated_impact"]["retention_probability"] is None and found["retention_probability_source"] is None


@pytest.mark.django_db
def test_retention_probability_is_null_before_the_first_fit(api: APIClient) -> None:
    customer = make_customer()
    make_order(customer)
    found = recommendation(api, customer)
    assert found["estimated_impact"]["retention_probability"] is None and found["retention_probability_source"] is None


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [0.25, 1, 23, 24, 25, 24 * 11 + 23.75, 24 * 12, 24 * 12 + 0.75])
def test_order_age_is_the_same_in_every_place(api: APIClient, hours: float) -> None:
    customer = make_customer()
    placed = NOW - timedelta(hours=hours)
    make_order(customer, number="44753", placed_at=placed, status="shipped", fulfillment_status="shipped")
    known = api.get(f"/api/ai/customers/{customer.pk}/intelligence").json()
    ticket = make_ticket(customer, "Where is my parcel 44753?", days=0.001, created_at=NOW)
    services.update_ticket(None, ticket.pk, {"add_tags": ["shipping"]})
    plan = api.get(f"/api/ai/tickets/{ticket.pk}/recommendation").json()
    expected = (NOW.date() - placed.date()).days
    assert known["last_purchase"]["days_ago"] == expected == known["behavioral_metrics"]["days_since_last_purchase"]
    assert known["churn_risk"]["factors"]["days_since_last_order"]["value"] == expected
    said = [one["reasoning"] for one in plan["actions"] if "It was placed" in one["reasoning"]]
    assert all(f"placed {expected} days ago" in one for one in said) and bool(said) == (hours >= 240)


@pytest.mark.django_db
def test_order_dated_later_today_is_the_last_purchase_in_every_place(api: APIClient) -> None:
    customer = make_customer()
    make_order(customer, placed_at=NOW + timedelta(hours=3))
    known = api.get(f"/api/ai/customers/{customer.pk}/intelligence").json()
    assert known["last_purchase"]["days_ago"] == known["behavioral_metrics"]["days_since_last_purchase"] == 0


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()),
)
def test_order_age_counts_utc_days_in_any_time_zone(placed: datetime, now: datetime) -> None:
    assert age_in_days(placed, now) == (now.astimezone(UTC).date() - placed.astimezone(UTC).date()).days
    assert age_in_days(placed, placed) == 0
