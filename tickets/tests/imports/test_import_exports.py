"""Complete exports of Zendesk, Freshdesk and Gorgias after their documentation, with difficult cases (`exports/`)."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tickets.models import Customer, Message, Note, Order, Ticket
from tickets.tests.importing import run
from tickets.tests.imports.test_import_details import details
from tickets.tests.imports.test_import_tickets import said

pytestmark = pytest.mark.django_db

EXPORTS = Path(__file__).parents[1] / "exports"


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Customer, Order, Ticket, Message, Note))


def everything() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Customer, Ticket, Message, Note)]


@pytest.fixture(name="export")
def copy_of_export(tmp_path: Path) -> Any:
    def copy(name: str) -> Path:
        return Path(shutil.copy(EXPORTS / name, tmp_path / name))

    return copy


@pytest.mark.parametrize(
    ("first", "summary", "after_first", "second", "summary_of_second", "after_second"),
    [
        # Customers, orders, tickets, messages, notes.
        (
            "zendesk_export.jsonl", "4 created, 0 updated, 0 unchanged, 1 lines rejected", (2, 0, 4, 8, 1),
            "zendesk_incremental.json", "2 created, 0 updated, 2 unchanged, 1 lines rejected", (4, 0, 6, 10, 1),
        ),
        (
            "freshdesk_tickets.json", "2 created, 0 updated, 0 unchanged, 2 lines rejected", (2, 0, 2, 6, 1),
            "freshdesk_account_export.json", "1 created, 1 updated, 0 unchanged, 0 lines rejected", (3, 0, 3, 8, 1),
        ),
        (
            "gorgias_tickets.jsonl", "2 created, 0 updated, 0 unchanged, 1 lines rejected", (2, 0, 2, 5, 1),
            "gorgias_page.json", "1 created, 1 updated, 0 unchanged, 1 lines rejected", (3, 0, 3, 7, 1),
        ),
    ],
)  # fmt: skip
def test_two_exports_give_expected_counts_and_repeated_import_changes_nothing(
    export: Any,
    first: str,
    summary: str,
    after_first: tuple[int, ...],
    second: str,
    summary_of_second: str,
    after_second: tuple[int, ...],
) -> None:
    assert counts() == (0, 0, 0, 0, 0)
    assert summary in run("tickets", export(first))
    assert counts() == after_first
    assert summary_of_second in run("tickets", export(second))
    assert counts() == after_second
    before = everything()
    for name in (first, second):
        again = run("tickets", export(name))
        assert "0 created, 0 updated" in again
    assert everything() == before


def test_zendesk_comments_have_authors_and_description_is_not_duplicated(export: Any) -> None:
    file = export("zendesk_export.jsonl")
    text = run("tickets", file)
    assert "read as an export of Zendesk" in text
    assert list(
        Message.objects.filter(ticket__external_id="zendesk-5001").values_list("content", "from_agent", "author_name")
    ) == [
        ("Where is my parcel?", False, "Ada Example"),
        ("It is on its way.", True, "Sam Support"),
        ("I wait for it, too.", False, "Cy Copied"),
    ]
    assert Note.objects.get().content == "Carrier was called."
    assert said("zendesk-5002") == [("Ben called about a refund.", True), ("Thank you.", False)]
    assert said("zendesk-5003") == [("Which size fits?", False)]
    assert said("zendesk-5005") == [("[Attachments: photo.jpg]", False), ("It is broken.\nSee above.", False)]
    rows = {t.external_id: (t.status, t.priority, t.channel) for t in Ticket.objects.all()}
    assert rows == {
        "zendesk-5001": ("pending", "urgent", "form"),
        "zendesk-5002": ("closed", "normal", "phone"),
        "zendesk-5003": ("open", "low", "chat"),
        "zendesk-5005": ("open", "normal", "email"),
    }
    assert Ticket.objects.get(external_id="zendesk-5002").closed_at.isoformat() == "2024-03-03T09:00:00+00:00"  # type: ignore[union-attr]
    reported = "\n".join(row[1] for row in details(file)[1:])
    assert "as in --map-value channel:carrier_pigeon=email. email is used." in reported
    assert "at most 50 characters" in reported
    assert "attachments are not imported: photo.jpg" in reported
    assert "assigned_to: no agent has the address sam@help.example" in reported
    assert "Nothing of the file uses:" in text
    assert "brand_id" in text
    assert "5004" in file.with_name("zendesk_export.jsonl.rejected.jsonl").read_text()


def test_zendesk_full_export_completes_tickets_imported_without_comments(export: Any) -> None:
    run("tickets", export("zendesk_incremental.json"))
    assert said("zendesk-5001") == [("Where is my parcel?", False)]
    assert said("zendesk-5006") == [("We could not reach you by phone.", True)]
    assert Ticket.objects.get(external_id="zendesk-5007").customer.external_id == "zendesk-106"
    run("tickets", export("zendesk_export.jsonl"))
    assert [text for text, _ in said("zendesk-5001")] == [
        "Where is my parcel?",
        "It is on its way.",
        "I wait for it, too.",
    ]


def test_freshdesk_conversations_are_imported_after_the_description(export: Any) -> None:
    file = export("freshdesk_tickets.json")
    run("tickets", file, "--map-value", "status:8=pending")
    assert list(
        Message.objects.filter(ticket__external_id="freshdesk-71").values_list("content", "from_agent", "author_name")
    ) == [
        ("The cup is broken.", False, "Eve Example"),
        ("We send a new one.", True, "Shop"),
        ("Mine as well.", False, "Fay Example"),
        ("Thank you.", False, "Eve Example"),
    ]
    assert Note.objects.get().content == "Second time this week."
    assert said("freshdesk-72") == [("We miss the invoice.", True), ("[Attachments: invoice.pdf]", False)]
    rows = {t.external_id: (t.status, t.priority, t.channel) for t in Ticket.objects.all()}
    assert rows == {
        "freshdesk-71": ("pending", "urgent", "form"),
        "freshdesk-72": ("closed", "low", "email"),
        "freshdesk-73": ("pending", "normal", "email"),
    }


def test_unknown_status_is_rejected_with_the_mapping_option(export: Any) -> None:
    file = export("freshdesk_tickets.json")
    run("tickets", file)
    assert "--map-value status:8=" in file.with_name("freshdesk_tickets.json.rejected.jsonl").read_text()


def test_gorgias_messages_are_imported_with_their_authors(export: Any) -> None:
    file = export("gorgias_tickets.jsonl")
    run("tickets", file)
    assert list(
        Message.objects.filter(ticket__external_id="gorgias-301").values_list("content", "from_agent", "author_name")
    ) == [
        ("I want my money back.", False, "Hal Example"),
        ("Done.", True, "Rep"),
        ("Please answer me, too.", False, "Ida Example"),
    ]
    assert Note.objects.get().content == "VIP, be kind."
    jo = Ticket.objects.get(external_id="gorgias-302")
    assert (jo.customer.external_id, jo.subject, jo.channel) == ("gorgias-603", "(no subject)", "chat")
    assert jo.messages.get(content="From 3024.").created_at.isoformat() == "2024-03-02T10:00:00+00:00"
    reported = "\n".join(row[1] for row in details(file)[1:])
    assert "message 7011: “3024-01-01T00:00:00Z” is no time in the past" in reported
    assert "subject: it is empty" in reported


ZENDESK_TABLE = (
    "Summation column,Id,Requester,Requester id,Requester email,Submitter,Subject,Description,Tags,Status,Priority,Via,"
    "Created at\n"
    "1,12,Ada Example,381,ada@example.com,Sam,Help,You called us.,late vip,On-hold,Urgent,Mail,2024-03-01 10:00:00 +0000\n"
    "1,13,Ben Example,382,,Ben Example,Size,Which size?,,Solved,-,Web form,2024-03-01 10:00:00 +0000\n"
)
FRESHDESK_TABLE = (
    "Ticket ID,Subject,Status,Priority,Source,Created time,Resolved time,Tags,Full name,Email,Contact ID\n"
    '12,Help,Waiting on Customer,Urgent,Portal,2024-03-01 10:00:00,,"late,vip",Ada Example,ada@example.com,381\n'
    "13,Size,Resolved,Medium,Phone,2024-03-01 10:00:00,2024-03-02 10:00:00,,Ben Example,,382\n"
)


@pytest.mark.parametrize(("name", "table"), [("zendesk", ZENDESK_TABLE), ("freshdesk", FRESHDESK_TABLE)])
def test_helpdesk_csv_export_is_recognised_and_its_customer_ids_are_prefixed(
    tmp_path: Path, name: str, table: str
) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(table)
    assert "2 created, 0 updated, 0 unchanged, 0 lines rejected" in run("tickets", file)
    first, second = Ticket.objects.order_by("external_id")
    assert (first.status, first.priority, second.status, second.priority) == ("pending", "urgent", "closed", "normal")
    assert sorted(first.ticket_tags.values_list("name", flat=True)) == ["late", "vip"]
    assert (first.customer.email, first.customer.external_id) == ("ada@example.com", None)
    assert (second.customer.email, second.customer.external_id) == (None, f"{name}-382")
    assert "2 unchanged" in run("tickets", file)


def test_description_of_agent_submitted_ticket_in_csv_is_from_the_agent(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(ZENDESK_TABLE)
    run("tickets", file)
    assert said("zendesk-12") == [("You called us.", True)]
    assert said("zendesk-13") == [("Which size?", False)]


def test_message_of_an_unknown_author_is_kept_as_a_note_and_reported(tmp_path: Path) -> None:
    lines = (EXPORTS / "zendesk_export.jsonl").read_text().splitlines()
    file = tmp_path / "tickets.jsonl"
    file.write_text(
        lines[0].replace('"id": 9002, "type": "Comment", "author_id": 900', '"id": 9002, "author_id": null')
    )
    run("tickets", file)
    assert Note.objects.filter(author_name="Unknown author").get().content == "It is on its way."
    assert "says not who wrote it" in "\n".join(row[1] for row in details(file))


@pytest.mark.parametrize(
    ("theirs", "reason"),
    [
        ('"id": 1.2e15', "was rounded by a spreadsheet"),
        ('"id": 0', "must not be blank"),
        ('"id": "n/a"', "must not be blank"),
    ],
)
def test_missing_or_rounded_ticket_id_is_rejected(tmp_path: Path, theirs: str, reason: str) -> None:
    line = (EXPORTS / "zendesk_export.jsonl").read_text().splitlines()[2]
    file = tmp_path / "tickets.jsonl"
    file.write_text(line.replace('"id": 5003', theirs))
    assert "1 lines rejected" in run("tickets", file)
    assert reason in file.with_name("tickets.jsonl.rejected.jsonl").read_text()
    assert not Customer.objects.exists()


def test_zendesk_comment_with_public_false_as_text_is_a_note(tmp_path: Path) -> None:
    line = (EXPORTS / "zendesk_export.jsonl").read_text().splitlines()[0]
    file = tmp_path / "tickets.jsonl"
    file.write_text(line.replace('"public": false', '"public": "false"'))
    run("tickets", file)
    assert Note.objects.get().content == "Carrier was called."
