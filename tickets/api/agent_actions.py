"""An agent's own actions on a ticket: snooze, read marks, composer drafts, undo send."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from agents.api.base import AgentRequest, if_match, read_body, seen_at
from tickets import services
from tickets.api import params
from tickets.models import ComposerDraft
from tickets.services.messages.composer_drafts import TONE_LENGTH, as_dict
from tickets.services.validation import CONTENT_LENGTH


class SnoozeSerializer(serializers.Serializer[Any]):
    """Snooze until a moment, until the customer writes, or until the earlier of both."""

    until = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="At most 90 days ahead.")
    until_reply = serializers.BooleanField(
        default=True, help_text="Whether the customer's next message also ends it; false requires `until`."
    )
    updated_at = serializers.DateTimeField(required=False, help_text="The ticket's `updated_at` when you read it.")


class ReadSerializer(serializers.Serializer[Any]):
    message_id = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="The last message that you saw; by default the newest."
    )


class ReadAnswerSerializer(serializers.Serializer[Any]):
    ticket_id = serializers.UUIDField()
    unread = serializers.BooleanField(help_text="True if the customer has written meanwhile.")


class AnsweredSerializer(serializers.Serializer[Any]):
    message_id = serializers.UUIDField()
    author_name = serializers.CharField()
    at = serializers.DateTimeField()


class ComposerDraftSerializer(serializers.Serializer[Any]):
    """An agent's unsent reply or note. Nobody else can read it."""

    kind = serializers.ChoiceField(ComposerDraft.Kind.choices)
    content = serializers.CharField(allow_blank=True)
    tone = serializers.CharField(allow_blank=True)
    based_on = serializers.UUIDField(
        allow_null=True, help_text="The conversation's last message when the text was begun."
    )
    revision = serializers.IntegerField(help_text="Send this value with the next change.")
    updated_at = serializers.DateTimeField()
    answered_since = AnsweredSerializer(
        allow_null=True, help_text="The answer of another agent since the text was begun."
    )
    warning = serializers.CharField(allow_null=True, help_text="The same as a sentence.")


class ComposerDraftsSerializer(serializers.Serializer[Any]):
    reply = ComposerDraftSerializer(allow_null=True)
    note = ComposerDraftSerializer(allow_null=True)


class ComposerDraftBodySerializer(serializers.Serializer[Any]):
    """The typed text. `revision` is the last one that the server returned; 0 or omitted for the first."""

    kind = serializers.ChoiceField(ComposerDraft.Kind.choices, default=ComposerDraft.Kind.REPLY)
    content = serializers.CharField(max_length=CONTENT_LENGTH, allow_blank=True, trim_whitespace=False)
    tone = serializers.CharField(max_length=TONE_LENGTH, allow_blank=True, default="")
    based_on = serializers.UUIDField(required=False, allow_null=True, default=None)
    revision = serializers.IntegerField(min_value=0, max_value=2**53, default=0)


