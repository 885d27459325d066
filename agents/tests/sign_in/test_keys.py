"""API keys: creation, permissions, expiry and revocation."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from rest_framework.test import APIClient

from agents import services
from agents.models import Agent, ApiKey, AuditEntry
from agents.tasks import store_presence

Make = Callable[..., Agent]
ClientOf = Callable[[Agent], APIClient]
ROLES = Agent.Role.values
NOWHERE = "00000000-0000-0000-0000-000000000000"
NO_KEY = {"detail": "The API key is not valid. Ask a manager for a new one."}
TICKETS, ME = "/api/tickets", "/api/agents/me"


def with_key(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_X_API_KEY=secret)
    return client


def make_key(service: Agent, **fields: Any) -> tuple[ApiKey, str]:
    return services.create_key(None, service.pk, **{"name": "Shop", "scope": "write", **fields})


# --- Making and listing ------------------------------------------------------------------------------------------------
def test_api_key_secret_is_returned_once_and_only_its_digest_is_stored(
    manager: Agent, service: Agent, client_of: ClientOf
) -> None:
    path = f"/api/agents/{service.pk}/keys"
    made = client_of(manager).post(path, {"name": "Web shop"})
    assert made.status_code == 201
    body = made.json()
    secret = body.pop("secret")
    assert len(secret) >= 43 and secret.startswith(body["prefix"])
    assert (body["scope"], body["expires_at"], body["created_by"]) == ("read", None, manager.name)
    listed = client_of(manager).get(path)
    assert listed.json()["keys"] == [body] and listed.json()["total"] == 1
    assert secret not in listed.content.decode()
    assert secret not in str(list(ApiKey.objects.values())) + str(list(AuditEntry.objects.values()))
    assert with_key(secret).get(ME).json()["id"] == str(service.pk)
    (entry,) = AuditEntry.objects.filter(action="key.created")
    assert entry.actor == manager and entry.changes["key"] == [None, body["prefix"]]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("target", ROLES)
def test_roles_manage_api_keys_only_of_permitted_accounts(
    make_agent: Make, client_of: ClientOf, role: str, target: str
) -> None:
    owner = make_agent(target, is_service=True)
    client = client_of(make_agent(role))
    path = f"/api/agents/{owner.pk}/keys"
    place, other = ROLES.index(role), ROLES.index(target)
    managing = place >= ROLES.index("manager")
    assert client.post(path, {"name": "x"}).status_code == (
        201 if managing and (other < place or role == "admin") else 403
    )
    key, secret = make_key(owner)
    assert client.get(path).status_code == (200 if managing and other <= place else 403)
    assert client.delete(f"{path}/{key.pk}").status_code == (200 if managing and other <= place else 403)
    assert with_key(secret).get(ME).status_code == (401 if managing and other <= place else 200)


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("name", {}),
        ("name", {"name": ""}),
        ("name", {"name": "x" * 101}),
        ("scope", {"name": "x", "scope": "admin"}),
        ("expires_at", {"name": "x", "expires_at": "2001-01-01T00:00:00Z"}),
        ("expires_at", {"name": "x", "expires_at": "soon"}),
    ],
)
def test_invalid_api_key_returns_400_with_field_errors(
    manager: Agent, service: Agent, client_of: ClientOf, field: str, body: Any
) -> None:
    answer = client_of(manager).post(f"/api/agents/{service.pk}/keys", body)
    assert answer.status_code == 400 and field in answer.json()["errors"]
    assert not ApiKey.objects.exists()


def test_api_key_is_created_only_for_active_service_accounts(
    manager: Agent, agent: Agent, service: Agent, client_of: ClientOf
) -> None:
    client = client_of(manager)
    assert client.post(f"/api/agents/{agent.pk}/keys", {"name": "x"}).status_code == 400
    services.deactivate_agent(None, service.pk)
    refused = client.post(f"/api/agents/{service.pk}/keys", {"name": "x"})
    assert refused.status_code == 400 and "deactivated" in refused.json()["detail"]
    assert client.post(f"/api/agents/{NOWHERE}/keys", {"name": "x"}).status_code == 404


def test_api_key_secret_cannot_be_chosen_and_demo_key_is_refused_in_production(
    manager: Agent, service: Agent, settings: Any
) -> None:
    with pytest.raises(PermissionDenied):
        services.create_key(manager, service.pk, name="x", secret="spa-key")
    _, secret = make_key(service, secret="spa-key")
    _, long = make_key(service)
    assert with_key(secret).get(ME).status_code == 200
    settings.PRODUCTION = True
    assert with_key(secret).get(ME).status_code == 401 and with_key(long).get(ME).status_code == 200
    with pytest.raises(PermissionDenied):
        make_key(service, secret="another")


# --- Using -------------------------------------------------------------------------------------------------------------
def test_api_key_has_the_permissions_of_its_account(
    service: Agent, customer: Any, django_assert_num_queries: Any
) -> None:
    key, secret = make_key(service)
    client = with_key(secret)
    ticket = {"customer_id": str(customer.pk), "subject": "Parcel", "channel": "form", "initial_message": "Where?"}
    made = client.post(TICKETS, ticket)
    assert made.status_code == 201 and made.json()["assigned_to"] is None
    assert client.get(TICKETS).json()["total"] == 1
    assert client.get("/api/customers").status_code == 200
    with django_assert_num_queries(2):
        assert client.get(ME).json()["is_available"] is False


def test_read_only_api_key_cannot_write(service: Agent, customer: Any) -> None:
    _, secret = make_key(service, scope="read")
    client = with_key(secret)
    assert client.get(TICKETS).status_code == client.head(TICKETS).status_code == 200
    body = {"customer_id": str(customer.pk), "subject": "Parcel", "channel": "form", "initial_message": "Where?"}
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(f"{TICKETS}", body).status_code in (403, 405), method
    refused = client.post(TICKETS, body)
    assert refused.status_code == 403 and "is read-only" in refused.json()["detail"]


def paths_of_people(agent: Agent) -> list[tuple[str, str]]:
    one = f"/api/agents/{agent.pk}"
    return [
        ("get", "/api/agents"),
        ("post", "/api/agents"),
        ("get", one),
        ("patch", one),
        ("delete", one),
        ("post", f"{one}/reactivate"),
        ("post", f"{one}/logout"),
        ("post", f"{one}/password"),
        ("get", f"{one}/keys"),
        ("post", f"{one}/keys"),
        ("delete", f"{one}/keys/{NOWHERE}"),
        ("patch", f"{ME}/status"),
        ("post", f"{ME}/password"),
        ("post", "/api/agents/logout"),
        ("get", "/api/scoring/weights"),
        ("put", "/api/scoring/weights"),
        ("post", "/api/scoring/weights/preview"),
        ("post", "/api/scoring/weights/reset"),
        ("get", "/api/scoring/weights/history"),
    ]


def test_api_key_is_refused_for_actions_that_require_a_personal_account(make_agent: Make, agent: Agent) -> None:
    """This holds even for a service account with the role admin and a key with scope write."""
    _, secret = make_key(make_agent("admin", is_service=True))
    client = with_key(secret)
    for method, path in paths_of_people(agent):
        answer = getattr(client, method)(path, {})
        assert answer.status_code == 403 and "sign in with a personal account" in answer.json()["detail"], (
            method,
            path,
        )
    for page in ("/admin/", "/admin/agents/agent/"):
        assert client.get(page).status_code == 302
    agent.refresh_from_db()
    assert agent.is_active and agent.token_version == 0


def test_request_with_token_and_api_key_acts_as_the_tokens_agent(
    agent: Agent, service: Agent, client_of: ClientOf
) -> None:
    """A request with both credentials has the token's permissions and none of the key's."""
    _, secret = make_key(service)
    client = client_of(agent)
    assert client.get(ME, headers={"X-API-Key": secret}).json()["id"] == str(agent.pk)


# --- Ending ------------------------------------------------------------------------------------------------------------
def test_wrong_revoked_and_orphaned_api_keys_get_the_same_401(service: Agent, make_agent: Make) -> None:
    revoked, revoked_secret = make_key(service)
    services.revoke_key(None, service.pk, revoked.pk)
    other = make_agent(is_service=True)
    _, orphan = make_key(other)
    Agent.objects.filter(pk=other.pk).update(is_active=False)
    key, secret = make_key(service)
    guesses = ["nothing", "", key.prefix, key.digest, secret[:-1], secret.upper(), "ü" * 40, "x" * 5000]
    for guess in (*guesses, revoked_secret, orphan):
        answer = with_key(guess).get(TICKETS)
        assert answer.status_code == 401 and answer.json() == NO_KEY, guess
        assert "WWW-Authenticate" in answer.headers
    assert with_key(secret).get(TICKETS).status_code == 200


def test_api_key_is_refused_after_its_expiry(service: Agent, time_machine: Any) -> None:
    end = timezone.now() + timedelta(hours=1)
    _, secret = make_key(service, expires_at=end)
    time_machine.move_to(end - timedelta(seconds=1), tick=False)
    assert with_key(secret).get(ME).status_code == 200
    time_machine.move_to(end, tick=False)
    answer = with_key(secret).get(ME)
    assert answer.status_code == 401 and "expired" in answer.json()["detail"]


def test_revoked_api_key_is_refused_and_revoking_again_changes_nothing(
    manager: Agent, service: Agent, make_agent: Make, client_of: ClientOf
) -> None:
    key, secret = make_key(service)
    path = f"/api/agents/{service.pk}/keys/{key.pk}"
    first = client_of(manager).delete(path).json()
    assert first["revoked_at"] is not None and with_key(secret).get(ME).status_code == 401
    assert client_of(manager).delete(path).json() == first
    assert AuditEntry.objects.filter(action="key.revoked", actor=manager).count() == 1
    other = make_agent(is_service=True)
    assert client_of(manager).delete(f"/api/agents/{other.pk}/keys/{key.pk}").status_code == 404
    assert client_of(manager).delete(f"/api/agents/{service.pk}/keys/{NOWHERE}").status_code == 404


def test_api_keys_stay_revoked_after_deactivation_and_reactivation(manager: Agent, service: Agent) -> None:
    _, secret = make_key(service)
    services.deactivate_agent(manager, service.pk)
    services.reactivate_agent(manager, service.pk)
    assert with_key(secret).get(ME).json() == NO_KEY
    assert AuditEntry.objects.filter(action="key.revoked").count() == 1


def test_worker_stores_last_use_of_an_api_key_at_most_once_a_minute(service: Agent, time_machine: Any) -> None:
    key, secret = make_key(service)
    start = timezone.now()
    used = []
    for seconds in (0, 59, 60):
        time_machine.move_to(start + timedelta(seconds=seconds), tick=False)
        with_key(secret).get(ME)
        store_presence(timestamp=0)
        used.append(ApiKey.objects.get(pk=key.pk).last_used_at)
    assert used == [start, start, start + timedelta(seconds=60)]
