"""`/api/ai/tickets/{id}/signals`: sentiment, difficulty and tags of a conversation, with the words they come from."""

from typing import Any
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.permissions import READING
from intelligence.api.serializers import AnswerSourceSerializer
from intelligence.contract.results import Contribution
from intelligence.reading.conversation import SaidReading, TagReading
from intelligence.services.message_reading import Explanation, explain
from tickets.api.tickets import AgentRequest
from tickets.models import Ticket


class ContributionSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    weight = serializers.FloatField()
    text = serializers.CharField(allow_blank=True, help_text="The words found.")


class ReadFigureSerializer(serializers.Serializer[Any]):
    value = serializers.FloatField(allow_null=True, help_text="0 to 1; null if unknown.")
    stored = serializers.FloatField(allow_null=True, help_text="The stored value, which the score uses.")


class DifficultySerializer(ReadFigureSerializer):
    contributions = ContributionSerializer(
        many=True, help_text="In log-odds: the figure is 1 / (1 + e^−s) of their sum s."
    )


class SignalTagSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    weight = serializers.FloatField(help_text="The sum of its contributions; 1 makes a tag.")
    message_id = serializers.UUIDField(allow_null=True, help_text="The message that shows it; null for the subject.")
    state = serializers.ChoiceField(
        ["automatic", "agent", "rejected", "absent"],
        help_text="Set automatically, set by an agent, removed by an agent, or not on the ticket (yet).",
    )
    contributions = ContributionSerializer(many=True)


class SignalMessageSerializer(serializers.Serializer[Any]):
    message_id = serializers.UUIDField()
    language = serializers.CharField(allow_null=True)
    sentiment = serializers.FloatField(allow_null=True)
    weight = serializers.FloatField(help_text="Weight in the conversation's sentiment; all weights sum to 1.")
    contributions = ContributionSerializer(many=True, help_text="They sum to the message's sentiment.")


class SignalsSerializer(AnswerSourceSerializer):
    """What the customer's messages say (newer messages weigh more) and the words that led to it."""

    ticket_id = serializers.UUIDField()
    up_to_date = serializers.BooleanField(help_text="False while a new message is still to be read in the background.")
    language = serializers.CharField(allow_null=True, help_text="ISO 639-1; null if unknown.")
    sentiment = ReadFigureSerializer()
    difficulty = DifficultySerializer()
    tags = SignalTagSerializer(many=True)
    messages = SignalMessageSerializer(many=True, help_text="The customer's messages that count, oldest first.")


class SignalsView(APIView):
    """Language, sentiment, difficulty and tags of one conversation, each with what it was derived from."""

    name = "Signals"
    api_key_methods = READING

    @extend_schema(
        summary="Sentiment, difficulty, language and tags of a conversation, explained", responses=SignalsSerializer
    )
    def get(self, request: AgentRequest, ticket_id: UUID) -> Response:
        ticket = Ticket.objects.visible_to(request.user).get(pk=ticket_id)
        return Response(body(ticket, explain(ticket)))


def body(ticket: Ticket, known: Explanation) -> dict[str, Any]:
    reading = known.reading
    return {
        "ticket_id": ticket.pk,
        "up_to_date": known.up_to_date,
        "language": reading.language,
        "sentiment": {"value": reading.sentiment, "stored": ticket.customer_sentiment},
        "difficulty": {
            "value": reading.difficulty,
            "stored": ticket.estimated_difficulty,
            "contributions": _parts(reading.difficulty_parts),
        },
        "tags": [_tag(tag, known) for tag in reading.tags],
        "messages": [_message(message) for message in reading.messages],
        "source": reading.provenance.source,
        "degraded": reading.provenance.degraded,
        "confidence": reading.provenance.confidence,
        "reasons": reading.provenance.reasons,
        "model_version": reading.provenance.model_version,
    }


def _tag(tag: TagReading, known: Explanation) -> dict[str, Any]:
    if tag.name in known.tags:
        state = "automatic" if known.tags[tag.name] else "agent"
    else:
        state = "rejected" if tag.name in known.rejected else "absent"
    return {
        "name": tag.name,
        "weight": tag.weight,
        "message_id": tag.message_id,
        "state": state,
        "contributions": _parts(tag.parts),
    }


def _message(message: SaidReading) -> dict[str, Any]:
    return {
        "message_id": message.id,
        "language": message.language or None,
        "sentiment": message.reading.sentiment,
        "weight": message.weight,
        "contributions": _parts(message.reading.sentiment_parts),
    }


def _parts(parts: tuple[Contribution, ...]) -> list[dict[str, Any]]:
    return [vars(part) for part in parts]


urlpatterns = [path("ai/tickets/<uuid:ticket_id>/signals", SignalsView.as_view(), name="ticket-signals")]
