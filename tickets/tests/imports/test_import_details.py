"""An invalid detail is left out and reported with its line and reason; the rest of the record is imported."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tickets.models import ImportRun, Ticket
from tickets.tests.importing import run
from tickets.tests.imports.test_import_tickets import OURS

pytestmark = pytest.mark.django_db


def details(file: Path) -> list[list[str]]:
    with Path(f"{file}.details.csv").open(newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


def test_invalid_tag_is_left_out_and_reported(write: Any) -> None:
    file = write([OURS, {**OURS, "external_id": "T2", "tags": ["late", "x" * 51, "a,b"]}], "tickets.jsonl")
    said = run("tickets", file)
    assert "2 created, 0 updated, 0 unchanged, 0 lines rejected" in said
    assert f"2 details left out of records that came in; {file}.details.csv" in said
    assert list(Ticket.objects.get(external_id="T2").ticket_tags.values_list("name", flat=True)) == ["late"]
    header, long, comma = details(file)
    assert header == ["line", "reason"]
    assert long[0] == comma[0] == "2"
    assert "at most 50 characters" in long[1]
    assert comma[1] == "tag “a,b”: A tag must not contain a comma."
    assert ImportRun.objects.get().details == 2


def test_tags_above_thirty_are_left_out_and_reported(write: Any) -> None:
    file = write([{**OURS, "tags": [f"tag {number:02}" for number in range(33)]}], "tickets.jsonl")
    assert "3 details left out" in run("tickets", file)
    assert Ticket.objects.get().ticket_tags.count() == 30
    assert [row[1] for row in details(file)[1:]] == [
        f"tag “tag {number}”: a ticket takes at most 30 tags." for number in (30, 31, 32)
    ]


def test_dry_run_shows_details_and_writes_nothing(write: Any) -> None:
    file = write([{**OURS, "tags": ["a,b"]}], "tickets.jsonl")
    said = run("tickets", file, "--dry-run")
    assert "line 1, left out: tag “a,b”" in said
    assert "1 details would be left out" in said
    assert not Path(f"{file}.details.csv").exists()
    assert not Ticket.objects.exists()


def test_second_import_replaces_the_details_file(write: Any) -> None:
    file = write([{**OURS, "tags": ["a,b"]}], "tickets.jsonl")
    for _ in range(2):
        run("tickets", file)
        assert len(details(file)) == 2


def test_details_of_a_rejected_record_are_not_counted(write: Any) -> None:
    file = write([OURS, {**OURS, "tags": ["a,b"], "customer_email": None}], "tickets.jsonl")
    said = run("tickets", file)
    assert "1 lines rejected" in said
    assert "left out" not in said


BAD = {"content": "Fine.", "created_at": "2024-03-01T12:00:00Z", "from_agent": False, "id": 1}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"channel": "pigeon"}, "channel: “pigeon” is none of email"),
        ({"channel": None}, "channel: it is empty; email is used."),
        ({"priority": "soon"}, "as in --map-value priority:soon=urgent. normal is used."),
        ({"assigned_to": "nobody@example.com"}, "assigned_to: no agent has the address nobody@example.com"),
        ({"subject": None}, "subject: it is empty"),
        ({"subject": "x" * 400}, "subject: it was cut to 300 of its 400 characters."),
        ({"subject": "a\x00b"}, "subject: NUL characters were removed."),
        ({"customer_sentiment": 7}, "customer_sentiment: The customer sentiment must be between 0 and 1."),
        ({"estimated_difficulty": "hard"}, "estimated_difficulty: “hard” is not a number."),
        ({"created_at": "2999-01-01"}, "the time of its first message is used."),
        ({"created_at": "2999-01-01", "messages": []}, "the time of the import is used."),
        ({"closed_at": "1999-01-01"}, "closed_at: “1999-01-01” is not between"),
        ({"closed_at": "yesterday"}, "closed_at: “yesterday” is not a time"),
        ({"messages": [BAD, "text"]}, "messages, entry 2: an object is expected"),
        ({"messages": [{**BAD, "content": "a\x00b"}]}, "message 1: NUL characters were removed."),
        ({"messages": [{**BAD, "content": "x" * 100_001}]}, "message 1: it was cut to 100,000"),
        ({"messages": [{**BAD, "content": " "}]}, "message 1: it has no text and no attachment."),
        ({"messages": [{**BAD, "created_at": "2999-01-01"}]}, "message 1: “2999-01-01” is no time in the past."),
        ({"messages": [{**BAD, "author_name": "x" * 300}]}, "the author's name: it was cut to 200"),
    ],
)  # fmt: skip
def test_invalid_ticket_detail_is_reported_and_ticket_is_imported(
    write: Any, changes: dict[str, Any], reason: str
) -> None:
    good = {key: value for key, value in OURS.items() if key != "assigned_to"}
    file = write([{**good, "external_id": "good"}, {**good, "external_id": "bad", **changes}], "tickets.jsonl")
    said = run("tickets", file)
    assert "2 created, 0 updated, 0 unchanged, 0 lines rejected" in said
    assert [row[0] for row in details(file)[1:]] == ["2"]
    assert reason in details(file)[1][1]
    before = list(Ticket.objects.order_by("pk").values())
    assert "0 created, 0 updated, 2 unchanged" in run("tickets", file)
    assert list(Ticket.objects.order_by("pk").values()) == before


def test_attachment_names_are_listed_and_html_is_converted_to_text(write: Any) -> None:
    messages = [
        {
            "id": 1,
            "from_agent": False,
            "attachments": [{"name": "a.jpg"}, {"url": "https://files.example/b.pdf"}, "c.txt"],
        },
        {"id": 2, "from_agent": False, "body_html": "<p>Hello &amp; <b>bye</b></p>"},
        {"id": 3, "from_agent": False, "content": "<div>In the wrong key</div>"},
        {"id": 4, "from_agent": False, "content": "I have 2 < 3 parcels", "attachments": [{"file_name": "d.png"}]},
    ]
    file = write([{**OURS, "messages": messages}], "tickets.jsonl")
    run("tickets", file)
    assert list(Ticket.objects.get().messages.order_by("external_id").values_list("content", flat=True)) == [
        "[Attachments: a.jpg, b.pdf, c.txt]",
        "Hello & bye",
        "In the wrong key",
        "I have 2 < 3 parcels",
    ]
    assert [row[1] for row in details(file)[1:]] == [
        "message 1: its attachments are not imported: a.jpg, b.pdf, c.txt.",
        "message 4: its attachments are not imported: d.png.",
    ]


def test_message_detail_in_csv_is_reported_with_the_messages_line(write: Any) -> None:
    file = write(
        "ticket_id,subject,channel,created_at,customer_email,message,message_created_at,message_from_agent\n"
        "9,Late,email,2024-01-01,a@example.com,Where?,2024-01-01 10:00,no\n"
        "9,,,,,Soon.,2999-01-01 11:00,yes\n"
    )
    run("tickets", file)
    assert details(file)[1][0] == "3"


def test_map_value_option_accepts_a_value_with_a_comma(write: Any) -> None:
    file = write([{**OURS, "status": "waiting, vendor"}], "tickets.jsonl")
    assert "1 created" in run("tickets", file, "--map-value", "status:waiting, vendor=pending")
    assert Ticket.objects.get().status == "pending"
