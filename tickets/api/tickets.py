"""`/api/tickets`: the ranked list, one ticket, and all actions on it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, OuterRef, Prefetch, Subquery, Value, When
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.base import AgentRequest as AgentRequest
from agents.api.base import etag, if_match, read_body, seen_at
from agents.models import Agent
from agents.permissions import ANY_METHOD
from tickets import keyword_index, services
from tickets.api import params
from tickets.api.agent_actions import AgentActions, snooze_schema
from tickets.api.assignment import NOTHING_LEFT, NothingLeft, NothingSerializer, ReasonSerializer, next_answer
from tickets.api.conversation import IDEMPOTENCY as _IDEMPOTENCY
from tickets.api.conversation import ConversationActions
from tickets.api.new_tickets import NewServiceTicketSerializer, NewTicketSerializer
from tickets.api.serializers import (
    MessageSerializer,
    NoteSerializer,
    ScoreBreakdownSerializer,
    TicketChangesSerializer,
    TicketDetailSerializer,
    TicketPageSerializer,
    WhatIfSerializer,
)
from tickets.conversation_part import newest
from tickets.idempotency import once
from tickets.models import Message, Note, ScheduledReply, Ticket, TicketTag
from tickets.models.agent_state import unread_by
from tickets.ranking import scoring
from tickets.ranking.positions import WhatIf, place_and_changes
from tickets.ranking.ticket_list import ListQuery, list_tickets


class AgentViewSet(viewsets.GenericViewSet[Any]):
    """Base of the API's view sets: UUID ids, bodies parsed by serializers, writes retried after a conflict."""

    lookup_value_converter = "uuid"
    # body serializer of each action, from which the browsable API makes a form
    bodies: ClassVar[dict[str, type[Any]]] = {}

    def get_serializer_class(self) -> type[Any]:
        return self.bodies.get(self.action) or super().get_serializer_class()

    def read_body(self, serializer: type[Any], request: Request) -> dict[str, Any]:
        return read_body(serializer, request)


