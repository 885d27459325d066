"""Automatic assignment of new tickets: agent choice, query cost, rules and capacity under concurrency."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agents.common.admin_base import REFUSALS
from agents.models import Agent, AuditEntry
from agents.services import deactivate_agent, update_agent
from tickets import services
from tickets.models import AssignmentRules, Customer, Ticket
from tickets.tests.concurrency import at_once
from tickets.tests.factories import make_customer, make_ticket

Clients = Callable[[Agent], APIClient]
Agents = Callable[..., Agent]
URL = "/api/assignment/rules"


@pytest.fixture
def on(db: None) -> None:
    services.save_assignment_rules(None, {"enabled": True})


def create(customer: Customer | None = None, actor: Agent | None = None, **fields: Any) -> Ticket:
    key = (customer or make_customer()).pk
    return services.create_ticket(actor, services.TicketData("Where is it?", "email", customer_id=key, **fields))


def reason(ticket: Ticket) -> str:
    return AuditEntry.objects.get(subject_id=str(ticket.pk), action="ticket.created").reason


# --- To whom -----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_automatic_assignment_is_off_by_default(make_agent: Agents) -> None:
    make_agent("agent")
    assert create().assigned_to is None
    services.save_assignment_rules(None, {"enabled": True})
    ticket = create()
    assert ticket.assigned_to is not None
    assert reason(ticket) == "Assigned automatically: load 0 of 20."
    services.save_assignment_rules(None, {"enabled": False})
    assert create().assigned_to is None


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "busy"},
        {"status": "away"},
        {"status": "offline"},
        {"accepts_new_tickets": False},
        {"is_active": False},
        {"is_service": True},
        {"max_concurrent_tickets": 0},
    ],
)
def test_unavailable_agent_gets_no_automatic_assignment(on: None, make_agent: Agents, fields: dict[str, Any]) -> None:
    make_agent("agent", **fields)
    ticket = create()
    assert ticket.assigned_to is None and reason(ticket) == ""


def test_least_loaded_agent_is_chosen_then_longest_waiting_agent(on: None, make_agent: Agents) -> None:
    big = make_agent("agent", max_concurrent_tickets=10)
    small = make_agent("senior_agent", max_concurrent_tickets=4)
    make_ticket(assigned_to=big, status="pending"), make_ticket(assigned_to=big)  # 2 of 10
    make_ticket(assigned_to=small)  # 1 of 4
    make_ticket(assigned_to=small, status="closed")
    got = [create().assigned_to for _ in range(5)]
    assert got == [big, small, big, big, small]  # at last 5/10 equals 2/4, and small waited longer
    for agent in (big, small):
        update_agent(None, agent.pk, {"max_concurrent_tickets": 1000})
    Ticket.objects.update(assigned_to=None)
    one, two = create(), create()
    for ticket in (one, two):
        services.update_ticket(None, ticket.pk, {"status": "closed"})
    three, four = create(), create()
    assert [one.assigned_to, two.assigned_to] == [big, small]  # small had the last of those above
    assert [three.assigned_to, four.assigned_to] == [big, small]


def test_closing_a_ticket_frees_capacity_for_automatic_assignment(on: None, make_agent: Agents) -> None:
    make_agent("agent", max_concurrent_tickets=1)
    first = create()
    assert first.assigned_to is not None and create().assigned_to is None
    services.update_ticket(None, first.pk, {"status": "closed"})
    assert create().assigned_to == first.assigned_to


def test_available_specialist_for_tag_or_language_is_preferred(on: None, make_agent: Agents) -> None:
    anyone = make_agent("agent")
    billing = make_agent("agent", specializations=["billing"], max_concurrent_tickets=3)
    german = make_agent("agent", specializations=["german", "refund"], max_concurrent_tickets=2)
    make_ticket(assigned_to=billing)
    ticket = create(tags=["Billing"])
    assert ticket.assigned_to == billing
    assert reason(ticket) == "Assigned automatically: specialization billing, load 1 of 3."
    assert create(tags=["billing"], languages=["German"]).assigned_to == german  # who cannot read it is no help
    assert create(languages=["german"]).assigned_to == german
    assert create(languages=["german"]).assigned_to == anyone  # full
    assert create(tags=["lost"]).assigned_to == anyone


def test_high_value_customer_ticket_goes_to_available_senior_agent(on: None, make_agent: Agents) -> None:
    services.save_assignment_rules(None, {"high_value_from": Decimal(500)})
    plain = make_agent("agent", specializations=["vip"])
    senior = make_agent("senior_agent", max_concurrent_tickets=1)
    ticket = create(make_customer(value="500.00"), tags=["vip"])
    assert ticket.assigned_to == senior
    assert reason(ticket) == "Assigned automatically: senior agent, load 0 of 1."
    assert create(make_customer(value="500.00")).assigned_to == plain  # nobody senior is available
    services.update_ticket(None, ticket.pk, {"status": "closed"})
    assert create(make_customer(value="499.99"), tags=["vip"]).assigned_to == plain
    services.save_assignment_rules(None, {"high_value_from": None})
    assert create(make_customer(value="9000.00"), tags=["vip"]).assigned_to == plain


def test_manager_is_chosen_only_if_no_other_agent_is_available(on: None, make_agent: Agents) -> None:
    boss = make_agent("manager", specializations=["refund"])
    assert create().assigned_to == boss
    plain = make_agent("agent", max_concurrent_tickets=1)
    assert create(make_customer(value="9000.00"), tags=["refund"]).assigned_to == plain
    assert create().assigned_to == boss


def test_automatic_assignment_applies_to_created_but_not_imported_tickets(
    on: None, make_agent: Agents, service: Agent, senior: Agent, customer: Customer, client_of: Clients
) -> None:
    worker = make_agent("agent", specializations=["mine"])
    author = make_agent("agent")
    body = {"customer_id": str(customer.pk), "subject": "S", "channel": "email", "tags": ["mine"]}
    assert client_of(service).post("/api/tickets", body).json()["assigned_to"] == str(worker.pk)
    assert client_of(senior).post("/api/tickets", body).json()["assigned_to"] == str(worker.pk)
    taken = {**body, "assigned_to": str(senior.pk)}
    assert client_of(senior).post("/api/tickets", taken).json()["assigned_to"] == str(senior.pk)
    known = make_ticket(assigned_to=author).customer_id
    assert client_of(author).post("/api/tickets", {**body, "customer_id": str(known)}).json()["assigned_to"] == str(
        author.pk
    )
    newcomer = {"author_email": "new@example.com", "subject": "S", "channel": "email", "tags": ["mine"]}
    assert client_of(service).post("/api/tickets", newcomer).json()["assigned_to"] == str(worker.pk)
    assert make_ticket(tags=["mine"]).assigned_to is None  # an import keeps whose they were


def test_agent_who_comes_online_gets_no_ticket_but_may_claim_one(on: None, make_agent: Agents) -> None:
    late = make_agent("agent", status="offline")
    ticket = create()
    update_agent(late, late.pk, {"status": "online"})
    ticket.refresh_from_db()
    assert ticket.assigned_to is None
    assert services.claim_next(late) == ticket


def test_agent_who_goes_offline_keeps_assigned_tickets(on: None, make_agent: Agents) -> None:
    agent = make_agent("agent")
    ticket = create()
    update_agent(agent, agent.pk, {"status": "offline", "accepts_new_tickets": False})
    ticket.refresh_from_db()
    assert ticket.assigned_to == agent


# --- What it costs -----------------------------------------------------------------------------------------------------
def queries_of(work: Callable[[], Any]) -> tuple[int, int]:
    """Returns the number of queries and, separately, the number of savepoint statements."""
    with CaptureQueriesContext(connection) as captured:
        work()
    savepoints = sum("SAVEPOINT" in query["sql"] for query in captured)
    return len(captured) - savepoints, savepoints


@pytest.mark.django_db
@pytest.mark.parametrize("team", [1, 40])
def test_automatic_assignment_costs_constant_queries_for_any_team_size(team: int, make_agent: Agents) -> None:
    customer = make_customer()
    for _ in range(team):
        make_agent("agent")
    by_address = services.TicketData("S", "email", author_email=customer.email)
    off = queries_of(lambda: create(customer))
    assert off == queries_of(lambda: services.create_ticket(None, by_address)) == (10, 8)
    services.save_assignment_rules(None, {"enabled": True})
    on = queries_of(lambda: create(customer))
    assert on == (off[0] + 3, off[1] + 2)


# --- The rules ---------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("role", ["agent", "senior_agent", "team_lead", "manager", "admin"])
def test_every_role_reads_assignment_rules_and_only_managers_change_them(
    role: str, make_agent: Agents, client_of: Clients
) -> None:
    caller = make_agent(role)
    api = client_of(caller)
    defaults = {"enabled": False, "high_value_from": 1000.0, "again_after_hours": 24}
    assert api.get(URL).json() == defaults
    answer = api.put(URL, {"enabled": True, "high_value_from": 250.5})
    if role in ("manager", "admin"):
        assert answer.status_code == 200
        assert answer.json() == api.get(URL).json() == {**defaults, "enabled": True, "high_value_from": 250.5}
        entry = AuditEntry.objects.get(action="assignment_rules.saved")
        assert entry.actor == caller
        assert entry.changes == {"enabled": [False, True], "high_value_from": ["1000.00", "250.50"]}
        assert api.put(URL, {"enabled": True, "high_value_from": 250.5}).status_code == 200
        assert AuditEntry.objects.filter(action="assignment_rules.saved").count() == 1  # nothing new, nothing written
        assert api.put(URL, {"high_value_from": None}).json()["high_value_from"] is None
    else:
        assert answer.status_code == 403 and "requires the role manager" in answer.json()["detail"]
        assert not AssignmentRules.objects.filter(enabled=True).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"enabled": "perhaps"}, "enabled"),
        ({"high_value_from": -1}, "high_value_from"),
        ({"high_value_from": 1e12}, "high_value_from"),
        ({"high_value_from": "NaN"}, "high_value_from"),
        ({"again_after_hours": 721}, "again_after_hours"),
        ({"again_after_hours": -1}, "again_after_hours"),
        ({"again_after_hours": None}, "again_after_hours"),
    ],
)
def test_invalid_assignment_rules_are_rejected_with_field_name(
    manager: Agent, client_of: Clients, body: dict[str, Any], field: str
) -> None:
    answer = client_of(manager).put(URL, body)
    assert answer.status_code == 400 and list(answer.json()["errors"]) == [field]
    assert client_of(manager).put(URL, [1]).status_code == 400


# --- Many at once ------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("capacities", [(7, 5, 3, 1, 0, 11), (40, 40, 40), (1,) * 8])
def test_hundred_concurrent_tickets_never_exceed_agent_capacity(
    make_agent: Agents, capacities: tuple[int, ...]
) -> None:
    services.save_assignment_rules(None, {"enabled": True})
    team = [make_agent("agent", max_concurrent_tickets=capacity) for capacity in capacities]
    customers = [make_customer() for _ in range(10)]
    made = at_once(lambda number: services.retrying(lambda: create(customers[number % 10])), 100)
    assert not [one for one in made if isinstance(one, Exception)], Counter(map(repr, made))
    got = Counter(Ticket.objects.exclude(assigned_to=None).values_list("assigned_to", flat=True))
    assert all(got[agent.pk] <= agent.max_concurrent_tickets for agent in team), got
    assert sum(got.values()) == min(100, sum(capacities))  # and no place stays empty while a ticket waits
    assert Ticket.objects.count() == 100


@pytest.mark.django_db(transaction=True)
def test_concurrent_assignment_operations_lose_no_ticket_and_raise_no_error(
    make_agent: Agents, admin: Agent, lead: Agent
) -> None:
    """Creates, claims, assigns, unassigns, escalates and deactivates at the same time: no call fails and no ticket is lost."""
    services.save_assignment_rules(None, {"enabled": True})
    team = [make_agent("agent", max_concurrent_tickets=4) for _ in range(5)]
    leaver, customers = team[0], [make_customer() for _ in range(3)]
    mine = [make_ticket(assigned_to=team[number % 5]) for number in range(10)]
    waiting = [make_ticket() for _ in range(5)]
    refused: list[str] = []

    def work(number: int) -> Any:
        kind, turn = number % 6, number // 6
        try:
            if kind == 0:
                return services.retrying(lambda: create(customers[turn % 3]))
            if kind == 1:
                return services.claim_next(team[turn % 5])
            if kind == 2:
                return services.update_ticket(lead, waiting[turn % 5].pk, {"assigned_to": team[turn % 5].pk})
            if kind == 3:
                return services.hand_back(lead, mine[turn].pk, "Too many.")
            if kind == 4:
                return services.escalate(lead, mine[turn + 5].pk, "Too hard.")
            return deactivate_agent(admin, leaver.pk) if turn == 0 else None
        except REFUSALS as refusal:
            refused.append(repr(refusal))
            return None

    results = at_once(work, 30)
    assert not [one for one in results if isinstance(one, Exception)], results
    assert not Ticket.objects.ranked().filter(assigned_to=leaver).exists()
    changed = AuditEntry.objects.filter(changes__has_key="assigned_to")
    assert changed.count() > 10 and not changed.filter(reason="").exists()
    assert all("no longer active" in text or "No active agent" in text or "changed" in text for text in refused), (
        refused
    )
