"""`/api/agents`: list, create, change and deactivate agents. The services decide who may change whom."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from agents import services, workload
from agents.api import params
from agents.api.base import AgentRequest, etag, if_match, read_body, seen_at
from agents.api.filtersets import PageFilters, Parameter
from agents.api.serializers import (
    AgentChangesSerializer,
    AgentPageSerializer,
    AgentSerializer,
    CreatedAgentSerializer,
    InvitationSerializer,
    NewAgentSerializer,
    NewPasswordSerializer,
)
from agents.common.folding import fold
from agents.models import Agent


class AgentFilters(PageFilters):
    """The filters of `GET /api/agents`."""

    status = Parameter(serializers.ChoiceField(Agent.Status.choices, required=False))
    role = Parameter(serializers.ChoiceField(Agent.Role.choices, required=False))
    is_active = Parameter(
        serializers.BooleanField(required=False, help_text="By default, deactivated accounts are listed too.")
    )
    available_only = Parameter(
        serializers.BooleanField(
            default=False,
            help_text="Only people to whom a new ticket may go: active, online, accepting, below their capacity.",
        ),
        method="keep_available",
    )
    q = Parameter(
        serializers.CharField(
            required=False, min_length=2, max_length=100, help_text="Part of a name, an address or a department."
        ),
        method="search",
    )

    def keep_available(self, agents: QuerySet[Agent], name: str, value: bool) -> QuerySet[Agent]:
        return agents.filter(workload.AVAILABLE) if value else agents

    def search(self, agents: QuerySet[Agent], name: str, value: str) -> QuerySet[Agent]:
        return agents.filter(
            Q(name__folded__contains=fold(value))
            | Q(email__icontains=value)
            | Q(department__folded__contains=fold(value))
        )


class AgentsView(APIView):
    """List and create accounts."""

    @extend_schema(
        operation_id="agents_list",
        summary="List agents",
        description="By name, for every role. Deactivated accounts are listed unless `is_active=true` or `available_only` "
        "says otherwise; services are never available.",
        parameters=[params.PageParams, AgentFilters.parameters()],
        responses=AgentPageSerializer,
    )
    def get(self, request: AgentRequest) -> Response:
        filters = AgentFilters.read(request, workload.with_workload(Agent.objects.all()))
        agents, page = filters.qs, filters.page
        total = agents.count()
        start = (page["page"] - 1) * page["limit"]
        rows = agents.order_by("name", "id")[start : start + page["limit"]]
        return Response(params.envelope("agents", AgentSerializer(rows, many=True).data, page, total))

    @extend_schema(
        summary="Create an agent",
        description="Requires the role manager. Without a `password` the answer has a link with which the person chooses one.",
        request=NewAgentSerializer,
        responses={201: CreatedAgentSerializer},
    )
    def post(self, request: AgentRequest) -> Response:
        values = read_body(NewAgentSerializer, request)
        agent, invitation = services.create_invited_agent(request.user, **values)
        body = {**AgentSerializer(agent).data, "invitation_url": invitation.url if invitation else None}
        return Response(body, status=status.HTTP_201_CREATED, headers=etag(agent.updated_at))


class AgentView(APIView):
    """Read and change one account."""

    @extend_schema(summary="One agent", responses=AgentSerializer)
    def get(self, request: AgentRequest, agent_id: UUID) -> Response:
        return answer(agent_id)

    @extend_schema(
        summary="Change an agent",
        description="`status` and `accepts_new_tickets` are one's own; a team lead changes the rest of accounts of their rank or "
        "below, but for email and role, which take the role manager.",
        parameters=[if_match("agent")],
        request=AgentChangesSerializer,
        responses=AgentSerializer,
    )
    def patch(self, request: AgentRequest, agent_id: UUID) -> Response:
        values = read_body(AgentChangesSerializer, request)
        seen = seen_at(request, values.pop("updated_at", None), "an agent")
        services.update_agent(request.user, agent_id, values, seen_at=seen)
        return answer(agent_id)

    @extend_schema(
        summary="Deactivate an agent",
        description="Nothing is deleted: the account's tokens, sessions and keys end at once, its tickets go back to the queue.",
        responses={200: AgentSerializer},
    )
    def delete(self, request: AgentRequest, agent_id: UUID) -> Response:
        services.deactivate_agent(request.user, agent_id)
        return answer(agent_id)


class InvitationView(APIView):
    """Send a new invitation to an account without a password."""

    @extend_schema(
        summary="Invite an agent again",
        description="Creates a new link with which the person chooses a password; the earlier one ends. For managers, for an "
        "account that ranks below.",
        request=None,
        responses=InvitationSerializer,
    )
    def post(self, request: AgentRequest, agent_id: UUID) -> Response:
        made = services.invite(request.user, agent_id)
        body = {"invitation_url": made.url, "expires_at": made.expires_at, "mailed": made.mailed}
        return Response(InvitationSerializer(body).data)


class ReactivateView(APIView):
    """Reactivate an account."""

    @extend_schema(
        summary="Reactivate an agent",
        description="The former password is valid again; keys and tokens stay revoked.",
        request=None,
        responses=AgentSerializer,
    )
    def post(self, request: AgentRequest, agent_id: UUID) -> Response:
        services.reactivate_agent(request.user, agent_id)
        return answer(agent_id)


class ForcedLogoutView(APIView):
    """End all sessions and tokens of an account."""

    @extend_schema(
        operation_id="agents_force_logout",
        summary="Sign an agent out everywhere",
        description="For one's own account, or as manager for one that does not rank higher. API keys are revoked one by one.",
        request=None,
        responses={204: OpenApiResponse(description="All their tokens and sessions have ended.")},
    )
    def post(self, request: AgentRequest, agent_id: UUID) -> Response:
        services.sign_out_everywhere(request.user, agent_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordView(APIView):
    """Set the password of an account of a lower role."""

    @extend_schema(
        summary="Reset an agent's password",
        description="For managers, for lower-ranking accounts; ends the account's tokens and sessions.",
        request=NewPasswordSerializer,
        responses={204: OpenApiResponse(description="The password is set.")},
    )
    def post(self, request: AgentRequest, agent_id: UUID) -> Response:
        password = read_body(NewPasswordSerializer, request)["password"]
        if agent_id == request.user.pk:
            raise PermissionDenied("Your own password takes the current one: POST /api/agents/me/password.")
        services.set_password(request.user, agent_id, password)
        return Response(status=status.HTTP_204_NO_CONTENT)


def answer(agent_id: UUID) -> Response:
    """The response body of the account."""
    agent = workload.with_workload(Agent.objects.all()).get(pk=agent_id)
    return Response(AgentSerializer(agent).data, headers=etag(agent.updated_at))
