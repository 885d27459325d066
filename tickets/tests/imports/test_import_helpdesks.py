"""Tickets of several help desks in one database: ticket numbers, customer ids and authors that could be confused."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import connection

from agents.models import Agent
from tickets.models import Contact, Customer, Message, Note, Ticket
from tickets.tests.importing import rejects, run
from tickets.tests.imports.test_import_tickets import OURS, ZENDESK, said

pytestmark = pytest.mark.django_db

REQUESTER = {"id": 9, "name": "Ada", "email": "ada@example.com"}
FRESHDESK = {
    "id": 35436, "subject": "A wholly different one", "status": 2, "priority": 1, "source": 1, "requester_id": 9,
    "created_at": "2024-05-01T10:00:00Z", "description_text": "My cup is broken.", "requester": REQUESTER,
    "conversations": [],
}  # fmt: skip
GORGIAS: dict[str, Any] = {
    "id": 35436, "subject": "Third", "channel": "email", "status": "open", "created_datetime": "2024-06-01T10:00:00+00:00",
    "customer": REQUESTER,
    "messages": [{"id": 1, "from_agent": False, "body_text": "Too small", "created_datetime": "2024-06-01T10:00:00"}],
}  # fmt: skip


def zendesk(**changes: Any) -> dict[str, Any]:
    return {**ZENDESK, "requester": {**REQUESTER, "id": 20978392}, **changes}


def test_equal_ticket_numbers_of_three_help_desks_are_three_tickets(write: Any) -> None:
    for name, record in (("zendesk", zendesk()), ("freshdesk", FRESHDESK), ("gorgias", GORGIAS)):
        file = write([record], f"{name}.jsonl")
        assert "1 created" in run("tickets", file)
        assert "1 unchanged" in run("tickets", file)
    numbers = Ticket.objects.order_by("external_id").values_list("external_id", flat=True)
    assert list(numbers) == ["freshdesk-35436", "gorgias-35436", "zendesk-35436"]
    assert said("freshdesk-35436") == [("My cup is broken.", False)]
    assert Customer.objects.count() == 1


def test_ticket_stored_with_unprefixed_number_is_updated(write: Any) -> None:
    run("tickets", write([zendesk()], "tickets.jsonl"))
    Ticket.objects.update(external_id="35436")
    more = {"id": 4, "author_id": 20978392, "body": "Thanks.", "created_at": "2024-03-02T10:00:00Z"}
    comments: Any = ZENDESK["comments"]
    newer = zendesk(comments=[*comments, more])
    assert "1 updated" in run("tickets", write([newer], "newer.jsonl"))
    assert said("35436")[-1] == ("Thanks.", False)


def test_known_ticket_number_with_other_subject_and_time_is_rejected(write: Any) -> None:
    run("tickets", write([OURS], "one.jsonl"))
    other = {**OURS, "subject": "Another", "created_at": "2024-07-01T10:00:00Z", "customer_name": "X"}
    file = write([other], "two.jsonl")
    assert "0 updated, 0 unchanged, 1 lines rejected" in run("tickets", file)
    reason = file.with_name("two.jsonl.rejected.jsonl").read_text()
    assert "Ticket T1 is another ticket here: “Where is it?” of 2024-03-01 10:00" in reason
    assert "--id-prefix" in reason
    assert len(said("T1")) == 2


def test_repeated_ticket_number_in_one_file_with_other_content_is_rejected(write: Any) -> None:
    other = {**OURS, "subject": "Another", "created_at": "2024-07-01T10:00:00Z"}
    assert "1 created, 0 updated, 0 unchanged, 1 lines rejected" in run("tickets", write([OURS, other], "t.jsonl"))


@pytest.mark.parametrize("change", [{"subject": "Renamed"}, {"created_at": "2024-03-01T11:00:00Z"}])
def test_ticket_with_only_subject_or_only_time_changed_is_the_same_ticket(write: Any, change: dict[str, str]) -> None:
    run("tickets", write([OURS], "one.jsonl"))
    assert "1 unchanged" in run("tickets", write([{**OURS, **change}], "two.jsonl"))


def test_id_prefix_keeps_two_help_desk_accounts_apart(write: Any) -> None:
    run("tickets", write([zendesk()], "one.jsonl"))
    second = write([zendesk(subject="Another", requester={"id": 20978392, "name": "Bo"})], "two.jsonl")
    assert "1 created" in run("tickets", second, "--id-prefix", "shop2-")
    ticket = Ticket.objects.get(subject="Another")
    assert (ticket.external_id, ticket.customer.external_id) == ("shop2-zendesk-35436", "shop2-zendesk-20978392")
    assert "1 unchanged" in run("tickets", second, "--id-prefix", "shop2-")


def test_customer_id_of_unknown_help_desk_is_not_used_as_shop_id(write: Any) -> None:
    table = (
        "ticket_id,subject,channel,created_at,customer_id,requester_id,contact_id,customer_email\n"
        "1,Late,email,2024-01-01,7,8,9,ada@example.com\n"
    )
    file = write(table, "tickets.csv")
    text = run("tickets", file)
    assert Customer.objects.get().external_id is None
    assert "Nothing of the file uses: customer_id, contact_id" in text
    Ticket.objects.all().delete()
    run("tickets", file, "--map", "customer_external_id=customer_id", "--restart")
    assert Customer.objects.get().external_id == "7"


def test_customer_id_of_gorgias_csv_gets_the_gorgias_prefix(write: Any) -> None:
    table = (
        "Ticket ID,Initial channel,Status,Subject,Customer ID,Customer name,Customer email,Creation date\n"
        "501,email,closed,S,8001,Ada,ada@example.com,2024-06-10 10:00:00\n"
        "502,chat,open,S,8002,Bo,,2024-06-10 10:00:00\n"
    )
    assert "export of Gorgias" in run("tickets", write(table, "tickets.csv"))
    found = Ticket.objects.order_by("external_id").values_list("external_id", "customer__external_id")
    assert list(found) == [("gorgias-501", None), ("gorgias-502", "gorgias-8002")]


def comment(address: str | None, author: int = 77) -> dict[str, Any]:
    via = {"channel": "email", "source": {"from": {"address": address, "name": "Carl"} if address else {}}}
    return {"id": 8, "author_id": author, "body": "Me too.", "created_at": "2024-03-01T12:00:00Z", "via": via}


@pytest.mark.parametrize(
    ("address", "from_agent", "name"),
    [
        ("carl@example.net", False, "Carl"),
        ("agent@quimbi.example", True, "Carl"),
        ("ZED@shop.example", True, "Carl"),
        ("support@shop.example", None, "Unknown author"),
        ("other@shop.example", None, "Unknown author"),
        (None, None, "Unknown author"),
    ],
)
def test_comment_author_without_a_role_is_identified_by_email(
    write: Any, agent: Agent, address: str | None, from_agent: bool | None, name: str
) -> None:
    users = [{"id": 99, "name": "Zed", "email": "zed@shop.example", "role": "agent"}]
    record = zendesk(comments=[comment(address)], users=users, recipient="support@shop.example")
    file: Path = write([record], "tickets.jsonl")
    text = run("tickets", file)
    if from_agent is None:
        assert Note.objects.get().author_name == name
        assert not Message.objects.exists()
        assert "says not who wrote it" in file.with_name("tickets.jsonl.details.csv").read_text()
        assert "left out of records" in text
    else:
        message = Message.objects.get()
        assert (message.from_agent, message.author_name) == (from_agent, name)
        assert (message.author == agent) == (address == "agent@quimbi.example")


def reasons(file: Path) -> str:
    return file.with_name(f"{file.name}.rejected.jsonl").read_text()


def test_ticket_requested_by_an_agent_is_rejected(write: Any, agent: Agent) -> None:
    amy = {"id": 20978392, "name": "Agent Amy", "email": "amy@shop.example", "role": "agent"}
    file = write([zendesk(requester=amy)], "tickets.jsonl")
    assert "1 lines rejected" in run("tickets", file)
    assert "Its requester, “Agent Amy”, is an agent in Zendesk" in reasons(file)
    ours = write([{**FRESHDESK, "requester": {"name": "A", "email": "AGENT@quimbi.example"}}], "fresh.jsonl")
    assert "1 lines rejected" in run("tickets", ours)
    assert "has the address of an agent here, agent@quimbi.example" in reasons(ours)
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    "record",
    [
        zendesk(requester={**REQUESTER, "id": 20978392, "phone": "+44 20 7946 0958"}),
        {**FRESHDESK, "requester": {**REQUESTER, "mobile": "+44 20 7946 0958", "phone": "020"}},
        {**GORGIAS, "customer": {**REQUESTER, "channels": [{"type": "phone", "address": "+44 20 7946 0958"}]}},
    ],
)
def test_requester_phone_is_stored_and_merges_no_customers(write: Any, record: dict[str, Any]) -> None:
    Contact.objects.create(customer=Customer.objects.create(name="Bo"), kind="phone", value="+442079460958")
    assert "1 created" in run("tickets", write([record], "tickets.jsonl"))
    ada = Ticket.objects.get().customer
    assert ada.name == "Ada"
    assert list(ada.contacts.filter(kind="phone").values_list("value", flat=True)) == ["+442079460958"]


def test_unknown_assignee_is_reported_once_with_a_count(write: Any) -> None:
    records = [{**FRESHDESK, "id": number, "responder_id": 55} for number in (1, 2, 3)]
    records.append({**FRESHDESK, "id": 4, "responder": {"email": "zed@shop.example"}})
    file = write(records, "tickets.jsonl")
    text = run("tickets", file)
    assert "no agent here is Freshdesk agent 55; nobody is assigned to 3 tickets of theirs." in text
    assert "no agent has the address zed@shop.example; nobody is assigned to 1 ticket of theirs." in text
    assert file.with_name("tickets.jsonl.details.csv").read_text().count("agent 55") == 1


def test_import_of_messages_without_tickets_is_rejected_with_explanation(write: Any) -> None:
    message = {**GORGIAS["messages"][0], "ticket_id": 301, "via": "email", "sender": {"id": 9}, "subject": "Re"}
    with pytest.raises(CommandError, match="These are messages, not tickets"):
        run("tickets", write([message, message], "messages.jsonl"))


def test_rounded_customer_id_and_deleted_ticket_are_rejected_with_reasons(write: Any) -> None:
    table = (
        "Ticket ID,Subject,Status,Priority,Source,Created time,Full name,Email,Contact ID\n"
        "12,Help,Open,Urgent,Portal,2024-03-01 10:00:00,Ada,,6.01E+04\n"
        "13,Help,Deleted,Urgent,Portal,2024-03-01 10:00:00,Ada,ada@example.com,7\n"
    )
    file = write(table, "tickets.csv")
    assert "2 lines rejected" in run("tickets", file)
    rounded, deleted = (row[1] for row in rejects(file)[1:])
    assert "their id “6.01E+04” was rounded by a spreadsheet" in rounded
    assert deleted == "It was deleted or marked as spam in Freshdesk (status “Deleted”)."
    assert "1 created" in run("tickets", file, "--map-value", "status:Deleted=closed")


@pytest.mark.parametrize("shape", ["[{}, {}, {}", '{{"tickets": [{}, {}, {}', '{{\n"tickets": [{},\n {},\n {}'])
def test_complete_records_of_a_truncated_file_are_imported(write: Any, shape: str) -> None:
    one, two, three = (json.dumps({**OURS, "external_id": number}) for number in "abc")
    file = write(shape.format(one, two, three[:80]), "tickets.json")
    assert "2 created, 0 updated, 0 unchanged, 1 lines rejected" in run("tickets", file)
    assert "The file ends in the middle of record 3: it was cut off" in reasons(file)


def test_reject_file_is_read_with_the_original_files_options(write: Any) -> None:
    table = (
        "external_id;subject;channel;status;created_at;customer_email\n1;Größe;email;odd;2024-01-01;ada@example.com\n"
    )
    file = write(table.encode("cp1252"), "tickets.csv")
    options = ("--encoding", "cp1252", "--delimiter", ";")
    assert "1 lines rejected" in run("tickets", file, *options)
    assert "1 created" in run(
        "tickets", file.with_name("tickets.csv.rejected.csv"), *options, "--map-value", "status:odd=open"
    )
    assert Ticket.objects.get().subject == "Größe"


def test_missing_database_table_is_reported_with_advice_to_migrate(write: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_importrun RENAME TO elsewhere")
    with pytest.raises(CommandError, match="run migrate first"):
        run("tickets", write([OURS], "tickets.jsonl"))


def newer(**requester: Any) -> dict[str, Any]:
    comments: Any = ZENDESK["comments"]
    more = {"id": 4, "author_id": 20978392, "body": "Thanks.", "created_at": "2024-03-02T10:00:00Z"}
    return zendesk(requester={"id": 20978392, "name": "Ada", **requester}, comments=[*comments, more])


def test_requester_known_by_id_gets_the_new_email(write: Any) -> None:
    run("tickets", write([zendesk(requester={"id": 20978392, "name": "Ada"})], "one.jsonl"))
    assert "1 updated" in run("tickets", write([newer(email="ada@example.com")], "two.jsonl"))
    customer = Customer.objects.get()
    assert customer.external_id == "zendesk-20978392"
    assert "ada@example.com" in customer.contacts.values_list("value", flat=True)


def test_requester_with_changed_email_is_rejected_with_both_emails(write: Any) -> None:
    run("tickets", write([zendesk()], "one.jsonl"))
    file = write([newer(email="ada.new@example.com")], "two.jsonl")
    assert "1 lines rejected" in run("tickets", file)
    for part in ("(ada@example.com)", "(ada.new@example.com)", "add the new address to the customer first"):
        assert part in reasons(file)
    assert Customer.objects.count() == 1


def test_requester_email_of_another_customer_does_not_move_the_ticket(write: Any) -> None:
    run("tickets", write([zendesk(requester={"id": 20978392, "name": "Ada"})], "one.jsonl"))
    Contact.objects.create(customer=Customer.objects.create(name="Bo"), kind="email", value="bo@example.com")
    assert "1 lines rejected" in run("tickets", write([newer(email="bo@example.com")], "two.jsonl"))
    assert Ticket.objects.get().customer.name == "Ada"
