"""The ticket lifecycle through the API: creation, replies, reopening and closing, and the resulting audit log."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from agents.models import Agent, AuditEntry
from tickets.models import Contact, Customer, Message, SearchText, Ticket
from tickets.tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db


def trail(ticket_id: Any) -> list[tuple[str, dict[str, Any]]]:
    return list(AuditEntry.objects.filter(subject_id=str(ticket_id)).order_by("id").values_list("action", "changes"))


def test_documented_ticket_requests_work_as_printed(api: APIClient, customer: Customer) -> None:
    made = api.post(
        "/api/tickets",
        {
            "customer_id": str(customer.pk),
            "subject": "Order issue",
            "channel": "email",
            "priority": "normal",
            "initial_message": "I haven't received my order...",
        },
    )
    assert made.status_code == 201
    ticket = made.json()
    assert ticket["status"] == "open" and ticket["priority"] == "normal" and ticket["tags"] == []
    assert [(m["from_agent"], m["content"], m["author_name"]) for m in ticket["messages"]] == [
        (False, "I haven't received my order...", "John Doe")
    ]
    sent = api.post(
        f"/api/tickets/{ticket['id']}/messages",
        {"content": "Message text", "from_agent": True, "author_name": "Agent Name"},
    )
    assert sent.status_code == 201
    message = sent.json()
    assert message["ticket_id"] == ticket["id"] and message["from_agent"] is True
    assert message["author_name"] == "Sena Senior"  # a person signs as themselves, whatever the body says
    shown = api.get(f"/api/tickets/{ticket['id']}").json()
    assert [m["content"] for m in shown["messages"]] == ["I haven't received my order...", "Message text"]
    assert shown["status"] == "pending"
    assert set(shown["customer"]) == {"name", "email", "lifetime_value", "total_orders", "churn_risk_score"}
    metrics = shown["customer_profile"]["business_metrics"]
    assert metrics == {
        "lifetime_value": 0.0,
        "total_orders": 0,
        "avg_order_value": 0.0,
        "days_since_last_purchase": None,
        "customer_tenure_days": None,
    }


def test_messages_change_ticket_status_and_audit_log_records_each_change(api: APIClient) -> None:
    ticket = make_ticket()
    url = f"/api/tickets/{ticket.pk}"
    for body, status in [
        ({"content": "We look into it."}, "pending"),
        ({"content": "Thanks", "from_agent": False}, "open"),
        ({"content": "Done", "status": "closed"}, "closed"),
        ({"content": "It is back!", "from_agent": False}, "open"),
        ({"content": "Sorry", "status": "open"}, "open"),
    ]:
        assert api.post(f"{url}/messages", body).status_code == 201
        shown = api.get(url).json()
        assert shown["status"] == status
        assert (shown["closed_at"] is not None) == (status == "closed")
    assert [changes for _, changes in trail(ticket.pk)[1:]] == [
        {"status": ["open", "pending"]},
        {"status": ["pending", "open"]},
        {"status": ["open", "closed"]},
        {"status": ["closed", "open"]},
        {},
    ]
    assert "We look into it." not in str(trail(ticket.pk))


def test_patch_changes_given_fields_and_audit_log_has_the_ip_address(api: APIClient, senior: Agent) -> None:
    ticket = make_ticket(tags=["a", "b"])
    url = f"/api/tickets/{ticket.pk}"
    body = api.patch(
        url, {"priority": "urgent", "add_tags": ["New  Tag"], "remove_tags": ["a"], "subject": "Better"}
    ).json()
    assert body["priority"] == "urgent" and body["tags"] == ["b", "new tag"] and body["subject"] == "Better"
    assert api.patch(url, {"tags": ["only"]}).json()["tags"] == ["only"]
    entry = AuditEntry.objects.filter(subject_id=str(ticket.pk), action="ticket.updated").order_by("id")[0]
    assert entry.actor == senior and entry.address == "127.0.0.1" and entry.request_id
    assert entry.changes["priority"] == ["normal", "urgent"]
    assert entry.changes["tags"] == [["a", "b"], ["b", "new tag"]]
    assert SearchText.objects.get(ticket=ticket, message=None).text == "better"


def test_patch_with_unchanged_values_writes_nothing(api: APIClient) -> None:
    ticket = make_ticket(tags=["a"])
    count = AuditEntry.objects.count()
    answer = api.patch(
        f"/api/tickets/{ticket.pk}", {"status": "open", "priority": "normal", "tags": ["A"], "assigned_to": None}
    )
    assert answer.status_code == 200
    assert AuditEntry.objects.count() == count
    assert Ticket.objects.get(pk=ticket.pk).updated_at == ticket.updated_at


def test_request_body_cannot_set_computed_fields(api: APIClient, customer: Customer) -> None:
    body = {
        "customer_id": str(customer.pk),
        "subject": "S",
        "channel": "email",
        "smart_score": 99,
        "rank_at": "2000-01-01T00:00:00Z",
        "status": "closed",
        "created_at": "2000-01-01T00:00:00Z",
        "id": "00000000-0000-0000-0000-000000000000",
    }
    ticket = Ticket.objects.get(pk=api.post("/api/tickets", body).json()["id"])
    assert ticket.status == "open" and ticket.created_at.year > 2020 and ticket.rank_at.year > 2020
    before = ticket.rank_at
    api.patch(f"/api/tickets/{ticket.pk}", {"rank_at": "2000-01-01T00:00:00Z", "customer_id": str(make_customer().pk)})
    ticket.refresh_from_db()
    assert ticket.rank_at == before and ticket.customer_id == customer.pk


def test_new_ticket_finds_or_creates_the_customer_by_author_email(api: APIClient) -> None:
    known = make_customer("Known", email="known@example.com", emails=["second@example.com"])
    body = {"subject": "Hello", "channel": "email", "initial_message": "Hi"}
    made = api.post("/api/tickets", {**body, "author_email": "Second@Example.COM", "author_name": "Imposter"}).json()
    assert made["customer_id"] == str(known.pk) and made["customer"]["name"] == "Known"
    new = api.post("/api/tickets", {**body, "author_email": "new@example.com", "author_name": "New Person"}).json()
    assert new["customer"] == {
        "name": "New Person",
        "email": "new@example.com",
        "lifetime_value": 0.0,
        "total_orders": 0,
        "churn_risk_score": None,
    }
    again = api.post("/api/tickets", {**body, "author_email": "NEW@example.com"}).json()
    assert again["customer_id"] == new["customer_id"]
    assert Contact.objects.filter(value="new@example.com").count() == 1


def test_new_ticket_assignee_depends_on_role_of_its_creator(
    agent: Agent, senior: Agent, lead: Agent, service: Agent, client_of: Callable[[Agent], APIClient]
) -> None:
    body = {"subject": "Hello", "channel": "phone", "author_email": "caller@example.com"}
    assert client_of(agent).post("/api/tickets", body).json()["assigned_to"] == str(agent.pk)
    assert client_of(senior).post("/api/tickets", body).json()["assigned_to"] is None
    assert client_of(service).post("/api/tickets", body).json()["assigned_to"] is None
    refused = client_of(senior).post("/api/tickets", {**body, "assigned_to": str(agent.pk)})
    assert refused.status_code == 403
    assert refused.json() == {"detail": "Assigning tickets requires the role team lead; yours is senior agent."}
    assert client_of(lead).post("/api/tickets", {**body, "assigned_to": str(agent.pk)}).json()["assigned_to"] == str(
        agent.pk
    )


def test_only_team_leads_assign_tickets_to_other_agents(
    agent: Agent, senior: Agent, lead: Agent, service: Agent, client_of: Callable[[Agent], APIClient]
) -> None:
    ticket = make_ticket()
    url = f"/api/tickets/{ticket.pk}"
    assert client_of(senior).patch(url, {"assigned_to": str(agent.pk)}).status_code == 403
    assert client_of(senior).patch(url, {"assigned_to": str(senior.pk)}).json()["assigned_to"] == str(senior.pk)
    assert client_of(lead).patch(url, {"assigned_to": str(agent.pk)}).json()["assigned_to"] == str(agent.pk)
    assert client_of(agent).patch(url, {"assigned_to": None}).status_code == 403
    refused = client_of(lead).patch(url, {"assigned_to": str(service.pk)})
    assert refused.status_code == 400 and refused.json()["errors"] == {"assigned_to": ["No active agent has this id."]}
    Agent.objects.filter(pk=senior.pk).update(is_active=False)
    assert client_of(lead).patch(url, {"assigned_to": str(senior.pk)}).status_code == 400
    assert client_of(lead).patch(url, {"assigned_to": None}).json()["assigned_to"] is None


def test_only_service_accounts_may_set_the_author_name(
    api: APIClient, service: Agent, client_of: Callable[[Agent], APIClient]
) -> None:
    ticket = make_ticket()
    url = f"/api/tickets/{ticket.pk}"
    client = client_of(service)
    for body, name in [
        ({"content": "a", "author_name": "Ann of the shop"}, "Ann of the shop"),
        ({"content": "b"}, "Shop"),
        ({"content": "c", "from_agent": False, "author_name": "The customer's aunt"}, "The customer's aunt"),
    ]:
        assert client.post(f"{url}/messages", body).json()["author_name"] == name
    assert client.post(f"{url}/notes", {"content": "n", "author_name": "Ann"}).json()["author_name"] == "Ann"
    assert (
        api.post(f"{url}/messages", {"content": "d", "from_agent": False, "author_name": "X"}).json()["author_name"]
        == "John Doe"
    )
    note = api.post(f"{url}/notes", {"content": "n", "author_name": "X", "author_id": str(service.pk)}).json()
    assert note["author_name"] == "Sena Senior" and note["author_id"] != str(service.pk)


def test_notes_are_stored_separately_from_messages(api: APIClient) -> None:
    ticket = make_ticket()
    url = f"/api/tickets/{ticket.pk}"
    made = api.post(f"{url}/notes", {"content": "Careful with this one."})
    assert made.status_code == 201
    body = api.get(f"{url}/notes").json()
    assert body["total"] == 1 and body["notes"][0]["content"] == "Careful with this one."
    shown = api.get(url).json()
    assert len(shown["messages"]) == 1 and len(shown["notes"]) == 1
    assert shown["status"] == "open" and shown["message_count"] == 1
    assert not Message.objects.filter(content__contains="Careful").exists()


def test_ticket_without_messages_has_empty_message_fields(api: APIClient, customer: Customer) -> None:
    made = api.post("/api/tickets", {"customer_id": str(customer.pk), "subject": "Silent", "channel": "form"}).json()
    assert made["messages"] == [] and made["last_message_at"] is None and made["last_message_preview"] == ""
    assert made["message_count"] == 0 and made["last_message_from_agent"] is None


def test_initial_message_of_an_agent_makes_ticket_pending(api: APIClient, customer: Customer) -> None:
    body = {
        "customer_id": str(customer.pk),
        "subject": "We call you",
        "channel": "email",
        "initial_message": "Hi",
        "from_agent": True,
    }
    made = api.post("/api/tickets", body).json()
    assert made["status"] == "pending" and made["messages"][0]["author_name"] == "Sena Senior"


def test_hostile_text_is_returned_unchanged(api: APIClient, customer: Customer) -> None:
    text = "<script>alert(1)</script>\n  {{ 7*7 }} ' OR 1=1 -- \u202e"
    made = api.post(
        "/api/tickets",
        {"customer_id": str(customer.pk), "subject": "<b>x</b>", "channel": "email", "initial_message": text},
    )
    assert made.headers["Content-Type"] == "application/json"
    assert made.json()["messages"][0]["content"] == text and made.json()["subject"] == "<b>x</b>"
