"""The body of `POST /api/tickets`: from a person, and from a service account that knows customers by the shop's ids."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tickets.api.serializers import TagsField
from tickets.models import Ticket
from tickets.services.customers.external_ids import LARGEST_EXACT, read_external_id
from tickets.services.validation import CONTENT_LENGTH, ID_LENGTH, NAME_LENGTH, SUBJECT_LENGTH


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "maxLength": ID_LENGTH},
            {"type": "integer", "minimum": 0, "exclusiveMaximum": LARGEST_EXACT},
            {"type": "null"},
        ],
        "description": 'A UUID of ours; from a service account also the shop\'s own id. 0, "guest" and the like are no ids.',
    }
)
class CustomerIdField(serializers.UUIDField):
    """A customer's UUID; the OpenAPI document also lists the shop's own ids, which service accounts may send."""


class ShopCustomerIdField(CustomerIdField):
    """A customer's UUID, or the shop's own id as text or whole number; `None` for placeholders such as 0 or "guest"."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            found = read_external_id(data, "customer_id")
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages) from None
        try:
            return UUID(found) if found is not None else None
        except ValueError:
            return found

    def to_representation(self, value: Any) -> Any:
        return value


class NewTicketSerializer(serializers.Serializer[Any]):
    """A new ticket. The customer is given by `customer_id`, or found or created by `author_email`.

    A service account may also send the shop's own id of the customer, as text or whole number.
    """

    customer_id = CustomerIdField(required=False, allow_null=True)
    author_email = serializers.EmailField(required=False, allow_null=True, max_length=254)
    author_name = serializers.CharField(required=False, allow_null=True, max_length=NAME_LENGTH)
    subject = serializers.CharField(max_length=SUBJECT_LENGTH)
    channel = serializers.ChoiceField(Ticket.Channel.choices)
    priority = serializers.ChoiceField(Ticket.Priority.choices, default=Ticket.Priority.NORMAL)
    initial_message = serializers.CharField(required=False, allow_null=True, max_length=CONTENT_LENGTH)
    from_agent = serializers.BooleanField(
        default=False, help_text="Whether `initial_message` is the agent's; by default the customer's."
    )
    tags = TagsField(default=list)
    assigned_to = serializers.UUIDField(required=False, allow_null=True)


class NewServiceTicketSerializer(NewTicketSerializer):
    """A new ticket from a service account, which may send the shop's customer id and leave names and addresses blank."""

    customer_id = ShopCustomerIdField(required=False, allow_null=True)
    author_email = serializers.EmailField(required=False, allow_null=True, allow_blank=True, max_length=254)
    author_name = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=NAME_LENGTH)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = attrs.get("customer_id")
        if isinstance(named, str):
            attrs |= {"customer_id": None, "external_id": named}
        return attrs
