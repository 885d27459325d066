"""Next best actions of a ticket: make the plan on request, and complete actions.

An action is named by its key and its subject. An index means the list that was returned last, which the shared cache keeps for
a day; where facts have changed since and the action is no longer in the plan, completing it is refused. A completed action that
the facts no longer require keeps its place until the customer writes again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.cache import cache
from django.db.models import Prefetch, Q
from django.db.models.functions import JSONObject
from django.utils import timezone

from agents import audit
from agents.common.errors import Conflict
from agents.common.shared_cache import NotShared, call_redis
from agents.common.transactions import atomic
from agents.models import Agent
from agents.permissions import Capability, demand, may
from intelligence.contract.facts import Conversation, PastTicket, TicketFacts
from intelligence.contract.results import CustomerAnalysis, Plan, PlannedAction, Summary
from intelligence.models import Advice, CompletedAction
from intelligence.planning import Key
from intelligence.planning.situation import REPEATED
from intelligence.providers.embedded import EmbeddedProvider
from intelligence.services import advice
from intelligence.services.conversation_facts import MESSAGES, message_facts, ticket_facts
from intelligence.services.customer_intelligence import CustomerIntelligence, load_customer_intelligence
from tickets.models import Event, Message, Ticket, TicketTag
from tickets.services import announce
from tickets.services.locks import lock_ticket

LISTED_KEPT = 24 * 3600  # seconds
CHANGED = (
    "The facts have changed since these actions were listed, and this one is no longer among them; read them again."
)
UNKNOWN_LIST = "It is not known just now which list the index is of; send the action's key, too."


class NoSuchAction(Exception):
    """The index is beyond the list."""


@dataclass(frozen=True)
class Step:
    """One action of the list."""

    planned: PlannedAction
    completed_at: datetime | None = None
    completed_by: str | None = None  # `None` if unknown

    @property
    def name(self) -> tuple[str, str]:
        return self.planned.key, self.planned.about


@dataclass(frozen=True)
class Recommendation:
    """A ticket's plan with the actions that are done."""

    ticket_id: UUID
    plan: Plan
    steps: tuple[Step, ...]
    analysis: CustomerAnalysis
    customer_said: UUID | None
    saw_all: bool
    now: datetime
    summary: Summary | None = None  # only of a long conversation

    @property
    def names(self) -> list[tuple[str, str]]:
        return [step.name for step in self.steps]


@dataclass(frozen=True)
class _Kept:
    """What the database adds to the records of one ticket, read in one query."""

    others: tuple[PastTicket, ...]
    done: list[dict[str, Any]]
    advice: list[advice.Kept]


def recommend(actor: Agent, ticket_id: UUID) -> Recommendation:
    """The current plan; its list becomes the one that an index refers to. Writes nothing to the database.

    Raises `Ticket.DoesNotExist`, `PermissionDenied`.
    """
    demand(actor, Capability.WORK)
    found = _read(actor, ticket_id)
    _keep_list(found)
    return found


def recommendation_of(
    ticket: Ticket, messages: Sequence[Message], seen: CustomerIntelligence, actor: Agent
) -> Recommendation:
    """The current plan from loaded records: the ticket with its tags, and its messages oldest first. One query, no write.

    Uses those other tickets of the customer that the actor may see.
    """
    kept, saw_all = _kept(ticket, actor, seen.now), may(actor, Capability.SEE_ALL)
    facts = _facts(ticket, messages[-MESSAGES:], kept.others)
    conversation = Conversation(facts, seen.facts, seen.now, seen.analysis)
    plan = advice.advised(EmbeddedProvider().plan(conversation), kept.advice, conversation, saw_all)
    whole = replace(conversation, ticket=_facts(ticket, messages, kept.others))
    summary = advice.summary(kept.advice, whole, len(messages), saw_all)
    last = facts.last_from_customer
    said = last.id if last else None
    steps = _arranged(plan, kept.done, said, saw_all, seen.analysis.retention_probability)
    return Recommendation(ticket.pk, plan, steps, seen.analysis, said, saw_all, seen.now, summary)


@atomic
def complete_action(
    actor: Agent, ticket_id: UUID, index: int, completed: bool, key: str | None = None
) -> tuple[int, Step]:
    """Tick the action off, or undo that. Idempotent. Returns its position and state.

    `key`, if given, must be the action's. Raises `NoSuchAction`, `Conflict`, `Ticket.DoesNotExist`, `PermissionDenied`.
    """
    demand(actor, Capability.WORK)
    ticket = lock_ticket(actor, ticket_id)
    found = _read(actor, ticket_id)
    return _set(actor, ticket, found, _meant(found, index, key), completed)


