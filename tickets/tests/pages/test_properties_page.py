"""Ticket properties on the ticket page: each control, permissions, conflicts and the history."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import Agent
from agents.tests.browsing import HOSTILE, browser
from tickets import services
from tickets.models import HandBack, RejectedTag, Ticket, TicketTag
from tickets.tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def shown(client: Client, ticket: Ticket) -> str:
    return client.get(f"/tickets/{ticket.pk}/properties", headers=HTMX).content.decode()


def post(client: Client, ticket: Ticket, path: str = "properties", **data: Any) -> Any:
    return client.post(f"/tickets/{ticket.pk}/{path}", data, headers=HTMX)


def seen(ticket: Ticket) -> str:
    return Ticket.objects.get(pk=ticket.pk).updated_at.isoformat()


def test_each_property_control_saves_at_once_with_a_message(lead: Agent, agent: Agent) -> None:
    ticket, client = make_ticket(), browser(lead)
    for name, value, said in (
        ("status", "pending", "Status: pending."),
        ("priority", "urgent", "Priority: urgent."),
        ("assigned_to", str(agent.pk), "Ticket assigned to \u2068Ada Agent\u2069."),
        ("assigned_to", "none", "Ticket unassigned."),
        ("assigned_to", "me", "Ticket assigned to \u2068Lea Lead\u2069."),
        ("add_tag", "vip, late", "Tag added: vip, late."),
        ("remove_tag", "late", "Tag removed: late."),
    ):
        answer = post(client, ticket, **{name: value, "seen": seen(ticket)})
        assert answer.status_code == 200 and said in answer.content.decode(), name
        assert "quimbi:changed" in answer["HX-Trigger"]
    ticket.refresh_from_db()
    assert (ticket.status, ticket.priority, ticket.assigned_to) == ("pending", "urgent", lead)
    assert list(ticket.ticket_tags.values_list("name", flat=True)) == ["vip"]
    assert "already has this value" in post(client, ticket, priority="urgent").content.decode()


def test_change_without_htmx_redirects_to_the_ticket(lead: Agent) -> None:
    ticket = make_ticket()
    answer = browser(lead).post(f"/tickets/{ticket.pk}/properties", {"priority": "high"}, follow=True)
    assert answer.redirect_chain == [(f"/tickets/{ticket.pk}", 302)]
    assert "Priority: high." in answer.content.decode()
    assert "<html" in browser(lead).get(f"/tickets/{ticket.pk}/properties").content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"status": "x"},
        {"priority": ""},
        {"assigned_to": "x"},
        {"assigned_to": "00000000-0000-0000-0000-000000000000"},
        {"add_tag": " , "},
        {"add_tag": "x" * 51},
        {"remove_tag": ""},
        {"status": "closed\x00"},
    ],
)
def test_invalid_property_is_reported_and_not_saved(lead: Agent, data: dict[str, str]) -> None:
    ticket = make_ticket()
    answer = post(browser(lead), ticket, **data)
    assert answer.status_code == 200 and 'role="alert"' in answer.content.decode()
    assert "HX-Trigger" not in answer
    assert Ticket.objects.get(pk=ticket.pk).updated_at == ticket.updated_at


def test_rejected_tag_stays_in_its_field(lead: Agent) -> None:
    assert f'value="{"x" * 51}"' in post(browser(lead), make_ticket(), add_tag="x" * 51).content.decode()


def test_conflicting_property_change_is_shown_and_can_be_repeated(lead: Agent, senior: Agent) -> None:
    ticket, client = make_ticket(), browser(lead)
    old = seen(ticket)
    services.update_ticket(senior, ticket.pk, {"priority": "high"})
    page = post(client, ticket, priority="urgent", seen=old).content.decode()
    assert "\u2068Sena Senior\u2069 has changed the priority: it is now high. Your change was not saved." in page
    assert "Set urgent anyway" in page and seen(ticket) in page
    assert Ticket.objects.get().priority == "high"
    post(client, ticket, priority="urgent", seen=seen(ticket))
    assert Ticket.objects.get().priority == "urgent"


def test_conflicting_assignment_names_the_current_assignee(lead: Agent, senior: Agent, agent: Agent) -> None:
    ticket = make_ticket()
    old = seen(ticket)
    services.update_ticket(lead, ticket.pk, {"assigned_to": agent.pk})
    page = post(browser(senior), ticket, assigned_to="me", seen=old).content.decode()
    assert "\u2068Lea Lead\u2069 has changed the assignee: it is now \u2068Ada Agent\u2069." in page
    assert Ticket.objects.get().assigned_to == agent


def test_change_of_another_property_is_no_conflict(lead: Agent, senior: Agent) -> None:
    ticket = make_ticket()
    old = seen(ticket)
    services.post_message(senior, ticket.pk, "On its way.")
    services.update_ticket(senior, ticket.pk, {"add_tags": ["vip"]})
    assert "Priority: urgent." in post(browser(lead), ticket, priority="urgent", seen=old).content.decode()
    assert "Tag added: late." in post(browser(lead), ticket, add_tag="late", seen=old).content.decode()
    assert set(TicketTag.objects.values_list("name", flat=True)) == {"vip", "late"}


def test_automatic_tag_is_marked_and_stays_removed(lead: Agent) -> None:
    ticket = make_ticket()
    TicketTag.objects.create(ticket=ticket, name="shipping", automatic=True)
    client = browser(lead)
    page = shown(client, ticket)
    assert 'class="chip word auto-tag"' in page and "Remove the tag shipping" in page
    post(client, ticket, remove_tag="shipping")
    assert RejectedTag.objects.get().name == "shipping" and not TicketTag.objects.exists()


def test_tags_of_other_tickets_are_suggested(lead: Agent) -> None:
    other, ticket = make_ticket(), make_ticket()
    services.update_ticket(lead, other.pk, {"add_tags": ["vip", "late"]})
    services.update_ticket(lead, ticket.pk, {"add_tags": ["late"]})
    page = shown(browser(lead), ticket)
    assert '<option value="vip">' in page and '<option value="late">' not in page


def test_tags_of_invisible_tickets_are_not_suggested(agent: Agent, senior: Agent) -> None:
    mine, also_mine, secret = make_ticket(assigned_to=agent), make_ticket(assigned_to=agent), make_ticket()
    services.update_ticket(None, secret.pk, {"tags": ["lawsuit-acme"]})
    services.update_ticket(None, also_mine.pk, {"tags": ["late"]})
    page = shown(browser(agent), mine)
    assert '<option value="late">' in page and "lawsuit" not in page
    assert '<option value="lawsuit-acme">' in shown(browser(senior), mine)


def test_property_controls_are_shown_by_permission(agent: Agent, senior: Agent, lead: Agent) -> None:
    mine = make_ticket(assigned_to=agent)
    page = shown(browser(agent), mine)
    assert 'name="assigned_to"' not in page and "Assigned to you" in page and 'name="status"' in page
    assert "Unassign or escalate" in page
    theirs = shown(browser(senior), mine)
    assert "Assigned to Ada Agent" in theirs and 'value="me"' in theirs and 'id="give-up"' not in theirs
    assert 'data-key="a"' in theirs and 'id="p-assignee"' not in theirs
    assert '<select id="p-assignee"' in shown(browser(lead), mine)
    refused = post(browser(senior), mine, assigned_to=str(senior.pk)).content.decode()
    assert "Ticket assigned to \u2068Sena Senior\u2069." in refused
    assert (
        "Assigning tickets requires the role team lead"
        in post(browser(senior), mine, assigned_to=str(agent.pk)).content.decode()
    )


def test_ticket_of_another_agent_is_404(agent: Agent, senior: Agent) -> None:
    ticket, client = make_ticket(assigned_to=senior), browser(agent)
    for path in ("properties", "history"):
        assert client.get(f"/tickets/{ticket.pk}/{path}").status_code == 404
    for path in ("properties", "hand-back", "escalate"):
        assert post(client, ticket, path, priority="urgent", reason="Mine!").status_code == 404
    assert Ticket.objects.get().updated_at == ticket.updated_at


@pytest.mark.parametrize(("path", "said"), [("hand-back", "back in the queue"), ("escalate", "is escalated")])
def test_unassign_or_escalate_redirects_to_inbox_if_ticket_becomes_invisible(
    agent: Agent, path: str, said: str
) -> None:
    ticket, client = make_ticket(assigned_to=agent), browser(agent)
    assert f'hx-post="/tickets/{ticket.pk}/{path}"' in shown(client, ticket)
    answer = post(client, ticket, path, reason="Off sick.")
    assert answer["HX-Redirect"] == "/"
    assert said in client.get("/").content.decode()
    assert Ticket.objects.get().assigned_to is None and HandBack.objects.get().agent == agent
    assert "Off sick." in ticket.notes.get().content


def test_unassign_and_escalate_need_a_reason_and_an_open_ticket(lead: Agent) -> None:
    ticket, client = make_ticket(assigned_to=lead), browser(lead)
    page = post(client, ticket, "hand-back", reason=" ").content.decode()
    assert "Enter a reason" in page and '<details class="fold" id="give-up" open>' in page
    services.update_ticket(lead, ticket.pk, {"status": "closed"})
    page = post(client, ticket, "escalate", reason="kept words").content.decode()
    assert "The ticket is closed; reopen it first." in page
    answer = client.post(f"/tickets/{ticket.pk}/hand-back", {"reason": "x"}, follow=True)
    assert "open it first" in answer.content.decode()


def test_admin_is_not_offered_escalation(admin: Agent) -> None:
    page = shown(browser(admin), make_ticket(assigned_to=admin))
    assert "Back to the queue" in page and "/escalate" not in page


def test_deactivated_assignee_is_still_listed(lead: Agent, agent: Agent) -> None:
    ticket = make_ticket(assigned_to=agent)
    Agent.objects.filter(pk=agent.pk).update(is_active=False)
    assert f'<option value="{agent.pk}" selected>Ada Agent</option>' in shown(browser(lead), ticket)


def test_hostile_names_and_tags_are_escaped_in_properties_and_history(lead: Agent) -> None:
    ticket = make_ticket(make_customer(HOSTILE), subject=HOSTILE)
    Agent.objects.filter(pk=lead.pk).update(name=HOSTILE)
    TicketTag.objects.bulk_create(
        TicketTag(ticket=ticket, name=f"<img src=x>{n}", automatic=bool(n % 2)) for n in range(60)
    )
    for path in ("properties", "history"):
        page = browser(lead).get(f"/tickets/{ticket.pk}/{path}").content.decode()
        assert "<script>alert" not in page and "<img" not in page


def test_properties_query_count_is_constant(lead: Agent, agent: Agent, django_assert_num_queries: Any) -> None:
    few, many = make_ticket(), make_ticket(assigned_to=agent)
    TicketTag.objects.bulk_create(TicketTag(ticket=many, name=f"tag {n}") for n in range(60))
    client = browser(lead)
    for ticket in (few, many):
        with django_assert_num_queries(6):
            shown(client, ticket)


# --- The timeline ------------------------------------------------------------------------------------------------------
def test_ticket_history_describes_every_change_newest_first(lead: Agent, agent: Agent) -> None:
    ticket = make_ticket()
    services.update_ticket(lead, ticket.pk, {"priority": "urgent"}, reason="A chargeback.")
    services.update_ticket(lead, ticket.pk, {"assigned_to": agent.pk})
    services.update_ticket(lead, ticket.pk, {"tags": ["vip", "late"]})
    services.snooze_ticket(lead, ticket.pk, until=timezone.now() + timedelta(days=2))
    page = browser(lead).get(f"/tickets/{ticket.pk}/history", headers=HTMX).content.decode()
    assert page.index("+late, +vip") < page.index("Ada Agent") < page.index("A chargeback.")
    assert "<bdi>normal</bdi>" in page and "<bdi>urgent</bdi>" in page and "Lea Lead" in page and "Snoozed" in page


def test_long_ticket_history_has_pages(lead: Agent, django_assert_num_queries: Any) -> None:
    ticket, client = make_ticket(), browser(lead)
    here = f"/tickets/{ticket.pk}/history"
    for n in range(50):
        services.update_ticket(lead, ticket.pk, {"subject": f"Subject number {n};"})
    said, address, pages = "", here, 0
    while address:
        with django_assert_num_queries(6):
            page = client.get(address, headers=HTMX).content.decode()
        said, pages = said + page, pages + 1
        address = f"{here}?before={page.split('?before=')[1].split(chr(34))[0]}" if "?before=" in page else ""
    assert pages == 3 and all(f"Subject number {n};" in said for n in range(50))
    for odd in ("x", "-1", "9" * 40, "²"):
        assert "Subject number 49;" in client.get(f"{here}?before={odd}").content.decode()


def test_audit_reasons_are_in_the_readers_language(lead: Agent, agent: Agent, settings: Any) -> None:
    ticket, client = make_ticket(assigned_to=agent), browser(lead)
    services.update_ticket(lead, ticket.pk, {"assigned_to": agent.pk})
    services.update_ticket(agent, ticket.pk, {"priority": "high"}, reason="Mein eigener Grund.")
    services.snooze_ticket(agent, ticket.pk, until=None, until_reply=True)
    services.unsnooze_ticket(agent, ticket.pk)
    services.snooze_ticket(agent, ticket.pk, until=timezone.now() + timedelta(days=1), until_reply=True)
    services.escalate(agent, ticket.pk, "bitte prüfen")
    services.hand_back(lead, ticket.pk, "Zu viel")
    services.post_message(lead, ticket.pk, "Erledigt.", from_agent=True)
    settings.LANGUAGE_CODE = "de"
    for path in (f"/tickets/{ticket.pk}/history", f"/tickets/{ticket.pk}"):
        page = client.get(path, headers={"Accept-Language": "de"}).content.decode()
        for words in (
            "Bis der Kunde schreibt.",
            "Eskaliert: bitte prüfen.",
            "Zuweisung mit Begründung aufgehoben: Zu viel.",
            "Mein eigener Grund.",
        ):
            assert words in page, (path, words)
        assert "Manuell in die Warteschlange zurückgelegt." in page
        for words in ("Until ", "Returned", "Posted", "Added", "Self-assigned"):
            assert words not in page, (path, words)
