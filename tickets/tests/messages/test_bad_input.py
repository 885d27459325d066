"""Invalid input to the API: a 4xx response with a one-sentence message, and nothing is written."""

from typing import Any
from uuid import uuid4

import pytest
from django.db.models import Model
from rest_framework.test import APIClient

from agents.models import AuditEntry
from tickets.models import Customer, Message, Note, Order, SearchText, Ticket
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
TABLES: list[type[Model]] = [Ticket, Message, Note, Customer, Order, SearchText, AuditEntry]


def counts() -> list[int]:
    return [model._default_manager.count() for model in TABLES]


def refused(answer: Any, code: int, *words: str) -> None:
    assert answer.status_code == code, answer.content
    body = answer.json()
    assert isinstance(body["detail"], str) and body["detail"]
    for word in words:
        assert word in str(body), body


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"customer_id": str(uuid4())}, ["customer_id", "No customer has the id"]),
        ({"customer_id": "half-a-uuid"}, ["customer_id", "UUID"]),
        ({"customer_id": None}, ["customer_id", "author_email"]),
        ({"customer_id": None, "author_email": "not an address"}, ["author_email"]),
        ({"customer_id": {"id": 1}}, ["customer_id"]),
        ({"subject": ""}, ["subject"]),
        ({"subject": "   \t "}, ["subject"]),
        ({"subject": "\u200b\u200d"}, ["subject", "blank"]),
        ({"subject": "a\u0000b"}, ["subject"]),
        ({"subject": "x" * 301}, ["subject", "300"]),
        ({"subject": ["list"]}, ["subject"]),
        ({"channel": "pigeon"}, ["channel", "pigeon"]),
        ({"channel": None}, ["channel"]),
        ({"priority": "asap"}, ["priority", "asap"]),
        ({"initial_message": ""}, ["initial_message"]),
        ({"initial_message": "  "}, ["initial_message"]),
        ({"initial_message": "x" * 1_000_000}, ["initial_message", "100000"]),
        ({"initial_message": "a\u0000b"}, ["initial_message"]),
        ({"from_agent": "perhaps"}, ["from_agent"]),
        ({"tags": "vip"}, ["tags"]),
        ({"tags": ["x" * 51]}, ["tags"]),
        ({"tags": ["a,b"]}, ["tags", "comma"]),
        ({"tags": ["\u0130" * 50]}, ["tags", "50"]),
        ({"tags": [f"t{n}" for n in range(31)]}, ["tags"]),
        ({"assigned_to": str(uuid4())}, ["Assigning"]),
    ],
)
def test_invalid_new_ticket_is_rejected_and_not_stored(
    api: APIClient, customer: Customer, changes: dict[str, Any], words: list[str]
) -> None:
    before = counts()
    body = {"customer_id": str(customer.pk), "subject": "Order issue", "channel": "email", **changes}
    refused(api.post("/api/tickets", body), 403 if "assigned_to" in changes else 400, *words)
    assert counts() == before


@pytest.mark.parametrize(
    ("body", "content_type", "code", "word"),
    [
        (b'{"subject": ', "application/json", 400, "JSON"),
        (b'{"subject": "\\ud800"}', "application/json", 400, "JSON"),
        (b'{"subject": NaN}', "application/json", 400, "JSON"),
        (b"\xff\xfe", "application/json", 400, "JSON"),
        (b"", "application/json", 400, ""),
        (b"[]", "application/json", 400, "object"),
        (b'"text"', "application/json", 400, "object"),
        (b"[" * 100_000 + b"]" * 100_000, "application/json", 400, "JSON"),
        (b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}", "application/json", 400, "deeper"),
        (b"subject=x", "application/x-www-form-urlencoded", 415, "media type"),
        (b"<x/>", "text/xml", 415, "media type"),
        (b'{"a": "' + b"x" * (20 * 1024 * 1024) + b'"}', "application/json", 413, "larger"),
    ],
    ids=["broken", "surrogate", "nan", "no utf-8", "empty", "list", "string", "deep", "nested", "form", "xml", "20 MB"],
)
@pytest.mark.parametrize(
    "path", ["/api/tickets", "/api/tickets/{}/messages", "/api/tickets/{}/notes", "/api/customers"]
)
def test_malformed_request_body_is_rejected(
    api: APIClient, body: bytes, content_type: str, code: int, word: str, path: str
) -> None:
    ticket = make_ticket()
    before = counts()
    refused(api.post(path.format(ticket.pk), body, content_type=content_type), code, word)
    assert counts() == before


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=-1", "limit"),
        ("page=0", "page"),
        ("page=1000000000", "page"),
        ("page=1e3", "page"),
        ("status=unknown", "status"),
        ("status=", "status"),
        ("channel=fax", "channel"),
        ("priority=asap", "priority"),
        ("assigned_to=somebody", "assigned_to"),
        ("customer_id=1234", "customer_id"),
        ("tag=" + "x" * 51, "tag"),
        ("tag=%00", "tag"),
        ("topic_alerts=a", "topic_alerts"),
        ("topic_alerts=" + "x" * 101, "topic_alerts"),
        ("topic_alerts=ab%00cd", "topic_alerts"),
        ("topic_alerts=" + ",".join(f"word{n}" for n in range(21)), "topic_alerts"),
        ("topic_alerts=" + ",".join(f"w{n}" for n in range(4_000)), "topic_alerts"),
    ],
)
def test_invalid_ticket_list_parameter_is_400(api: APIClient, query: str, word: str) -> None:
    refused(api.get(f"/api/tickets?{query}"), 400, word)


