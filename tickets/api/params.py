"""The query parameters of the ticket lists. `agents/api/params.py` has what all lists share."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from agents.api.params import MAX_LIMIT, MAX_PAGE, PageParams, envelope, pagination, parse_query
from tickets.keyword_index import parse_keywords
from tickets.models import Ticket
from tickets.search import MAX_LENGTH, parse_words

__all__ = ["MAX_LIMIT", "MAX_PAGE", "PageParams", "envelope", "pagination", "parse_query"]


class KeywordsField(serializers.CharField):
    """Topic alerts: a list of keywords, separated by commas."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "default": "", "allow_blank": True, "max_length": 4000, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """A list of keywords; empty for a missing or blank value, for which DRF calls no `to_internal_value`."""
        return super().run_validation(data) or []

    def to_internal_value(self, data: Any) -> Any:
        try:
            return parse_keywords(super().to_internal_value(data))
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from None


class AssigneeField(serializers.CharField):
    """An agent's id, `me` or `none`."""

    def to_internal_value(self, data: Any) -> Any:
        if data in ("me", "none"):
            return data
        try:
            return serializers.UUIDField().to_internal_value(data)
        except serializers.ValidationError:
            raise serializers.ValidationError("Takes an agent's id, me or none.") from None


class TopicAlertParams(serializers.Serializer[Any]):
    topic_alerts = KeywordsField(
        help_text="Comma-separated keywords; a ticket whose subject or public messages contain one gets 5 points more. "
        "Case-insensitive, at most 20 of 2 to 100 characters."
    )


class WordsField(serializers.CharField):
    """A search as a list of words and phrases."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return parse_words(super().to_internal_value(data))
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from None


class TicketListParams(TopicAlertParams, PageParams):
    """Query parameters of `GET /api/tickets`."""

    status = serializers.ChoiceField(
        [*Ticket.Status.choices, ("all", "All")], default=Ticket.Status.OPEN, help_text="`all` only together with `q`."
    )
    q = WordsField(
        required=False,
        max_length=MAX_LENGTH,
        help_text="Words that must all occur in the subject, public messages, customer's name or address, or as order number; "
        "parts of words, too, and phrases in quotation marks.",
    )
    order = serializers.ChoiceField(
        [("smart", "Smart"), ("relevance", "Relevance")],
        default="smart",
        help_text="`relevance` only with `q`.",
    )
    channel = serializers.ChoiceField(Ticket.Channel.choices, required=False)
    priority = serializers.ChoiceField(Ticket.Priority.choices, required=False)
    assigned_to = AssigneeField(required=False, help_text="An agent's id, `me` or `none`.")
    customer_id = serializers.UUIDField(required=False)
    tag = serializers.CharField(required=False, max_length=50)
    snoozed = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="`true`: snoozed tickets, open and pending unless `status` is given. If omitted, only a search (`q`) "
        "finds them.",
    )
    unread = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="`true`: tickets whose last message is the customer's and unread by you; `false`: the others.",
    )
    cursor = serializers.CharField(
        required=False,
        max_length=400,
        help_text="The `next_cursor` of a list: continues after its last ticket, even if tickets have moved.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["snoozed"] and "status" not in self.initial_data:
            attrs["status"] = "all"
        if attrs["snoozed"] and attrs["status"] == Ticket.Status.CLOSED:
            raise serializers.ValidationError({"snoozed": "No closed ticket is snoozed; take status=open or pending."})
        for name, value in (("status", "all"), ("order", "relevance")):
            if "q" not in attrs and not (name == "status" and attrs["snoozed"]) and attrs[name] == value:
                raise serializers.ValidationError({name: f"{name}={value} goes together with q."})
        if "cursor" in attrs and attrs["order"] == "relevance":
            raise serializers.ValidationError({"cursor": "order=relevance has pages, not cursors."})
        return attrs
