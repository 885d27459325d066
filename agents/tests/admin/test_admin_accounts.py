"""Accounts are created, changed and deactivated in the admin site with the services' permissions."""

from uuid import UUID

import pytest
from django.test import Client

from agents.models import Agent, AuditEntry
from agents.tests.browsing import GOOD_PASSWORD, LIST, TRAIL, Make, browser, errors, page, shown
from agents.tests.factories import PASSWORD

# --- Adding and changing -----------------------------------------------------------------------------------------------
NEW = {
    "name": "Nova New",
    "email": "New@Quimbi.example",
    "role": "agent",
    "status": "offline",
    "accepts_new_tickets": "on",
    "max_concurrent_tickets": "12",
    "specializations": "German\n\nrefund",
}


def test_form_creates_an_account_and_shows_the_invitation_link_once(managing: Client, manager: Agent) -> None:
    assert 'type="password"' not in managing.get(f"{LIST}add/").content.decode()
    answer = managing.post(f"{LIST}add/", NEW)
    assert answer.status_code == 200
    made = Agent.objects.get(email="new@quimbi.example")
    assert not made.has_usable_password()
    assert made.specializations == ["german", "refund"]
    link = answer.context["value"]
    assert link.startswith("http://testserver/")
    assert f'value="{link}"' in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert link not in managing.get(page(made)).content.decode()
    actions = list(AuditEntry.objects.filter(subject_id=str(made.pk)).order_by("id").values_list("action", flat=True))
    assert actions == ["agent.created", "agent.invited"]
    assert not AuditEntry.objects.filter(subject_id=str(made.pk)).exclude(actor=manager).exists()


def test_password_sent_with_the_new_account_form_is_ignored(managing: Client) -> None:
    managing.post(f"{LIST}add/", {**NEW, "password": "x", "password1": GOOD_PASSWORD, "password2": GOOD_PASSWORD})
    assert not Agent.objects.get(email="new@quimbi.example").has_usable_password()


def test_new_service_account_redirects_to_its_page_with_api_keys(managing: Client) -> None:
    answer = managing.post(f"{LIST}add/", {**NEW, "is_service": "on"}, follow=True)
    made = Agent.objects.get(email="new@quimbi.example")
    assert answer.redirect_chain == [(page(made), 302)]
    assert f"{LIST}{made.pk}/keys/add/" in answer.content.decode()
    assert not AuditEntry.objects.filter(action="agent.invited").exists()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"email": "manager@quimbi.example"}, "already exists"),
        ({"name": "\u200b \u200b\x07"}, "control characters"),
        ({"role": "admin"}, "not one of the available choices"),
        ({"specializations": "x" * 60}, "50"),
    ],
)
def test_invalid_account_form_shows_errors_and_keeps_typed_values(
    managing: Client, values: dict[str, str], says: str
) -> None:
    answer = managing.post(f"{LIST}add/", {**NEW, **values})
    assert answer.status_code == 200
    assert says in errors(answer)
    assert "Nova New" in answer.content.decode() or "name" in values
    assert Agent.objects.count() == 1


def test_form_writes_only_changed_fields(managing: Client, agent: Agent) -> None:
    data = shown(managing, page(agent))
    Agent.objects.filter(pk=agent.pk).update(department="Meanwhile")
    answer = managing.post(page(agent), {**data, "role": "senior_agent", "specializations": "a\nb"})
    assert answer.status_code == 302, errors(answer)
    agent.refresh_from_db()
    assert (agent.role, agent.department, agent.specializations) == ("senior_agent", "Meanwhile", ["a", "b"])
    entry = AuditEntry.objects.get(action="agent.updated", subject_id=str(agent.pk))
    assert set(entry.changes) == {"role", "specializations"}


def test_saving_an_unchanged_form_writes_nothing(managing: Client, agent: Agent) -> None:
    assert managing.post(page(agent), shown(managing, page(agent))).status_code == 302
    assert not AuditEntry.objects.filter(action="agent.updated").exists()


def test_manager_cannot_change_an_admin(managing: Client, admin: Agent) -> None:
    text = managing.get(page(admin)).content.decode()
    assert 'name="_save"' not in text
    answer = managing.post(page(admin), {"name": "Mine now", "role": "agent"}, follow=True)
    assert answer.status_code == 200
    assert "not change it" in answer.content.decode()
    assert (
        managing.post(
            f"{LIST}{admin.pk}/password/", {"password1": GOOD_PASSWORD, "password2": GOOD_PASSWORD}
        ).status_code
        == 302
    )
    admin.refresh_from_db()
    assert (admin.name, admin.role) == ("Adil Admin", "admin")
    assert admin.check_password(PASSWORD)


