"""`/api/agents/login` and `/logout`."""

from typing import Any

from django.contrib.auth import authenticate, logout
from django.contrib.auth.signals import user_logged_in
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import Token

from agents import services
from agents.api.base import AgentRequest, read_body
from agents.api.serializers import AgentSerializer, CredentialsSerializer, LogoutSerializer, TokenSerializer
from agents.models import Agent
from agents.sign_in import second_factor
from agents.sign_in.authentication import issue_token, name_and_end


def token_answer(agent: Agent) -> dict[str, Any]:
    """The response body with a new token and its agent."""
    return {"access_token": issue_token(agent), "token_type": "bearer", "agent": AgentSerializer(agent).data}


class LoginView(APIView):
    """Exchanges email and password for a token. An unknown address and a wrong password get the same answer.

    While the account is locked, axes' middleware replaces the 401 by its 429.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        summary="Sign in",
        description="An account with a second factor also sends its code; without it the answer is a 401 with `otp_required`.",
        request=CredentialsSerializer,
        responses=TokenSerializer,
        auth=[],
    )
    def post(self, request: Request) -> Response:
        given = read_body(CredentialsSerializer, request)
        plain = request._request
        agent = authenticate(plain, username=given["email"], password=given["password"])
        if not isinstance(agent, Agent):
            return Response(
                {"detail": "The email address or the password is wrong."}, status=status.HTTP_401_UNAUTHORIZED
            )
        if refusal := second_factor.refusal(plain, agent, given["otp"]):
            return Response(refusal, status=status.HTTP_401_UNAUTHORIZED)
        user_logged_in.send(sender=Agent, request=plain, user=agent)
        return Response(token_answer(agent))


class LogoutView(APIView):
    """Revoke the token or end the session of the request."""

    @extend_schema(
        summary="Sign out",
        description="Ends this token, or this session; with `everywhere` all of the account's, on every device.",
        request=LogoutSerializer,
        responses={204: OpenApiResponse(description="Signed out.")},
    )
    def post(self, request: AgentRequest) -> Response:
        if read_body(LogoutSerializer, request)["everywhere"]:
            services.sign_out_everywhere(request.user, request.user.pk)
        elif isinstance(request.auth, Token):
            services.sign_out(request.user, *name_and_end(request.auth))
        else:
            services.sign_out(request.user)
        if not isinstance(request.auth, Token):
            logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)
