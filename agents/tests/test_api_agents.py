"""`/api/agents`: accounts through the API, and the permissions of each role."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agents.models import Agent, AuditEntry
from agents.tests.factories import PASSWORD

Make = Callable[..., Agent]
ClientOf = Callable[[Agent], APIClient]
ROLES = Agent.Role.values
NEW = {"email": "new@quimbi.example", "name": "Nova New"}
GOOD_PASSWORD = "violet harbour seventeen"
NOWHERE = "00000000-0000-0000-0000-000000000000"
FIELDS = {
    "id",
    "name",
    "email",
    "role",
    "status",
    "department",
    "accepts_new_tickets",
    "max_concurrent_tickets",
    "open_ticket_count",
    "is_available",
    "specializations",
    "time_zone",
    "is_active",
    "is_service",
    "last_seen_at",
    "created_at",
    "updated_at",
}


def sign_in(email: str, password: str) -> int:
    return int(APIClient().post("/api/agents/login", {"email": email, "password": password}).status_code)


# --- Reading -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_list_and_read_agents(make_agent: Make, client_of: ClientOf, role: str) -> None:
    zoe = make_agent(name="Zoe", max_concurrent_tickets=0)
    one = make_agent(role, name="Abe")
    client = client_of(one)
    body = client.get("/api/agents").json()
    assert [row["name"] for row in body["agents"]] == ["Abe", "Zoe"]
    assert set(body["agents"][0]) == FIELDS
    assert [row["is_available"] for row in body["agents"]] == [True, False]
    assert (body["total"], body["page"], body["limit"]) == (2, 1, 50)
    assert client.get(f"/api/agents/{zoe.pk}").json() == body["agents"][1]
    assert client.get("/api/agents/me").json() == body["agents"][0]


def test_agent_list_is_filtered_and_paginated(make_agent: Make, client_of: ClientOf, service: Agent) -> None:
    me = make_agent("team_lead", name="A", status="away")
    make_agent(name="B", department="Returns 100%")
    make_agent(name="C", accepts_new_tickets=False)
    make_agent("senior_agent", name="D", is_active=False)
    make_agent(name="E", max_concurrent_tickets=0)
    client = client_of(me)

    def names(**params: Any) -> list[str]:
        answer = client.get("/api/agents", params)
        assert answer.status_code == 200, answer.json()
        assert answer.json()["total"] == len(answer.json()["agents"])
        return [row["name"] for row in answer.json()["agents"]]

    assert names() == ["A", "B", "C", "D", "E", "Shop"]
    assert names(is_active="true") == ["A", "B", "C", "E", "Shop"]
    assert names(is_active="false") == ["D"]
    assert names(status="away") == ["A"]
    assert names(role="senior_agent") == ["D", "Shop"]
    assert names(available_only="true") == ["B"]
    assert names(available_only="true", status="away") == []
    assert names(q="returns") == ["B"] and names(q="0%") == ["B"] and names(q="%%") == []
    assert names(q="team_lead") == ["A"]
    assert names(unknown="x") == names()
    page = client.get("/api/agents", {"limit": 2, "page": 2}).json()
    assert [row["name"] for row in page["agents"]] == ["C", "D"] and page["pagination"]["has_next"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "asleep"),
        ("role", "owner"),
        ("is_active", "perhaps"),
        ("available_only", "2"),
        ("limit", "101"),
        ("limit", "0"),
        ("page", "10000000000"),
        ("q", "x"),
        ("q", "a\x00b"),
    ],
)
def test_invalid_parameter_returns_400_naming_the_parameter(
    agent: Agent, client_of: ClientOf, name: str, value: str
) -> None:
    answer = client_of(agent).get("/api/agents", {name: value})
    assert answer.status_code == 400
    assert name in answer.json()["errors"]


def test_query_count_is_independent_of_agent_count(agent: Agent, client_of: ClientOf) -> None:
    client = client_of(agent)

    def queries(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(path).status_code == 200
        return len(asked)

    paths = ("/api/agents", "/api/agents?available_only=true&q=num", f"/api/agents/{agent.pk}", "/api/agents/me")
    few = [queries(path) for path in paths]
    Agent.objects.bulk_create(
        Agent(email=f"n{n}@quimbi.example", name=f"Number {n}", status="online") for n in range(5000)
    )
    assert [queries(path) for path in paths] == few == [3, 3, 2, 2]
    assert client.get("/api/agents?available_only=true&page=50&limit=100").json()["total"] == 5001


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
@pytest.mark.parametrize("agent_id", [NOWHERE, "4711"])
def test_unknown_agent_returns_404(admin: Agent, client_of: ClientOf, method: str, agent_id: str) -> None:
    answer = getattr(client_of(admin), method)(f"/api/agents/{agent_id}", {"name": "x"})
    assert answer.status_code == 404 and isinstance(answer.json()["detail"], str)


# --- Creating ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ROLES)
def test_only_managers_and_admins_create_agents(make_agent: Make, client_of: ClientOf, role: str) -> None:
    answer = client_of(make_agent(role)).post(
        "/api/agents", {**NEW, "password": GOOD_PASSWORD, "department": "Returns"}
    )
    if role not in ("manager", "admin"):
        assert answer.status_code == 403 and "requires the role manager" in answer.json()["detail"]
        assert not Agent.objects.filter(email=NEW["email"]).exists()
        return
    assert answer.status_code == 201 and set(answer.json()) == FIELDS | {"invitation_url"}
    assert answer.json()["role"] == "agent" and answer.json()["department"] == "Returns"
    assert "password" not in answer.content.decode()
    assert sign_in(NEW["email"], GOOD_PASSWORD) == 200


def test_account_created_without_password_has_no_usable_password(manager: Agent, client_of: ClientOf) -> None:
    made = client_of(manager).post("/api/agents", NEW)
    assert made.status_code == 201
    assert not Agent.objects.get(email=NEW["email"]).has_usable_password()


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("email", {"email": "MANAGER@quimbi.example"}),
        ("email", {"email": "nothing"}),
        ("name", {"name": " "}),
        ("role", {"role": "owner"}),
        ("password", {"password": "12345"}),
        ("max_concurrent_tickets", {"max_concurrent_tickets": 1001}),
        ("specializations", {"specializations": "german"}),
        ("password", {"is_service": True, "password": GOOD_PASSWORD}),
    ],
)
def test_invalid_new_agent_returns_400_with_field_errors(
    manager: Agent, client_of: ClientOf, field: str, values: dict[str, Any]
) -> None:
    answer = client_of(manager).post("/api/agents", {**NEW, **values})
    assert answer.status_code == 400 and field in answer.json()["errors"]
    assert client_of(manager).post("/api/agents", [NEW]).status_code == 400
    assert Agent.objects.count() == 1


def test_manager_cannot_create_an_admin(manager: Agent, client_of: ClientOf) -> None:
    assert client_of(manager).post("/api/agents", {**NEW, "role": "admin"}).status_code == 403


# --- Changing ----------------------------------------------------------------------------------------------------------
def test_team_lead_may_change_department_and_capacity_of_an_agent(
    lead: Agent, agent: Agent, client_of: ClientOf
) -> None:
    answer = client_of(lead).patch(f"/api/agents/{agent.pk}", {"department": "Returns", "max_concurrent_tickets": 0})
    assert answer.status_code == 200
    assert (answer.json()["department"], answer.json()["is_available"]) == ("Returns", False)
    (entry,) = AuditEntry.objects.filter(action="agent.updated")
    assert entry.changes["department"] == ["", "Returns"]


def test_agent_may_change_only_their_own_presence(agent: Agent, senior: Agent, client_of: ClientOf) -> None:
    client = client_of(agent)
    assert client.patch(f"/api/agents/{agent.pk}", {"status": "busy"}).json()["status"] == "busy"
    assert client.patch(f"/api/agents/{agent.pk}", {"name": "Boss"}).status_code == 403
    assert client.patch(f"/api/agents/{senior.pk}", {"status": "busy"}).status_code == 403


@pytest.mark.parametrize("role", ROLES)
def test_fields_outside_the_schema_are_ignored_for_every_role(make_agent: Make, client_of: ClientOf, role: str) -> None:
    """Mass assignment: fields outside the schema keep their values on the sender's own and on other accounts."""
    make_agent("admin", email="spare@quimbi.example")
    actor, other = make_agent(role), make_agent("agent")
    forbidden = {
        "id": NOWHERE,
        "is_staff": True,
        "is_superuser": True,
        "is_service": True,
        "is_active": False,
        "token_version": 99,
        "password": "owned",
        "created_at": "2001-01-01T00:00:00Z",
        "last_seen_at": "2001-01-01T00:00:00Z",
        "last_login": "2001-01-01T00:00:00Z",
    }
    for one in (actor, other):
        before: dict[str, Any] = dict(Agent.objects.filter(pk=one.pk).values().get())
        client_of(actor).patch(f"/api/agents/{one.pk}", {**forbidden, "status": "away"})
        client_of(actor).patch("/api/agents/me/status", {**forbidden, "role": "admin", "status": "away"})
        after: dict[str, Any] = dict(Agent.objects.filter(pk=one.pk).values().get())
        changed = {name for name in before if before[name] != after[name]}
        assert changed <= {"status", "updated_at"}, changed
    role_change = client_of(actor).patch(f"/api/agents/{actor.pk}", {"role": "admin"})
    assert role_change.status_code == (200 if role == "admin" else 403)
    assert Agent.objects.get(pk=actor.pk).role == role


