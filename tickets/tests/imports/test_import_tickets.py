"""`manage.py import_tickets`: conversations from CSV tables, native JSON lines, Zendesk and Gorgias."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agents.models import Agent
from tickets.models import Message, Note, Ticket
from tickets.ranking.scoring import stale_ranks
from tickets.tests.importing import rejects, run

pytestmark = pytest.mark.django_db

OURS = {
    "external_id": "T1", "subject": "Where is it?", "channel": "email", "status": "open", "priority": "high",
    "created_at": "2024-03-01T10:00:00Z", "customer_email": "ada@example.com", "customer_name": "Ada",
    "tags": ["VIP", "late"],
    "messages": [
        {"content": "Where is my parcel?", "created_at": "2024-03-01T10:00:00Z", "from_agent": False},
        {"content": "On its way.", "created_at": "2024-03-01T11:00:00Z", "from_agent": True,
         "author_email": "agent@quimbi.example"},
    ],
    "notes": [{"content": "Carrier called.", "created_at": "2024-03-01T10:30:00Z"}],
}  # fmt: skip
ZENDESK = {
    "id": 35436, "subject": "Help!", "status": "solved", "priority": None, "created_at": "2024-03-01T10:00:00Z",
    "via": {"channel": "web", "source": {"from": {}}}, "requester_id": 20978392, "assignee_id": 5, "tags": ["printer"],
    "comments": [
        {"id": 1, "author_id": 20978392, "body": "It smokes.", "public": True, "created_at": "2024-03-01T10:00:00Z"},
        {"id": 2, "author_id": 5, "body": "Ask Bob.", "public": False, "created_at": "2024-03-01T10:05:00Z"},
        {"id": 3, "author_id": 5, "body": "Switch it off.", "public": True, "created_at": "2024-03-01T10:06:00Z"},
    ],
}  # fmt: skip
GORGIAS = {
    "id": 77, "external_id": None, "subject": "Size", "channel": "instagram-direct-message", "status": "open",
    "priority": "critical",
    "created_datetime": "2024-03-01T10:00:00.123456+00:00",
    "customer": {"id": 9, "email": "eve@example.com", "name": "Eve"},
    "tags": [{"name": "sizing"}], "assignee_user": None,
    "messages": [
        {"id": 1, "from_agent": False, "public": True, "body_text": "Too small", "created_datetime": "2024-03-01T10:00:00",
         "sender": {"email": "eve@example.com", "name": "Eve"}},
        {"id": 2, "from_agent": True, "public": False, "body_text": "VIP", "created_datetime": "2024-03-01T10:01:00"},
    ],
}  # fmt: skip
TABLE = (
    "ticket_id,subject,channel,status,created_at,customer_email,message,message_created_at,message_from_agent,message_public\n"
    "9,Late,Phone,on-hold,2024-01-01,a@example.com,Where?,2024-01-01 10:00,no,\n"
    "9,,,,,,Soon.,2024-01-01 11:00,yes,yes\n"
    "9,,,,,,Check the carrier,2024-01-01 12:00,yes,no\n"
    "10,Thanks,voice,new,2024-01-02,b@example.com,Lovely,,,\n"
)


def said(external_id: str) -> list[tuple[str, bool]]:
    return list(Message.objects.filter(ticket__external_id=external_id).values_list("content", "from_agent"))


def test_native_json_lines_of_tickets_are_imported(write: Any, agent: Agent) -> None:
    file = write([OURS], "tickets.jsonl")
    assert "1 created" in run("tickets", file)
    ticket = Ticket.objects.get(external_id="T1")
    assert said("T1") == [("Where is my parcel?", False), ("On its way.", True)]
    assert Message.objects.get(content="On its way.").author == agent
    assert (ticket.priority, ticket.message_count, ticket.last_message_from_agent) == ("high", 2, True)
    assert sorted(ticket.ticket_tags.values_list("name", flat=True)) == ["late", "vip"]
    assert Note.objects.get().content == "Carrier called."
    assert not stale_ranks().exists()
    before = list(Ticket.objects.values())
    assert "1 unchanged" in run("tickets", file)
    assert list(Ticket.objects.values()) == before


def test_newer_export_adds_missing_messages_to_the_ticket(write: Any) -> None:
    run("tickets", write([OURS], "tickets.jsonl"))
    more = {
        **OURS,
        "messages": [*OURS["messages"], {"content": "Arrived!", "created_at": "2024-03-02", "from_agent": False}],
    }
    assert "1 updated" in run("tickets", write([more], "tickets.jsonl"))
    assert [text for text, _ in said("T1")] == ["Where is my parcel?", "On its way.", "Arrived!"]


def test_zendesk_comments_become_messages_and_notes(write: Any) -> None:
    run("tickets", write([ZENDESK], "tickets.jsonl"))
    ticket = Ticket.objects.get(external_id="zendesk-35436")
    assert (ticket.channel, ticket.status, ticket.priority) == ("form", "closed", "normal")
    assert ticket.customer.external_id == "zendesk-20978392"
    assert said("zendesk-35436") == [("It smokes.", False), ("Switch it off.", True)]
    assert Note.objects.get().content == "Ask Bob."


def test_gorgias_messages_keep_their_authors(write: Any) -> None:
    run("tickets", write([GORGIAS], "tickets.jsonl"))
    ticket = Ticket.objects.get(external_id="gorgias-77")
    assert (ticket.channel, ticket.priority, ticket.customer.name) == ("chat", "urgent", "Eve")
    assert said("gorgias-77") == [("Too small", False)]
    assert Note.objects.get().content == "VIP"
    assert list(ticket.ticket_tags.values_list("name", flat=True)) == ["sizing"]


def test_ticket_csv_is_imported_with_one_message_per_row(write: Any) -> None:
    file = write(TABLE)
    assert "2 created" in run("tickets", file)
    assert said("9") == [("Where?", False), ("Soon.", True)]
    assert Note.objects.get().content == "Check the carrier"
    assert said("10") == [("Lovely", False)]
    assert dict(Ticket.objects.values_list("external_id", "status")) == {"9": "pending", "10": "open"}
    assert set(Ticket.objects.values_list("channel", flat=True)) == {"phone"}
    assert "2 unchanged" in run("tickets", file)


def test_separated_rows_of_one_ticket_are_all_imported(write: Any) -> None:
    lines = TABLE.splitlines(keepends=True)
    later = lines[2].replace("9,,,,,", "9,Late,Phone,open,2024-01-01,a@example.com")
    file = write("".join([lines[0], lines[1], lines[4], later]))
    for _ in range(2):
        run("tickets", file)
        assert said("9") == [("Where?", False), ("Soon.", True)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "lost"}, "status: “lost” is none of open, pending, closed"),
        ({"status": "lost at sea"}, "as in --map-value 'status:lost at sea=open'"),
        ({"customer_email": None}, "names no customer"),
        ({"created_at": None}, "created_at is empty"),
        ({"external_id": None}, "external id"),
        ({"external_id": 1e22}, "was rounded by a spreadsheet"),
        ({"messages": "hello"}, "a list of objects"),
        ({"messages": [{"content": "Who says so?"}]}, "neither whether an agent wrote it"),
    ],
)
def test_invalid_ticket_record_is_rejected_with_the_reason(write: Any, changes: dict[str, Any], reason: str) -> None:
    good = {**OURS, "external_id": "good", "assigned_to": None, "customer_sentiment": None}
    file = write([good, {**good, "external_id": "bad", **changes}], "tickets.jsonl")
    assert "1 created, 0 updated, 0 unchanged, 1 lines rejected" in run("tickets", file)
    reject = file.with_name("tickets.jsonl.rejected.jsonl").read_text()
    assert reject.startswith('{"line":2,')
    assert reason in reject.replace('\\"', '"')


def test_repeated_message_id_is_imported_once(write: Any) -> None:
    twice = {"id": 5, "content": "Once", "from_agent": False}
    run("tickets", write([{**OURS, "messages": [twice, twice]}], "tickets.jsonl"))
    assert said("T1") == [("Once", False)]


def test_ticket_with_unknown_status_is_rejected_with_all_its_rows(write: Any) -> None:
    file = write(TABLE.replace("on-hold", "lost"))
    run("tickets", file)
    assert [row[0] for row in rejects(file)[1:]] == ["2", "3", "4"]


@pytest.mark.django_db
def test_open_ticket_is_never_assigned_to_deactivated_or_service_account() -> None:
    from tickets.services import CustomerData, PastTicket, save_histories

    gone = Agent.objects.create_user("gone@quimbi.example", "x", name="Gone", is_active=False)
    tickets = {}
    for status in ("open", "pending", "closed"):
        past = PastTicket(
            external_id=status,
            customer=CustomerData(external_id="c"),
            subject="S",
            channel="email",
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            status=status,
            assigned_to="gone@quimbi.example",
        )
        outcome = save_histories([past])[0]
        assert outcome.ticket is not None, outcome.error
        tickets[status] = outcome.ticket.assigned_to_id
    assert tickets == {"open": None, "pending": None, "closed": gone.pk}