@extend_schema_view(
    list=extend_schema(
        summary="List tickets in smart order",
        description="Open and pending tickets by smart score, highest first; closed ones newest first.",
        parameters=[params.TicketListParams],
        responses=TicketPageSerializer,
    ),
    retrieve=extend_schema(summary="One ticket with its conversation", responses=TicketDetailSerializer),
    create=extend_schema(
        summary="Create a ticket",
        description="If a service account sends the shop's id of the customer, the customer is found by that id, else by "
        "`author_email`, else created. 409 if id and address belong to different customers.",
        parameters=[_IDEMPOTENCY],
        request=NewTicketSerializer,
        responses={201: TicketDetailSerializer},
    ),
    partial_update=extend_schema(
        summary="Change a ticket",
        parameters=[if_match("ticket")],
        request=TicketChangesSerializer,
        responses=TicketDetailSerializer,
    ),
    snooze=snooze_schema(TicketDetailSerializer),
)
class TicketViewSet(ConversationActions, AgentActions, AgentViewSet):
    """Tickets that the signed-in agent may see."""

    queryset = Ticket.objects.none()
    serializer_class = TicketDetailSerializer
    pagination_class = None
    lookup_url_kwarg = "ticket_id"
    api_key_methods = ANY_METHOD
    bodies = {
        "create": NewTicketSerializer,
        "partial_update": TicketChangesSerializer,
        **ConversationActions.bodies_of_the_conversation,
        "next_ticket": NothingSerializer,
        "hand_back": ReasonSerializer,
        "escalate": ReasonSerializer,
        "share_customer": NothingSerializer,
        **AgentActions.example_bodies,
    }

    def list(self, request: AgentRequest) -> Response:
        values = params.parse_query(params.TicketListParams, request)
        found = list_tickets(request.user, ListQuery(**values), timezone.now())
        page, limit = values["page"], values["limit"]
        return Response(
            {
                "tickets": found.tickets,
                "total": found.total,
                "page": page,
                "limit": limit,
                "pagination": params.pagination(page, limit, found.total),
                "next_cursor": found.next_cursor,
                "topic_alerts_active": values["topic_alerts"],
                "matches": sum(row["matches_topic_alert"] for row in found.tickets),
            }
        )

    def retrieve(self, request: AgentRequest, ticket_id: UUID) -> Response:
        return self.answer(request, ticket_id)

    def create(self, request: AgentRequest) -> Response:
        values = self.read_body(NewServiceTicketSerializer if request.user.is_service else NewTicketSerializer, request)

        def perform() -> Response:
            ticket = services.create_ticket(request.user, services.TicketData(**values))
            return self.answer(request, ticket.pk, status.HTTP_201_CREATED, seen_by_all=True)

        return once(request, request.user, perform)

    def partial_update(self, request: AgentRequest, ticket_id: UUID) -> Response:
        values = self.read_body(TicketChangesSerializer, request)
        seen = seen_at(request, values.pop("updated_at", None), "a ticket")
        reason = " ".join(values.pop("reason", "").split())
        services.retrying(lambda: services.update_ticket(request.user, ticket_id, values, seen_at=seen, reason=reason))
        return self.answer(request, ticket_id, seen_by_all=True)

    @extend_schema(
        summary="Claim the next ticket",
        description="Assigns the first unassigned open ticket in smart order to you; concurrent callers get different ones. If "
        "nothing is left, the answer has `ticket: null` and says so. What you handed back or escalated lately is left out.",
        parameters=[_IDEMPOTENCY],
        request=None,
        responses=next_answer(TicketDetailSerializer),
    )
    @action(detail=False, methods=["post"], url_path="next")
    def next_ticket(self, request: AgentRequest) -> Response:
        def perform() -> Response:
            ticket = services.claim_next(request.user)
            if ticket is None:
                # An exception does not use up the Idempotency-Key: the same request may get a ticket later.
                raise NothingLeft
            return self.answer(request, ticket.pk, seen_by_all=True)

        try:
            return once(request, request.user, perform)
        except NothingLeft:
            return Response({"ticket": None, "detail": NOTHING_LEFT})

    @extend_schema(
        summary="Return a ticket to the queue",
        description="Unassigns your ticket with a note that says why; another agent's requires the role team lead.",
        parameters=[_IDEMPOTENCY],
        request=ReasonSerializer,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"], url_path="hand-back")
    def hand_back(self, request: AgentRequest, ticket_id: UUID) -> Response:
        return self._give_up(request, ticket_id, services.hand_back)

    @extend_schema(
        summary="Escalate a ticket",
        description="To the least loaded available agent of the lowest rank above its agent's, with the tag `escalation` and a "
        "note that says why; where nobody is available, back to the queue for senior agents.",
        parameters=[_IDEMPOTENCY],
        request=ReasonSerializer,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def escalate(self, request: AgentRequest, ticket_id: UUID) -> Response:
        return self._give_up(request, ticket_id, services.escalate)

    @extend_schema(
        summary="Share the customer with the ticket's agent",
        description="A ticket that an agent opened for an address shows them only what they typed. This shows them the "
        "customer, as the customer's own message or an assignment does. Takes the role senior agent; with nothing to share it "
        "changes nothing.",
        request=None,
        responses=TicketDetailSerializer,
    )
    @action(detail=True, methods=["post"], url_path="share-customer")
    def share_customer(self, request: AgentRequest, ticket_id: UUID) -> Response:
        services.retrying(lambda: services.share_customer(request.user, ticket_id))
        return self.answer(request, ticket_id)

    def _give_up(
        self, request: AgentRequest, ticket_id: UUID, service: Callable[[Agent, UUID, str], Ticket]
    ) -> Response:
        reason = self.read_body(ReasonSerializer, request)["reason"]

        def perform() -> Response:
            service(request.user, ticket_id, reason)
            return self.answer(request, ticket_id, seen_by_all=True)

        return once(request, request.user, perform, ticket_id=ticket_id, gives_up=True)

    @extend_schema(
        summary="Why a ticket has its score",
        parameters=[params.TopicAlertParams],
        responses=ScoreBreakdownSerializer,
    )
    @action(detail=True, url_path="score-breakdown")
    def score_breakdown(self, request: AgentRequest, ticket_id: UUID) -> Response:
        values = params.parse_query(params.TopicAlertParams, request)
        ticket = self.visible(request).get(pk=ticket_id)
        # No topic alert applies to a closed ticket.
        keyword = keyword_index.matching(ticket, values["topic_alerts"]) if ticket.closed_at is None else None
        now = timezone.now()
        breakdown = scoring.break_down(ticket, ticket.closed_at or now, keyword)
        rank: int | None = None
        changes: list[WhatIf] = []
        if ticket.closed_at is None and not ticket.is_asleep(now):
            rank, changes = place_and_changes(request.user, ticket, keyword, values["topic_alerts"])
        return Response(
            {
                "rank": rank,
                "what_would_change": [WhatIfSerializer(change).data for change in changes],
                "details": _details(breakdown),
                "ticket_id": ticket.pk,
                "total_score": breakdown.total_score,
                "base_score": breakdown.base_score,
                "components": breakdown.components,
                "explanation": scoring.explain(breakdown),
            }
        )

    def visible(self, request: AgentRequest) -> Any:
        return Ticket.objects.visible_to(request.user)

    def answer(
        self,
        request: AgentRequest,
        ticket_id: UUID,
        code: int = status.HTTP_200_OK,
        *,
        seen_by_all: bool = False,
    ) -> Response:
        """The whole ticket. `seen_by_all` is for the answer to a write that may have moved it out of the agent's sight."""
        tickets = Ticket.objects.all() if seen_by_all else self.visible(request)
        # Annotated, so that neither needs a query of its own.
        tickets = tickets.annotate(
            unread=Case(When(unread_by(request.user), then=Value(True)), default=Value(False)),
            outgoing=_OUTGOING,
            **_TOTALS,
        )
        ticket = tickets.select_related("customer").prefetch_related(*_CONVERSATION).get(pk=ticket_id)
        return Response(self.body(ticket), status=code, headers=etag(ticket.updated_at))

    def body(self, ticket: Ticket) -> dict[str, Any]:
        """The ticket detail as a dict. View sets of higher layers override this to add to it."""
        return detail(ticket, timezone.now())


def _details(breakdown: scoring.Breakdown) -> list[dict[str, Any]]:
    """The score's components as rows, largest first."""
    rows = [
        {"component": key, "points": points, "weight": breakdown.weights[key], "fact": breakdown.facts[key]}
        for key, points in breakdown.components.items()
    ]
    return sorted(rows, key=lambda row: -row["points"])


_CONVERSATION = (
    Prefetch("messages", newest(Message.objects.all())),
    Prefetch("notes", newest(Note.objects.all())),
    Prefetch("ticket_tags", TicketTag.objects.order_by("name")),
)
# Exact totals as subqueries of the ticket's statement; `message_count` is a stored counter for lists.
_TOTALS = {
    f"{name}_total": Coalesce(
        Subquery(
            kind.objects.filter(ticket=OuterRef("pk")).order_by().values("ticket").annotate(n=Count("pk")).values("n")
        ),
        0,
    )
    for name, kind in (("messages", Message), ("notes", Note))
}


_OUTGOING = ArraySubquery(
    ScheduledReply.objects.filter(ticket=OuterRef("pk"))
    .order_by("goes_out_at", "id")
    .values(
        each=JSONObject(
            id="id",
            content="content",
            author_name="author_name",
            created_at="created_at",
            goes_out_at="goes_out_at",
        )
    )
)


def _sending(ticket: Ticket) -> list[dict[str, Any]]:
    """Scheduled replies in the form of messages, after the others."""
    found: list[dict[str, Any]] = getattr(ticket, "outgoing", None) or []
    return [
        {
            "id": UUID(one["id"]),
            "ticket_id": ticket.pk,
            "from_agent": True,
            "content": one["content"],
            "author_name": one["author_name"],
            "created_at": datetime.fromisoformat(one["created_at"]),
            "content_truncated": False,
            "state": "sending",
            "goes_out_at": datetime.fromisoformat(one["goes_out_at"]),
        }
        for one in found
    ]


def detail(ticket: Ticket, now: datetime) -> dict[str, Any]:
    """One ticket with its conversation, from loaded records."""
    customer, messages, notes = ticket.customer, list(ticket.messages.all()), list(ticket.notes.all())
    messages_total = getattr(ticket, "messages_total", len(messages))
    notes_total = getattr(ticket, "notes_total", len(notes))
    score_at = ticket.closed_at or now
    snoozed = ticket.is_asleep(now)
    return {
        "id": ticket.pk,
        "customer_id": ticket.customer_id,
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "channel": ticket.channel,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "closed_at": ticket.closed_at,
        "customer_sentiment": ticket.customer_sentiment,
        "estimated_difficulty": ticket.estimated_difficulty,
        "assigned_to": ticket.assigned_to_id,
        "language": ticket.language,
        "tags": [tag.name for tag in ticket.ticket_tags.all()],
        "automatic_tags": [tag.name for tag in ticket.ticket_tags.all() if tag.automatic],
        # rank_at holds the formula's result; its distance to now, in days, is the score.
        "smart_score": round((score_at - ticket.rank_at).total_seconds() / 86400, 6),
        "message_count": ticket.message_count,
        "last_message_at": ticket.last_message_at,
        "last_message_from_agent": ticket.last_message_from_agent,
        "last_message_preview": ticket.last_message_preview,
        "snoozed": snoozed,
        "snoozed_until": ticket.snoozed_until if snoozed else None,
        "snoozed_until_reply": snoozed and ticket.snoozed_until_reply,
        "snoozed_by": ticket.snoozed_by_id if snoozed else None,
        "unread": getattr(ticket, "unread", False),
        "customer": {
            "name": customer.name,
            "email": customer.email,
            "lifetime_value": float(customer.lifetime_value),
            "total_orders": customer.total_orders,
            "churn_risk_score": customer.churn_risk_score,
        },
        "messages": [*MessageSerializer(messages, many=True).data, *_sending(ticket)],
        "messages_total": messages_total,
        "messages_truncated": messages_total > len(messages),
        "notes": NoteSerializer(notes, many=True).data,
        "notes_total": notes_total,
        "notes_truncated": notes_total > len(notes),
    }
