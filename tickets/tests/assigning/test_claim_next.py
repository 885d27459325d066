"""`POST /api/tickets/next`: assigns the first unassigned ticket of the ranking to exactly one caller."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from agents.models import Agent, AuditEntry
from agents.services import deactivate_agent
from agents.tests.waiting import HANGS
from tickets import services
from tickets.api.assignment import NOTHING_LEFT
from tickets.models import HandBack, IdempotencyKey, Ticket
from tickets.ranking import queue
from tickets.services.assigning.assignment import Reason
from tickets.tests.concurrency import at_once, until_somebody_waits
from tickets.tests.factories import make_ticket
from tickets.topic_alerts.services import active_keywords, create_alert, update_alert

URL = "/api/tickets/next"
Clients = Callable[[Agent], APIClient]
Agents = Callable[..., Agent]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["agent", "senior_agent", "team_lead", "manager", "admin"])
def test_every_role_claims_the_first_ticket_of_the_ranking(role: str, make_agent: Agents, client_of: Clients) -> None:
    caller, other = make_agent(role), make_agent("agent")
    make_ticket(days=9, status="closed")
    make_ticket(days=8, status="pending")
    make_ticket(days=7, assigned_to=other)
    later, urgent = make_ticket(days=3), make_ticket(days=1, priority="urgent", text="Hi")
    api = client_of(caller)
    first = api.post(URL)
    assert first.status_code == 200
    body = first.json()
    assert (body["id"], body["assigned_to"]) == (str(urgent.pk), str(caller.pk))
    assert body.keys() == api.get(f"/api/tickets/{urgent.pk}").json().keys() and "customer_profile" in body
    assert first.headers["ETag"] == api.get(f"/api/tickets/{urgent.pk}").headers["ETag"]
    assert api.post(URL).json()["id"] == str(later.pk)
    nothing = api.post(URL)
    assert (nothing.status_code, nothing.json()) == (200, {"ticket": None, "detail": NOTHING_LEFT})


@pytest.mark.django_db
def test_service_account_and_anonymous_cannot_claim(service: Agent, client_of: Clients) -> None:
    ticket = make_ticket()
    refused = client_of(service).post(URL)
    assert (refused.status_code, refused.json()) == (
        403,
        {"detail": "Tickets cannot be assigned to service accounts."},
    )
    assert APIClient().post(URL).status_code == 401
    assert client_of(service).get(URL).status_code == 405
    ticket.refresh_from_db()
    assert ticket.assigned_to_id is None


@pytest.mark.django_db
def test_claim_is_recorded_in_audit_log_and_keeps_the_rank(agent: Agent, client_of: Clients) -> None:
    ticket = make_ticket()
    client_of(agent).post(URL)
    entry = AuditEntry.objects.get(subject_id=str(ticket.pk), action="ticket.updated")
    assert entry.changes == {"assigned_to": [None, str(agent.pk)]} and entry.actor == agent
    assert entry.reason == Reason.NEXT.told()
    before = ticket.rank_at
    ticket.refresh_from_db()
    assert ticket.rank_at == before and ticket.updated_at == entry.at


@pytest.mark.django_db
def test_agent_may_claim_beyond_capacity_and_while_away(make_agent: Agents) -> None:
    busy = make_agent("agent", max_concurrent_tickets=1, accepts_new_tickets=False, status="away")
    for _ in range(2):
        make_ticket()
        assert services.claim_next(busy) is not None
    assert Ticket.objects.filter(assigned_to=busy).count() == 2


@pytest.mark.django_db
def test_repeated_idempotency_key_claims_once_and_empty_queue_keeps_key_unused(
    agent: Agent, client_of: Clients
) -> None:
    api, key = client_of(agent), {"Idempotency-Key": "mine"}
    assert api.post(URL, headers=key).json()["ticket"] is None
    assert not IdempotencyKey.objects.exists()
    make_ticket(), make_ticket()
    first, again = api.post(URL, headers=key), api.post(URL, headers=key)
    assert first.json() == again.json() and again.headers["Idempotent-Replay"] == "true"
    assert Ticket.objects.filter(assigned_to=agent).count() == 1


@pytest.mark.django_db
def test_ticket_unassigned_by_an_agent_is_offered_to_other_agents_first(agent: Agent, make_agent: Agents) -> None:
    best, second = make_ticket(days=5), make_ticket(days=1)
    assert services.claim_next(agent) == best
    services.hand_back(agent, best.pk, "I do not know this product.")
    assert services.claim_next(agent) == second
    assert services.claim_next(agent) is None
    HandBack.objects.update(at=timezone.now() - timedelta(hours=25))
    assert services.claim_next(agent) == best
    services.hand_back(agent, best.pk, "Still not.")
    assert services.claim_next(make_agent("agent")) == best


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [0, 48])
def test_assignment_rules_set_the_delay_before_unassigned_ticket_is_offered_again(
    agent: Agent, time_machine: Any, hours: int
) -> None:
    time_machine.move_to("2026-03-01T23:59:00Z", tick=False)
    services.save_assignment_rules(None, {"again_after_hours": hours})
    ticket = make_ticket(assigned_to=agent)
    services.hand_back(agent, ticket.pk, "A mistake.")
    assert services.claim_next(agent) is None
    time_machine.move_to("2026-03-02T00:00:00Z", tick=False)
    assert services.claim_next(agent) == (None if hours else ticket)


@pytest.mark.django_db
def test_escalated_ticket_is_claimed_only_by_higher_roles(agent: Agent, senior: Agent) -> None:
    ticket = make_ticket(tags=["escalation"])
    assert services.claim_next(agent) is None
    assert services.claim_next(senior) == ticket


@pytest.mark.django_db
def test_claim_costs_constant_queries_for_any_queue_length(agent: Agent) -> None:
    counts = set()
    for size in (3, 30):
        for _ in range(size):
            make_ticket()
        with CaptureQueriesContext(connection) as queries:
            assert services.claim_next(agent)
        counts.add(len(queries))
    assert len(counts) == 1 and max(counts) <= 21, queries.captured_queries  # nine are those of who listens


# --- Topic alerts ------------------------------------------------------------------------------------------------------
def in_list(agent: Agent, api: APIClient) -> list[str]:
    """Returns the ids of unassigned tickets in the order of the ticket list with the agent's topic alerts."""
    alerts = ",".join(active_keywords(agent))
    rows = api.get("/api/tickets", {"topic_alerts": alerts, "assigned_to": "none", "limit": "100"}).json()["tickets"]
    return [row["id"] for row in rows]


