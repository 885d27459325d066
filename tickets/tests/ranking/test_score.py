"""The score of one ticket: the documented example, its components and unknown facts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from agents.models import Agent
from tickets.models import Customer
from tickets.tests import oracle
from tickets.tests.factories import NOW, make_customer, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> datetime:
    time_machine.move_to(NOW, tick=False)
    return NOW


def breakdown(api: APIClient, ticket: Any, alerts: str = "") -> dict[str, Any]:
    answer = api.get(f"/api/tickets/{ticket.pk}/score-breakdown", {"topic_alerts": alerts} if alerts else {})
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_score_breakdown_matches_the_documented_example(api: APIClient, now: datetime) -> None:
    customer = make_customer(churn=0.65, value="1250.00")
    ticket = make_ticket(
        customer,
        "My bank has opened a chargeback.",
        days=2.3,
        priority="high",
        customer_sentiment=0.3,
        estimated_difficulty=0.7,
    )
    body = breakdown(api, ticket, "chargeback,fraud")
    assert {key: round(points, 1) for key, points in body["components"].items()} == {
        "time_decay": 2.3,
        "priority_weight": 1.5,
        "customer_value": 1.8,
        "churn_risk": 2.1,
        "sentiment": 0.3,
        "difficulty": 0.5,
        "topic_alert": 5.0,
    }
    assert round(body["base_score"], 1) == 8.5
    assert round(body["total_score"], 1) == 13.5
    assert body["total_score"] == pytest.approx(sum(body["components"].values()), abs=1e-9)
    assert body["explanation"] == (
        "High priority due to: topic alert match (chargeback), 2.3 days old, customer churn risk (0.65), "
        "lifetime value 1250.00"
    )


def test_scores_in_list_detail_and_breakdown_agree(api: APIClient, now: datetime) -> None:
    ticket = make_ticket(make_customer(churn=0.4, value="99.90"), days=3.21, priority="urgent", customer_sentiment=0.1)
    listed = api.get("/api/tickets").json()["tickets"][0]["smart_score"]
    shown = api.get(f"/api/tickets/{ticket.pk}").json()["smart_score"]
    total = breakdown(api, ticket)["total_score"]
    assert listed == pytest.approx(total, abs=1e-5)
    assert shown == pytest.approx(total, abs=1e-5)
    ticket.refresh_from_db()
    assert total == pytest.approx(oracle.score(ticket, now), abs=1e-5)


def test_unknown_facts_add_no_points_and_are_named_in_the_explanation(api: APIClient, now: datetime) -> None:
    body = breakdown(api, make_ticket(days=1))
    assert body["components"] == {
        "time_decay": 1.0,
        "priority_weight": 0.5,
        "customer_value": 0.0,
        "churn_risk": 0.0,
        "sentiment": 0.0,
        "difficulty": 0.0,
        "topic_alert": 0.0,
    }
    assert body["explanation"].endswith("Not known yet, so counted 0: churn risk, sentiment, difficulty")
    assert "None" not in body["explanation"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"customer_sentiment": 1.0}, 0.0),
        ({"customer_sentiment": 0.5}, 0.0),
        ({"customer_sentiment": 0.0}, 0.75),
    ],
)
def test_only_negative_sentiment_adds_points(
    api: APIClient, now: datetime, fields: dict[str, Any], expected: float
) -> None:
    assert breakdown(api, make_ticket(**fields))["components"]["sentiment"] == expected


def test_negative_lifetime_value_adds_no_points(api: APIClient, now: datetime) -> None:
    customer = make_customer()
    ticket = make_ticket(customer)
    Customer.objects.filter(pk=customer.pk).update(lifetime_value=Decimal(-490))  # the services refuse such refunds
    assert breakdown(api, ticket)["components"]["customer_value"] == 0.0


def test_ticket_created_in_the_future_has_a_negative_score(api: APIClient, now: datetime) -> None:
    body = breakdown(api, make_ticket(created_at=now + timedelta(days=4), priority="low"))
    assert body["total_score"] == -4.0
    assert body["explanation"].startswith("Low priority")


def test_closed_ticket_keeps_its_last_score(api: APIClient, now: datetime, time_machine: Any) -> None:
    ticket = make_ticket(days=2)
    api.patch(f"/api/tickets/{ticket.pk}", {"status": "closed"})
    time_machine.move_to(now + timedelta(hours=20), tick=False)
    assert breakdown(api, ticket)["total_score"] == 2.5
    assert api.get(f"/api/tickets/{ticket.pk}").json()["smart_score"] == 2.5
    assert api.get("/api/tickets?status=closed").json()["tickets"][0]["smart_score"] == 2.5
    api.patch(f"/api/tickets/{ticket.pk}", {"priority": "urgent"})
    assert api.get(f"/api/tickets/{ticket.pk}").json()["smart_score"] == 2.5
    assert breakdown(api, ticket, "parcel")["components"]["topic_alert"] == 0.0
    api.patch(f"/api/tickets/{ticket.pk}", {"status": "open"})
    ticket.refresh_from_db()
    oracle.assert_ranked(ticket)


def test_score_breakdown_of_an_invisible_ticket_is_404(
    agent: Agent, client_of: Callable[[Agent], APIClient], now: datetime
) -> None:
    ticket = make_ticket()
    assert client_of(agent).get(f"/api/tickets/{ticket.pk}/score-breakdown").status_code == 404


def test_breakdown_has_position_and_effects_of_changes(api: APIClient, now: datetime) -> None:
    # One ticket for each day from 0 to 9, all of low priority: the older, the further ahead.
    tickets = [make_ticket(days=day, priority="low", text=f"topic {day % 2}") for day in range(10)]
    body = breakdown(api, tickets[4])
    assert body["rank"] == 6
    assert body["what_would_change"] == [
        {"change": "a topic alert matches", "points": 5.0, "place_before": 6, "place_after": 1},
        {"change": "priority low → urgent", "points": 3.0, "place_before": 6, "place_after": 3},
        {"change": "priority low → high", "points": 1.5, "place_before": 6, "place_after": 5},
        {"change": "priority low → normal", "points": 0.5, "place_before": 6, "place_after": 6},
    ]
    for ticket in tickets:
        place = [row["id"] for row in api.get("/api/tickets").json()["tickets"]].index(str(ticket.pk)) + 1
        assert breakdown(api, ticket)["rank"] == place
        alerted = [row["id"] for row in api.get("/api/tickets?topic_alerts=topic 1").json()["tickets"]]
        assert breakdown(api, ticket, "topic 1")["rank"] == alerted.index(str(ticket.pk)) + 1


def test_predicted_position_equals_position_after_the_change(api: APIClient, now: datetime) -> None:
    for day in range(6):
        make_ticket(days=day * 0.8, priority="normal")
    ticket = make_ticket(days=1, priority="high")
    for change in breakdown(api, ticket)["what_would_change"]:
        if change["change"].startswith("priority"):
            api.patch(f"/api/tickets/{ticket.pk}", {"priority": change["change"].rpartition(" ")[2]})
            assert breakdown(api, ticket)["rank"] == change["place_after"]


def test_breakdown_details_have_fact_and_weight_and_closed_ticket_has_no_rank(api: APIClient, now: datetime) -> None:
    ticket = make_ticket(make_customer(churn=0.5), days=1, priority="high")
    details = {row["component"]: row for row in breakdown(api, ticket)["details"]}
    assert details["churn_risk"] == {"component": "churn_risk", "points": 1.25, "weight": 5.0, "fact": 0.5}
    assert details["priority_weight"] == {"component": "priority_weight", "points": 1.5, "weight": 1.5, "fact": "high"}
    assert details["sentiment"]["fact"] is None
    api.patch(f"/api/tickets/{ticket.pk}", {"status": "closed"})
    body = breakdown(api, ticket)
    assert body["rank"] is None and body["what_would_change"] == []


def test_rank_for_an_agent_counts_only_visible_tickets(
    agent: Agent, client_of: Callable[[Agent], APIClient], now: datetime
) -> None:
    make_ticket(days=9)
    make_ticket(days=8, assigned_to=agent)
    mine = make_ticket(days=1, assigned_to=agent)
    assert breakdown(client_of(agent), mine)["rank"] == 2
