"""`/api/assignment/rules`: the rules of automatic assignment; and the bodies of assignment actions on tickets."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from tickets import services
from tickets.models import AssignmentRules
from tickets.services.assigning.assignment import REASON_LENGTH

NOTHING_LEFT = "Nothing left: no unassigned ticket is waiting for you."


class ReasonSerializer(serializers.Serializer[Any]):
    """The reason; it is written to a note on the ticket and to the audit log."""

    reason = serializers.CharField(max_length=REASON_LENGTH)


class NothingSerializer(serializers.Serializer[Any]):
    """An empty body."""


@extend_schema_field({"type": "null"})
class NullField(serializers.ReadOnlyField):
    """A field that is always null."""


class NothingLeftSerializer(serializers.Serializer[Any]):
    """The answer if no ticket is left."""

    ticket = NullField(help_text="Always null: a ticket would be returned at the top level, without this key.")
    detail = serializers.CharField()


class NothingLeft(Exception):
    """Raised through the transaction of a claim that found no ticket."""


def next_answer(ticket: type[serializers.Serializer[Any]]) -> Any:
    """The answer of `next`: the whole ticket as the view set shows it, or that no ticket is left."""
    return PolymorphicProxySerializer(
        component_name=f"Next{ticket.__name__.removesuffix('Serializer')}",
        serializers=[ticket, NothingLeftSerializer],
        resource_type_field_name=None,
    )


class AssignmentRulesSerializer(serializers.ModelSerializer[AssignmentRules]):
    """Omitted fields stay unchanged."""

    high_value_from = serializers.DecimalField(
        max_digits=12,
        decimal_places=2,
        min_value=0,
        allow_null=True,
        required=False,
        coerce_to_string=False,
        help_text=AssignmentRules._meta.get_field("high_value_from").help_text,
    )

    class Meta:
        model = AssignmentRules
        fields = ["enabled", "high_value_from", "again_after_hours"]
        extra_kwargs = {name: {"required": False} for name in fields}


class AssignmentRulesView(APIView):
    """The current assignment rules."""

    @extend_schema(summary="The assignment rules", responses=AssignmentRulesSerializer)
    def get(self, request: Any) -> Response:
        return Response(AssignmentRulesSerializer(AssignmentRules.in_force()).data)

    @extend_schema(
        summary="Change the assignment rules",
        description="Applies from the next new ticket on. Requires the role manager.",
        request=AssignmentRulesSerializer,
        responses=AssignmentRulesSerializer,
    )
    def put(self, request: Any) -> Response:
        reader = AssignmentRulesSerializer(data=request.data, partial=True)
        reader.is_valid(raise_exception=True)
        rules = services.save_assignment_rules(request.user, dict(reader.validated_data))
        return Response(AssignmentRulesSerializer(rules).data)
