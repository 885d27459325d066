"""Bulk actions on accounts in the admin site."""

from typing import Any

import pytest
from django.test import Client

from agents.models import Agent, AuditEntry
from agents.tests.browsing import HOSTILE, LIST, Make, browser


def test_bulk_actions_report_changed_unchanged_and_refused_accounts(
    managing: Client, manager: Agent, admin: Agent, make_agent: Make
) -> None:
    people = [make_agent("agent"), make_agent("senior_agent"), make_agent("agent", is_active=False)]
    chosen = [str(a.pk) for a in (*people, manager, admin)]
    answer = managing.post(LIST, {"action": "deactivate", "_selected_action": chosen}, follow=True)
    text = answer.content.decode()
    assert "2 agents deactivated; 1 already up to date." in text
    assert "You cannot deactivate your own account" in text
    assert "which is higher than yours" in text
    assert AuditEntry.objects.filter(action="agent.deactivated", actor=manager).count() == 2
    answer = managing.post(LIST, {"action": "activate", "_selected_action": chosen}, follow=True)
    assert "3 agents activated; 1 already up to date." in answer.content.decode()


def bulk(client: Client, action: str, people: Any, **more: str) -> str:
    chosen = [str(person.pk) for person in people]
    return client.post(LIST, {"action": action, "_selected_action": chosen, **more}, follow=True).content.decode()


def test_bulk_role_assignment_asks_for_the_role_and_assigns_it(
    managing: Client, manager: Agent, make_agent: Make
) -> None:
    people = [make_agent("agent"), make_agent("team_lead"), make_agent("senior_agent", name=HOSTILE)]
    text = bulk(managing, "assign_role", people)
    assert "Assign a role to 3 accounts" in text
    assert 'value="manager"' in text
    assert 'value="admin"' not in text
    assert "<script>alert" not in text
    assert not AuditEntry.objects.filter(action="agent.updated").exists()
    text = bulk(managing, "assign_role", people, give="yes", role="team_lead")
    assert "2 agents made team lead; 1 already up to date." in text
    assert set(Agent.objects.exclude(pk=manager.pk).values_list("role", flat=True)) == {"team_lead"}
    assert AuditEntry.objects.filter(action="agent.updated", actor=manager).count() == 2


@pytest.mark.parametrize("role", ["admin", "", "owner"])
def test_bulk_assignment_of_a_forbidden_or_invalid_role_is_refused(managing: Client, agent: Agent, role: str) -> None:
    text = bulk(managing, "assign_role", [agent], give="yes", role=role)
    assert "Assign a role to 1 account" in text
    assert "errornote" in text
    agent.refresh_from_db()
    assert agent.role == "agent"


def test_bulk_action_lists_20_refusals_and_counts_the_rest(managing: Client, make_agent: Make, agent: Agent) -> None:
    admins = [make_agent("admin") for _ in range(23)]
    text = bulk(managing, "assign_role", [*admins, agent], give="yes", role="senior_agent")
    assert text.count("which is higher than yours") == 20
    assert "And 3 more were refused for similar reasons." in text
    assert "1 agent made senior agent." in text
    assert Agent.objects.filter(role="admin").count() == 23


def test_bulk_action_cannot_demote_the_last_admin(admin: Agent, agent: Agent) -> None:
    text = bulk(browser(admin), "assign_role", [admin, agent], give="yes", role="manager")
    assert "last active admin" in text
    assert "1 agent made manager." in text
    admin.refresh_from_db()
    assert admin.role == "admin"


@pytest.mark.parametrize("action", ["activate", "deactivate", "assign_role"])
def test_bulk_action_over_the_limit_changes_nothing(
    managing: Client, make_agent: Make, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    monkeypatch.setattr("agents.common.admin_base.ServiceAdmin.MOST_AT_ONCE", 2)
    people = [make_agent("agent") for _ in range(3)]
    text = bulk(managing, action, people, give="yes", role="team_lead")
    assert "Choose at most 2 at a time; nothing was saved." in text
    assert not AuditEntry.objects.filter(action__in=["agent.updated", "agent.deactivated"]).exists()


def test_bulk_action_can_select_all_filtered_accounts(managing: Client, make_agent: Make) -> None:
    people = [make_agent("agent", department="Returns") for _ in range(3)]
    other = make_agent("agent")
    chosen = {"_selected_action": str(people[0].pk), "select_across": "1", "action": "assign_role"}
    asked = managing.post(f"{LIST}?department=Returns", chosen).content.decode()
    assert "Assign a role to 3 accounts" in asked
    assert 'name="select_across" value="1"' in asked
    managing.post(f"{LIST}?department=Returns", {**chosen, "give": "yes", "role": "senior_agent"})
    assert set(Agent.objects.filter(department="Returns").values_list("role", flat=True)) == {"senior_agent"}
    other.refresh_from_db()
    assert other.role == "agent"
