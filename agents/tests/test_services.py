"""Account services: permissions of each role, validation and audit entries."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client

from agents import services
from agents.models import Agent, AuditEntry
from agents.signals import agent_deactivated
from agents.tests.factories import PASSWORD
from agents.tests.waiting import HANGS

Make = Callable[..., Agent]
ROLES = Agent.Role.values
NEW = {"email": "new@quimbi.example", "name": "Nova New", "role": "agent"}
GOOD_PASSWORD = "violet harbour seventeen"


def entries(agent: Agent, action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(subject_type="agent", subject_id=str(agent.pk), action=action))


# --- Creating ----------------------------------------------------------------------------------------------------------
def test_account_creation_is_audited_without_the_password(manager: Agent) -> None:
    made = services.create_agent(manager, **NEW, password=GOOD_PASSWORD, specializations=["German", "german "])
    assert made.check_password(GOOD_PASSWORD)
    assert made.specializations == ["german"]
    (entry,) = entries(made, "agent.created")
    assert entry.actor == manager
    assert GOOD_PASSWORD not in str(entry.changes)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("wanted", ROLES)
def test_role_above_the_actors_own_role_cannot_be_granted(make_agent: Make, role: str, wanted: str) -> None:
    actor = make_agent(role)
    allowed = role in ("manager", "admin") and ROLES.index(wanted) <= ROLES.index(role)
    if allowed:
        assert services.create_agent(actor, **{**NEW, "role": wanted}).role == wanted
    else:
        with pytest.raises(PermissionDenied, match=r"requires the role manager|higher than your own"):
            services.create_agent(actor, **{**NEW, "role": wanted})
        assert not Agent.objects.filter(email=NEW["email"]).exists()


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("email", {"email": "not an address"}),
        ("email", {"email": "MANAGER@quimbi.example"}),
        ("email", {"email": ""}),
        ("name", {"name": "   "}),
        ("name", {"name": "A\x00B"}),
        ("name", {"name": "half \ud800"}),
        ("name", {"name": "x" * 201}),
        ("role", {"role": "owner"}),
        ("status", {"status": "asleep"}),
        ("max_concurrent_tickets", {"max_concurrent_tickets": -1}),
        ("specializations", {"specializations": ["x" * 51]}),
        ("specializations", {"specializations": [f"tag {n}" for n in range(31)]}),
        ("password", {"password": "12345"}),
        ("password", {"password": "new@quimbi.exampl"}),
        ("is_superuser", {"is_superuser": True}),
        ("token_version", {"token_version": 7}),
        ("password", {"is_service": True, "password": GOOD_PASSWORD}),
    ],
)
def test_invalid_new_account_raises_field_errors(manager: Agent, field: str, values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        services.create_agent(manager, **{**NEW, **values})
    assert field in refused.value.message_dict
    assert Agent.objects.count() == 1


def test_creation_without_an_actor_allows_any_role_and_weak_passwords(db: None) -> None:
    made = services.create_agent(None, **{**NEW, "role": "admin"}, password="quimbi-demo")
    assert made.check_password("quimbi-demo")


# --- Changing ----------------------------------------------------------------------------------------------------------
CHANGES: dict[str, Any] = {
    "status": "away",
    "accepts_new_tickets": False,
    "name": "Other Name",
    "department": "Returns",
    "max_concurrent_tickets": 3,
    "specializations": ["polish"],
    "email": "other@quimbi.example",
    "role": "agent",
}


def may_change(actor: str, target: str, field: str, own: bool) -> bool:
    """The permission table, implemented a second time as the expected value."""
    place, other = ROLES.index(actor), ROLES.index(target)
    if own and field in ("status", "accepts_new_tickets"):
        return True
    if place < ROLES.index("team_lead") or other > place:
        return False
    if field == "role" and target == "agent":  # nothing is lowered
        return place >= ROLES.index("manager")
    if field in ("email", "role"):
        return actor == "admin" or (place >= ROLES.index("manager") and other < place)
    return True


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("target", ["oneself", *ROLES])
def test_roles_may_change_only_permitted_fields_and_accounts(make_agent: Make, role: str, target: str) -> None:
    make_agent("admin", email="spare@quimbi.example")
    for number, (field, value) in enumerate(CHANGES.items()):
        actor = make_agent(role, email=f"actor{number}@quimbi.example")
        own = target == "oneself"
        agent = actor if own else make_agent(target, email=f"target{number}@quimbi.example")
        value = f"o{number}@quimbi.example" if field == "email" else value
        if may_change(role, agent.role, field, own):
            services.update_agent(actor, agent.pk, {field: value})
            agent.refresh_from_db()
            assert getattr(agent, field) == value
        else:
            with pytest.raises(PermissionDenied):
                services.update_agent(actor, agent.pk, {field: value})
            assert not entries(agent, "agent.updated")


def test_audit_entry_has_old_and_new_values_of_changed_fields_only(manager: Agent, agent: Agent) -> None:
    services.update_agent(manager, agent.pk, {"role": "senior_agent", "name": agent.name})
    services.update_agent(manager, agent.pk, {"role": "senior_agent"})
    (entry,) = entries(agent, "agent.updated")
    assert entry.changes == {"role": ["agent", "senior_agent"]}


def test_service_account_cannot_change_accounts(make_agent: Make, agent: Agent) -> None:
    program = make_agent("admin", is_service=True)
    make_agent("admin")
    attempts: list[Callable[[], Agent]] = [
        lambda: services.create_agent(program, **NEW),
        lambda: services.update_agent(program, agent.pk, {"name": "X"}),
        lambda: services.deactivate_agent(program, agent.pk),
        lambda: services.set_password(program, agent.pk, GOOD_PASSWORD),
    ]
    for attempt in attempts:
        with pytest.raises(PermissionDenied):
            attempt()


def test_permission_check_uses_the_actors_current_role_in_the_database(
    admin: Agent, manager: Agent, agent: Agent
) -> None:
    services.update_agent(admin, manager.pk, {"role": "agent"})
    with pytest.raises(PermissionDenied):
        services.deactivate_agent(manager, agent.pk)  # `manager` still says manager in memory


def test_last_admin_cannot_be_removed(make_agent: Make, admin: Agent) -> None:
    make_agent("admin", is_service=True)
    retired = make_agent("admin")
    services.deactivate_agent(admin, retired.pk)
    with pytest.raises(PermissionDenied, match="last active admin"):
        services.update_agent(admin, admin.pk, {"role": "manager"})
    with pytest.raises(PermissionDenied, match="last active admin"):
        services.deactivate_agent(None, admin.pk)
    services.reactivate_agent(admin, retired.pk)
    assert services.update_agent(admin, admin.pk, {"role": "manager"}).role == "manager"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["demote", "deactivate"])
def test_last_two_admins_cannot_remove_each_other_concurrently(make_agent: Make, how: str) -> None:
    first, second = make_agent("admin", email="a@quimbi.example"), make_agent("admin", email="b@quimbi.example")
    barrier, refused = threading.Barrier(2), []

    def remove(actor: Agent, target: Agent) -> None:
        barrier.wait()
        try:
            if how == "demote":
                services.update_agent(actor, target.pk, {"role": "agent"})
            else:
                services.deactivate_agent(actor, target.pk)
        except PermissionDenied as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=remove, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANGS)
    assert len(refused) == 1
    assert Agent.objects.filter(role="admin", is_active=True).count() == 1


# --- Leaving and coming back -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["agent", "senior_agent", "team_lead"])
def test_deactivation_requires_the_role_manager(make_agent: Make, agent: Agent, role: str) -> None:
    actor = make_agent(role)
    with pytest.raises(PermissionDenied, match="requires the role manager"):
        services.deactivate_agent(actor, agent.pk)


def test_own_and_higher_accounts_cannot_be_deactivated(make_agent: Make, manager: Agent, admin: Agent) -> None:
    make_agent("admin")
    for actor, target in ((manager, manager), (admin, admin), (manager, admin)):
        with pytest.raises(PermissionDenied):
            services.deactivate_agent(actor, target.pk)
        target.refresh_from_db()
        assert target.is_active


def test_deactivation_is_rolled_back_if_unassigning_tickets_fails(manager: Agent, agent: Agent) -> None:
    def fail(**kwargs: Any) -> None:
        raise RuntimeError

    agent_deactivated.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            services.deactivate_agent(manager, agent.pk)
    finally:
        agent_deactivated.disconnect(fail)
    agent.refresh_from_db()
    assert agent.is_active


def test_sessions_and_tokens_ended_by_deactivation_stay_ended_after_reactivation(
    manager: Agent, lead: Agent, make_agent: Make, client_of: Callable[[Agent], Any]
) -> None:
    other = make_agent("manager")
    browser, token = Client(), client_of(other)
    browser.force_login(other, backend="agents.backends.RoleBackend")
    assert browser.get("/admin/").status_code == 200
    assert token.get("/api/agents/me").status_code == 200
    services.deactivate_agent(manager, other.pk)
    assert browser.get("/admin/").status_code == 302
    assert token.get("/api/agents/me").status_code == 401
    services.reactivate_agent(manager, other.pk)
    assert browser.get("/admin/").status_code == 302
    assert token.get("/api/agents/me").status_code == 401
    assert [e.action for e in AuditEntry.objects.filter(subject_id=str(other.pk)).order_by("id")][-2:] == [
        "agent.deactivated",
        "agent.reactivated",
    ]


# --- Passwords ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("actor", "target", "allowed"),
    [
        ("agent", "oneself", True),
        ("team_lead", "agent", False),
        ("manager", "agent", True),
        ("manager", "team_lead", True),
        ("manager", "manager", False),
        ("manager", "admin", False),
        ("admin", "admin", True),
    ],
)
def test_roles_may_set_only_permitted_passwords(make_agent: Make, actor: str, target: str, allowed: bool) -> None:
    person = make_agent(actor)
    account = person if target == "oneself" else make_agent(target)
    if not allowed:
        with pytest.raises(PermissionDenied):
            services.set_password(person, account.pk, GOOD_PASSWORD)
        return
    services.set_password(person, account.pk, GOOD_PASSWORD)
    account.refresh_from_db()
    assert account.check_password(GOOD_PASSWORD)
    assert account.token_version == 1
    (entry,) = entries(account, "agent.password_changed")
    assert entry.changes == {}


def test_weak_password_is_refused(manager: Agent, agent: Agent) -> None:
    with pytest.raises(ValidationError) as refused:
        services.set_password(manager, agent.pk, "12345678")
    assert "password" in refused.value.message_dict
    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)


def test_deactivating_or_reactivating_an_unknown_account_raises_does_not_exist(manager: Agent) -> None:
    missing = Agent().pk
    for attempt in (services.deactivate_agent, services.reactivate_agent):
        with pytest.raises(Agent.DoesNotExist):
            attempt(manager, missing)


def test_manager_cannot_demote_a_peer_or_themselves(manager: Agent, make_agent: Make, admin: Agent) -> None:
    peer = make_agent("manager")
    for account in (peer, manager):
        with pytest.raises(PermissionDenied, match="you need a role higher than theirs"):
            services.update_agent(manager, account.pk, {"role": "agent"})
    assert services.update_agent(admin, peer.pk, {"role": "team_lead"}).role == "team_lead"
    assert services.update_agent(manager, peer.pk, {"role": "manager"}).role == "manager"
