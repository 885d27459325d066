"""Ticket assignment: manual assignment, unassigning, escalation and reopening, with permissions and audit log reasons."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from agents.common.errors import Conflict
from agents.models import Agent, AuditEntry
from agents.services import deactivate_agent, update_agent
from tickets import services
from tickets.models import HandBack, Note, Ticket
from tickets.services.assigning import assignee_choice
from tickets.services.assigning.assignment import Reason
from tickets.signals import ticket_updated
from tickets.tests.concurrency import at_once
from tickets.tests.factories import make_ticket

Clients = Callable[[Agent], APIClient]
Agents = Callable[..., Agent]
ROLES = ["agent", "senior_agent", "team_lead", "manager", "admin"]
LEADING = ROLES[2:]
WHY = {"reason": "  The customer asks for \n a discount.  "}


def last(ticket: Ticket) -> AuditEntry:
    return AuditEntry.objects.filter(subject_id=str(ticket.pk)).latest("id")


def expected(role: str, whose: str) -> int:
    """Returns the expected HTTP status of unassigning or escalating an own, another agent's or an unassigned ticket."""
    if whose == "own":
        return 200
    if role == "agent":
        return 404
    return 200 if whose == "unassigned" or role in LEADING else 403


# --- Who may -----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["hand-back", "escalate"])
@pytest.mark.parametrize("whose", ["own", "other's", "unassigned"])
@pytest.mark.parametrize("role", ROLES)
def test_roles_may_unassign_and_escalate_only_permitted_tickets(
    role: str, whose: str, verb: str, make_agent: Agents, client_of: Clients, service: Agent
) -> None:
    caller, other = make_agent(role), make_agent("agent")
    ticket = make_ticket(assigned_to={"own": caller, "other's": other, "unassigned": None}[whose])
    before = AuditEntry.objects.count()
    answer = client_of(caller).post(f"/api/tickets/{ticket.pk}/{verb}", WHY)
    wanted = expected(role, whose)
    if (role, verb) == ("admin", "escalate") and whose != "other's":
        wanted = 409  # nobody ranks above
    assert answer.status_code == wanted, answer.json()
    if wanted == 403:
        assert answer.json()["detail"].endswith(
            "another agent's ticket requires the role team lead; yours is senior agent."
        )
    if wanted != 200:
        ticket.refresh_from_db()
        assert ticket.assigned_to == {"own": caller, "other's": other, "unassigned": None}[whose]
        assert AuditEntry.objects.count() == before and not Note.objects.exists()
    assert APIClient().post(f"/api/tickets/{ticket.pk}/{verb}", WHY).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("whose", ["own", "other's", "unassigned"])
@pytest.mark.parametrize("role", ROLES)
def test_roles_may_assign_only_permitted_tickets(role: str, whose: str, make_agent: Agents, client_of: Clients) -> None:
    caller, other, third = make_agent(role), make_agent("agent"), make_agent("agent")
    owner = {"own": caller, "other's": other, "unassigned": None}[whose]
    unseen = role == "agent" and whose != "own"
    api = client_of(caller)
    for wanted, allowed in [(third, role in LEADING), (None, role in LEADING), (caller, True)]:
        ticket = make_ticket(assigned_to=owner)
        key = str(wanted.pk) if wanted else None
        answer = api.patch(f"/api/tickets/{ticket.pk}", {"assigned_to": key})
        same = wanted == owner
        assert answer.status_code == (404 if unseen else 200 if allowed or same else 403), (wanted, answer.json())
        ticket.refresh_from_db()
        assert ticket.assigned_to == (wanted if answer.status_code == 200 else owner)
        if answer.status_code == 200 and not same:
            reasons = {None: Reason.RETURNED, caller: Reason.TAKEN, third: Reason.MANUAL}
            assert last(ticket).reason == reasons[wanted].told()