def test_manager_cannot_grant_the_role_admin(managing: Client, agent: Agent) -> None:
    answer = managing.post(page(agent), {**shown(managing, page(agent)), "role": "admin"})
    assert "not one of the available choices" in errors(answer)
    agent.refresh_from_db()
    assert agent.role == "agent"


def test_manager_cannot_change_the_email_of_another_manager(managing: Client, make_agent: Make) -> None:
    peer = make_agent("manager")
    answer = managing.post(page(peer), {**shown(managing, page(peer)), "email": "mine@quimbi.example"})
    assert answer.status_code == 302
    peer.refresh_from_db()
    assert peer.email != "mine@quimbi.example"


def test_fields_outside_the_form_are_ignored(managing: Client, agent: Agent) -> None:
    smuggled = {"is_service": "on", "token_version": "9", "password": "x", "is_superuser": "on", "is_active": ""}
    smuggled |= {"is_staff": "on", "id": str(UUID(int=1)), "last_seen_at": "2020-01-01", "open_ticket_count": "3"}
    managing.post(page(agent), {**shown(managing, page(agent)), **smuggled})
    agent.refresh_from_db()
    assert (agent.is_service, agent.token_version, agent.is_active) == (False, 0, True)
    assert agent.check_password(PASSWORD)


def test_manager_cannot_raise_their_own_role(managing: Client, manager: Agent) -> None:
    managing.post(page(manager), {**shown(managing, page(manager)), "role": "admin"})
    manager.refresh_from_db()
    assert manager.role == "manager"


def test_demoting_the_last_admin_shows_an_error_and_keeps_typed_values(admin: Agent) -> None:
    client = browser(admin)
    answer = client.post(page(admin), {**shown(client, page(admin)), "role": "manager", "name": "Typed Name"})
    assert "last active admin" in errors(answer)
    assert "Typed Name" in answer.content.decode()
    admin.refresh_from_db()
    assert admin.role == "admin"


# --- Activating and deactivating ---------------------------------------------------------------------------------------
def test_account_form_deactivates_and_reactivates_the_account(managing: Client, agent: Agent) -> None:
    data = shown(managing, page(agent))
    assert "Save and deactivate" in managing.get(page(agent)).content.decode()
    managing.post(page(agent), {**data, "_deactivate": "1"})
    agent.refresh_from_db()
    assert (agent.is_active, agent.token_version) == (False, 1)
    data = shown(managing, page(agent))
    managing.post(page(agent), {**data, "_reactivate": "1"})
    agent.refresh_from_db()
    assert agent.is_active


def test_manager_cannot_deactivate_their_own_account(managing: Client, manager: Agent) -> None:
    assert "Save and deactivate" not in managing.get(page(manager)).content.decode()
    answer = managing.post(page(manager), {**shown(managing, page(manager)), "_deactivate": "1"})
    assert "You cannot deactivate your own account" in errors(answer)
    assert managing.get("/admin/").status_code == 200


def test_deactivated_account_offers_reactivation(managing: Client, make_agent: Make) -> None:
    gone = make_agent("agent", is_active=False)
    text = managing.get(page(gone)).content.decode()
    assert "Save and reactivate" in text
    assert "the account is deactivated" in text
    assert "/sign-out/" not in text


# --- What the form tells -----------------------------------------------------------------------------------------------
def test_account_form_shows_workload_and_why_the_agent_is_unavailable(managing: Client, make_agent: Make) -> None:
    text = managing.get(page(make_agent("agent", max_concurrent_tickets=0, status="away"))).content.decode()
    assert "0 of 0" in text
    assert "the status is away; the capacity is reached." in text
    assert "Yes" in managing.get(page(make_agent("agent"))).content.decode()


def test_account_form_links_to_audit_entries_by_and_about_the_agent(managing: Client, agent: Agent) -> None:
    text = managing.get(page(agent)).content.decode()
    assert f"{TRAIL}?person={agent.pk}" in text
    assert f"{TRAIL}?record={agent.pk}" in text
