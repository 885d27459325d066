"""`manage.py import_customers` and features common to all imports: columns, encodings, reject files, dry runs."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from agents.models import AuditEntry
from tickets.models import Contact, Customer, ImportRun
from tickets.tests.importing import BOTH, PEOPLE, people, rejects, run

pytestmark = pytest.mark.django_db


def test_customer_csv_is_imported_with_contacts_and_creation_date(write: Any) -> None:
    assert "2 created" in run("customers", write(PEOPLE))
    assert people() == BOTH
    assert Contact.objects.filter(customer__external_id="7").count() == 2
    assert Customer.objects.get(external_id="7").created_at.isoformat() == "2024-05-01T00:00:00+00:00"


def test_customer_json_lines_with_email_lists_are_imported(write: Any) -> None:
    file = write([{"id": 7, "name": "Ada", "emails": ["a@example.com", "b@example.com"]}], "people.jsonl")
    assert "1 created" in run("customers", file)
    assert Contact.objects.filter(customer__external_id="7").count() == 2


@pytest.mark.parametrize(
    ("content", "name", "arguments"),
    [
        ("\ufeff" + PEOPLE, "bom.csv", []),
        (PEOPLE.replace(",", ";"), "semicolons.csv", []),
        (PEOPLE.replace(",", "\t"), "tabs.tsv", ["--delimiter", "tab"]),
        (PEOPLE, "packed.csv.gz", []),
        (PEOPLE.encode("utf-16"), "wide.csv", ["--encoding", "utf-16"]),
        (PEOPLE.replace("\n", "\r\n"), "windows.csv", []),
        (PEOPLE.partition("\n")[2], "bare.csv", ["--no-header", "--map", "external_id=1,name=2,email=3"]),
        (PEOPLE.replace("external_id", "Customer ID").replace("email", "E-Mail"), "aliases.csv", []),
        (PEOPLE.replace("external_id", "x"), "mapped.csv", ["--map", "external_id=X"]),
    ],
)
def test_usual_column_names_and_delimiters_are_recognised(
    write: Any, content: Any, name: str, arguments: list[str]
) -> None:
    run("customers", write(content, name), *arguments)
    assert people() == BOTH


def test_second_import_of_the_same_file_changes_nothing(write: Any) -> None:
    file = write(PEOPLE)
    run("customers", file)
    before = list(Customer.objects.order_by("id").values())
    assert "0 created, 0 updated, 2 unchanged" in run("customers", file)
    assert list(Customer.objects.order_by("id").values()) == before
    assert list(ImportRun.objects.values_list("unchanged", "line")) == [(2, 3), (0, 3)]


def test_each_import_writes_one_audit_entry(write: Any) -> None:
    run("customers", write(PEOPLE))
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.changes["created"], entry.actor) == ("import.finished", [0, 2], None)


def test_invalid_lines_go_to_the_reject_file_and_valid_lines_are_imported(write: Any) -> None:
    file = write(
        b"external_id,name,email\n"
        b"1,Good,good@example.com\n"
        b",Bad,nonsense\n"
        b"3,\xff\xfe,c@example.com\n"
        b"4,few\n"
        b"5,zero\x00,d@example.com\n"
        b",Nobody,\n"
        b',"=cmd|calc",wrong\n'
        b'7,"two\nlines",e@example.com\n'
        b'8,"stray"quote,f@example.com\n'
        b"9,Last,g@example.com\n"
    )
    assert "4 created" in run("customers", file)
    assert [row[0] for row in people()] == ["1", "5", "7", "9"]
    header, *rows = rejects(file)
    assert header == ["line", "reason", "external_id", "name", "email"]
    assert [row[0] for row in rows] == ["3", "4", "5", "7", "8", "11"]
    assert rows[0][1:] == ["email: “nonsense” is not an email address.", "", "Bad", "nonsense"]
    assert rows[1][3].encode("utf-8", "surrogateescape") == b"\xff\xfe"
    assert "columns" in rows[2][1]
    assert "neither an id nor an address" in rows[3][1]
    assert rows[4][3] == "'=cmd|calc"
    assert "broken CSV" in rows[5][1]


def test_corrected_reject_file_can_be_imported_directly(write: Any) -> None:
    file = write("external_id,name,email\n,-Anna-,nonsense\n")
    run("customers", file)
    path = Path(f"{file}.rejected.csv")
    path.write_text(path.read_text().replace("nonsense", "a@example.com"))
    run("customers", path)
    assert people() == [(None, "-Anna-", "a@example.com")]


def test_rejects_of_a_json_lines_file_are_written_as_json_lines(write: Any) -> None:
    file = write(b'{"email": "x"}\n{"id": "\\ud800"}\n{"id": \n[1]\n{"id": 5}\n', "people.jsonl")
    assert "1 created" in run("customers", file)
    lines = [json.loads(line) for line in Path(f"{file}.rejected.jsonl").read_text().splitlines()]
    assert [line["line"] for line in lines] == [1, 2, 3, 4]
    assert lines[0]["original"] == {"email": "x"}
    assert lines[2]["original"] == '{"id":'


def test_unclosed_quote_rejects_only_its_line(write: Any) -> None:
    file = write('id,name\n1,"open\n2,Two\n3,Three\n')
    assert "2 created" in run("customers", file)
    assert [row[0] for row in rejects(file)[1:]] == ["2"]


def test_name_of_one_megabyte_is_left_out_and_customer_is_imported(write: Any) -> None:
    file = write(f"id,name\n1,{'x' * 1_000_000}\n2,Two\n")
    said = run("customers", file)
    assert "2 created" in said and "1 details left out" in said
    assert people() == [("1", "Customer 1", None), ("2", "Two", None)]


def test_overlong_line_is_rejected_and_following_lines_are_imported(write: Any) -> None:
    file = write(f"id,name\n1,{'x' * 5_000_000}\n2,Two\n")
    assert "1 created" in run("customers", file)
    assert rejects(file)[1][0] == "2"


def test_strict_import_fails_if_lines_were_rejected(write: Any) -> None:
    with pytest.raises(CommandError, match="1 lines were rejected"):
        run("customers", write("id,email\n,x\n2,\n"), "--strict")
    assert people()[0][0] == "2"


def test_dry_run_reports_results_and_writes_nothing(write: Any, tmp_path: Path) -> None:
    said = run("customers", write(PEOPLE + ",Bad,nonsense,,\n"), "--dry-run")
    assert "2 would be created" in said
    assert "line 4: email: “nonsense” is not an email address." in said
    assert not Customer.objects.exists()
    assert not ImportRun.objects.exists()
    assert not AuditEntry.objects.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["file.csv"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--map", "emial=name"], "no field emial (did you mean email?)"),
        (["--map", "email=adress"], "no column adress"),
        (["--map", "email"], "has no ="),
        (["--set", "colour=red"], "no field colour"),
        (["--map", "external_id=,email=,phone="], "No column for external_id or email"),
        (["--values", "status:a=b"], "status has no list of values"),
        (["--timezone", "Mars/Base"], "no time zone"),
        (["--encoding", "klingon"], "no encoding"),
        (["--delimiter", "abc"], "--delimiter takes"),
        (["--batch", "0"], "--batch"),
        (["--no-header", "--map", "email=9"], "the first line has 5"),
        (["--no-header", "--map", "email=x"], "columns have numbers"),
    ],
)
def test_invalid_import_options_are_reported_before_reading(write: Any, arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as error:
        run("customers", write(PEOPLE), *arguments)
    assert sentence in str(error.value)
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        ("", "empty.csv", "empty"),
        ("", "empty.jsonl", "empty"),
        ("[{}]", "list.json", "No line is a JSON object with something in it"),
        ("nonsense\n", "words.jsonl", "No line is a JSON object"),
        ("id,id\n1,2\n", "twice.csv", "occurs 2 times"),
    ],
)
def test_empty_or_malformed_import_file_is_reported(write: Any, content: str, name: str, sentence: str) -> None:
    with pytest.raises(CommandError) as error:
        run("customers", write(content, name))
    assert sentence in str(error.value)


def test_missing_file_and_truncated_gzip_are_reported(write: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run("customers", tmp_path / "nowhere.csv")
    file = write(PEOPLE, "cut.csv.gz")
    file.write_bytes(file.read_bytes()[:-12])
    with pytest.raises(CommandError, match="compression"):
        run("customers", file)


def test_rejects_option_never_overwrites_a_file_not_written_by_an_import(write: Any, tmp_path: Path) -> None:
    precious = tmp_path / "precious.csv"
    precious.write_text("my,data\n")
    with pytest.raises(CommandError, match="was not written by an import"):
        run("customers", write(PEOPLE), "--rejects", str(precious))
    assert precious.read_text() == "my,data\n"


def test_set_option_fills_a_field_without_a_column(write: Any) -> None:
    run("customers", write(PEOPLE), "--map", "name=", "--set", "name=Somebody, someone")
    assert {name for _, name, _ in people()} == {"Somebody, someone"}


def test_import_from_standard_input_warns_that_resuming_is_impossible(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(PEOPLE.encode()))))
    assert "cannot be read twice" in run("customers", Path("-"))
    assert people() == BOTH


def test_shopify_customer_export_is_mapped_automatically(write: Any) -> None:
    run(
        "customers",
        write(
            "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Phone,Total Spent,Note\n"
            "'6789,Ada,Lovelace,ada@example.com,yes,'+14155550123,10.00,\n"
        ),
    )
    assert people() == [("6789", "Ada Lovelace", "ada@example.com")]
    assert Contact.objects.filter(kind="phone", value="+14155550123").exists()
