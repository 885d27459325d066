"""Sign-in through the API, and refused sign-ins."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.utils import timezone
from rest_framework.test import APIClient

from agents.models import Agent, AuditEntry
from agents.tests.factories import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_counters")]


def login(email: str, password: str = PASSWORD, **extra: Any) -> Any:
    return APIClient().post("/api/agents/login", {"email": email, "password": password}, **extra)


def me(token: str) -> Any:
    return APIClient().get("/api/agents/me", HTTP_AUTHORIZATION=f"Bearer {token}")


def test_login_returns_a_token_and_the_agent(agent: Agent) -> None:
    answer = login(" AGENT@quimbi.example ")
    assert answer.status_code == 200
    body = answer.json()
    assert body["token_type"] == "bearer"
    assert {key: body["agent"][key] for key in ("id", "name", "email", "role", "status")} == {
        "id": str(agent.pk),
        "name": "Ada Agent",
        "email": "agent@quimbi.example",
        "role": "agent",
        "status": "online",
    }
    assert me(body["access_token"]).json()["id"] == str(agent.pk)
    assert AuditEntry.objects.filter(action="agent.signed_in", actor=agent).count() == 1


def test_unknown_email_wrong_password_and_inactive_account_get_the_same_401(agent: Agent) -> None:
    unknown, wrong = login("nobody@quimbi.example"), login(agent.email, "wrong")
    Agent.objects.filter(pk=agent.pk).update(is_active=False)
    inactive = login(agent.email)
    assert unknown.status_code == wrong.status_code == inactive.status_code == 401
    assert (
        unknown.json() == wrong.json() == inactive.json() == {"detail": "The email address or the password is wrong."}
    )
    failures = AuditEntry.objects.filter(action="agent.sign_in_failed").values_list("subject_id", flat=True)
    assert sorted(failures) == sorted(["unknown", str(agent.pk), str(agent.pk)])
    assert "nobody@" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    "body", [{}, {"email": "a@b.example"}, {"email": ["x"], "password": "x"}, {"email": "a\u0000", "password": "x"}, []]
)
def test_malformed_login_returns_400(db: None, body: Any) -> None:
    answer = APIClient().post("/api/agents/login", body)
    assert answer.status_code == 400 and isinstance(answer.json()["detail"], str)


def test_five_failures_lock_the_account_for_the_client_address(agent: Agent) -> None:
    for _ in range(4):
        assert login(agent.email, "wrong").status_code == 401
    assert login(agent.email).status_code == 200
    for _ in range(4):
        assert login(agent.email, "wrong").status_code == 401
    login(agent.email.upper(), "wrong")
    locked = login(agent.email)
    assert locked.status_code == 429 and int(locked.headers["Retry-After"]) > 0
    assert "Try again in 15 minutes" in locked.json()["detail"]
    assert login(agent.email, REMOTE_ADDR="10.1.2.3").status_code == 200


def test_lockout_ends_after_15_minutes(agent: Agent, time_machine: Any) -> None:
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    for _ in range(6):
        login(agent.email, "wrong")
    assert login(agent.email).status_code == 429
    time_machine.move_to(start + timedelta(minutes=16), tick=False)
    assert login(agent.email).status_code == 200


def test_sign_in_attempts_per_address_are_limited_across_accounts(settings: Any, db: None, time_machine: Any) -> None:
    settings.LOGIN_RATE_PER_MINUTE = 10
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    answers = [login(f"nobody{n}@quimbi.example").status_code for n in range(12)]
    assert answers == [401] * 10 + [429] * 2
    refused = login("x@quimbi.example")
    assert refused.headers["Retry-After"] == "60" and isinstance(refused.json()["detail"], str)
    for door in ("/accounts/login/", "/admin/login/"):
        page = APIClient().post(door, {"username": "x@quimbi.example", "password": "x"}, format="multipart")
        assert page.status_code == 429 and b"Try again in 60 seconds" in page.content, door
    time_machine.move_to("2026-03-01T12:01:01Z", tick=False)
    assert login("x@quimbi.example").status_code == 401


def test_every_refused_sign_in_computes_one_password_hash(agent: Agent, make_agent: Any, monkeypatch: Any) -> None:
    """An address that is unknown, has no password or is deactivated must not answer faster than a wrong password."""
    make_agent(email="gone@quimbi.example", is_active=False)
    invited = make_agent(email="invited@quimbi.example")
    invited.set_unusable_password()
    invited.save()
    hashed: list[str] = []
    real = MD5PasswordHasher.encode

    def noted(self: Any, *args: Any) -> str:
        hashed.append("once")
        return real(self, *args)

    monkeypatch.setattr(MD5PasswordHasher, "encode", noted)
    for email in (agent.email, "nobody@quimbi.example", "gone@quimbi.example", "invited@quimbi.example"):
        hashed.clear()
        assert login(email, "wrong").status_code == 401
        assert hashed == ["once"], email


def test_every_api_route_except_login_and_schema_requires_authentication(
    db: None, client_of: Callable[[Agent], APIClient]
) -> None:
    from django.urls import URLPattern, URLResolver, get_resolver

    open_doors = {"api/agents/login", "api/schema"}

    def routes(resolver: URLResolver, prefix: str = "") -> list[str]:
        found = []
        for one in resolver.url_patterns:
            path = prefix + str(one.pattern)
            found += (
                routes(one, path) if isinstance(one, URLResolver) else [path] if isinstance(one, URLPattern) else []
            )
        return found

    paths = [path for path in routes(get_resolver()) if path.startswith("api/")]
    assert len(paths) >= 12
    for path in paths:
        url = (
            re.sub(r"<uuid:\w+>", "00000000-0000-0000-0000-000000000000", f"/{path}")
            .replace("<any:number>", "1")
            .replace("<int:index>", "1")
            .replace("<str:provider>", "quimbi")
        )
        assert "<" not in url, f"{path} has no example here"
        for method in ("get", "post", "put", "patch", "delete"):
            code = getattr(APIClient(), method)(url, {}).status_code
            assert path in open_doors or code == 401, (method, url, code)
