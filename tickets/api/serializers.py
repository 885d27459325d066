"""Request and response bodies of the API; the services validate the values."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agents.api.serializers import BoundedListField
from agents.api.serializers import PageSerializer as PageSerializer
from tickets.conversation_part import cut
from tickets.models import Contact, Customer, Message, Note, Order, OrderLine, Ticket
from tickets.services.customers.external_ids import read_external_id
from tickets.services.messages.scheduled_replies import LONGEST
from tickets.services.validation import CONTENT_LENGTH, ID_LENGTH, MAX_TAGS, NAME_LENGTH, SUBJECT_LENGTH, TAG_LENGTH


class NumberField(serializers.DecimalField):
    """An amount as a JSON number with two decimals, parsed exactly."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 12, "decimal_places": 2, "min_value": 0, "coerce_to_string": False, **kwargs})


class ExternalIdField(serializers.CharField):
    """The shop's own id as text or whole number; a number that JSON may have rounded is refused."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, "max_length": ID_LENGTH, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, int | float) and not isinstance(data, bool):
            try:
                read_external_id(data, self.field_name or "external_id")
            except ValidationError as error:
                raise serializers.ValidationError(error.messages) from None
        return super().to_internal_value(data)


class TagsField(BoundedListField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"child": serializers.CharField(max_length=TAG_LENGTH), "max_length": MAX_TAGS, **kwargs})


# --- Responses --------------------------------------------------------------------------------------------------------
class TicketCustomerSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    email = serializers.EmailField(allow_null=True)
    lifetime_value = serializers.FloatField(help_text="Totals minus refunds, in the shop's currency.")
    total_orders = serializers.IntegerField()
    churn_risk_score = serializers.FloatField(
        allow_null=True, help_text="0: certainly stays, 1: certainly leaves; null while unknown."
    )


class TicketRowSerializer(serializers.Serializer[Any]):
    """A ticket in a list."""

    id = serializers.UUIDField()
    customer_id = serializers.UUIDField()
    subject = serializers.CharField()
    status = serializers.ChoiceField(Ticket.Status.choices)
    priority = serializers.ChoiceField(Ticket.Priority.choices)
    channel = serializers.ChoiceField(Ticket.Channel.choices)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    customer_sentiment = serializers.FloatField(
        allow_null=True, help_text="0 negative, 1 positive; null while unknown."
    )
    estimated_difficulty = serializers.FloatField(allow_null=True, help_text="0 easy, 1 hard; null while unknown.")
    assigned_to = serializers.UUIDField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    smart_score = serializers.FloatField(
        help_text="Days of seniority. A closed ticket keeps the score it was closed with."
    )
    message_count = serializers.IntegerField()
    last_message_at = serializers.DateTimeField(allow_null=True)
    last_message_from_agent = serializers.BooleanField(allow_null=True)
    last_message_preview = serializers.CharField(allow_blank=True)
    snoozed = serializers.BooleanField(help_text="Snoozed: out of the queue for a while.")
    snoozed_until = serializers.DateTimeField(
        allow_null=True, help_text="When the snooze ends; null if only the customer's message ends it."
    )
    snoozed_until_reply = serializers.BooleanField(help_text="Whether the customer's next message ends it.")
    snoozed_by = serializers.UUIDField(allow_null=True)
    unread = serializers.BooleanField(help_text="Whether the last message is the customer's and you have not read it.")
    customer = TicketCustomerSerializer()


class TicketListRowSerializer(TicketRowSerializer):
    matches_topic_alert = serializers.BooleanField()
    matched_keyword = serializers.CharField(allow_null=True, help_text="The first topic alert that the ticket matches.")


class TicketPageSerializer(PageSerializer):
    tickets = TicketListRowSerializer(many=True)
    topic_alerts_active = serializers.ListField(child=serializers.CharField())
    next_cursor = serializers.CharField(
        allow_null=True, help_text="Value of `cursor` for the next page; null at the end."
    )
    matches = serializers.IntegerField(help_text="Number of tickets on this page that match a topic alert.")


MESSAGE_STATES = ["sent", "sending"]


class MessageSerializer(serializers.ModelSerializer[Message]):
    state = serializers.SerializerMethodField(
        help_text="`sending` until it is sent; its author can still undo sending."
    )
    goes_out_at = serializers.SerializerMethodField(
        help_text="Time at which a message that is `sending` will be sent, else null."
    )
    content = serializers.SerializerMethodField()
    content_truncated = serializers.SerializerMethodField(
        help_text="Whether the text alone is over 1 MB and was cut: whole at …/messages/{message_id}."
    )

    class Meta:
        model = Message
        fields = [
            "id", "ticket_id", "from_agent", "content", "content_truncated", "author_name", "created_at", "state", "goes_out_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_content(self, message: Message) -> str:
        return message.content if self.context.get("whole") else cut(message.content)

    def get_content_truncated(self, message: Message) -> bool:
        return self.get_content(message) is not message.content

    @extend_schema_field({"type": "string", "enum": MESSAGE_STATES})
    def get_state(self, message: Message) -> str:
        return "sent" if self.get_goes_out_at(message) is None else "sending"

    def get_goes_out_at(self, message: Message) -> datetime | None:
        return getattr(message, "goes_out_at", None)


class NoteSerializer(serializers.ModelSerializer[Note]):
    author_id = serializers.UUIDField(allow_null=True)

    class Meta:
        model = Note
        fields = ["id", "ticket_id", "content", "author_id", "author_name", "created_at"]
        read_only_fields = fields


class TicketDetailSerializer(TicketRowSerializer):
    """A ticket with the newest part of its conversation: at most 100 messages and notes, and 1 MB of each.

    The workspace adds the customer's profile and the next actions.
    """

    closed_at = serializers.DateTimeField(allow_null=True)
    language = serializers.CharField(
        allow_null=True, help_text="The customer's language, as ISO 639-1; null while unknown."
    )
    automatic_tags = serializers.ListField(
        child=serializers.CharField(), help_text="The tags that were set automatically from the conversation."
    )
    messages = MessageSerializer(many=True)
    messages_total = serializers.IntegerField(
        help_text="Number of messages of the ticket, without those that are `sending`."
    )
    messages_truncated = serializers.BooleanField(
        help_text="Whether there are earlier messages: GET …/messages?before=<id of the first>."
    )
    notes = NoteSerializer(many=True)
    notes_total = serializers.IntegerField()
    notes_truncated = serializers.BooleanField(help_text="As for messages: GET …/notes?before=<id of the first>.")


class ScoreComponentsSerializer(serializers.Serializer[Any]):
    time_decay = serializers.FloatField()
    priority_weight = serializers.FloatField()
    customer_value = serializers.FloatField()
    churn_risk = serializers.FloatField()
    sentiment = serializers.FloatField()
    difficulty = serializers.FloatField()
    topic_alert = serializers.FloatField()


class ScoreDetailSerializer(serializers.Serializer[Any]):
    component = serializers.CharField()
    points = serializers.FloatField()
    weight = serializers.FloatField(help_text="In days: the factor of the fact, or the points of the priority.")
    fact = serializers.JSONField(help_text="A number or a text; null if it is unknown or does not apply.")


class WhatIfSerializer(serializers.Serializer[Any]):
    change = serializers.CharField()
    points = serializers.FloatField()
    place_before = serializers.IntegerField()
    place_after = serializers.IntegerField()


class ScoreBreakdownSerializer(serializers.Serializer[Any]):
    """Why a ticket has its score; points are days of seniority."""

    ticket_id = serializers.UUIDField()
    total_score = serializers.FloatField(help_text="The sum of all components.")
    base_score = serializers.FloatField(help_text="The sum without the topic alert.")
    components = ScoreComponentsSerializer()
    explanation = serializers.CharField()
    details = ScoreDetailSerializer(
        many=True, help_text="The same components, largest first, with the fact behind each."
    )
    rank = serializers.IntegerField(
        allow_null=True, help_text="Position among the tickets you see, starting at 1; null when closed."
    )
    what_would_change = WhatIfSerializer(many=True)


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    class Meta:
        model = OrderLine
        fields = ["title", "sku", "quantity", "unit_price"]


class OrderSerializer(serializers.ModelSerializer[Order]):
    customer_id = serializers.UUIDField(read_only=True)
    lines = OrderLineSerializer(many=True)

    class Meta:
        model = Order
        fields = [
            "id",
            "number",
            "customer_id",
            "placed_at",
            "status",
            "fulfillment_status",
            "currency",
            "total",
            "discount",
            "refunded",
            "lines",
            "tracking_numbers",
            "tracking_urls",
            "shipping_carrier",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class OrderPageSerializer(PageSerializer):
    orders = OrderSerializer(many=True)


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    emails = serializers.SerializerMethodField()
    phones = serializers.SerializerMethodField()
    average_order_value = serializers.FloatField(read_only=True)

    class Meta:
        model = Customer
        fields = [
            "id",
            "external_id",
            "name",
            "email",
            "emails",
            "phones",
            "lifetime_value",
            "total_orders",
            "average_order_value",
            "first_order_at",
            "last_order_at",
            "churn_risk_score",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    def get_emails(self, customer: Customer) -> list[str]:
        return [c.value for c in customer.contacts.all() if c.kind == Contact.Kind.EMAIL]

    def get_phones(self, customer: Customer) -> list[str]:
        return [c.value for c in customer.contacts.all() if c.kind == Contact.Kind.PHONE]


class CustomerPageSerializer(PageSerializer):
    customers = CustomerSerializer(many=True)


# --- Request bodies ---------------------------------------------------------------------------------------------------
class NewMessageSerializer(serializers.Serializer[Any]):
    """A message. People sign with their own name: `author_name` counts only for service accounts."""

    content = serializers.CharField(max_length=CONTENT_LENGTH, trim_whitespace=False)
    from_agent = serializers.BooleanField(default=True, help_text="False records what the customer said.")
    author_name = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=NAME_LENGTH)
    status = serializers.ChoiceField(
        Ticket.Status.choices,
        required=False,
        help_text="The status after the message; by default an agent's message sets pending, a customer's open.",
    )
    undo_seconds = serializers.IntegerField(
        default=0,
        min_value=0,
        max_value=LONGEST,
        help_text="Time before an agent's message is sent, during which sending can be undone.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["undo_seconds"] and not attrs["from_agent"]:
            raise serializers.ValidationError({"undo_seconds": "What the customer said cannot be taken back."})
        return attrs


class NewNoteSerializer(serializers.Serializer[Any]):
    content = serializers.CharField(max_length=CONTENT_LENGTH, trim_whitespace=False)
    author_name = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=NAME_LENGTH)


class TicketChangesSerializer(serializers.Serializer[Any]):
    """Fields to change. With `updated_at` (or If-Match), only if nobody changed the ticket since."""

    subject = serializers.CharField(required=False, max_length=SUBJECT_LENGTH)
    status = serializers.ChoiceField(Ticket.Status.choices, required=False)
    priority = serializers.ChoiceField(Ticket.Priority.choices, required=False)
    assigned_to = serializers.UUIDField(required=False, allow_null=True)
    tags = TagsField(required=False, help_text="Replaces all tags.")
    add_tags = TagsField(required=False)
    remove_tags = TagsField(required=False)
    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=400, help_text="Reason for the audit log."
    )
    updated_at = serializers.DateTimeField(required=False, help_text="The ticket's `updated_at` when you read it.")


class NewCustomerSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=NAME_LENGTH)
    email = serializers.EmailField(required=False, allow_null=True, max_length=254, help_text="The reply address.")
    external_id = ExternalIdField(help_text="The shop's own id.")
    emails = BoundedListField(child=serializers.EmailField(max_length=254), default=list, max_length=20)
    phones = BoundedListField(child=serializers.CharField(max_length=40), default=list, max_length=20)


class CustomerChangesSerializer(serializers.Serializer[Any]):
    """Fields to change; `emails` and `phones` replace the existing ones."""

    name = serializers.CharField(required=False, max_length=NAME_LENGTH)
    email = serializers.EmailField(required=False, allow_null=True, max_length=254)
    emails = BoundedListField(child=serializers.EmailField(max_length=254), required=False, max_length=20)
    phones = BoundedListField(child=serializers.CharField(max_length=40), required=False, max_length=20)


class NewLineSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=300)
    sku = serializers.CharField(max_length=100, allow_blank=True, default="")
    quantity = serializers.IntegerField(min_value=0, max_value=1_000_000, default=1)
    unit_price = NumberField(required=False, allow_null=True, default=None)


class OrderBodySerializer(serializers.Serializer[Any]):
    """The whole order: omitted fields get their default, so that the same body always makes the same order."""

    customer_id = serializers.UUIDField(required=False, allow_null=True)
    customer_email = serializers.EmailField(required=False, allow_null=True, max_length=254)
    customer_external_id = ExternalIdField()
    customer_name = serializers.CharField(required=False, allow_null=True, max_length=NAME_LENGTH)
    placed_at = serializers.DateTimeField()
    total = NumberField(help_text="The charged amount.")
    discount = NumberField(default=Decimal(0), help_text="Already deducted from the total.")
    refunded = NumberField(
        required=False,
        allow_null=True,
        default=None,
        help_text="If omitted, a refunded order was refunded in full.",
    )
    currency = serializers.RegexField(r"^[A-Za-z]{3}$", default="USD")
    status = serializers.ChoiceField(Order.Status.choices, default=Order.Status.PAID)
    fulfillment_status = serializers.ChoiceField(Order.Fulfillment.choices, default=Order.Fulfillment.UNFULFILLED)
    lines = BoundedListField(child=NewLineSerializer(), default=list, max_length=500)
    tracking_numbers = BoundedListField(child=serializers.CharField(max_length=100), default=list, max_length=50)
    tracking_urls = BoundedListField(child=serializers.URLField(max_length=500), default=list, max_length=50)
    shipping_carrier = serializers.CharField(max_length=100, allow_blank=True, default="")
