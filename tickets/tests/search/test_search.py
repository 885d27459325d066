"""`GET /api/tickets?q=`: every word must match, and only visible tickets are found."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from agents.models import Agent
from tickets.tests.factories import NOW, make_customer, make_order, make_ticket

pytestmark = pytest.mark.django_db


def found(client: APIClient, q: str, **query: Any) -> list[str]:
    answer = client.get("/api/tickets", {"q": q, **query})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body["total"] == len(body["tickets"])
    return [row["subject"] for row in body["tickets"]]


@pytest.fixture
def shop() -> None:
    ann = make_customer("Ann Straßer", email="ann@example.com", phones=["+1 415 555 0123"])
    bob = make_customer("Bob Lee", email="bob@shop.example")
    make_order(ann, number="#4711")
    make_ticket(ann, "Two parcels went missing", days=3, subject="Where is it")
    make_ticket(bob, "I want a refund of 100% for the straw_hat", days=2, subject="Refund please")
    make_ticket(bob, "The colour is wrong, Ann said", days=1, subject="Wrong colour", status="closed")


@pytest.mark.parametrize(
    ("q", "subjects"),
    [
        ("parcel", ["Where is it"]),
        ("PARCELS missing", ["Where is it"]),
        ("parcels refund", []),
        ("refunds", ["Refund please"]),
        ("refunded", ["Refund please"]),
        ("arcel", ["Where is it"]),
        ("straßer", ["Where is it"]),
        ("ann@example.com", ["Where is it"]),
        ("shop.example", ["Refund please"]),
        ("4711", ["Where is it"]),
        ("#4711", ["Where is it"]),
        ("471", []),
        ("(415) 555-0123", ["Where is it"]),
        ('"415 555 0123"', ["Where is it"]),
        ('"went missing"', ["Where is it"]),
        ('"missing went"', []),
        ("ann parcels", ["Where is it"]),
        ("100%", ["Refund please"]),
        ("straw_hat", ["Refund please"]),
        ("str%hat", []),
        ("' OR 1=1 --", []),
        ("re", ["Where is it", "Refund please"]),
    ],
)
def test_search_matches_words_phrases_contacts_and_order_numbers(
    api: APIClient, shop: None, q: str, subjects: list[str]
) -> None:
    assert found(api, q) == subjects


def test_search_covers_all_statuses_and_orders_by_rank_or_relevance(api: APIClient, shop: None) -> None:
    assert found(api, "ann", status="all") == ["Where is it", "Wrong colour"]
    assert found(api, "wrong", status="closed") == ["Wrong colour"]
    make_ticket(text="my refund", days=30, subject="Hello")
    assert found(api, "refund") == ["Hello", "Refund please"]
    assert found(api, "refund", order="relevance") == ["Refund please", "Hello"]
    assert found(api, "refund", topic_alerts="straw", limit=50) == ["Hello", "Refund please"]


def test_search_ranks_open_tickets_before_closed_tickets_on_every_page(api: APIClient) -> None:
    """The closed tickets are older and have higher scores."""
    for n in range(4):
        make_ticket(text="needle", days=n + 1, subject=f"Open {n}")
        make_ticket(
            text="needle", days=100 + n, subject=f"Done {n}", status="closed", closed_at=NOW - timedelta(days=n)
        )
    make_ticket(text="needle", days=90, subject="Pending", status="pending")
    order = ["Pending", "Open 3", "Open 2", "Open 1", "Open 0", "Done 0", "Done 1", "Done 2", "Done 3"]
    assert found(api, "needle", status="all") == order
    for limit in range(1, 10):  # the pages, however they cut it
        ask: dict[str, Any] = {"q": "needle", "status": "all", "limit": limit}
        pages = [api.get("/api/tickets", {**ask, "page": page}).json()["tickets"] for page in range(1, 10)]
        answer = api.get("/api/tickets", ask).json()
        shown = answer["tickets"]
        while answer["next_cursor"]:
            answer = api.get("/api/tickets", {**ask, "cursor": answer["next_cursor"]}).json()
            shown += answer["tickets"]
        assert [row["subject"] for row in sum(pages, [])] == [row["subject"] for row in shown] == order, limit


def test_topic_alert_in_search_raises_open_tickets_and_only_marks_closed_ones(api: APIClient) -> None:
    make_ticket(text="needle", days=3, subject="Older")
    make_ticket(text="needle of gold", days=1, subject="Golden")
    make_ticket(text="needle of gold", days=30, subject="Done", status="closed", closed_at=NOW)
    rows = api.get("/api/tickets?q=needle&status=all&topic_alerts=gold").json()["tickets"]
    assert [(row["subject"], row["matched_keyword"]) for row in rows] == [
        ("Golden", "gold"),
        ("Older", None),
        ("Done", "gold"),
    ]
    alone = api.get("/api/tickets?q=needle&status=closed").json()["tickets"]
    assert rows[2]["smart_score"] == alone[0]["smart_score"]  # as it was when it was closed


def test_search_finds_only_visible_tickets(agent: Agent, client_of: Callable[[Agent], APIClient], shop: None) -> None:
    make_ticket(text="a parcel of mine", subject="Mine", assigned_to=agent)
    assert found(client_of(agent), "parcel", status="all") == ["Mine"]


def test_search_covers_new_messages_but_not_notes(api: APIClient, shop: None) -> None:
    id = api.get("/api/tickets").json()["tickets"][0]["id"]
    api.post(f"/api/tickets/{id}/notes", {"content": "secret word zebra"})
    assert found(api, "zebra", status="all") == []
    api.post(f"/api/tickets/{id}/messages", {"content": "a zebra", "from_agent": False})
    assert found(api, "zebras") == ["Where is it"]


def test_search_results_have_pages_and_cursors(api: APIClient) -> None:
    for n in range(5):
        make_ticket(text="needle", days=n, subject=f"S{n}")
        make_ticket(text="hay", days=n)
    first = api.get("/api/tickets?q=needle&limit=2").json()
    rest = api.get("/api/tickets", {"q": "needle", "limit": 4, "cursor": first["next_cursor"]}).json()
    assert [t["subject"] for t in first["tickets"] + rest["tickets"]] == ["S4", "S3", "S2", "S1", "S0"]
    assert first["total"] == 5 and rest["next_cursor"] is None
    assert [t["subject"] for t in api.get("/api/tickets?q=needle&limit=2&page=3").json()["tickets"]] == ["S0"]


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("q=", "q"),
        ("q=a", "q"),
        ("q=%20%20", "q"),
        ("q=%00ab", "q"),
        ("q=" + "x" * 201, "q"),
        ("q=" + "+".join(f"word{n}" for n in range(11)), "q"),
        ("status=all", "status"),
        ("order=relevance", "order"),
        ("order=newest&q=abc", "order"),
        ("order=relevance&q=abc&cursor=x", "cursor"),
    ],
)
def test_invalid_search_is_400(api: APIClient, query: str, word: str) -> None:
    answer = api.get(f"/api/tickets?{query}")
    assert answer.status_code == 400 and word in answer.json()["errors"]