class ComposerDraftParams(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(ComposerDraft.Kind.choices, default=ComposerDraft.Kind.REPLY)


class TakenBackSerializer(serializers.Serializer[Any]):
    message_id = serializers.UUIDField()
    reply = ComposerDraftSerializer()


# A function of the ticket serializer, because intelligence/workspace.py describes the endpoints again with more fields.
def snooze_schema(ticket: Any) -> Any:
    """The OpenAPI description of `POST …/snooze` and `DELETE …/snooze`."""

    def describe(view: Any) -> Any:
        view = extend_schema(
            methods=["delete"],
            summary="End a ticket's snooze",
            request=None,
            responses={200: ticket},
        )(view)
        return extend_schema(
            methods=["post"],
            summary="Snooze a ticket",
            description="Snoozes the ticket until a moment, the customer's next message, or the earlier of both. It returns "
            "by itself, and at once when it is assigned, closed or opened.",
            parameters=[if_match("ticket")],
            request=SnoozeSerializer,
            responses=ticket,
        )(view)

    return describe


class AgentActions:
    """Snooze and composer endpoints of the tickets' view set, which defines `answer`."""

    example_bodies = {
        "snooze": SnoozeSerializer,
        "read": ReadSerializer,
        "composer_draft": ComposerDraftBodySerializer,
        "reply_draft": ComposerDraftBodySerializer,
    }

    @action(detail=True, methods=["post", "delete"])
    def snooze(self: Any, request: AgentRequest, ticket_id: UUID) -> Response:
        if request.method == "DELETE":
            services.retrying(lambda: services.unsnooze_ticket(request.user, ticket_id))
        else:
            values = read_body(SnoozeSerializer, request)
            seen = seen_at(request, values.pop("updated_at", None), "a ticket")
            services.retrying(lambda: services.snooze_ticket(request.user, ticket_id, seen_at=seen, **values))
        answer: Response = self.answer(request, ticket_id)
        return answer

    @extend_schema(
        summary="Mark a ticket as read",
        description="For the signed-in agent. Messages after `message_id` stay unread.",
        request=ReadSerializer,
        responses=ReadAnswerSerializer,
    )
    @action(detail=True, methods=["post"])
    def read(self, request: AgentRequest, ticket_id: UUID) -> Response:
        values = read_body(ReadSerializer, request)
        unread = services.mark_read(request.user, ticket_id, values["message_id"])
        return Response({"ticket_id": ticket_id, "unread": unread})

    @extend_schema(
        methods=["get"],
        summary="Your own composer drafts: a reply and a note",
        description="Your unsent texts on this ticket, as last saved.",
        responses=ComposerDraftsSerializer,
    )
    @extend_schema(
        methods=["put"],
        summary="Save a composer draft",
        description="If another tab has saved a newer text, the answer is a 409 with that text as `current`.",
        request=ComposerDraftBodySerializer,
        responses=ComposerDraftSerializer,
    )
    @extend_schema(
        methods=["delete"],
        summary="Discard a composer draft",
        parameters=[OpenApiParameter("kind", enum=ComposerDraft.Kind.values, default="reply")],
        responses={204: None},
    )
    @action(detail=True, methods=["get", "put", "delete"], url_path="composer-draft")
    def composer_draft(self, request: AgentRequest, ticket_id: UUID) -> Response:
        return _composer_draft(request, ticket_id)

    @extend_schema(
        methods=["get"], summary="Deprecated address of `composer-draft`", responses=ComposerDraftsSerializer
    )
    @extend_schema(
        methods=["put"],
        summary="Deprecated address of `composer-draft`",
        request=ComposerDraftBodySerializer,
        responses=ComposerDraftSerializer,
    )
    @extend_schema(
        methods=["delete"],
        summary="Deprecated address of `composer-draft`",
        parameters=[OpenApiParameter("kind", enum=ComposerDraft.Kind.values, default="reply")],
        responses={204: None},
    )
    @extend_schema(deprecated=True)
    @action(detail=True, methods=["get", "put", "delete"], url_path="reply-draft")
    def reply_draft(self, request: AgentRequest, ticket_id: UUID) -> Response:
        return _composer_draft(request, ticket_id)

    @extend_schema(
        summary="Undo sending a reply",
        description="For your own reply, within its `undo_seconds`; it becomes your composer draft again. 409 after it was sent.",
        request=None,
        responses=TakenBackSerializer,
    )
    @action(detail=True, methods=["post"], url_path="messages/<uuid:message_id>/undo")
    def undo(self, request: AgentRequest, ticket_id: UUID, message_id: UUID) -> Response:
        reply = services.retrying(lambda: services.undo_send(request.user, ticket_id, message_id))
        return Response({"message_id": message_id, "reply": as_dict(reply)})


def _composer_draft(request: AgentRequest, ticket_id: UUID) -> Response:
    if request.method == "DELETE":
        services.discard_composer_draft(
            request.user, ticket_id, params.parse_query(ComposerDraftParams, request)["kind"]
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
    if request.method == "PUT":
        values = read_body(ComposerDraftBodySerializer, request)
        return Response(
            as_dict(services.retrying(lambda: services.save_composer_draft(request.user, ticket_id, **values)))
        )
    found = services.composer_drafts_of(request.user, ticket_id)
    return Response({kind: as_dict(found[kind]) if kind in found else None for kind in ComposerDraft.Kind.values})