def test_stale_edit_returns_409_with_the_changes_made_meanwhile(lead: Agent, agent: Agent, client_of: ClientOf) -> None:
    client, path = client_of(lead), f"/api/agents/{agent.pk}"
    seen = client.get(path)
    client.patch(path, {"department": "Returns"}, headers={"If-Match": seen.headers["ETag"]})
    for stale in (
        client.patch(path, {"name": "New"}, headers={"If-Match": seen.headers["ETag"]}),
        client.patch(path, {"name": "New", "updated_at": seen.json()["updated_at"]}),
    ):
        assert stale.status_code == 409
        assert stale.json()["changed"]["department"]["now"] == "Returns"
        assert stale.json()["changed"]["department"]["by"] == lead.name
    now = client.get(path)
    assert now.json()["name"] == agent.name
    assert client.patch(path, {"name": "New", "updated_at": now.json()["updated_at"]}).status_code == 200
    assert client.patch(path, {"name": "New"}, headers={"If-Match": "yesterday"}).status_code == 400


# --- Leaving and coming back -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ROLES)
def test_only_managers_and_admins_deactivate_and_reactivate_agents(
    make_agent: Make, client_of: ClientOf, role: str
) -> None:
    other, actor = make_agent("agent"), make_agent(role)
    client, gone = client_of(actor), client_of(other)
    path = f"/api/agents/{other.pk}"
    if role not in ("manager", "admin"):
        assert client.delete(path).status_code == 403
        assert client.post(f"{path}/reactivate").status_code == 403
        assert gone.get("/api/agents/me").status_code == 200
        return
    for _ in range(2):
        assert client.delete(path).json()["is_active"] is False
    assert AuditEntry.objects.filter(action="agent.deactivated").count() == 1
    assert gone.get("/api/agents/me").status_code == 401 and sign_in(other.email, PASSWORD) == 401
    assert client.post(f"{path}/reactivate").json()["is_active"] is True
    assert gone.get("/api/agents/me").status_code == 401, "what was ended stays ended"
    assert sign_in(other.email, PASSWORD) == 200


