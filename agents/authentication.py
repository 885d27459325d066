"""Bearer tokens: signed, short of everything but who and which version."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication as SimpleJWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken
from rest_framework_simplejwt.tokens import AccessToken, Token

from agents.models import Agent

VERSION_CLAIM = "ver"
ENDED = "The token is invalid or has expired. Sign in again."


def issue_token(agent: Agent) -> str:
    """A token that holds until it expires, the account is deactivated, or its version is raised."""
    token = AccessToken.for_user(agent)
    token[VERSION_CLAIM] = agent.token_version
    return str(token)


class JWTAuthentication(SimpleJWTAuthentication):
    """Checks at every request that the account is active and the token's version is the account's."""

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        try:
            return super().authenticate(request)
        except (InvalidToken, AuthenticationFailed):
            raise AuthenticationFailed(ENDED) from None

    def get_user(self, validated_token: Token) -> Any:
        agent = Agent.objects.filter(pk=_uuid(validated_token.get("sub"))).first()
        if agent is None or not agent.is_active or validated_token.get(VERSION_CLAIM) != agent.token_version:
            raise AuthenticationFailed(ENDED)
        return agent


def _uuid(value: Any) -> Any:
    try:
        return UUID(str(value))
    except ValueError:
        return None