@pytest.mark.parametrize("key", ["xx", "01a2047c-13c3", "../agents", "%00", "0" * 500])
@pytest.mark.parametrize("path", ["/api/tickets/{}", "/api/tickets/{}/score-breakdown", "/api/customers/{}"])
def test_invalid_id_is_404(api: APIClient, key: str, path: str) -> None:
    refused(api.get(path.format(key)), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("delete", "/api/tickets"),
        ("put", "/api/tickets/{}"),
        ("delete", "/api/tickets/{}"),
        ("delete", "/api/tickets/{}/messages"),
    ],
)
def test_unknown_method_is_405(api: APIClient, method: str, path: str) -> None:
    refused(getattr(api, method)(path.format(make_ticket().pk)), 405, "not allowed")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"content": ""}, "content"),
        ({"content": " \n "}, "content"),
        ({"content": None}, "content"),
        ({}, "content"),
        ({"content": "x" * 100_001}, "content"),
        ({"content": "\u0000"}, "content"),
        ({"content": 5, "status": "done"}, "status"),
        ({"content": {"html": "x"}}, "content"),
    ],
)
def test_invalid_message_is_400_and_not_stored(api: APIClient, body: dict[str, Any], word: str) -> None:
    ticket = make_ticket()
    before = counts()
    refused(api.post(f"/api/tickets/{ticket.pk}/messages", body), 400, word)
    assert counts() == before
    ticket.refresh_from_db()
    assert ticket.status == "open" and ticket.message_count == 1


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"status": "done"}, "status"),
        ({"priority": 3}, "priority"),
        ({"subject": " "}, "subject"),
        ({"assigned_to": "me"}, "assigned_to"),
        ({"add_tags": ["", "x"]}, "add_tags"),
        ({"updated_at": "yesterday"}, "updated_at"),
        ({"status": "closed", "priority": "asap"}, "priority"),
    ],
)
def test_invalid_ticket_change_is_400_and_not_applied(api: APIClient, body: dict[str, Any], word: str) -> None:
    ticket = make_ticket()
    before = counts()
    refused(api.patch(f"/api/tickets/{ticket.pk}", body), 400, word)
    assert counts() == before
    assert Ticket.objects.get(pk=ticket.pk).status == "open"


GOOD_ORDER = {"customer_email": "a@example.com", "placed_at": "2026-01-01T00:00:00Z", "total": 10}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"customer_email": None}, "customer_id"),
        ({"customer_id": str(uuid4())}, "No customer"),
        ({"placed_at": "0001-01-01T00:00:00Z"}, "1970"),
        ({"placed_at": "soon"}, "placed_at"),
        ({"total": -1}, "total"),
        ({"total": "NaN"}, "total"),
        ({"total": 1e15}, "total"),
        ({"total": 1.005}, "total"),
        ({"currency": "dollars"}, "currency"),
        ({"status": "lost"}, "status"),
        ({"tracking_urls": ["javascript:alert(1)"]}, "tracking_urls"),
        ({"tracking_urls": ["ftp://example.com/x"]}, "tracking_urls"),
        ({"lines": [{"title": ""}]}, "lines"),
        ({"lines": [{"title": "A", "quantity": -1}]}, "quantity"),
        ({"lines": {"title": "A"}}, "lines"),
        ({"lines": [[[]]]}, "lines"),
    ],
)
def test_invalid_order_is_400_and_not_stored(api: APIClient, changes: dict[str, Any], word: str) -> None:
    before = counts()
    refused(api.put("/api/orders/77", {**GOOD_ORDER, **changes}), 400, word)
    assert counts() == before


@pytest.mark.parametrize("number", ["x" * 101, "a%00b", "%20"])
def test_invalid_order_number_is_400(api: APIClient, number: str) -> None:
    before = counts()
    refused(api.put(f"/api/orders/{number}", GOOD_ORDER), 400, "number")
    assert counts() == before


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"name": " "}, "name"),
        ({"name": "A", "email": "x"}, "email"),
        ({"name": "A", "phones": ["12"]}, "phones"),
        ({"name": "A", "phones": ["call me"]}, "phones"),
        ({"name": "A", "emails": ["x@"]}, "emails"),
        ({"name": "A" * 201}, "name"),
    ],
)
def test_invalid_customer_is_400_and_not_stored(api: APIClient, body: dict[str, Any], word: str) -> None:
    before = counts()
    refused(api.post("/api/customers", body), 400, word)
    assert counts() == before


def test_invalid_idempotency_key_is_400(api: APIClient, customer: Customer) -> None:
    body = {"customer_id": str(customer.pk), "subject": "S", "channel": "email"}
    refused(api.post("/api/tickets", body, headers={"Idempotency-Key": "x" * 256}), 400, "Idempotency-Key")


def test_invalid_if_match_is_400(api: APIClient) -> None:
    url = f"/api/tickets/{make_ticket().pk}"
    refused(api.patch(url, {"status": "closed"}, headers={"If-Match": '"nonsense"'}), 400, "If-Match")