def test_own_and_higher_accounts_cannot_be_deactivated(manager: Agent, admin: Agent, client_of: ClientOf) -> None:
    assert client_of(manager).delete(f"/api/agents/{manager.pk}").status_code == 403
    assert client_of(manager).delete(f"/api/agents/{admin.pk}").status_code == 403
    assert client_of(admin).delete(f"/api/agents/{admin.pk}").status_code == 403


@pytest.mark.parametrize(
    ("role", "target", "code"),
    [
        ("agent", "agent", 403),
        ("team_lead", "agent", 403),
        ("manager", "agent", 204),
        ("manager", "manager", 204),
        ("manager", "admin", 403),
        ("admin", "admin", 204),
    ],
)
def test_roles_may_sign_out_only_permitted_accounts(
    make_agent: Make, client_of: ClientOf, role: str, target: str, code: int
) -> None:
    actor, other = make_agent(role), make_agent(target)
    signed_in = client_of(other)
    assert client_of(actor).post(f"/api/agents/{other.pk}/logout").status_code == code
    assert signed_in.get("/api/agents/me").status_code == (401 if code == 204 else 200)
    assert AuditEntry.objects.filter(action="agent.signed_out_everywhere").count() == (code == 204)


@pytest.mark.parametrize(
    ("role", "target", "code"),
    [
        ("team_lead", "agent", 403),
        ("manager", "team_lead", 204),
        ("manager", "manager", 403),
        ("manager", "admin", 403),
        ("admin", "admin", 204),
    ],
)
def test_roles_may_reset_only_permitted_passwords(
    make_agent: Make, client_of: ClientOf, role: str, target: str, code: int
) -> None:
    actor, other = make_agent(role), make_agent(target)
    signed_in = client_of(other)
    path = f"/api/agents/{other.pk}/password"
    assert client_of(actor).post(path, {"password": GOOD_PASSWORD}).status_code == code
    assert sign_in(other.email, GOOD_PASSWORD) == (200 if code == 204 else 401)
    assert signed_in.get("/api/agents/me").status_code == (401 if code == 204 else 200)


def test_own_password_cannot_be_reset_without_the_old_one(admin: Agent, client_of: ClientOf) -> None:
    answer = client_of(admin).post(f"/api/agents/{admin.pk}/password", {"password": GOOD_PASSWORD})
    assert answer.status_code == 403 and "current one" in answer.json()["detail"]
    assert sign_in(admin.email, GOOD_PASSWORD) == 401


def test_password_reset_requires_a_strong_password_and_a_personal_account(
    manager: Agent, agent: Agent, service: Agent, client_of: ClientOf
) -> None:
    client = client_of(manager)
    assert client.post(f"/api/agents/{agent.pk}/password", {"password": "12345"}).status_code == 400
    assert client.post(f"/api/agents/{agent.pk}/password", {}).status_code == 400
    assert client.post(f"/api/agents/{service.pk}/password", {"password": GOOD_PASSWORD}).status_code == 400
    assert sign_in(agent.email, PASSWORD) == 200
