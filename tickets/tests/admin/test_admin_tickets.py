"""Tickets in the admin site: ranking, the ticket form and bulk actions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Agent, AuditEntry
from agents.services import deactivate_agent
from agents.tests.browsing import errors, shown
from tickets import services
from tickets.models import Customer, Message, Note, Ticket
from tickets.tests.admin.test_admin import TICKETS, entries, page, ranks_are_true


# --- Tickets: the list -------------------------------------------------------------------------------------------------
def test_ticket_list_is_ranked_filtered_and_searchable(managing: Client, customer: Customer, manager: Agent) -> None:
    for priority in ("low", "urgent", "normal", "high"):
        new = services.TicketData(
            subject=f"It is {priority}", channel="chat", customer_id=customer.pk, priority=priority
        )
        services.create_ticket(None, new)
    closed = Ticket.objects.get(subject="It is low")
    services.update_ticket(None, closed.pk, {"status": "closed", "assigned_to": manager.pk, "tags": ["late"]})

    def listed(query: str) -> list[str]:
        answer = managing.get(f"{TICKETS}?{query}")
        return [ticket.subject.removeprefix("It is ") for ticket in answer.context["cl"].result_list]

    assert listed("") == ["urgent", "high", "normal"]
    assert listed("status=open&priority__exact=high") == ["high"]
    assert listed("status=closed") == ["low"]
    assert listed("status=all") == ["high", "normal", "urgent", "low"]
    assert listed("status=all&assigned_to=me") == ["low"]
    assert listed("assigned_to=none") == ["urgent", "high", "normal"]
    assert listed(f"status=all&assigned_to={manager.pk}") == ["low"]
    assert listed("assigned_to=nonsense") == []
    assert listed("status=all&tag=LATE") == ["low"]
    assert listed("channel__exact=email") == []
    assert listed("q=URGENT") == ["urgent"]
    assert listed("q=john@example") == ["urgent", "high", "normal"]
    assert listed("q=%25") == []


# --- Tickets: the form -------------------------------------------------------------------------------------------------
def test_ticket_form_adds_ticket_with_first_message(managing: Client, manager: Agent, customer: Customer) -> None:
    new = {
        "customer": str(customer.pk),
        "subject": "By phone",
        "channel": "phone",
        "priority": "high",
        "tags": "VIP, late",
        "assigned_to": str(manager.pk),
        "initial_message": "I am angry.",
        "written_by": "customer",
    }
    answer = managing.post(f"{TICKETS}add/", new)
    assert answer.status_code == 302, errors(answer)
    made = Ticket.objects.get(subject="By phone")
    assert (made.status, made.assigned_to, made.message_count) == ("open", manager, 1)
    assert [tag.name for tag in made.ticket_tags.all()] == ["late", "vip"]
    assert entries(made, "ticket.created")[0].actor == manager
    assert ranks_are_true()
    for values, says in (
        ({"subject": "\u200b"}, "must not be blank"),
        ({"tags": "x" * 51}, "50"),
        ({"customer": ""}, "required"),
    ):
        refused = managing.post(f"{TICKETS}add/", {**new, **values})
        assert says in errors(refused)
        assert "I am angry." in refused.content.decode()
    assert Ticket.objects.count() == 1


def test_ticket_form_changes_ticket_through_the_service(managing: Client, manager: Agent, ticket: Ticket) -> None:
    before = ticket.rank_at
    change = {"priority": "urgent", "tags": "Late, VIP", "assigned_to": str(manager.pk), "subject": "Parcel"}
    answer = managing.post(page(ticket), {**shown(managing, page(ticket)), **change})
    assert answer.status_code == 302, errors(answer)
    ticket.refresh_from_db()
    assert (ticket.subject, ticket.priority, ticket.assigned_to) == ("Parcel", "urgent", manager)
    assert ticket.rank_at < before
    assert ranks_are_true()
    (entry,) = entries(ticket, "ticket.updated")
    assert set(entry.changes) == {"subject", "priority", "assigned_to", "tags"}
    assert managing.post(page(ticket), shown(managing, page(ticket))).status_code == 302
    assert len(entries(ticket, "ticket.updated")) == 1


@pytest.mark.parametrize(
    ("kind", "status", "now"),
    [("reply", None, "pending"), ("reply", "closed", "closed"), ("note", None, "open"), ("customer", None, "open")],
)
def test_ticket_form_adds_reply_message_or_note(
    managing: Client, manager: Agent, ticket: Ticket, kind: str, status: str | None, now: str
) -> None:
    data = {**shown(managing, page(ticket)), "kind": kind, "text": "It is on its way."}
    answer = managing.post(page(ticket), data | ({"status": status} if status else {}))
    assert answer.status_code == 302, errors(answer)
    ticket.refresh_from_db()
    assert ticket.status == now
    text: Message | Note
    if kind == "note":
        text = Note.objects.get()
    else:
        text = Message.objects.latest("created_at")
        assert text.from_agent == (kind == "reply")
    assert (text.content, text.author) == ("It is on its way.", manager)
    assert "It is on its way." in managing.get(page(ticket)).content.decode()


def test_ticket_form_shows_conversation_notes_and_score(managing: Client, ticket: Ticket) -> None:
    services.add_note(None, ticket.pk, "Call them back.")
    with CaptureQueriesContext(connection) as queries:
        text = managing.get(page(ticket)).content.decode()
    assert len(queries) <= 12
    for part in (
        "Still waiting.",
        "Call them back.",
        "internal note",
        "priority weight",
        "time decay",
        "priority due to",
    ):
        assert part in text


def test_conflicting_change_is_shown_and_typed_text_is_kept(managing: Client, ticket: Ticket, lead: Agent) -> None:
    data = shown(managing, page(ticket))
    services.update_ticket(lead, ticket.pk, {"priority": "urgent"})
    mine = {**data, "subject": "My subject", "text": "My long answer", "kind": "reply"}
    answer = managing.post(page(ticket), mine)
    assert answer.status_code == 200
    assert "has changed since" in errors(answer)
    assert "priority is urgent (by Lea Lead)" in errors(answer)
    assert "My long answer" in answer.content.decode()
    ticket.refresh_from_db()
    assert (ticket.subject, ticket.message_count) == ("Where is my parcel?", 1)
    # Saving what came back writes this person's changes and keeps the other's.
    form = answer.context["adminform"].form
    again = {bound.html_name: bound.value() or "" for bound in form}
    again |= {b.html_initial_name: form.data[b.html_initial_name] for b in form if b.field.show_hidden_initial}
    again = {name: ", ".join(value) if isinstance(value, list) else value for name, value in again.items()}
    answer = managing.post(page(ticket), again)
    assert answer.status_code == 302, errors(answer)
    ticket.refresh_from_db()
    assert (ticket.subject, ticket.priority, ticket.message_count) == ("My subject", "urgent", 2)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"subject": "\u200b"}, "must not be blank"),
        ({"status": "gone"}, "not one of the available choices"),
        ({"tags": "a" * 51}, "50 characters"),
        ({"text": "x" * 100_001}, "100,000"),
        ({"seen_at": "yesterday"}, "not valid"),
        ({"assigned_to": "nonsense"}, "not a valid UUID"),
    ],
)
def test_invalid_ticket_form_writes_nothing_and_keeps_typed_text(
    managing: Client, ticket: Ticket, values: dict[str, str], says: str
) -> None:
    data = {**shown(managing, page(ticket)), "priority": "low", "text": "Typed answer", **values}
    answer = managing.post(page(ticket), data)
    assert answer.status_code == 200
    assert says in errors(answer)
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.message_count) == ("normal", 1)
    assert not entries(ticket, "ticket.updated")
    assert "Typed answer" in answer.content.decode() or "text" in values


def test_ticket_form_assigns_only_to_active_human_agents(
    managing: Client, ticket: Ticket, make_agent: Callable[..., Agent]
) -> None:
    gone, program = make_agent("agent", is_active=False), make_agent("agent", is_service=True)
    for agent in (gone, program):
        answer = managing.post(page(ticket), {**shown(managing, page(ticket)), "assigned_to": str(agent.pk)})
        assert "No active agent" in errors(answer)
    query = {"app_label": "tickets", "model_name": "ticket", "field_name": "assigned_to", "term": ""}
    offered = {one["id"] for one in managing.get("/admin/autocomplete/", query).json()["results"]}
    assert offered == {str(Agent.objects.get(role="manager").pk)}


# --- Tickets: in bulk --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "field", "value", "says"),
    [
        ("close", "status", "closed", "2 tickets closed; 1 already up to date."),
        ("urgent", "priority", "urgent", "2 tickets set to urgent priority; 1 already up to date."),
        ("take", "assigned_to_id", "me", "2 tickets assigned to you; 1 already up to date."),
    ],
)
def test_bulk_actions_go_through_the_service(
    managing: Client, manager: Agent, customer: Customer, action: str, field: str, value: str, says: str
) -> None:
    tickets = [
        services.create_ticket(None, services.TicketData(subject=f"S {n}", channel="sms", customer_id=customer.pk))
        for n in range(3)
    ]
    name = "assigned_to" if field == "assigned_to_id" else field
    wanted: Any = manager.pk if value == "me" else value
    services.update_ticket(None, tickets[0].pk, {name: wanted})
    chosen = [str(ticket.pk) for ticket in tickets]
    data = {"action": action, "_selected_action": chosen}
    answer = managing.post(f"{TICKETS}?status=all", data, follow=True)
    assert says in answer.content.decode()
    assert set(Ticket.objects.values_list(field, flat=True)) == {wanted}
    assert ranks_are_true()
    assert [len(entries(ticket, "ticket.updated")) for ticket in tickets] == [1, 1, 1]
    if action == "close":
        managing.post(f"{TICKETS}?status=all", {**data, "action": "reopen"})
        assert set(Ticket.objects.values_list("status", flat=True)) == {"open"}


def test_bulk_action_shows_validation_errors(managing: Client, ticket: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Ticket:
        raise ValidationError({"status": ["Not this one."]})

    monkeypatch.setattr(services, "update_ticket", refuse)
    data = {"action": "close", "_selected_action": [str(ticket.pk)]}
    assert "Not this one." in managing.post(TICKETS, data, follow=True).content.decode()


def test_bulk_action_rejects_too_many_tickets(
    managing: Client, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.admin.TicketAdmin.MOST_AT_ONCE", 0)
    data = {"action": "close", "_selected_action": [str(ticket.pk)]}
    assert "Choose at most 0 at a time" in managing.post(TICKETS, data, follow=True).content.decode()
    ticket.refresh_from_db()
    assert ticket.status == "open"


# --- Deactivating an agent ---------------------------------------------------------------------------------------------
def test_deactivating_agent_unassigns_open_and_pending_tickets(
    manager: Agent, agent: Agent, customer: Customer
) -> None:
    tickets = [
        services.create_ticket(
            None, services.TicketData(subject=s, channel="email", customer_id=customer.pk, assigned_to=agent.pk)
        )
        for s in ("open", "pending", "closed")
    ]
    for ticket in tickets[1:]:
        services.update_ticket(None, ticket.pk, {"status": ticket.subject})
    before = {t.pk: t for t in Ticket.objects.all()}
    deactivate_agent(manager, agent.pk)
    now = {t.subject: t for t in Ticket.objects.all()}
    assert [now[s].assigned_to_id for s in ("open", "pending", "closed")] == [None, None, agent.pk]
    for subject in ("open", "pending"):
        ticket = now[subject]
        assert ticket.updated_at > before[ticket.pk].updated_at
        assert ticket.rank_at == before[ticket.pk].rank_at
        entry = AuditEntry.objects.filter(subject_id=str(ticket.pk), action="ticket.updated").latest("id")
        assert entry.changes == {"assigned_to": [str(agent.pk), None]}
        assert entry.actor == manager
        assert entry.reason
    agent.refresh_from_db()
    assert (agent.is_active, agent.status, agent.token_version) == (False, "offline", 1)