@pytest.mark.django_db
@pytest.mark.parametrize("first", [1, 25])
def test_next_ticket_is_first_in_the_list_ranked_by_the_agents_topic_alerts(
    first: int, senior: Agent, lead: Agent, client_of: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "FIRST", first)
    for days in (9, 8, 7, 6.5):
        make_ticket(days=days)
    make_ticket(
        text="It was RECALLED last week.", days=4.5
    )  # five days ahead: before 9 days, and one half of a day more
    make_ticket(text="Recalled, too, but new.", days=2)
    make_ticket(text="I go to court.", days=1)
    api = client_of(senior)
    assert services.peek_next(senior) == Ticket.objects.order_by("rank_at").first()
    create_alert(senior, "recalled")
    create_alert(lead, "court", team=True)
    create_alert(lead, "nobody else's")
    shown = in_list(senior, api)
    assert len(shown) == 7
    for ticket_id in shown:
        assert str(services.peek_next(senior).pk) == ticket_id  # type: ignore[union-attr]
        assert api.post(URL).json()["id"] == ticket_id
    assert services.peek_next(senior) is None and in_list(senior, api) == []


@pytest.mark.django_db
def test_inactive_alert_is_ignored_and_unassigned_match_is_not_offered_again(senior: Agent) -> None:
    older, match = make_ticket(days=4), make_ticket(text="A recall", days=3)
    alert = create_alert(senior, "recall")
    assert services.peek_next(senior) == match
    update_alert(senior, alert.pk, {"is_on": False})
    assert services.peek_next(senior) == older
    update_alert(senior, alert.pk, {"is_on": True})
    assert services.claim_next(senior) == match
    services.hand_back(senior, match.pk, "Not for me.")
    assert services.peek_next(senior) == older


@pytest.mark.django_db
def test_topic_alerts_add_a_constant_number_of_queries_to_peek_next(senior: Agent) -> None:
    create_alert(senior, "recall")
    found = set()
    for size in (3, 60):
        for _ in range(size):
            make_ticket()
        with CaptureQueriesContext(connection) as queries:
            assert services.peek_next(senior)
        found.add(len(queries))
    assert max(found) <= 6


@pytest.mark.django_db(transaction=True)
def test_concurrent_callers_with_topic_alerts_claim_each_ticket_once(make_agent: Agents, lead: Agent) -> None:
    create_alert(lead, "recall", team=True)
    for number in range(20):
        make_ticket(text="A recall" if number % 2 else "A question", days=number / 4)
    callers = [make_agent("agent") for _ in range(12)]
    found = at_once(lambda number: [services.claim_next(callers[number]) for _ in range(2)], 12)
    taken = [ticket.pk for pair in found for ticket in pair if ticket is not None]
    assert len(taken) == len(set(taken)) == 20


