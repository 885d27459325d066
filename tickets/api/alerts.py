"""`/api/topic-alerts`: the words that an agent, or the whole team, wants to see first."""

from typing import Any
from uuid import UUID

from django.db.models import Count, UUIDField, Value
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.response import Response

from agents.models import Agent
from agents.permissions import ANY_METHOD
from tickets import search, services
from tickets.api.tickets import AgentRequest, AgentViewSet
from tickets.models import Ticket, TopicAlert


class AlertSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    keyword = serializers.CharField()
    team = serializers.BooleanField(help_text="The whole team's; else the agent's own.")
    is_on = serializers.BooleanField()
    expires_at = serializers.DateTimeField(allow_null=True)
    active = serializers.BooleanField(help_text="On and not expired.")
    open_matches = serializers.IntegerField(help_text="How many open tickets that you see mention it now.")
    created_at = serializers.DateTimeField()


class AlertListSerializer(serializers.Serializer[Any]):
    topic_alerts = AlertSerializer(many=True)
    total = serializers.IntegerField()


class NewAlertSerializer(serializers.Serializer[Any]):
    keyword = serializers.CharField(max_length=100)
    team = serializers.BooleanField(default=False, help_text="For the whole team; takes a team lead.")
    is_on = serializers.BooleanField(default=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class AlertChangesSerializer(serializers.Serializer[Any]):
    keyword = serializers.CharField(max_length=100, required=False)
    is_on = serializers.BooleanField(required=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


@extend_schema_view(
    list=extend_schema(summary="Your own and the team's topic alerts", responses=AlertListSerializer),
    create=extend_schema(summary="Add a topic alert", request=NewAlertSerializer, responses={201: AlertSerializer}),
    partial_update=extend_schema(
        summary="Change a topic alert", request=AlertChangesSerializer, responses=AlertSerializer
    ),
    destroy=extend_schema(summary="Delete a topic alert", responses={204: None}),
)
class TopicAlertViewSet(AgentViewSet):
    """Keywords that put tickets five days ahead in the inbox of whoever set them."""

    name = "Topic alerts"
    queryset = TopicAlert.objects.none()
    serializer_class = AlertSerializer
    pagination_class = None
    lookup_url_kwarg = "alert_id"
    api_key_methods = ANY_METHOD
    bodies = {"create": NewAlertSerializer, "partial_update": AlertChangesSerializer}

    def list(self, request: AgentRequest) -> Response:
        rows = described(request.user, services.alerts_of(request.user))
        return Response({"topic_alerts": rows, "total": len(rows)})

    def create(self, request: AgentRequest) -> Response:
        values = self.read_body(NewAlertSerializer, request)
        alert = services.retrying(lambda: services.create_alert(request.user, **values))
        return Response(described(request.user, [alert])[0], status=status.HTTP_201_CREATED)

    def partial_update(self, request: AgentRequest, alert_id: UUID) -> Response:
        values = self.read_body(AlertChangesSerializer, request)
        alert = services.update_alert(request.user, alert_id, values)
        return Response(described(request.user, [alert])[0])

    def destroy(self, request: AgentRequest, alert_id: UUID) -> Response:
        services.delete_alert(request.user, alert_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def described(agent: Agent, alerts: "list[TopicAlert]") -> "list[dict[str, Any]]":
    """The alerts with how many open tickets match each, counted in one statement."""
    now = timezone.now()
    found = matches(agent, alerts)
    return [
        {
            "id": alert.pk,
            "keyword": alert.keyword,
            "team": alert.owner_id is None,
            "is_on": alert.is_on,
            "expires_at": alert.expires_at,
            "active": alert.is_on and (alert.expires_at is None or alert.expires_at > now),
            "open_matches": found.get(alert.pk, 0),
            "created_at": alert.created_at,
        }
        for alert in alerts
    ]


def matches(agent: Agent, alerts: "list[TopicAlert]") -> dict[UUID, int]:
    """Per alert, how many of the open tickets that the agent sees mention it."""
    tickets = Ticket.objects.visible_to(agent).awake().filter(status=Ticket.Status.OPEN).order_by()
    parts = [
        tickets.filter(search.mentions([alert.keyword]))
        .values(alert=Value(alert.pk, output_field=UUIDField()))
        .annotate(count=Count("pk"))
        .values_list("alert", "count")
        for alert in alerts
    ]
    if not parts:
        return {}
    counted: Any = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return dict(counted)
