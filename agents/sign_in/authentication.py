"""Authenticate API requests: signed bearer tokens that hold only the agent's id and version, and API keys."""

import functools
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication as SimpleJWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken
from rest_framework_simplejwt.tokens import AccessToken, Token

from agents.common import fast_sql
from agents.common.ids import uuid_or_none
from agents.models import Agent, ApiKey, EndedToken
from agents.services.keys import MIN_LENGTH, digest
from agents.sign_in import second_factor

VERSION_CLAIM = "ver"
ENDED = "The token is invalid or has expired. Sign in again."
# One message for unknown and revoked keys and for deactivated accounts, so that guessing reveals nothing.
NO_KEY = "The API key is not valid. Ask a manager for a new one."
EXPIRED_KEY = "The API key has expired. Ask a manager for a new one."


def issue_token(agent: Agent) -> str:
    """A token that holds until it expires or is signed out, the account is deactivated, or its version is raised."""
    token = AccessToken.for_user(agent)
    token[VERSION_CLAIM] = agent.token_version
    return str(token)


def name_and_end(token: Token) -> tuple[str, datetime]:
    """The token's own id, and when it expires."""
    return str(token["jti"])[:64], datetime.fromtimestamp(token["exp"], UTC)


class JWTAuthentication(SimpleJWTAuthentication):
    """Checks at every request, in one query, that the account is active, the token's version its own, and the token not ended."""

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        try:
            return super().authenticate(request)
        except (InvalidToken, AuthenticationFailed):
            raise AuthenticationFailed(ENDED) from None

    def get_user(self, validated_token: Token) -> Any:
        jti, _ = name_and_end(validated_token)
        agent = _account(uuid_or_none(validated_token.get("sub")), jti)
        if agent is None or not agent.is_active or validated_token.get(VERSION_CLAIM) != agent.token_version:
            raise AuthenticationFailed(ENDED)
        if agent.needs_factor and not agent.has_factor:  # the token is older than the rule or the role
            raise PermissionDenied(second_factor.SET_UP_FIRST)
        return agent


_SOME_ID, _SOME_JTI = UUID(int=0), "the token's own id"
_FIELDS = [field.attname for field in Agent._meta.concrete_fields]


def _account(agent_id: UUID | None, jti: str) -> Any:
    """The account, unless the token of that name has ended; `has_factor` and `needs_factor` beside its fields. One query."""
    sql, params = _statement()
    given = [agent_id if value == _SOME_ID else jti if value == _SOME_JTI else value for value in params]
    for *values, has_factor, needs_factor in fast_sql.fetch_rows(sql, given):
        agent: Any = Agent.from_db("default", _FIELDS, values)
        agent.has_factor, agent.needs_factor = has_factor, needs_factor
        return agent
    return None


@functools.cache
def _statement() -> tuple[str, tuple[Any, ...]]:
    """That query, with stand-ins for what it asks. Made once: at every request, building it would take longer than its answer."""
    agents = Agent.objects.filter(~Exists(EndedToken.objects.filter(jti=_SOME_JTI)), pk=_SOME_ID).order_by()
    return agents.annotate(has_factor=second_factor.HAS, needs_factor=second_factor.RULED).query.sql_with_params()


class ApiKeyAuthentication(BaseAuthentication):
    """`X-API-Key`: the service account that the key stands for; the key itself becomes `request.auth`."""

    HEADER = "X-API-Key"

    def authenticate(self, request: Request) -> tuple[Agent, ApiKey] | None:
        secret = request.headers.get(self.HEADER)
        if secret is None:
            return None
        key = ApiKey.objects.select_related("agent").filter(digest=digest(secret)).first()
        if key is None or key.revoked_at is not None or not key.agent.is_active or not key.agent.is_service:
            raise AuthenticationFailed(NO_KEY)
        if settings.PRODUCTION and len(secret) < MIN_LENGTH:
            raise AuthenticationFailed(NO_KEY)
        if key.expires_at is not None and key.expires_at <= timezone.now():
            raise AuthenticationFailed(EXPIRED_KEY)
        return key.agent, key

    def authenticate_header(self, request: Request) -> str:
        return "ApiKey"
