"""Aliases in JSON bodies that the existing single-page app reads beside the documented keys. They are derived only here.

A body is made by its one serializer; these functions add the same facts under the other names. In the OpenAPI document they are
marked deprecated: whoever starts today reads the documented names.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from agents.api.base import AgentRequest
from intelligence.api.serializers import CustomerIntelligenceSerializer
from intelligence.api.views import CustomerIntelligenceView
from tickets.api.serializers import MessageSerializer, NoteSerializer, TicketRowSerializer

_TICKET_FIELDS = frozenset(TicketRowSerializer().fields)


def ticket_wrapper(body: Mapping[str, Any]) -> dict[str, Any]:
    """Repeat the ticket under the key `ticket`, in the shape of the ticket list."""
    return {"ticket": {name: value for name, value in body.items() if name in _TICKET_FIELDS}}


def talking_wrapper(body: Mapping[str, Any]) -> dict[str, Any]:
    """Repeat the ticket with its messages under `ticket`, for a conversation that was just created."""
    wrapped = ticket_wrapper(body)
    wrapped["ticket"]["messages"] = body["messages"]
    return wrapped


def message_wrapper(body: Mapping[str, Any]) -> dict[str, Any]:
    """Repeat the message under `message`, with what it changed on the ticket; nothing while undo send is possible."""
    if body.get("state") == "sending":
        return {"message": dict(body), "ticket_updated": None}
    updated = {
        "id": body["ticket_id"],
        "last_message_at": body["created_at"],
        "last_message_from_agent": body["from_agent"],
    }
    return {"message": dict(body), "ticket_updated": updated}


def note_wrapper(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"note": dict(body)}


# Wrappers by method and route, applied to successful responses.
WRAPPERS: dict[tuple[str, str], Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    ("POST", "create"): talking_wrapper,
    ("PATCH", "partial_update"): ticket_wrapper,
    ("POST", "reset_conversation"): talking_wrapper,
    ("POST", "messages"): message_wrapper,
    ("POST", "notes"): note_wrapper,
}


def with_aliases(method: str, action: str, response: Response) -> None:
    """Add the SPA's aliases to the answer, also to one that was stored for a repeated `Idempotency-Key`."""
    wrap = WRAPPERS.get((method, action))
    if wrap is not None and 200 <= response.status_code < 300 and isinstance(response.data, Mapping):
        response.data = {**response.data, **wrap(response.data)}


# --- OpenAPI schema
def _deprecated(schema: dict[str, Any]) -> type[serializers.JSONField]:
    return extend_schema_field({**schema, "deprecated": True})(type("Alias", (serializers.JSONField,), {}))


_OBJECT = {
    "type": "object",
    "additionalProperties": True,
    "description": "The same once more, for the single-page app.",
}
AliasField = _deprecated(_OBJECT)


class SentMessageSerializer(MessageSerializer):
    message = AliasField(read_only=True)
    ticket_updated = AliasField(read_only=True, allow_null=True)

    class Meta(MessageSerializer.Meta):
        fields = [*MessageSerializer.Meta.fields, "message", "ticket_updated"]
        read_only_fields = fields


class AddedNoteSerializer(NoteSerializer):
    note = AliasField(read_only=True)

    class Meta(NoteSerializer.Meta):
        fields = [*NoteSerializer.Meta.fields, "note"]
        read_only_fields = fields


class CustomerAliasView(CustomerIntelligenceView):
    """The customer's intelligence at its former address."""

    @extend_schema(
        summary="The same as /api/ai/customers/{customer_id}/intelligence",
        deprecated=True,
        responses=CustomerIntelligenceSerializer,
    )
    def get(self, request: AgentRequest, customer_id: Any) -> Response:
        return super().get(request, customer_id)


urlpatterns = [path("mcp/customer/<uuid:customer_id>", CustomerAliasView.as_view(), name="mcp-customer")]
