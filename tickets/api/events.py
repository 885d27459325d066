"""`/api/events`: the events of the live socket by polling, for networks that block WebSockets."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.base import AgentRequest
from agents.api.filtersets import ListFilters, Parameter
from agents.permissions import READING
from tickets.live import log
from tickets.models import Event
from tickets.models.events import EventQuerySet

TYPES = ["created", "message", "note", "updated", "assigned", "draft", "order", "removed", "reset"]


class EventFilters(ListFilters):
    """The filter of `GET /api/events`."""

    since = Parameter(
        serializers.IntegerField(
            required=False,
            min_value=0,
            max_value=2**63 - 1,
            help_text="The `sequence` of the last answer. Without it, the answer only has the log's current position.",
        ),
        method="keep_newer",
    )

    def keep_newer(self, events: EventQuerySet, name: str, value: int) -> EventQuerySet:
        return events.placed_after(value)


class EventSerializer(serializers.Serializer[Any]):
    """One event with the fields of its type (docs/realtime.md). Events of tickets that you may not see are left out."""

    type = serializers.ChoiceField(
        TYPES, help_text="`removed`: the ticket is no longer yours. `reset`: you missed too many events; reload."
    )
    sequence = serializers.IntegerField()
    ticket = serializers.UUIDField(required=False)
    at = serializers.DateTimeField(required=False)
    by = serializers.UUIDField(
        required=False, allow_null=True, help_text="The agent who caused it; null for the program."
    )


class EventListSerializer(serializers.Serializer[Any]):
    events = EventSerializer(many=True)
    sequence = serializers.IntegerField(help_text="Send this value with the next request.")


class EventsView(APIView):
    """Events of the tickets that you may see: at most 1,000 and 24 hours back. Older positions are answered with `reset`."""

    name = "Events"
    api_key_methods = READING

    @extend_schema(
        summary="Events since a position",
        parameters=[EventFilters.parameters()],
        responses=EventListSerializer,
        operation_id="events",
    )
    def get(self, request: AgentRequest) -> Response:
        filters = EventFilters.read(request, Event.objects.visible_to(request.user))
        found = log.catch_up(request.user, filters.values["since"], filters.qs)
        return Response({"events": found.bodies(), "sequence": found.head})
