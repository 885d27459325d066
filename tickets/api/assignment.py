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
    """Why; it stands in a note on the ticket and in the audit trail."""

    reason = serializers.CharField(max_length=REASON_LENGTH)


class NothingSerializer(serializers.Serializer[Any]):
    """No body."""


@extend_schema_field({"type": "null"})
class NullField(serializers.ReadOnlyField):
    """Nothing, said."""


class NothingLeftSerializer(serializers.Serializer[Any]):
    """Instead of a ticket, where none is left."""

    ticket = NullField(help_text="Always null: a ticket would stand at the top, without this key.")
    detail = serializers.CharField()


class NothingLeft(Exception):  # noqa: N818  an answer, not an error
    """Raised through the transaction of a claim that got nothing."""


def next_answer(ticket: type[serializers.Serializer[Any]]) -> Any:
    """What `next` answers with: the whole ticket, in the shape that the floor gives it, or that nothing is left."""
    return PolymorphicProxySerializer(
        component_name=f"Next{ticket.__name__.removesuffix('Serializer')}",
        serializers=[ticket, NothingLeftSerializer],
        resource_type_field_name=None,
    )


class AssignmentRulesSerializer(serializers.ModelSerializer[AssignmentRules]):
    """What is left out stays as it is."""

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
    """The rules in force."""

    @extend_schema(summary="How new tickets are assigned", responses=AssignmentRulesSerializer)
    def get(self, request: Any) -> Response:
        return Response(AssignmentRulesSerializer(services.assignment_rules()).data)

    @extend_schema(
        summary="Change how new tickets are assigned",
        description="From the next new ticket on. Takes the role manager.",
        request=AssignmentRulesSerializer,
        responses=AssignmentRulesSerializer,
    )
    def put(self, request: Any) -> Response:
        reader = AssignmentRulesSerializer(data=request.data, partial=True)
        reader.is_valid(raise_exception=True)
        rules = services.save_assignment_rules(request.user, dict(reader.validated_data))
        return Response(AssignmentRulesSerializer(rules).data)
