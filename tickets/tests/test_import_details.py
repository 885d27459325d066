"""One bad detail costs only itself: the record comes in, and the detail is reported with its line and reason."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tickets.models import ImportRun, Ticket
from tickets.tests.test_import_customers import run, write_file  # noqa: F401  # a fixture
from tickets.tests.test_import_tickets import OURS

pytestmark = pytest.mark.django_db


def details(file: Path) -> list[list[str]]:
    with Path(f"{file}.details.csv").open(newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


def test_tag_that_is_too_long_or_has_a_comma_is_left_out_and_reported(write: Any) -> None:
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


def test_second_import_replaces_the_file_of_details(write: Any) -> None:
    file = write([{**OURS, "tags": ["a,b"]}], "tickets.jsonl")
    for _ in range(2):
        run("tickets", file)
        assert len(details(file)) == 2


def test_details_of_a_rejected_record_are_not_counted(write: Any) -> None:
    file = write([OURS, {**OURS, "tags": ["a,b"], "customer_email": None}], "tickets.jsonl")
    said = run("tickets", file)
    assert "1 lines rejected" in said
    assert "left out" not in said