@atomic
def complete_named(actor: Agent, ticket_id: UUID, name: tuple[str, str], completed: bool) -> tuple[int, Step]:
    """Tick off the action with this key and subject, whatever its position is now.

    Raises `Conflict` if the list no longer has it, `Ticket.DoesNotExist`, `PermissionDenied`.
    """
    demand(actor, Capability.WORK)
    ticket = lock_ticket(actor, ticket_id)
    found = _read(actor, ticket_id)
    if name not in found.names:
        raise Conflict(CHANGED)
    return _set(actor, ticket, found, found.names.index(name), completed)


def _set(actor: Agent, ticket: Ticket, found: Recommendation, place: int, completed: bool) -> tuple[int, Step]:
    """Tick the action at the position off, or undo that. The caller holds the ticket's lock."""
    step = found.steps[place]
    if completed == (step.completed_at is not None):
        return place, step
    if completed:
        step = _complete(actor, found, place)
    else:
        CompletedAction.objects.filter(ticket=ticket, key=step.planned.key, about=step.planned.about).delete()
        step = replace(step, completed_at=None, completed_by=None)
    text = step.planned.action
    audit.record(
        "ticket.completed_an_action_of" if completed else "ticket.reopened_an_action_of",
        ticket,
        actor=actor,
        changes={"action": (None, text) if completed else (text, None)},
    )
    # Tell other viewers at once, so that two agents do not both refund the same order.
    announce(
        Event.Kind.UPDATED, ticket.pk, actor=actor, changes=["actions"], status=ticket.status, priority=ticket.priority
    )
    return place, step


def _meant(found: Recommendation, index: int, key: str | None) -> int:
    """Current position of the action that the index refers to. Raises `Conflict`, `NoSuchAction`."""
    listed = _listed(found, key)
    if index >= max(len(listed), len(found.names)):
        count = len(found.names)
        raise NoSuchAction(f"There is no action {index}: the list has {count}, counted from 0.")
    if key is not None and found.names[index : index + 1] and found.names[index][0] == key:
        return index
    if index >= len(listed) or (key is not None and listed[index][0] != key) or listed[index] not in found.names:
        raise Conflict(CHANGED)
    return found.names.index(listed[index])


def _complete(actor: Agent, found: Recommendation, place: int) -> Step:
    planned = found.steps[place].planned
    shown = {name: getattr(planned, name) for name in ("action", "reasoning", "revenue_at_risk", "cost")}
    CompletedAction.objects.create(
        ticket_id=found.ticket_id,
        key=planned.key,
        about=planned.about,
        place=place,
        shown=shown,
        customer_said=found.customer_said,
        completed_at=found.now,
        completed_by=actor,
    )
    return Step(planned, found.now, actor.name)


def _read(actor: Agent, ticket_id: UUID) -> Recommendation:
    tickets = Ticket.objects.visible_to(actor).select_related("customer")
    ticket = tickets.prefetch_related(Prefetch("ticket_tags", TicketTag.objects.order_by("name"))).get(pk=ticket_id)
    newest = Message.objects.filter(ticket=ticket).order_by("-created_at", "-id")[:MESSAGES]
    return recommendation_of(
        ticket, list(newest)[::-1], load_customer_intelligence(ticket.customer, timezone.now()), actor
    )


def _kept(ticket: Ticket, actor: Agent, now: datetime) -> _Kept:
    """The customer's other waiting or new tickets that the actor may see, the done actions, and the stored advice."""
    done = CompletedAction.objects.filter(ticket_id=ticket.pk).order_by("place", "id")
    fields = {name: name for name in ("key", "about", "place", "shown", "customer_said", "completed_at")}
    fields["by"] = "completed_by__name"
    told, advised = (
        ("kind", "facts", "saw_all", "content", "provenance", "made_at"),
        Advice.objects.filter(ticket_id=ticket.pk),
    )
    theirs = Ticket.objects.visible_to(actor).filter(customer_id=ticket.customer_id)
    current = ~Q(status=Ticket.Status.CLOSED) | Q(created_at__gte=now - REPEATED - timedelta(days=1))
    rows = (
        (theirs.filter(current) | Ticket.objects.filter(pk=ticket.pk))
        .annotate(
            done=ArraySubquery(done.values(row=JSONObject(**fields))),
            advice=ArraySubquery(advised.values(row=JSONObject(**{name: name for name in told}))),
        )
        .order_by("-created_at", "-id")
        .values_list("id", "subject", "status", "created_at", "closed_at", "done", "advice")
    )
    found = list(rows)
    own = next(row for row in found if row[0] == ticket.pk)
    return _Kept(
        tuple(PastTicket(*row[:5]) for row in found if row[0] != ticket.pk),
        own[5],
        [advice.Kept(**row) for row in own[6]],
    )


