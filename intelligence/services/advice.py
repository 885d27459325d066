"""Plans and summaries of services: requested in the background, stored, and shown beside the embedded provider's own.

A stored plan is valid while the facts are those that it was made from. Whatever a service does not provide comes from the
embedded provider and is marked so.
"""

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from intelligence.contract.deadline import Deadline
from intelligence.contract.facts import Conversation, CustomerFacts, TicketFacts
from intelligence.contract.provider import Capability
from intelligence.contract.results import CustomerAnalysis, Plan, PlannedAction, Provenance, Summary
from intelligence.models import Advice
from intelligence.providers.chain import COMING, Asking, Chain
from intelligence.services.configured_providers import chain
from intelligence.services.conversation_facts import LONG, Gathered, gather
from intelligence.services.wanted import Work, want
from intelligence.summarizing import summarize
from tickets.models import Message, Ticket


@dataclass(frozen=True)
class Kept:
    """A stored advice row, read together with other data."""

    kind: str
    facts: str
    saw_all: bool
    content: dict[str, Any]
    provenance: dict[str, Any]
    made_at: str

    @property
    def told(self) -> Provenance:
        made_at = datetime.fromisoformat(self.made_at)
        return Provenance(**{**self.provenance, "reasons": tuple(self.provenance["reasons"]), "made_at": made_at})


def waits(ticket: TicketFacts) -> bool:
    """Whether the customer waits for an answer; a service is asked for a plan only then."""
    return ticket.status != Ticket.Status.CLOSED and bool(ticket.messages) and not ticket.messages[-1].from_agent


def plan_facts(ticket: TicketFacts, customer: CustomerFacts, analysis: CustomerAnalysis | None) -> str:
    """Fingerprint of what a plan is made from, without other tickets and time."""
    last = ticket.messages[-1].id if ticket.messages else None
    own = (ticket.subject, ticket.channel, ticket.status, ticket.priority, ticket.tags, ticket.language)
    level = analysis.churn_level if analysis else None
    return hashlib.sha256(repr((last, own, customer, level)).encode()).hexdigest()


def prepare(ticket_id: UUID) -> None:
    """Ask the services for a plan, and for a summary of a long conversation. Idempotent."""
    asking = chain()
    plans, summaries = asking.asked_for(Capability.PLAN), asking.asked_for(Capability.SUMMARIZE)
    if not (plans or summaries) or not Ticket.objects.filter(pk=ticket_id).exists():
        return
    gathered = gather(ticket_id)
    if not waits(gathered.conversation.ticket):
        return
    if plans:
        _prepare_plan(asking, gathered)
    if summaries and Message.objects.filter(ticket_id=ticket_id).count() > LONG:
        _prepare_summary(asking, gathered)


def _prepare_plan(asking: Chain, gathered: Gathered) -> None:
    conversation = gathered.conversation
    facts = plan_facts(conversation.ticket, conversation.customer, conversation.analysis)
    if _is_there(conversation, Advice.Kind.PLAN, facts):
        return
    plan = asking.plan(conversation, Asking(Deadline(), facts))
    content: dict[str, Any] = {}
    if plan.provenance.source != asking.embedded.name:
        content = {
            "actions": [asdict(action) for action in plan.actions],
            "warnings": list(plan.warnings),
            "talking_points": list(plan.talking_points),
        }
    _keep(gathered, Advice.Kind.PLAN, facts, content, plan.provenance)


def _prepare_summary(asking: Chain, gathered: Gathered) -> None:
    conversation = gathered.conversation
    facts = str(gathered.based_on)
    if _is_there(conversation, Advice.Kind.SUMMARY, facts):
        return
    found = asking.summarize(conversation, Asking(Deadline(), facts))
    content = {}
    if found.provenance.source != asking.embedded.name:
        content = {"text": found.text, "messages": found.messages, "upto": str(found.upto) if found.upto else None}
    _keep(gathered, Advice.Kind.SUMMARY, facts, content, found.provenance)


def _is_there(conversation: Conversation, kind: str, facts: str) -> bool:
    return Advice.objects.filter(
        ticket_id=conversation.ticket.id, kind=kind, facts=facts, provenance__retry=False
    ).exists()


def _keep(gathered: Gathered, kind: str, facts: str, content: dict[str, Any], provenance: Provenance) -> None:
    """Store the advice in one statement, only while its facts are the ticket's. The later of two writers wins."""
    if not Ticket.objects.filter(pk=gathered.conversation.ticket.id).exists():
        return
    Advice.objects.bulk_create(
        [
            Advice(
                ticket_id=gathered.conversation.ticket.id,
                kind=kind,
                facts=facts,
                saw_all=gathered.saw_all,
                content=content,
                provenance={name: value for name, value in asdict(provenance).items() if name != "made_at"},
                made_at=timezone.now(),
            )
        ],
        update_conflicts=True,
        unique_fields=["ticket", "kind"],
        update_fields=["facts", "saw_all", "content", "provenance", "made_at"],
    )


# --- Merged with the embedded provider's plan
def advised(plan: Plan, kept: list[Kept], conversation: Conversation, saw_all: bool) -> Plan:
    """The stored plan if it is based on these facts, else the given rule-based plan with the reason."""
    links = chain().asked_for(Capability.PLAN)
    if not links or not waits(conversation.ticket):
        return plan
    facts = plan_facts(conversation.ticket, conversation.customer, conversation.analysis)
    found = next((one for one in kept if one.kind == Advice.Kind.PLAN and one.facts == facts), None)
    if found is None:
        want(Work.DRAFT, conversation.ticket.id)
        return replace(plan, provenance=_standing_in(plan.provenance, (f"{links[0].label} {COMING}",)))
    if found.saw_all and not saw_all:
        reason = "What a service advised leans on tickets that you may not see."
        return replace(plan, provenance=_standing_in(plan.provenance, (reason,)))
    if not found.content:
        return replace(plan, provenance=_standing_in(plan.provenance, found.told.reasons))
    return replace(
        plan,
        provenance=found.told,
        actions=tuple(PlannedAction(**action) for action in found.content["actions"]),
        warnings=tuple(found.content["warnings"]),
        talking_points=tuple(found.content["talking_points"]),
    )


def summary(kept: list[Kept], conversation: Conversation, count: int, saw_all: bool) -> Summary | None:
    """The summary of a long conversation, else `None`. A service's covers messages up to the one it names."""
    if count <= LONG:
        return None
    asking = chain()
    if asking.asked_for(Capability.SUMMARIZE):
        found = next((one for one in kept if one.kind == Advice.Kind.SUMMARY and one.content), None)
        if found is not None and (saw_all or not found.saw_all):
            upto = UUID(found.content["upto"]) if found.content["upto"] else None
            return Summary(found.told, found.content["text"], found.content["messages"], upto)
    return summarize(conversation)


def _standing_in(provenance: Provenance, reasons: tuple[str, ...]) -> Provenance:
    before = tuple(one for one in provenance.reasons if one not in reasons)
    return replace(provenance, degraded=True, reasons=(*reasons, *before))
