"""`/api/topic-alerts`: the keywords that an agent or the whole team wants to see first."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.response import Response

from agents.permissions import ANY_METHOD
from tickets.api.tickets import AgentRequest, AgentViewSet
from tickets.services import retrying
from tickets.topic_alerts import services
from tickets.topic_alerts.matches import described
from tickets.topic_alerts.models import TopicAlert


class AlertSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    keyword = serializers.CharField()
    team = serializers.BooleanField(help_text="True for a team alert, false for the agent's own.")
    is_on = serializers.BooleanField()
    expires_at = serializers.DateTimeField(allow_null=True)
    active = serializers.BooleanField(help_text="On and not expired.")
    open_matches = serializers.IntegerField(help_text="Number of open tickets visible to you that contain it now.")
    created_at = serializers.DateTimeField()


class AlertListSerializer(serializers.Serializer[Any]):
    topic_alerts = AlertSerializer(many=True)
    total = serializers.IntegerField()


class NewAlertSerializer(serializers.Serializer[Any]):
    keyword = serializers.CharField(max_length=100)
    team = serializers.BooleanField(default=False, help_text="For the whole team; only team leads and above.")
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
    """Keywords that move matching tickets five days ahead in their owner's inbox."""

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
        alert = retrying(lambda: services.create_alert(request.user, **values))
        return Response(described(request.user, [alert])[0], status=status.HTTP_201_CREATED)

    def partial_update(self, request: AgentRequest, alert_id: UUID) -> Response:
        values = self.read_body(AlertChangesSerializer, request)
        alert = services.update_alert(request.user, alert_id, values)
        return Response(described(request.user, [alert])[0])

    def destroy(self, request: AgentRequest, alert_id: UUID) -> Response:
        services.delete_alert(request.user, alert_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