@pytest.mark.django_db
def test_assignment_reason_is_recorded_in_audit_log(lead: Agent, agent: Agent, client_of: Clients) -> None:
    ticket, api = make_ticket(), client_of(lead)
    url = f"/api/tickets/{ticket.pk}"
    api.patch(url, {"assigned_to": str(agent.pk), "reason": " Knows  the product "})
    assert last(ticket).reason == "Knows the product"
    assert api.patch(url, {"assigned_to": None, "reason": "x" * 401}).status_code == 400
    api.patch(url, {"assigned_to": None, "reason": " "})
    assert last(ticket).reason == Reason.RETURNED.told()


@pytest.mark.django_db
def test_manual_assignment_may_exceed_capacity_but_needs_active_human_agent(
    lead: Agent, make_agent: Agents, client_of: Clients
) -> None:
    full = make_agent("agent", max_concurrent_tickets=0, status="offline")
    ticket, api = make_ticket(), client_of(lead)
    assert api.patch(f"/api/tickets/{ticket.pk}", {"assigned_to": str(full.pk)}).status_code == 200
    for wrong in (make_agent("agent", is_active=False).pk, make_agent("agent", is_service=True).pk, uuid4()):
        answer = api.patch(f"/api/tickets/{ticket.pk}", {"assigned_to": str(wrong)})
        assert (answer.status_code, answer.json()["detail"]) == (400, "assigned_to: No active agent has this id.")


# --- Handing back ------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_agent_unassigns_own_ticket_with_reason_as_note(agent: Agent, client_of: Clients) -> None:
    ticket, api = make_ticket(assigned_to=agent), client_of(agent)
    url = f"/api/tickets/{ticket.pk}"
    body = api.post(f"{url}/hand-back", WHY).json()
    told = "Handed back: The customer asks for a discount."
    assert body["assigned_to"] is None and body["status"] == "open"
    assert [(note["content"], note["author_name"]) for note in body["notes"]] == [(told, "Ada Agent")]
    assert "customer_profile" in body
    assert (last(ticket).reason, last(ticket).changes) == (told, {"assigned_to": [str(agent.pk), None]})
    assert api.get(url).status_code == 404 and api.post(f"{url}/hand-back", WHY).status_code == 404
    assert HandBack.objects.get().agent == agent


