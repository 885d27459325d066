"""Keys and addresses that exist only for the existing single-page app (SPA), beside the documented ones.

Services and views make the documented bodies and know none of these names. The functions here add aliases to a body. The
subclasses of serializers and views add them to the answers and the OpenAPI document; the URL configuration registers them.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_serializer, extend_schema_view
from rest_framework import serializers
from rest_framework.response import Response

from agents.api.base import AgentRequest
from intelligence.api.drafts import DraftSerializer, DraftViewSet, RegenerateSerializer
from intelligence.api.serializers import ArchetypeSerializer, BusinessMetricsSerializer, CustomerIntelligenceSerializer
from intelligence.api.views import CustomerIntelligenceView
from intelligence.models import Draft
from intelligence.profiles.segments import VALUE
from intelligence.services.customer_intelligence import CustomerIntelligence
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


def customer_with_aliases(body: Mapping[str, Any]) -> dict[str, Any]:
    """Add `business_metrics`, the segments at the top level, and the archetype's `id` and `level` (its value part)."""
    archetype = body["archetype"]
    segments = archetype["dominant_segments"] if archetype else {}
    aliases = {
        "archetype": {"dominant_segments": segments},
        "behavioral_metrics": {"business_metrics": body["behavioral_metrics"]},
    }
    if archetype is not None:
        level = {"archetype_id": {"level": segments.get(VALUE, "unknown")}}
        archetype = {"id": archetype["archetype_id"], **_inserted(archetype, level)}
    return _inserted({**body, "archetype": archetype}, aliases)


def draft_with_aliases(body: Mapping[str, Any]) -> dict[str, Any]:
    """Add `draft` and `generated_at`."""
    aliases = {
        "draft_content": {"draft": body["draft_content"]},
        "churn_risk": {"generated_at": body["metadata"]["generated_at"]},
    }
    return _inserted(body, aliases)


def _inserted(body: Mapping[str, Any], aliases: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A copy of the body with the aliases, each after the key under which it is given."""
    found: dict[str, Any] = {}
    for name, value in body.items():
        found |= {name: value, **aliases.get(name, {})}
    return found


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


class TicketAliasSerializer(serializers.Serializer[Any]):
    ticket = AliasField(read_only=True)


# The next three take the component name and, without a docstring of their own, the description of the documented serializer.
@extend_schema_serializer(component_name="Archetype")
class ArchetypeWithAliasesSerializer(ArchetypeSerializer):
    def get_fields(self) -> dict[str, Any]:
        level = serializers.CharField(help_text="The value part: whale, premium, mid_tier, budget or unknown.")
        return {"id": serializers.CharField(), **_inserted(super().get_fields(), {"archetype_id": {"level": level}})}


@extend_schema_serializer(component_name="CustomerIntelligence")
class CustomerWithAliasesSerializer(CustomerIntelligenceSerializer):
    archetype = ArchetypeWithAliasesSerializer(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        segments = serializers.DictField(child=serializers.CharField())
        metrics = BusinessMetricsSerializer(help_text="The same as behavioral_metrics.")
        aliases: dict[str, dict[str, Any]] = {
            "archetype": {"dominant_segments": segments},
            "behavioral_metrics": {"business_metrics": metrics},
        }
        return _inserted(super().get_fields(), aliases)


@extend_schema_serializer(component_name="Draft")
class DraftWithAliasesSerializer(DraftSerializer):
    def get_fields(self) -> dict[str, Any]:
        draft = serializers.CharField(help_text="The same as draft_content.")
        generated_at = serializers.DateTimeField(help_text="The same as metadata.generated_at.")
        aliases: dict[str, dict[str, Any]] = {
            "draft_content": {"draft": draft},
            "churn_risk": {"generated_at": generated_at},
        }
        return _inserted(super().get_fields(), aliases)


# --- Views
@extend_schema_view(get=extend_schema(responses=CustomerWithAliasesSerializer))
class CustomerWithAliasesView(CustomerIntelligenceView):
    def body(self, seen: CustomerIntelligence) -> dict[str, Any]:
        return customer_with_aliases(super().body(seen))


class CustomerAliasView(CustomerWithAliasesView):
    """The customer's intelligence at its former address."""

    @extend_schema(
        summary="The same as /api/ai/customers/{customer_id}/intelligence",
        deprecated=True,
        responses=CustomerWithAliasesSerializer,
    )
    def get(self, request: AgentRequest, customer_id: Any) -> Response:
        return super().get(request, customer_id)


@extend_schema_view(retrieve=extend_schema(responses=DraftWithAliasesSerializer))
class DraftWithAliasesViewSet(DraftViewSet):
    serializer_class = DraftWithAliasesSerializer

    # An override, because extend_schema_view knows only standard actions and those with the `action` decorator.
    @extend_schema(
        summary="Regenerate the draft, in another tone",
        request=RegenerateSerializer,
        responses=DraftWithAliasesSerializer,
    )
    def regenerate(self, request: AgentRequest, ticket_id: UUID) -> Response:
        return super().regenerate(request, ticket_id)

    def body(self, draft: Draft) -> dict[str, Any]:
        return draft_with_aliases(super().body(draft))


urlpatterns = [
    path("mcp/customer/<uuid:customer_id>", CustomerAliasView.as_view(), name="mcp-customer"),
    path(
        "ai/tickets/<uuid:ticket_id>/draft-response/regenerate",
        DraftWithAliasesViewSet.as_view({"post": "regenerate"}),
        name="draft-response-regenerate",
    ),
]