def _facts(ticket: Ticket, messages: Sequence[Message], others: tuple[PastTicket, ...]) -> TicketFacts:
    tags = tuple(tag.name for tag in ticket.ticket_tags.all())
    return ticket_facts(ticket, tuple(map(message_facts, messages)), tags, others)


def _arranged(
    plan: Plan, done: list[dict[str, Any]], said: UUID | None, saw_all: bool, retention: float | None
) -> tuple[Step, ...]:
    """The plan's actions numbered by priority, done ones at their former positions, each with the customer's probability of
    another order.
    """
    times = {(row["key"], row["about"]): (datetime.fromisoformat(row["completed_at"]), row["by"]) for row in done}
    steps = [Step(one, *times.get((one.key, one.about), ())) for one in plan.actions]
    asked = {step.name for step in steps}
    for row in done:
        # Agents who only see their own tickets must not learn of other tickets from a completed merge.
        told = saw_all or row["key"] != Key.MERGE
        now = row["customer_said"] == (str(said) if said else None)
        if (row["key"], row["about"]) not in asked and told and now:
            planned = PlannedAction(row["key"], priority=0, about=row["about"], **row["shown"])
            steps.insert(row["place"], Step(planned, *times[row["key"], row["about"]]))
    return tuple(
        replace(step, planned=replace(step.planned, priority=place, retention_probability=retention))
        for place, step in enumerate(steps, start=1)
    )


def _list_key(found: Recommendation) -> str:
    """Cache key of the list; readers who see all tickets have another list than those who see their own."""
    return f"listed-actions:{found.ticket_id}:{'all' if found.saw_all else 'own'}"


def _keep_list(found: Recommendation) -> None:
    """Cache the list; the later of two readers wins."""
    try:
        call_redis(lambda client: cache.set(_list_key(found), found.names, LISTED_KEPT))
    except NotShared:
        return  # without a cached list, actions are addressed by their key


def _listed(found: Recommendation, key: str | None) -> list[tuple[str, str]]:
    """The list that was shown last; today's if none was recent.

    Raises `Conflict` if that is unknown and no `key` identifies the action.
    """
    try:
        kept: list[tuple[str, str]] | None = call_redis(lambda client: cache.get(_list_key(found)))
    except NotShared:
        if key is None:
            raise Conflict(UNKNOWN_LIST) from None
        kept = None
    return found.names if kept is None else kept


def body(found: Recommendation) -> dict[str, Any]:
    """The documented body, with the further keys that the SPA reads."""
    plan, analysis = found.plan, found.analysis
    archetype = analysis.archetype
    return {
        "ticket_id": found.ticket_id,
        "priority": plan.priority,
        "estimated_impact": {
            "retention_probability": analysis.retention_probability,
            "revenue_at_risk": plan.revenue_at_risk,
        },
        "retention_probability_source": analysis.retention_source,
        "actions": [step_body(step) for step in found.steps],
        "warnings": list(plan.warnings),
        "talking_points": list(plan.talking_points),
        "customer_dna": {
            "archetype_id": archetype.id if archetype else None,
            "communication_preferences": list(analysis.communication_guidance),
            "value_tier": archetype.segments.get("purchase_value") if archetype else None,
        },
        "churn_risk": analysis.churn_risk,
        "revenue_at_risk": plan.revenue_at_risk,
        "generated_at": plan.provenance.made_at or found.now,
        "metadata": plan.provenance.as_metadata(found.now),
    }


def summary_body(found: Recommendation) -> dict[str, Any] | None:
    """The summary of a long conversation; `None` for others."""
    one = found.summary
    if one is None:
        return None
    metadata = one.provenance.as_metadata(found.now)
    return {"text": one.text, "messages": one.messages, "upto": one.upto, "metadata": metadata}


def step_body(step: Step) -> dict[str, Any]:
    planned = step.planned
    return {
        "key": planned.key,
        "action": planned.action,
        "priority": planned.priority,
        "reasoning": planned.reasoning,
        "estimated_impact": {
            "retention_probability": planned.retention_probability,
            "revenue_at_risk": planned.revenue_at_risk,
            "cost": planned.cost,
        },
        "completed": step.completed_at is not None,
        "completed_at": step.completed_at,
    }
