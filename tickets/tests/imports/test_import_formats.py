"""Import file formats: UTF-16, `sep=;`, JSON lists and pages, and files that are neither CSV nor JSON."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from tickets.imports.texts import html_to_text
from tickets.models import Customer, ImportRun, Ticket
from tickets.tests.importing import BOTH, PEOPLE, people, run
from tickets.tests.imports.test_import_tickets import OURS

pytestmark = pytest.mark.django_db

SEMICOLONS = PEOPLE.replace(",", ";")


@pytest.mark.parametrize(
    "content",
    [
        PEOPLE.encode("utf-16"),
        PEOPLE.encode("utf-16-le"),
        PEOPLE.encode("utf-16-be"),
        PEOPLE.replace(",", "\t").encode("utf-16"),
        gzip.compress(PEOPLE.encode("utf-16")),
        PEOPLE.encode("utf-8-sig"),
        f"sep=;\n{SEMICOLONS}".encode(),
        f"\ufeffSEP=;\r\n{SEMICOLONS}".encode(),
        f'"sep=;"\n{SEMICOLONS}'.encode(),
        f"sep=;\n{SEMICOLONS}".encode("utf-16"),
        f"sep=\t\n{PEOPLE}".replace(",", "\t").encode(),
    ],
    ids=[
        "utf-16 with mark", "utf-16 little", "utf-16 big", "utf-16 with tabs", "utf-16 in gzip", "utf-8 with mark", "sep",
        "sep after a mark", "sep in quotes", "sep in utf-16", "sep tab",
    ],
)  # fmt: skip
def test_encoding_compression_and_separator_are_detected(write: Any, content: bytes) -> None:
    assert "2 created, 0 updated, 0 unchanged, 0 lines rejected" in run("customers", write(content))
    assert people() == BOTH


def test_explicit_encoding_equal_to_the_detected_one_is_accepted(write: Any) -> None:
    assert "2 created" in run("customers", write(PEOPLE.encode("utf-16")), "--encoding", "utf-16")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04" + bytes(50), "a spreadsheet (XLSX, ODS) or a ZIP archive, not CSV or JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50), "an old spreadsheet (XLS)"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF, not CSV or JSON: export it as CSV (UTF-8)"),
        (b"BZh91AY", "compressed with bzip2"),
        (b"<?xml version='1.0'?><tickets/>", "is XML, not CSV or JSON"),
        (b"\n<!DOCTYPE html><html>", "is a page (HTML)"),
        (bytes(range(1, 9)) * 100, "is a binary file"),
        (PEOPLE.encode("utf-16")[:-1], "is not utf-16"),
        (b"external_id,n\xe4me\n1,x\n", "such as --encoding cp1252"),
    ],
    ids=["xlsx", "xls", "pdf", "bzip2", "xml", "html", "binary", "half a utf-16 character", "windows-1252 header"],
)
def test_unsupported_file_format_is_rejected_with_a_one_line_message(write: Any, content: bytes, reason: str) -> None:
    with pytest.raises(CommandError) as refusal:
        run("customers", write(content))
    assert reason in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not ImportRun.objects.filter(finished_at__isnull=False).exists()


def test_windows_1252_rows_are_rejected_with_advice_to_set_the_encoding(write: Any) -> None:
    file = write("external_id,name\n7,Zoë\n8,Ann\n".encode("cp1252"))
    assert "1 created, 0 updated, 0 unchanged, 1 lines rejected" in run("customers", file)
    assert "no characters in utf-8: give the file's encoding" in Path(f"{file}.rejected.csv").read_text(
        errors="replace"
    )
    run("customers", file, "--encoding", "cp1252")
    assert list(Customer.objects.order_by("external_id").values_list("name", flat=True)) == ["Zoë", "Ann"]


SECOND = {**OURS, "external_id": "T2"}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([OURS, SECOND]),
        json.dumps([OURS, SECOND], indent=2),
        json.dumps({"tickets": [OURS, SECOND], "count": 2}),
        json.dumps({"tickets": [OURS, SECOND], "count": 2}, indent=4),
        f"{json.dumps({'tickets': [OURS]})}\n{json.dumps({'tickets': [SECOND]})}\n",
        json.dumps([{"tickets": [OURS]}, {"tickets": [SECOND]}]),
        f"{json.dumps({'ticket': OURS})}\n\n{json.dumps({'ticket': SECOND})}",
        f"\ufeff\n\n{json.dumps(OURS)}\n{json.dumps(SECOND)}",
        json.dumps({"data": [OURS, SECOND]}).encode("utf-16"),
    ],
    ids=[
        "list",
        "pretty list",
        "page",
        "pretty page",
        "pages",
        "list of pages",
        "wrapped",
        "empty lines first",
        "utf-16",
    ],
)
def test_json_file_is_read_as_list_page_lines_or_wrapped_records(write: Any, content: str | bytes) -> None:
    file = write(content, "tickets.json")
    assert "2 created, 0 updated, 0 unchanged, 0 lines rejected" in run("tickets", file)
    assert set(Ticket.objects.values_list("external_id", flat=True)) == {"T1", "T2"}
    assert "2 unchanged" in run("tickets", file)


def test_single_indented_json_object_is_one_record(write: Any) -> None:
    assert "1 created" in run("tickets", write(json.dumps(OURS, indent=2), "tickets.json"))


def test_json_list_elements_other_than_objects_are_rejected(write: Any) -> None:
    file = write(json.dumps([OURS, 5, ["x"], None]), "tickets.json")
    assert "1 created, 0 updated, 0 unchanged, 3 lines rejected" in run("tickets", file)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[" * 100_000, "is broken JSON"),
        ('[{"external_id": 1', "The file ends in the middle of record 1"),
        ("[" + " " * (33 * 1024 * 1024) + "]", "more than 32 MB; make it one object a line: jq -c '.[]'"),
        ("[]", "The file is empty"),
        ("[[[[1]]]]", "No line is a JSON object"),
    ],
    ids=["deep", "cut off", "huge", "empty", "no object"],
)
def test_deep_huge_or_broken_json_document_is_rejected(write: Any, content: str, reason: str) -> None:
    with pytest.raises(CommandError, match=reason.replace("[", r"\[").replace("]", r"\]")):
        run("tickets", write(content, "tickets.json"))


def test_deeply_nested_value_is_rejected_with_a_reason(write: Any) -> None:
    line = json.dumps(OURS).replace('"Where is it?"', "[" * 900 + "]" * 900)
    file = write(f"{json.dumps(SECOND)}\n{line}\n", "tickets.jsonl")
    assert "1 created, 0 updated, 0 unchanged, 1 lines rejected" in run("tickets", file)
    assert "A text is expected, not “a list”" in file.with_name("tickets.jsonl.rejected.jsonl").read_text()


def test_unused_columns_are_reported_once(write: Any) -> None:
    said = run("customers", write("external_id,shoe size,name,hat\n7,40,Ada,1\n8,41,Ben,2\n"))
    assert said.count("Nothing of the file uses: shoe size, hat; --map FIELD=NAME uses one.") == 1


def test_unused_json_keys_are_reported_up_to_a_limit(write: Any) -> None:
    extra = {f"extra {number:03}": {"deep": 1} for number in range(210)}
    messages: list[dict[str, Any]] = [{"content": "Hi.", "from_agent": False, "mood": "calm"}]
    said = run("tickets", write([{**OURS, "messages": messages, "hat": None, **extra}], "tickets.jsonl"))
    assert "Nothing of the file uses: extra 000.deep, extra 001.deep" in said
    assert "and 11 more" in said
    assert "hat" not in said
    assert "messages[].mood" in run("tickets", write([{**OURS, "messages": messages}], "other.jsonl"))


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two &amp; three</p>", "One\n\nTwo & three"),
        ("<style>p {}</style><div>Hi<br>there</div>", "Hi\nthere"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("2 < 3 and <b>x</b>", "2 < 3 and x"),
        ("<!-- no --><a href='https://example.com'>link</a>", "link"),
        ("<script>alert(1)</script>", ""),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
    ],
)
def test_html_is_converted_to_text(markup: str, text: str) -> None:
    assert html_to_text(markup) == text
