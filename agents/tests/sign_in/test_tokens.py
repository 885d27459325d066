"""Access tokens: forged, tampered, expired and revoked tokens are refused."""

import base64
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken, SlidingToken

from agents import services
from agents.models import Agent
from agents.sign_in.authentication import issue_token

pytestmark = pytest.mark.django_db
ENDED = {"detail": "The token is invalid or has expired. Sign in again."}


def me(token: str) -> Any:
    return APIClient().get("/api/agents/me", HTTP_AUTHORIZATION=f"Bearer {token}")


def refuse(token: str) -> None:
    answer = me(token)
    assert answer.status_code == 401 and answer.json() == ENDED, token
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def forge(agent: Agent, key: str = "", algorithm: str = "HS256", **claims: Any) -> str:
    now = int(time.time())
    payload = {
        "token_type": "access",
        "exp": now + 600,
        "iat": now,
        "jti": "x",
        "sub": str(agent.pk),
        "ver": agent.token_version,
        **claims,
    }
    payload = {name: value for name, value in payload.items() if value != "missing"}
    return jwt.encode(payload, key or settings.SIMPLE_JWT["SIGNING_KEY"], algorithm=algorithm)


def tampered(token: str, **claims: Any) -> str:
    """Return the token with other claims and its old signature."""
    head, payload, signature = token.split(".")
    read = json.loads(base64.urlsafe_b64decode(payload + "=="))
    written = base64.urlsafe_b64encode(json.dumps({**read, **claims}).encode()).rstrip(b"=").decode()
    return f"{head}.{written}.{signature}"


def test_token_built_with_the_real_secret_is_accepted(agent: Agent) -> None:
    """Control case: the forged tokens below differ from this token only in the parameter under test."""
    assert me(forge(agent)).status_code == me(issue_token(agent)).status_code == 200


def test_bearer_scheme_ignores_case(agent: Agent) -> None:
    answer = APIClient().get("/api/agents/me", HTTP_AUTHORIZATION=f"bearer {issue_token(agent)}")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "how",
    [
        {"key": "another-secret-of-sufficient-length-0123456789"},
        {"algorithm": "HS384"},
        {"algorithm": "HS512"},
        {"exp": 1},
        {"exp": "missing"},
        {"exp": "soon"},
        {"jti": "missing"},
        {"sub": "missing"},
        {"sub": "not-an-id"},
        {"sub": "00000000-0000-0000-0000-000000000000"},
        {"sub": "' OR 1=1 --"},
        {"ver": "missing"},
        {"ver": None},
        {"ver": "0"},
        {"ver": 1},
        {"token_type": "refresh"},
        {"token_type": "missing"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_forged_token_is_refused(agent: Agent, how: dict[str, Any]) -> None:
    refuse(forge(agent, **how))


def test_unsigned_token_is_refused(agent: Agent) -> None:
    claims = jwt.decode(issue_token(agent), options={"verify_signature": False})
    head, payload, _ = issue_token(agent).split(".")
    for algorithm in ("none", "None", "NONE", ""):
        header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).rstrip(b"=").decode()
        refuse(f"{header}.{payload}.")
    refuse(jwt.encode(claims, "", algorithm="none"))
    refuse(f"{head}.{payload}.")
    refuse(f"{head}.{payload}")
    refuse("nonsense")


def test_tampered_token_is_refused(agent: Agent, admin: Agent) -> None:
    token = issue_token(agent)
    refuse(tampered(token, sub=str(admin.pk)))
    refuse(tampered(token, ver=1))
    refuse(tampered(token, exp=int(time.time()) + 10**8))
    refuse(tampered(token, jti="another"))


def test_refresh_and_sliding_tokens_are_refused(agent: Agent) -> None:
    for kind in (RefreshToken, SlidingToken):
        token = kind.for_user(agent)
        token["ver"] = agent.token_version
        refuse(str(token))


def test_token_is_refused_after_its_expiry(agent: Agent, time_machine: Any) -> None:
    token = issue_token(agent)
    time_machine.move_to(timezone.now() + timedelta(minutes=settings.JWT_EXPIRE_MINUTES, seconds=1))
    refuse(token)


@pytest.mark.parametrize(
    "end",
    [
        lambda boss, agent: services.deactivate_agent(boss, agent.pk),
        lambda boss, agent: services.set_password(boss, agent.pk, "violet harbour seventeen"),
        lambda boss, agent: services.sign_out_everywhere(agent, agent.pk),
        lambda boss, agent: services.sign_out_everywhere(boss, agent.pk),
        lambda boss, agent: Agent.objects.filter(pk=agent.pk).update(is_active=False),
    ],
    ids=["deactivated", "password", "signed out everywhere", "signed out by a manager", "inactive, no new version"],
)
def test_token_is_refused_after_deactivation_password_change_or_sign_out(
    agent: Agent, manager: Agent, end: Callable[[Agent, Agent], Any]
) -> None:
    token = issue_token(agent)
    assert me(token).status_code == 200
    end(manager, agent)
    refuse(token)
    agent.refresh_from_db()
    if agent.is_active:
        assert me(issue_token(agent)).status_code == 200


def test_token_is_accepted_only_as_bearer_in_the_authorization_header(agent: Agent) -> None:
    token = issue_token(agent)
    client = APIClient()
    for headers in (
        {"X-API-Key": token},
        {"Authorization": token},
        {"Authorization": f"Token {token}"},
        {"Authorization": f"Basic {token}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {token} {token}"},
        {"Cookie": f"access_token={token}; sessionid={token}"},
    ):
        assert client.get("/api/agents/me", headers=headers).status_code == 401, headers
    for name in ("access_token", "token", "jwt"):
        assert client.get("/api/agents/me", {name: token}).status_code == 401
    assert client.get("/admin/", headers={"Authorization": f"Bearer {token}"}).status_code == 302