# --- Many at once ------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_fifty_concurrent_callers_claim_each_of_forty_tickets_once(make_agent: Agents, client_of: Clients) -> None:
    tickets = {str(make_ticket().pk) for _ in range(40)}
    callers = [make_agent("agent" if number % 3 else "team_lead") for number in range(50)]
    clients = [client_of(caller) for caller in callers]
    answers = at_once(lambda number: clients[number].post(URL), 50)
    assert {answer.status_code for answer in answers} == {200}
    bodies = [answer.json() for answer in answers]
    taken = [body["id"] for body in bodies if "id" in body]
    assert len(taken) == 40 and set(taken) == tickets
    assert [body for body in bodies if "id" not in body] == [{"ticket": None, "detail": NOTHING_LEFT}] * 10
    owners = Counter(Ticket.objects.values_list("assigned_to", flat=True))
    assert None not in owners and set(owners.values()) == {1}
    assert AuditEntry.objects.filter(reason=Reason.NEXT.told()).count() == 40


@pytest.mark.django_db(transaction=True)
def test_concurrent_claims_of_one_agent_get_distinct_tickets(agent: Agent) -> None:
    for _ in range(10):
        make_ticket()
    found = at_once(lambda number: services.claim_next(agent), 12)
    ids = [ticket.pk for ticket in found if ticket is not None]
    assert len(ids) == len(set(ids)) == 10


@pytest.mark.django_db(transaction=True)
def test_claim_waits_for_lock_on_the_last_ticket(agent: Agent) -> None:
    ticket, held = make_ticket(), threading.Event()
    waited: list[bool] = []

    def write() -> None:
        with transaction.atomic():
            services.update_ticket(None, ticket.pk, {"priority": "high"})
            held.set()
            waited.append(until_somebody_waits())
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    assert held.wait(HANGS)
    claimed = services.claim_next(agent)
    writer.join()
    assert waited == [True]
    assert claimed is not None and (claimed.pk, claimed.priority) == (ticket.pk, "high")


@pytest.mark.django_db(transaction=True)
def test_deactivation_during_claims_leaves_no_ticket_with_inactive_agent(admin: Agent, make_agent: Agents) -> None:
    for _ in range(4):
        leaver, stayer = make_agent("agent"), make_agent("agent")
        Ticket.objects.all().delete()
        for _ in range(8):
            make_ticket()

        def work(number: int, leaver: Agent = leaver, stayer: Agent = stayer) -> Any:
            if number == 0:
                return deactivate_agent(admin, leaver.pk)
            return services.claim_next(stayer if number % 2 else leaver)

        results = at_once(work, 9)
        errors = [result for result in results if isinstance(result, Exception)]
        assert all(isinstance(error, PermissionDenied) for error in errors), errors
        assert not Ticket.objects.filter(assigned_to=leaver).exists()
        assert Ticket.objects.filter(assigned_to=stayer).count() == 4


@pytest.mark.django_db(transaction=True)
def test_concurrent_unassigns_and_claims_neither_lose_nor_duplicate_a_ticket(make_agent: Agents) -> None:
    givers, takers = [make_agent("agent") for _ in range(4)], [make_agent("agent") for _ in range(4)]
    ids = [make_ticket(assigned_to=givers[number]).pk for number in range(4)]

    def work(number: int) -> UUID | None:
        if number < 4:
            services.hand_back(givers[number], ids[number], "Not mine.")
            return None
        found = services.claim_next(takers[number - 4])
        return found.pk if found else None

    results = at_once(work, 8)
    assert not [result for result in results if isinstance(result, Exception)], results
    taken = [result for result in results if result is not None]
    assert len(taken) == len(set(taken))
    for ticket in Ticket.objects.all():
        assert ticket.assigned_to not in givers
        assert (ticket.assigned_to in takers) == (ticket.pk in taken)


@pytest.mark.django_db
def test_queue_with_alerts_is_read_in_the_order_of_its_index(senior: Agent) -> None:
    """By assignee first, which is null for all of them: by rank alone the planner would walk through assigned tickets."""
    make_ticket(text="A recall")
    create_alert(senior, "recall")
    with CaptureQueriesContext(connection) as queries:
        services.peek_next(senior)
    read = [query["sql"] for query in queries if "part (id, rank, same)" in query["sql"]]
    assert read and all("ORDER BY same, rank, id" in sql for sql in read)
