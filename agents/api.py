"""`/api/agents`: signing in, and who one is."""

from typing import Any, cast

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.authentication import issue_token
from agents.models import Agent


class AgentSerializer(serializers.ModelSerializer[Agent]):
    class Meta:
        model = Agent
        fields = [
            "id",
            "name",
            "email",
            "role",
            "status",
            "department",
            "accepts_new_tickets",
            "max_concurrent_tickets",
            "specializations",
        ]
        read_only_fields = fields


class CredentialsSerializer(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1024, trim_whitespace=False)


class TokenSerializer(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    token_type = serializers.ChoiceField([("bearer", "bearer")])
    agent = AgentSerializer()


class LoginView(APIView):
    """Exchanges email and password for a token. An unknown address and a wrong password get the same answer.

    While the account is locked, axes' middleware puts its 429 in place of the 401.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        summary="Sign in",
        request=CredentialsSerializer,
        responses=TokenSerializer,
        auth=[],
    )
    def post(self, request: Request) -> Response:
        reader = CredentialsSerializer(data=request.data)
        reader.is_valid(raise_exception=True)
        plain = request._request
        agent = authenticate(plain, username=reader.validated_data["email"], password=reader.validated_data["password"])
        if not isinstance(agent, Agent):
            return Response(
                {"detail": "The email address or the password is wrong."}, status=status.HTTP_401_UNAUTHORIZED
            )
        user_logged_in.send(sender=Agent, request=plain, user=agent)
        return Response(
            {"access_token": issue_token(agent), "token_type": "bearer", "agent": AgentSerializer(agent).data}
        )


class MeView(APIView):
    """The signed-in agent."""

    @extend_schema(summary="Who am I", responses=AgentSerializer)
    def get(self, request: Request) -> Response:
        return Response(AgentSerializer(cast(Agent, request.user)).data)
