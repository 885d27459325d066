"""`/api/agents/{agent_id}/keys`: the API keys of a service account."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from agents import services
from agents.api import params
from agents.api.base import AgentRequest, read_body
from agents.api.serializers import (
    ApiKeyListSerializer,
    ApiKeySerializer,
    MadeApiKeySerializer,
    NewApiKeySerializer,
)


class KeysView(APIView):
    """The keys of a service account."""

    @extend_schema(
        operation_id="agents_keys_list",
        summary="API keys of a service account",
        description="Requires the role manager and an account that does not rank higher. Includes revoked and expired keys.",
        parameters=[params.PageParams],
        responses=ApiKeyListSerializer,
    )
    def get(self, request: AgentRequest, agent_id: UUID) -> Response:
        values = params.parse_query(params.PageParams, request)
        keys = services.keys_of(request.user, agent_id)
        start = (values["page"] - 1) * values["limit"]
        rows = ApiKeySerializer(keys[start : start + values["limit"]], many=True).data
        return Response(params.envelope("keys", rows, values, keys.count()))

    @extend_schema(
        summary="Create an API key",
        description="For lower-ranking service accounts. Returns the `secret`, only this once.",
        request=NewApiKeySerializer,
        responses={201: MadeApiKeySerializer},
    )
    def post(self, request: AgentRequest, agent_id: UUID) -> Response:
        key, secret = services.create_key(request.user, agent_id, **read_body(NewApiKeySerializer, request))
        return Response({**ApiKeySerializer(key).data, "secret": secret}, status=status.HTTP_201_CREATED)


class KeyView(APIView):
    """One key."""

    @extend_schema(
        summary="Revoke an API key",
        description="The key is refused from the next request on.",
        responses={200: ApiKeySerializer},
    )
    def delete(self, request: AgentRequest, agent_id: UUID, key_id: UUID) -> Response:
        return Response(ApiKeySerializer(services.revoke_key(request.user, agent_id, key_id)).data)
