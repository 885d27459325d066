"""The messages and notes of a ticket in the API: reading earlier ones, sending and adding."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from agents.api.base import AgentRequest, read_body
from tickets import services
from tickets.api import params
from tickets.api.serializers import MessageSerializer, NewMessageSerializer, NewNoteSerializer, NoteSerializer
from tickets.conversation_part import MOST, Written, part
from tickets.idempotency import HEADER, once
from tickets.models import Message, Note, Ticket

IDEMPOTENCY = OpenApiParameter(
    HEADER, str, "header", description="The same key gives the same answer, once; kept for a day."
)


class PartParams(serializers.Serializer[Any]):
    before = serializers.UUIDField(
        required=False,
        default=None,
        help_text="The id of the earliest item that you have; the answer has those before it.",
    )
    limit = serializers.IntegerField(default=MOST, min_value=1, max_value=MOST)


class MessagesSerializer(serializers.Serializer[Any]):
    """Part of the conversation, oldest first."""

    messages = MessageSerializer(many=True)
    messages_total = serializers.IntegerField(help_text="Number of notes of the ticket.")
    messages_truncated = serializers.BooleanField(help_text="Whether there are earlier items.")
    before = serializers.UUIDField(
        allow_null=True, help_text="Value of `before` for the next request; null at the beginning."
    )


class NoteListSerializer(serializers.Serializer[Any]):
    """Part of the notes, oldest first."""

    notes = NoteSerializer(many=True)
    total = serializers.IntegerField(help_text="Number of notes of the ticket.")
    notes_truncated = serializers.BooleanField(help_text="Whether there are earlier items.")
    before = serializers.UUIDField(
        allow_null=True, help_text="Value of `before` for the next request; null at the beginning."
    )


class ConversationActions:
    """Conversation endpoints of the tickets' view set, which defines `visible`."""

    bodies_of_the_conversation = {"messages": NewMessageSerializer, "notes": NewNoteSerializer}

    @extend_schema(
        methods=["get"],
        operation_id="tickets_messages_list",
        summary="Messages of a ticket: the newest, or those before one",
        description=f"Oldest first, at most {MOST} and 1 MB of text, but at least one.",
        parameters=[PartParams],
        responses=MessagesSerializer,
    )
    @extend_schema(
        methods=["post"],
        summary="Send a message",
        description="An agent's message makes the ticket pending, a customer's opens it, unless `status` says otherwise. With "
        "`undo_seconds` all that happens once it goes out.",
        parameters=[IDEMPOTENCY],
        request=NewMessageSerializer,
        responses={201: MessageSerializer},
    )
    @action(detail=True, methods=["get", "post"])
    def messages(self: Any, request: AgentRequest, ticket_id: UUID) -> Response:
        if request.method != "POST":
            return _newest(self, request, ticket_id, Message, MessageSerializer, ("messages", "messages_total"))
        values = read_body(NewMessageSerializer, request)
        now = {name: value for name, value in values.items() if name != "undo_seconds"}
        later = {name: value for name, value in values.items() if name != "from_agent"}

        def perform() -> Response:
            if values["undo_seconds"]:
                message = services.schedule_reply(request.user, ticket_id, **later).as_message()
            else:
                message = services.post_message(request.user, ticket_id, **now)
            return Response(MessageSerializer(message).data, status=status.HTTP_201_CREATED)

        return once(request, request.user, perform, ticket_id=ticket_id)

    @extend_schema(
        summary="One complete message",
        description="For messages that a conversation has truncated (`content_truncated`).",
        responses=MessageSerializer,
    )
    @action(detail=True, url_path="messages/<uuid:message_id>", url_name="message")
    def message(self: Any, request: AgentRequest, ticket_id: UUID, message_id: UUID) -> Response:
        ticket: Ticket = self.visible(request).get(pk=ticket_id)
        message = Message.objects.get(pk=message_id, ticket=ticket)
        return Response(MessageSerializer(message, context={"whole": True}).data)

    @extend_schema(
        methods=["get"],
        summary="Internal notes: the newest, or those before one",
        description=f"Oldest first, at most {MOST} and 1 MB of text, but at least one.",
        parameters=[PartParams],
        responses=NoteListSerializer,
    )
    @extend_schema(
        methods=["post"],
        summary="Add an internal note",
        parameters=[IDEMPOTENCY],
        request=NewNoteSerializer,
        responses={201: NoteSerializer},
    )
    @action(detail=True, methods=["get", "post"])
    def notes(self: Any, request: AgentRequest, ticket_id: UUID) -> Response:
        if request.method == "POST":
            values = read_body(NewNoteSerializer, request)

            def perform() -> Response:
                note = services.add_note(request.user, ticket_id, **values)
                return Response(NoteSerializer(note).data, status=status.HTTP_201_CREATED)

            return once(request, request.user, perform, ticket_id=ticket_id)
        return _newest(self, request, ticket_id, Note, NoteSerializer, ("notes", "total"))


def _newest(
    view: Any,
    request: AgentRequest,
    ticket_id: UUID,
    model: type[Written],
    serializer: type[serializers.Serializer[Any]],
    keys: tuple[str, str],
) -> Response:
    """The newest messages or notes, or those before a given one; `keys` are the keys of the list and of the total."""
    values = params.parse_query(PartParams, request)
    ticket: Ticket = view.visible(request).get(pk=ticket_id)
    shown, earlier = part(model, ticket, values["before"], values["limit"])
    name, total = keys
    return Response(
        {
            name: serializer(shown, many=True).data,
            total: model.objects.filter(ticket=ticket).count(),
            f"{name}_truncated": earlier,
            "before": shown[0].pk if earlier else None,
        }
    )
