"""`/api/agents/me`: the signed-in agent's own account."""

from django.contrib.auth import authenticate, update_session_auth_hash
from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import Token

from agents import services
from agents.api.base import AgentRequest, read_body
from agents.api.login import token_answer
from agents.api.serializers import AgentSerializer, OwnPasswordSerializer, PresenceSerializer, TokenSerializer
from agents.permissions import READING


class MeView(APIView):
    """Read and change the signed-in agent."""

    api_key_methods = READING

    @extend_schema(summary="The signed-in account", responses=AgentSerializer)
    def get(self, request: AgentRequest) -> Response:
        return Response(AgentSerializer(request.user).data)


class MyStatusView(APIView):
    """Set the agent's own status and whether they accept new tickets."""

    @extend_schema(summary="Change my status", request=PresenceSerializer, responses=AgentSerializer)
    def patch(self, request: AgentRequest) -> Response:
        values = read_body(PresenceSerializer, request)
        return Response(AgentSerializer(services.update_agent(request.user, request.user.pk, values)).data)


class MyPasswordView(APIView):
    """Change the agent's own password; a stolen token alone is not enough."""

    @extend_schema(
        summary="Change my password",
        description="Ends all other sessions and tokens of the account; returns a new token. A wrong current password "
        "counts as a failed sign-in, and after five of them the account is locked as there.",
        request=OwnPasswordSerializer,
        responses=TokenSerializer,
    )
    def post(self, request: AgentRequest) -> Response:
        given = read_body(OwnPasswordSerializer, request)
        plain = request._request
        # Authenticate as a sign-in does, so that axes counts failures and answers 429 while the account is locked.
        if authenticate(plain, username=request.user.email, password=given["current_password"]) != request.user:
            raise ValidationError({"current_password": ["The current password is wrong."]})
        try:
            agent = services.set_password(request.user, request.user.pk, given["new_password"])
        except ValidationError as error:
            raise ValidationError({"new_password": error.messages}) from None
        if not isinstance(request.auth, Token):
            update_session_auth_hash(plain, agent)
        return Response(token_answer(agent))