@pytest.mark.django_db
def test_unassign_with_repeated_idempotency_key_runs_once_with_same_response(agent: Agent, client_of: Clients) -> None:
    ticket, key = make_ticket(assigned_to=agent), {"Idempotency-Key": "k"}
    url = f"/api/tickets/{ticket.pk}/hand-back"
    first, again = (client_of(agent).post(url, WHY, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    assert Note.objects.count() == 1


@pytest.mark.django_db
def test_repeated_unassign_is_404_after_another_agent_changed_the_ticket(
    agent: Agent, lead: Agent, client_of: Clients
) -> None:
    ticket, key = make_ticket(assigned_to=agent), {"Idempotency-Key": "k"}
    url = f"/api/tickets/{ticket.pk}/hand-back"
    assert client_of(agent).post(url, WHY, headers=key).status_code == 200
    services.add_note(lead, ticket.pk, "For the team only.")
    assert client_of(agent).post(url, WHY, headers=key).status_code == 404


@pytest.mark.django_db
def test_unassigning_an_unassigned_ticket_changes_nothing(lead: Agent, client_of: Clients) -> None:
    ticket = make_ticket()
    count = AuditEntry.objects.count()
    assert client_of(lead).post(f"/api/tickets/{ticket.pk}/hand-back", WHY).json()["assigned_to"] is None
    assert AuditEntry.objects.count() == count and not Note.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["hand-back", "escalate"])
def test_unassign_and_escalation_need_a_reason_and_an_open_ticket(agent: Agent, client_of: Clients, verb: str) -> None:
    api, ticket = client_of(agent), make_ticket(assigned_to=agent)
    url = f"/api/tickets/{ticket.pk}/{verb}"
    for wrong in (
        {},
        {"reason": ""},
        {"reason": "\u200b"},
        {"reason": "x" * 401},
        {"reason": None},
        {"reason": "\x00"},
    ):
        answer = api.post(url, wrong)
        assert answer.status_code == 400 and list(answer.json()["errors"]) == ["reason"], wrong
    assert api.post(url, []).status_code == 400
    api.patch(f"/api/tickets/{ticket.pk}", {"status": "closed"})
    assert api.post(url, WHY).status_code == 409
    assert api.post(f"/api/tickets/{uuid4()}/{verb}", WHY).status_code == 404
    ticket.refresh_from_db()
    assert ticket.assigned_to == agent


# --- Escalating --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_escalation_goes_to_least_loaded_agent_of_next_higher_role(agent: Agent, make_agent: Agents) -> None:
    make_agent("admin"), make_agent("team_lead")
    loaded, free = make_agent("senior_agent", max_concurrent_tickets=2), make_agent("senior_agent")
    make_ticket(assigned_to=loaded)
    ticket = services.escalate(agent, make_ticket(assigned_to=agent, tags=["refund"]).pk, "Too hard.")
    assert (ticket.assigned_to, ticket.priority) == (free, "normal")
    assert sorted(tag.name for tag in ticket.ticket_tags.all()) == ["escalation", "refund"]
    entry = last(ticket)
    assert entry.reason == "Escalated: Too hard." and entry.actor == agent
    assert entry.changes == {
        "assigned_to": [str(agent.pk), str(free.pk)],
        "tags": [["refund"], ["escalation", "refund"]],
    }
    assert Note.objects.get().content == "Escalated: Too hard."


@pytest.mark.django_db
def test_escalation_goes_to_next_higher_role_never_to_former_assignee(make_agent: Agents) -> None:
    agent, senior, lead, boss = (make_agent(role) for role in ROLES[:4])
    ticket = make_ticket(assigned_to=agent)
    for actor, target in ((agent, senior), (senior, lead)):
        assert services.escalate(actor, ticket.pk, "Up.").assigned_to == target
    services.update_ticket(lead, ticket.pk, {"assigned_to": agent.pk})
    assert services.escalate(agent, ticket.pk, "Up again.").assigned_to == lead  # the senior agent gave it away
    assert services.escalate(lead, ticket.pk, "And up.").assigned_to == boss
    assert ticket.ticket_tags.count() == 1


@pytest.mark.django_db
def test_unassigned_ticket_is_escalated_above_the_actors_role(make_agent: Agents) -> None:
    senior, peer, lead = make_agent("senior_agent"), make_agent("senior_agent"), make_agent("team_lead")
    assert services.escalate(senior, make_ticket().pk, "For a lead.").assigned_to == lead
    assert services.escalate(lead, make_ticket(assigned_to=peer).pk, "Too long.").assigned_to == lead


@pytest.mark.django_db
def test_escalation_is_rejected_if_assignee_changed_concurrently(
    agent: Agent, lead: Agent, make_agent: Agents, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, ticket = make_agent("agent"), make_ticket(assigned_to=agent)
    choose = assignee_choice.pick

    def meanwhile(wish: assignee_choice.Wish) -> Agent | None:
        services.update_ticket(lead, ticket.pk, {"assigned_to": other.pk})
        return choose(wish)

    monkeypatch.setattr(assignee_choice, "pick", meanwhile)
    with pytest.raises(Conflict, match="changed since"):
        services.escalate(lead, ticket.pk, "Up.")
    ticket.refresh_from_db()
    assert ticket.assigned_to in (agent, other) and not Note.objects.exists()


@pytest.mark.django_db
def test_escalated_ticket_waits_in_queue_if_no_higher_role_is_available(agent: Agent, make_agent: Agents) -> None:
    away = make_agent("senior_agent", status="away")
    make_agent("team_lead", max_concurrent_tickets=0)
    ticket = services.escalate(agent, make_ticket(assigned_to=agent).pk, "Too hard.")
    assert ticket.assigned_to is None
    assert services.claim_next(make_agent("agent")) is None
    assert services.claim_next(away) == ticket


@pytest.mark.django_db
def test_ticket_updated_signal_carries_the_escalation_reason(agent: Agent) -> None:
    heard: list[dict[str, Any]] = []

    def listener(sender: Any, **what: Any) -> None:
        heard.append(what)

    ticket_updated.connect(listener)
    try:
        services.escalate(agent, make_ticket(assigned_to=agent).pk, "Too hard.")
    finally:
        ticket_updated.disconnect(listener)
    assert [one["reason"] for one in heard] == ["Escalated: Too hard."]


# --- Agents who leave --------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_deactivation_unassigns_active_tickets_but_offline_status_keeps_them(admin: Agent, agent: Agent) -> None:
    open_, pending, closed = (make_ticket(assigned_to=agent, status=s) for s in ("open", "pending", "closed"))
    update_agent(agent, agent.pk, {"status": "offline"})
    assert Ticket.objects.filter(assigned_to=agent).count() == 3
    deactivate_agent(admin, agent.pk)
    assert list(Ticket.objects.filter(assigned_to=agent)) == [closed]
    for ticket in (open_, pending):
        assert last(ticket).reason == "The agent was deactivated." and last(ticket).actor == admin


@pytest.mark.django_db
@pytest.mark.parametrize("door", ["patch", "message", "customer's message", "given to somebody"])
def test_reopened_ticket_of_deactivated_agent_is_unassigned(
    door: str, admin: Agent, lead: Agent, make_agent: Agents, client_of: Clients
) -> None:
    leaver, stayer, api = make_agent("agent"), make_agent("agent"), client_of(lead)
    gone, kept = (make_ticket(assigned_to=who, status="closed") for who in (leaver, stayer))
    deactivate_agent(admin, leaver.pk)
    for ticket, owner in ((gone, None), (kept, stayer)):
        url = f"/api/tickets/{ticket.pk}"
        if door == "patch":
            answer = api.patch(url, {"status": "open"})
        elif door == "given to somebody":
            owner = stayer
            answer = api.patch(url, {"status": "open", "assigned_to": str(stayer.pk)})
        else:
            answer = api.post(f"{url}/messages", {"content": "Hello", "from_agent": door == "message"})
        assert answer.status_code in (200, 201)
        ticket.refresh_from_db()
        assert ticket.assigned_to == owner and ticket.status != "closed"
        entry = last(ticket)
        if owner is None:
            assert entry.changes["assigned_to"] == [str(leaver.pk), None]
            assert entry.reason == "Reopened; the agent who had it is no longer active."


@pytest.mark.django_db(transaction=True)
def test_concurrent_reopening_and_deactivation_leave_no_ticket_assigned(
    admin: Agent, lead: Agent, make_agent: Agents
) -> None:
    for turn in range(8):
        leaver = make_agent("agent")
        tickets = [make_ticket(assigned_to=leaver, status="closed") for _ in range(3)]

        def work(number: int, leaver: Agent = leaver, tickets: list[Ticket] = tickets) -> Any:
            if number == 3:
                return deactivate_agent(admin, leaver.pk)
            return services.post_message(None, tickets[number].pk, "Again!", from_agent=False)

        results = at_once(work, 4)
        assert not [one for one in results if isinstance(one, Exception)], results
        for ticket in tickets:
            ticket.refresh_from_db()
            assert (ticket.assigned_to_id, ticket.status) == (None, "open"), turn


@pytest.mark.django_db(transaction=True)
def test_ticket_created_during_deactivation_is_not_left_with_inactive_agent(admin: Agent, make_agent: Agents) -> None:
    for turn in range(6):
        leaver = make_agent("agent")
        customer = make_ticket(assigned_to=leaver).customer_id

        def work(number: int, leaver: Agent = leaver, customer: Any = customer) -> Any:
            if number == 0:
                return deactivate_agent(admin, leaver.pk)
            return services.create_ticket(leaver, services.TicketData("S", "email", customer_id=customer))

        at_once(work, 3)
        assert not Ticket.objects.filter(assigned_to=leaver).exists(), turn
