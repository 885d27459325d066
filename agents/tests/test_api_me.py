"""An agent's own presence, password and sign-out through the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from agents.common import shared_cache
from agents.models import Agent, AuditEntry
from agents.sign_in.authentication import issue_token
from agents.tasks import store_presence
from agents.tests.factories import PASSWORD

ClientOf = Callable[[Agent], APIClient]
pytestmark = pytest.mark.usefixtures("fresh_counters")
JSON = {"content_type": "application/json"}
NEW_PASSWORD = "violet harbour seventeen"


@pytest.fixture
def browser(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent, backend="agents.backends.RoleBackend")
    return client


def me(client: Any) -> int:
    return int(client.get("/api/agents/me").status_code)


# --- Presence ----------------------------------------------------------------------------------------------------------
def test_agents_set_their_own_presence(agent: Agent, client_of: ClientOf) -> None:
    answer = client_of(agent).patch("/api/agents/me/status", {"status": "away", "accepts_new_tickets": False})
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["is_available"]) == ("away", False)
    assert client_of(agent).patch("/api/agents/me/status", {}).json()["status"] == "away"
    assert client_of(agent).patch("/api/agents/me/status", {"status": "asleep"}).status_code == 400
    assert AuditEntry.objects.filter(action="agent.updated").count() == 1


def test_me_endpoint_is_read_only(agent: Agent, client_of: ClientOf) -> None:
    assert client_of(agent).patch("/api/agents/me", {"role": "admin"}).status_code == 405


# --- Signing out -------------------------------------------------------------------------------------------------------
def test_sign_out_ends_only_the_token_of_the_request(
    agent: Agent, client_of: ClientOf, django_assert_num_queries: Any
) -> None:
    here, there = client_of(agent), client_of(agent)
    with django_assert_num_queries(2):
        assert me(here) == 200
    answer = here.post("/api/agents/logout")
    assert answer.status_code == 204 and answer.content == b""
    assert me(here) == 401 and me(there) == 200
    assert here.post("/api/agents/logout").status_code == 401
    with django_assert_num_queries(1):
        assert me(here) == 401
    assert AuditEntry.objects.filter(action="agent.signed_out", actor=agent).count() == 1


def test_sign_out_everywhere_ends_all_tokens_and_sessions(agent: Agent, client_of: ClientOf, browser: Client) -> None:
    here, there = client_of(agent), client_of(agent)
    assert here.post("/api/agents/logout", {"everywhere": True}).status_code == 204
    assert [me(one) for one in (here, there, browser)] == [401, 401, 401]
    agent.refresh_from_db()
    assert me(client_of(agent)) == 200


def test_sign_out_with_a_session_ends_the_session_and_keeps_tokens(
    agent: Agent, browser: Client, client_of: ClientOf
) -> None:
    assert browser.post("/api/agents/logout", content_type="application/json").status_code == 204
    assert me(browser) == 401 and me(client_of(agent)) == 200


def test_sign_out_with_a_session_requires_the_csrf_token(agent: Agent) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent, backend="agents.backends.RoleBackend")
    assert client.post("/api/agents/logout", content_type="application/json").status_code == 403
    assert me(client) == 200


def test_invalid_logout_body_returns_400_and_keeps_the_token(agent: Agent, client_of: ClientOf) -> None:
    client = client_of(agent)
    assert client.post("/api/agents/logout", {"everywhere": "perhaps"}).status_code == 400
    assert client.post("/api/agents/logout", ["everywhere"]).status_code == 400
    assert me(client) == 200


# --- One's own password ------------------------------------------------------------------------------------------------
def change(client: Any, current: str = PASSWORD, new: str = NEW_PASSWORD) -> Any:
    body = {"current_password": current, "new_password": new}
    return client.post("/api/agents/me/password", body, **({} if isinstance(client, APIClient) else JSON))


def test_password_change_ends_tokens_and_returns_a_new_one(agent: Agent, client_of: ClientOf, browser: Client) -> None:
    here, there = client_of(agent), client_of(agent)
    answer = change(here)
    assert answer.status_code == 200
    assert [me(one) for one in (here, there, browser)] == [401, 401, 401]
    fresh = APIClient()
    fresh.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access_token']}")
    assert me(fresh) == 200
    agent.refresh_from_db()
    assert agent.check_password(NEW_PASSWORD)


def test_session_that_changed_the_password_stays_signed_in(agent: Agent, client_of: ClientOf, browser: Client) -> None:
    token = client_of(agent)
    assert change(browser).status_code == 200
    assert me(browser) == 200 and me(token) == 401


def test_password_change_is_locked_after_five_wrong_current_passwords(agent: Agent, client_of: ClientOf) -> None:
    client = client_of(agent)
    for _ in range(4):
        answer = change(client, "guess")
        assert answer.status_code == 400 and "current_password" in answer.json()["errors"]
    assert change(client, "guess").status_code == 429
    locked = change(client)
    assert locked.status_code == 429 and int(locked.headers["Retry-After"]) > 0
    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)
    assert me(client) == 200
    assert AuditEntry.objects.filter(action="agent.sign_in_failed", subject_id=str(agent.pk)).count() >= 5


@pytest.mark.parametrize("new", ["12345", "agent@quimbi.example", ""])
def test_weak_new_password_returns_400_with_a_field_error(agent: Agent, client_of: ClientOf, new: str) -> None:
    client = client_of(agent)
    answer = change(client, new=new)
    assert answer.status_code == 400 and list(answer.json()["errors"]) == ["new_password"]
    assert me(client) == 200


def test_password_change_without_current_password_returns_400(agent: Agent, client_of: ClientOf) -> None:
    assert client_of(agent).post("/api/agents/me/password", {"new_password": NEW_PASSWORD}).status_code == 400


# --- Presence, kept ----------------------------------------------------------------------------------------------------
def test_worker_stores_last_seen_at_most_once_a_minute(agent: Agent, client_of: ClientOf, time_machine: Any) -> None:
    start = timezone.now()
    client = client_of(agent)
    changed = agent.updated_at
    seen = []
    for seconds in (0, 30, 61, 90, 122):
        time_machine.move_to(start + timedelta(seconds=seconds), tick=False)
        assert me(client) == 200
        store_presence(timestamp=0)
        seen.append(Agent.objects.get(pk=agent.pk).last_seen_at)
    assert seen[0] == seen[1] == agent.last_seen_at
    assert seen[2] == seen[3] == start + timedelta(seconds=61)
    assert seen[4] == start + timedelta(seconds=122)
    agent.refresh_from_db()
    assert agent.updated_at == changed and not AuditEntry.objects.filter(subject_id=str(agent.pk)).exists()


def test_last_seen_is_set_by_page_requests_but_not_by_invalid_tokens(
    agent: Agent, manager: Agent, client_of: ClientOf
) -> None:
    Agent.objects.update(last_seen_at=None)
    browser = Client()
    browser.force_login(manager, backend="agents.backends.RoleBackend")
    assert browser.get("/admin/").status_code == 200
    store_presence(timestamp=0)
    manager.refresh_from_db()
    assert manager.last_seen_at is not None
    stranger = APIClient()
    stranger.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_token(agent)}x")
    assert me(stranger) == 401
    store_presence(timestamp=0)
    agent.refresh_from_db()
    assert agent.last_seen_at is None


def test_last_seen_is_the_time_of_the_latest_request(agent: Agent, client_of: ClientOf, time_machine: Any) -> None:
    client, start = client_of(agent), timezone.now()
    for minutes in (2, 3):
        time_machine.move_to(start + timedelta(minutes=minutes), tick=False)
        assert me(client) == 200
    store_presence(timestamp=0)
    agent.refresh_from_db()
    assert agent.last_seen_at == start + timedelta(minutes=3)


def test_request_succeeds_without_the_shared_cache(
    agent: Agent, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    Agent.objects.update(last_seen_at=None)
    monkeypatch.setattr(shared_cache, "silent_until", float("inf"))
    assert me(client_of(agent)) == 200
    store_presence(timestamp=0)
    agent.refresh_from_db()
    assert agent.last_seen_at is None
