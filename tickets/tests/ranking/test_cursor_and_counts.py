"""Cursor paging that stays consistent while tickets change, and exact ticket counts without COUNT queries."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from agents.models import Agent
from tickets import services
from tickets.models import Ticket, TicketCount
from tickets.ranking import counts
from tickets.tests.concurrency import at_once
from tickets.tests.factories import NOW, make_customer, make_ticket


@pytest.fixture
def now(time_machine: Any) -> datetime:
    time_machine.move_to(NOW, tick=False)
    return NOW


def walk(client: APIClient, each: Any = None, **query: Any) -> list[dict[str, Any]]:
    """Returns all rows of a list by following its cursors; calls `each` with the page number between two pages."""
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    for number in range(1, 200):
        body = client.get("/api/tickets", {**query, **({"cursor": cursor} if cursor else {})}).json()
        rows += body["tickets"]
        cursor = body["next_cursor"]
        if cursor is None:
            return rows
        if each:
            each(number)
    raise AssertionError("the list never ended")


@pytest.mark.django_db
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0, 4.0, 5.0, 6.0, 9.0]), min_size=1, max_size=14),
    hits=st.integers(0, 2**14 - 1),
    limit=st.integers(1, 6),
    alerts=st.sampled_from(["", "refund", "refund,parcel", "nowhere"]),
    status=st.sampled_from(["open", "closed"]),
)
def test_cursor_walk_equals_consecutive_pages(
    now: datetime, api: APIClient, days: list[float], hits: int, limit: int, alerts: str, status: str
) -> None:
    customer = make_customer()
    for place, day in enumerate(days):
        text = "refund please" if hits >> place & 1 else "hello"
        make_ticket(customer, text, days=day, priority="low", status=status)
    query: dict[str, Any] = {"limit": limit, "topic_alerts": alerts, "status": status, "customer_id": str(customer.pk)}
    pages: list[dict[str, Any]] = []
    while True:
        body = api.get("/api/tickets", {**query, "page": len(pages) // limit + 1}).json()
        pages += body["tickets"]
        assert (body["next_cursor"] is not None) == body["pagination"]["has_next"]
        if not body["pagination"]["has_next"]:
            break
    walked = walk(api, **query)
    assert walked == pages and len(walked) == len(days)


@pytest.mark.django_db
@pytest.mark.parametrize("alerts", ["", "refund"])
def test_cursor_walk_neither_skips_nor_repeats_unchanged_tickets(now: datetime, api: APIClient, alerts: str) -> None:
    made = [make_ticket(text="refund" if n % 3 == 0 else "hello", days=n / 4) for n in range(24)]
    left_alone = {str(t.pk) for n, t in enumerate(made) if n % 2}

    def work(number: int) -> None:
        shown = api.get("/api/tickets", {"limit": 3}).json()["tickets"]
        for row in shown:
            if row["id"] not in left_alone:
                api.patch(f"/api/tickets/{row['id']}", {"status": "closed"})
        make_ticket(days=50 + number)  # comes first: those who walk are past it
        api.patch(f"/api/tickets/{made[0].pk}", {"priority": ["urgent", "low"][number % 2]})

    ids = [row["id"] for row in walk(api, work, limit=4, topic_alerts=alerts)]
    assert [id for id in ids if id in left_alone] == sorted(left_alone, key=ids.index)
    assert left_alone <= set(ids)
    assert len([id for id in ids if id in left_alone]) == len(left_alone)


@pytest.mark.django_db
def test_cursor_walk_computes_all_scores_at_one_time(now: datetime, api: APIClient, time_machine: Any) -> None:
    for n in range(4):
        make_ticket(days=n, priority="low")
    rows = walk(api, lambda number: time_machine.move_to(NOW + timedelta(hours=number), tick=False), limit=1)
    assert [row["smart_score"] for row in rows] == [3.0, 2.0, 1.0, 0.0]


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["x", "AAAA", "e30", "bnVsbA", "WzEsMiwzLDRd", "%00", "é", "a" * 401])
def test_invalid_cursor_is_400(api: APIClient, cursor: str) -> None:
    answer = api.get("/api/tickets", {"cursor": cursor})
    assert answer.status_code == 400 and "cursor" in answer.json()["errors"]


@pytest.mark.django_db
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00"])
@pytest.mark.parametrize("place", [0, 1])
def test_cursor_with_unusable_timestamp_is_400(api: APIClient, moment: str, place: int) -> None:
    make_ticket(days=1)
    make_ticket(days=2)
    for alerts in ("", "parcel"):
        query: dict[str, Any] = {"limit": 1, "topic_alerts": alerts}
        good = api.get("/api/tickets", query).json()["next_cursor"]
        parts = json.loads(base64.urlsafe_b64decode(good + "=" * (-len(good) % 4)))
        parts[place] = moment
        forged = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
        assert api.get("/api/tickets", {**query, "cursor": forged}).status_code == 400


@pytest.mark.django_db
def test_cursor_used_with_other_filters_is_400(api: APIClient) -> None:
    for n in range(3):
        make_ticket(days=n)
    cursor = api.get("/api/tickets", {"limit": 1}).json()["next_cursor"]
    assert api.get("/api/tickets", {"limit": 2, "cursor": cursor}).status_code == 200
    refused = api.get("/api/tickets", {"limit": 1, "channel": "email", "cursor": cursor})
    assert refused.status_code == 400 and "other filters" in refused.json()["detail"]


@pytest.mark.django_db
def test_ticket_counts_are_exact_after_every_kind_of_write(senior: Agent) -> None:
    customer = make_customer()
    tickets = [make_ticket(customer, channel=channel) for channel in ("email", "sms", "email")]
    make_ticket(customer, status="closed")
    services.create_ticket(None, services.TicketData("S", "chat", customer_id=customer.pk))
    services.post_message(senior, tickets[0].pk, "An answer")
    services.update_ticket(senior, tickets[1].pk, {"status": "closed"})
    services.update_ticket(senior, tickets[2].pk, {"priority": "urgent"})
    Ticket.objects.filter(pk=tickets[2].pk).update(status="pending")
    with transaction.atomic():
        services.update_ticket(senior, tickets[0].pk, {"status": "closed"})
        transaction.set_rollback(True)
    assert counts.recount() == {}
    assert counts.total("pending") == 2 and counts.total("pending", "email") == 2 and counts.total("open", "chat") == 1
    assert counts.total("closed") == 2 and counts.total("closed", "phone") == 0
    assert counts.compact() > 0 and counts.compact() == 0
    assert counts.recount() == {} and counts.total("pending") == 2
    Ticket.objects.filter(subject="S").delete()
    assert counts.recount() == {}


@pytest.mark.django_db
def test_rerank_writes_no_ticket_counts() -> None:
    from tickets.ranking import scoring

    make_ticket()
    before = TicketCount.objects.count()
    scoring.rerank(Ticket.objects.all())
    assert TicketCount.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_ticket_counts_are_exact_after_concurrent_writes_and_compaction(senior: Agent) -> None:
    tickets = [make_ticket() for _ in range(4)]

    def work(number: int) -> Any:
        for turn in range(8):
            if number % 4 == 0:
                counts.compact()
            else:
                status = ["open", "pending", "closed"][(number + turn) % 3]
                services.update_ticket(senior, tickets[turn % 4].pk, {"status": status})

    assert at_once(work, 8) == [None] * 8
    assert counts.recount() == {}
    counts.compact()
    assert counts.recount() == {}
