"""Hourly limits on claiming and giving up tickets, and no ticket offered twice a day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from agents.common.errors import LimitReached
from agents.models import Agent, AuditEntry
from tickets import services
from tickets.models import QueueUse, Ticket
from tickets.tests.concurrency import at_once
from tickets.tests.factories import NOW, make_ticket

pytestmark = pytest.mark.django_db
Clients = Callable[[Agent], APIClient]
Agents = Callable[..., Agent]
REACHED = "agent.queue_limit_reached"


@pytest.fixture(autouse=True)
def low_limits(settings: Any) -> None:
    settings.NEXT_TICKETS_PER_HOUR, settings.HAND_BACKS_PER_HOUR = 3, 2


def test_claiming_beyond_the_hourly_limit_is_429(
    agent: Agent, make_agent: Agents, client_of: Clients, time_machine: Any
) -> None:
    time_machine.move_to(NOW, tick=False)
    for _ in range(6):
        make_ticket()
    api = client_of(agent)
    for minutes in (0, 10, 20):
        time_machine.move_to(NOW + timedelta(minutes=minutes), tick=False)
        assert api.post("/api/tickets/next").status_code == 200
    refused = api.post("/api/tickets/next")
    assert refused.status_code == 429 and refused.headers["Retry-After"] == str(40 * 60)
    assert refused.json() == {"detail": "You have taken 3 tickets from the queue within an hour; try again later."}
    assert api.post("/api/tickets/next", headers={"Idempotency-Key": "k"}).status_code == 429
    assert Ticket.objects.filter(assigned_to=agent).count() == 3
    assert AuditEntry.objects.filter(action=REACHED, actor=agent, subject_id=str(agent.pk)).count() == 1
    assert client_of(make_agent("agent")).post("/api/tickets/next").status_code == 200
    time_machine.move_to(NOW + timedelta(minutes=60), tick=False)
    assert api.post("/api/tickets/next").status_code == 200
    assert api.post("/api/tickets/next").status_code == 429


def test_inbox_reports_the_hourly_claim_limit(agent: Agent) -> None:
    page = Client()
    page.force_login(agent, backend="agents.backends.RoleBackend")
    for _ in range(4):
        make_ticket()
        answer = page.post("/tickets/next", follow=True)
    assert "You have taken 3 tickets" in answer.content.decode()
    assert Ticket.objects.filter(assigned_to=agent).count() == 3


@pytest.mark.parametrize("role", ["agent", "senior_agent"])
@pytest.mark.parametrize("verbs", [("hand-back",) * 3, ("escalate",) * 3, ("hand-back", "escalate", "hand-back")])
def test_unassigning_or_escalating_beyond_the_hourly_limit_is_429(
    make_agent: Agents, client_of: Clients, role: str, verbs: tuple[str, ...]
) -> None:
    person = make_agent(role)
    api, answers = client_of(person), []
    for verb in verbs:
        ticket = make_ticket(assigned_to=person)
        answers.append(api.post(f"/api/tickets/{ticket.pk}/{verb}", {"reason": "Too hard."}))
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    ticket.refresh_from_db()
    assert ticket.assigned_to == person
    assert AuditEntry.objects.filter(action=REACHED, actor=person).count() == 1


def test_hourly_unassign_limit_applies_to_the_ticket_page(agent: Agent) -> None:
    page = Client()
    page.force_login(agent, backend="agents.backends.RoleBackend")
    for _ in range(3):
        ticket = make_ticket(assigned_to=agent)
        answer = page.post(f"/tickets/{ticket.pk}/hand-back", {"reason": "Too hard."}, follow=True)
    assert "unassigned or escalated 2 tickets" in answer.content.decode()
    assert Ticket.objects.filter(assigned_to=agent).count() == 1


def test_team_leads_and_service_accounts_have_no_escalation_limit(lead: Agent, service: Agent, agent: Agent) -> None:
    for actor in (lead, service):
        for _ in range(3):
            ticket = make_ticket(assigned_to=agent if actor == lead else None)
            services.escalate(actor, ticket.pk, "Please look.")
    assert not QueueUse.objects.exists()


def test_claim_from_an_empty_queue_does_not_count_towards_the_limit(agent: Agent, client_of: Clients) -> None:
    api = client_of(agent)
    for _ in range(5):
        assert api.post("/api/tickets/next").json()["ticket"] is None
    assert not QueueUse.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_claims_do_not_exceed_the_hourly_limit(agent: Agent) -> None:
    for _ in range(8):
        make_ticket()
    outcomes = at_once(lambda number: services.retrying(lambda: services.claim_next(agent)), 8)
    assert sum(isinstance(outcome, Ticket) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, LimitReached) for outcome in outcomes) == 5
    assert Ticket.objects.filter(assigned_to=agent).count() == 3


# --- Not twice a day ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
@pytest.mark.parametrize("verb", ["hand-back", "escalate"])
def test_unassigned_or_escalated_ticket_is_not_offered_again_that_day(
    agent: Agent, lead: Agent, client_of: Clients, settings: Any, time_machine: Any, zone: str, verb: str
) -> None:
    """Applies even if the rule has zero hours; the day is that of the installation's time zone."""
    settings.TIME_ZONE = zone
    services.save_assignment_rules(None, {"again_after_hours": 0})
    noon = timezone.make_aware(NOW.replace(tzinfo=None), timezone.get_default_timezone())
    time_machine.move_to(noon, tick=False)
    ticket = make_ticket(assigned_to=agent)
    services.update_ticket(lead, ticket.pk, {"add_tags": ["vip"]})
    assert client_of(agent).post(f"/api/tickets/{ticket.pk}/{verb}", {"reason": "Why not."}).status_code == 200
    Ticket.objects.filter(pk=ticket.pk).update(assigned_to=None)
    ticket.ticket_tags.all().delete()
    time_machine.move_to(noon + timedelta(hours=11, minutes=59), tick=False)
    assert services.peek_next(agent) is None and services.claim_next(agent) is None
    time_machine.move_to(noon + timedelta(hours=12), tick=False)
    assert services.claim_next(agent) == ticket


def test_ticket_unassigned_by_patch_is_not_offered_again_that_day(lead: Agent, client_of: Clients) -> None:
    ticket = make_ticket(assigned_to=lead)
    assert client_of(lead).patch(f"/api/tickets/{ticket.pk}", {"assigned_to": None}).status_code == 200
    assert services.claim_next(lead) is None
