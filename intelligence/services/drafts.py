"""Make drafts when a customer writes, mark them stale when the conversation or facts change, and return the current one.

A request for a missing or stale draft gets one that is made at once: the shared cache keeps it while the facts stay, and the
worker stores one.

A ticket has one current draft. It is stored under the ticket's lock, and only where the facts are still those it was made from;
a change of facts marks it stale under the same lock. So a current draft is never based on old facts.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from functools import cache as once
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from agents.common.shared_cache import NotShared, call_redis
from agents.common.transactions import atomic
from agents.models import Agent
from agents.permissions import Capability, demand, may
from intelligence import drafting
from intelligence.contract.deadline import Deadline
from intelligence.contract.provider import Capability as Asked
from intelligence.contract.results import TONES, CustomerAnalysis, DraftResult
from intelligence.models import Draft
from intelligence.providers.chain import Asking
from intelligence.services import analyses
from intelligence.services.configured_providers import chain
from intelligence.services.conversation_facts import Gathered, gather
from intelligence.services.message_reading import MovingOn, read_now, read_ticket, unread
from intelligence.services.wanted import Work, want
from tickets.models import Event, Message, Ticket
from tickets.services import announce
from tickets.services.locks import lock_ticket
from tickets.services.validation import fail

log = structlog.get_logger(__name__)
ATTEMPTS = 5
UNSAVED_KEPT = 3600  # seconds for which an unsaved draft is cached
MENDED_AT_ONCE, MENDED_FOR = 20, timedelta(hours=24)


def prepare(ticket_id: UUID) -> Draft | None:
    """Make the draft ready in the background. Idempotent; `None` if no answer is needed or the ticket is gone.

    Raises `MovingOn`.
    """
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None or ticket.status == Ticket.Status.CLOSED or ticket.last_message_from_agent is not False:
        return None
    ready = _up_to_date(ticket_id)
    if ready is not None and not (_stands_in(ready) and chain().may_answer(Asked.DRAFT)):
        return ready
    return make_draft(ticket_id, _wish(ticket_id))


def current_draft(actor: Agent, ticket_id: UUID, allowed: Callable[[], bool] | None = None) -> Draft:
    """The ready draft, or a new unsaved one if there is none or it is stale. Writes nothing to the database.

    `allowed` is called before a service is asked, for at most `AI_WAIT_SECONDS`. Raises `Ticket.DoesNotExist`,
    `PermissionDenied`.
    """
    demand(actor, Capability.WORK)
    Ticket.objects.visible_to(actor).only("pk").get(pk=ticket_id)
    draft = _up_to_date(ticket_id)
    if draft is not None and _may_read(actor, draft):
        return draft
    want(Work.DRAFT, ticket_id)
    within, allowed = Deadline(settings.AI_WAIT_SECONDS, urgent=True), once(allowed) if allowed else None
    return _still_theirs(actor, _unsaved(ticket_id, _wish(ticket_id), within, allowed))


def _unsaved(ticket_id: UUID, tone: str | None, within: Deadline, allowed: Callable[[], bool] | None) -> Draft:
    """A draft of the current facts. It stays the same while they do, for at most `UNSAVED_KEPT`."""
    customer_id = Ticket.objects.values_list("customer_id", flat=True).get(pk=ticket_id)
    analyses.ask(customer_id, within.half(), allowed)
    gathered = gather(ticket_id, read_now(ticket_id))
    key = f"unsaved-draft:{gathered.fingerprint}:{tone or ''}"
    with suppress(NotShared):
        if kept := call_redis(lambda client: cache.get(key)):
            return Draft(**kept)
    draft = _draft(gathered, write(gathered, tone, within, None, allowed), tone, None)
    if not _stands_in(draft):
        values = {field.attname: getattr(draft, field.attname) for field in Draft._meta.concrete_fields}
        with suppress(NotShared):
            call_redis(lambda client: cache.set(key, values, UNSAVED_KEPT))
    return draft


def regenerate(actor: Agent, ticket_id: UUID, tone: str | None = None) -> Draft:
    """Make a new draft in the given tone, or in the fitting one, without cached answers. Valid until the facts change.

    Raises `Ticket.DoesNotExist`, `ValidationError`, `PermissionDenied`.
    """
    demand(actor, Capability.WORK)
    if tone is not None and tone not in TONES:
        raise fail("tone", _("The tone must be one of %(tones)s.") % {"tones": ", ".join(TONES)})
    Ticket.objects.visible_to(actor).only("pk").get(pk=ticket_id)
    return _still_theirs(actor, _at_once(ticket_id, tone, Deadline(), asked=actor))


def _still_theirs(actor: Agent, draft: Draft) -> Draft:
    """The draft, unless the ticket was reassigned while it was made. Raises `Ticket.DoesNotExist`."""
    Ticket.objects.visible_to(actor).only("pk").get(pk=draft.ticket_id)
    return draft


def make_draft(
    ticket_id: UUID,
    tone: str | None = None,
    within: Deadline | None = None,
    *,
    asked: Agent | None = None,
) -> Draft:
    """Make and store a draft; if conversation or facts change meanwhile, discard it and make it again.

    Raises `Ticket.DoesNotExist`, and `MovingOn` after some attempts.
    """
    if unread().filter(pk=ticket_id).exists():
        read_ticket(ticket_id)
    within = within or Deadline()
    customer_id = Ticket.objects.values_list("customer_id", flat=True).get(pk=ticket_id)
    # Half of the deadline, so that a slow analysis leaves time for the draft.
    analyses.refresh(customer_id, within.half())
    for _attempt in range(ATTEMPTS):
        gathered = gather(ticket_id)
        draft = _keep(gathered, write(gathered, tone, within, asked), tone, asked)
        if draft is not None:
            return draft
        log.info("draft_overtaken", ticket=str(ticket_id))
    raise MovingOn(f"Conversation or facts of ticket {ticket_id} keep changing.")


def write(
    gathered: Gathered,
    tone: str | None,
    within: Deadline,
    asked: Agent | None,
    allowed: Callable[[], bool] | None = None,
) -> DraftResult:
    """Ask the providers for a draft; ignores cached answers if an agent asked for a new one."""
    asking = Asking(within, f"{gathered.fingerprint}:{tone or ''}", again=asked is not None, allowed=allowed)
    return chain().draft(gathered.conversation, tone, asking)


def _at_once(
    ticket_id: UUID,
    tone: str | None,
    within: Deadline,
    *,
    asked: Agent | None = None,
) -> Draft:
    """The draft of the present facts for a person who waits; not stored if the facts keep changing."""
    try:
        return make_draft(ticket_id, tone, within, asked=asked)
    except MovingOn:
        gathered = gather(ticket_id)
        return _draft(gathered, write(gathered, tone, within, asked), tone, asked)


def to_mend() -> list[UUID]:
    """Tickets whose draft replaces one of a service that may answer by now, newest first."""
    if not chain().may_answer(Asked.DRAFT):
        return []
    waiting = Q(ticket__last_message_from_agent=False) & ~Q(ticket__status=Ticket.Status.CLOSED)
    drafts = Draft.objects.filter(waiting, state=Draft.State.CURRENT, provenance__retry=True, requested_by=None)
    fresh = drafts.filter(made_at__gt=timezone.now() - MENDED_FOR)
    return list(fresh.order_by("-made_at").values_list("ticket_id", flat=True)[:MENDED_AT_ONCE])


def _stands_in(draft: Draft) -> bool:
    """Whether to ask the service again; a draft that an agent asked for stays."""
    return draft.requested_by_id is None and bool(draft.provenance.get("retry"))


def _up_to_date(ticket_id: UUID) -> Draft | None:
    """The current draft, if it answers the conversation's last message."""
    draft = Draft.objects.filter(ticket_id=ticket_id, state=Draft.State.CURRENT).first()
    return draft if draft is not None and draft.based_on == _last_message(ticket_id) else None


def _last_message(ticket_id: UUID) -> UUID | None:
    messages = Message.objects.filter(ticket_id=ticket_id).order_by("-created_at", "-id")
    return messages.values_list("pk", flat=True).first()


def _may_read(actor: Agent, draft: Draft) -> bool:
    """Whether the agent may read the draft: one made for a senior may name tickets that this agent may not see."""
    return not draft.saw_all or may(actor, Capability.SEE_ALL)


def _wish(ticket_id: UUID) -> str | None:
    """The tone that an agent chose since the last message; a changed fact does not change it."""
    newest = Draft.objects.filter(ticket_id=ticket_id).first()
    if newest is None or newest.based_on != _last_message(ticket_id):
        return None
    return newest.requested_tone or None


@atomic
def _keep(gathered: Gathered, result: DraftResult, tone: str | None, asked: Agent | None) -> Draft | None:
    """Store it as the ticket's current draft; `None` if the facts have changed."""
    ticket = lock_ticket(None, gathered.conversation.ticket.id)
    if gather(ticket.pk).fingerprint != gathered.fingerprint:
        return None
    before = Draft.objects.filter(ticket=ticket, state__in=(Draft.State.CURRENT, Draft.State.STALE))
    draft = _draft(gathered, result, tone, asked)
    ready = before.filter(state=Draft.State.CURRENT, fingerprint=draft.fingerprint).first()
    if ready is not None and asked is None and result.provenance.retry and not ready.provenance.get("retry"):
        return ready  # another job stored a service's answer meanwhile
    same = before.filter(
        fingerprint=draft.fingerprint, content=draft.content, requested_tone=draft.requested_tone
    ).first()
    if same is not None and asked is None:
        before.exclude(pk=same.pk).update(state=Draft.State.DISCARDED)
        Draft.objects.filter(pk=same.pk).update(state=Draft.State.CURRENT)
        same.state = Draft.State.CURRENT
        announce(Event.Kind.DRAFT, ticket.pk, draft_id=same.pk)
        return same
    before.update(state=Draft.State.DISCARDED)
    draft.save(force_insert=True)
    announce(Event.Kind.DRAFT, ticket.pk, actor=asked, draft_id=draft.pk)
    return draft


def _draft(gathered: Gathered, result: DraftResult, tone: str | None, asked: Agent | None) -> Draft:
    conversation = gathered.conversation
    matter = drafting.matter_of(conversation.ticket)
    provenance = result.provenance
    return Draft(
        ticket_id=conversation.ticket.id,
        content=result.content,
        tone=result.tone,
        channel=result.channel,
        language=result.language,
        max_length=result.max_length,
        about=matter.about,
        topic=matter.topic,
        personalization=list(result.personalization_applied),
        used=[{"kind": one.kind, "id": one.id, "label": one.label} for one in result.used],
        provenance={
            "source": provenance.source,
            "model_version": provenance.model_version,
            "degraded": provenance.degraded,
            "confidence": provenance.confidence,
            "reasons": list(provenance.reasons),
            "retry": provenance.retry,
        },
        customer_dna=_dna(conversation.analysis),
        based_on=gathered.based_on,
        fingerprint=gathered.fingerprint,
        saw_all=gathered.saw_all,
        requested_tone=tone or "",
        requested_by=asked,
        made_at=timezone.now(),
    )


def _dna(analysis: CustomerAnalysis | None) -> dict[str, Any]:
    """What was known of the customer; empty without orders."""
    archetype = analysis.archetype if analysis else None
    return {
        "archetype_id": archetype.id if archetype else None,
        "communication_preferences": list(analysis.communication_guidance) if analysis else [],
        "value_tier": archetype.segments.get("purchase_value") if archetype else None,
        "churn_risk": analysis.churn_risk if analysis else None,
    }


@atomic
def mark_stale(ticket_ids: Iterable[UUID]) -> list[UUID]:
    """Record that conversation or facts of the tickets changed; returns the tickets that had a current draft.

    Takes their locks, so that a draft in the making either sees the change or is marked.
    """
    wanted = sorted(ticket_ids)
    list(
        Ticket.objects.filter(pk__in=wanted).order_by("id").select_for_update(no_key=True).values_list("pk", flat=True)
    )
    drafts = Draft.objects.filter(ticket_id__in=wanted, state=Draft.State.CURRENT)
    found = list(drafts.values_list("ticket_id", flat=True))
    if found:
        drafts.update(state=Draft.State.STALE)
    return found


def mark_answered(ticket_id: UUID, message_id: UUID) -> UUID | None:
    """Mark the current draft as answered by the agent. Returns its id; `None` if none was ready."""
    draft = Draft.objects.filter(ticket_id=ticket_id, state=Draft.State.CURRENT).only("pk").first()
    if draft is None:
        return None
    Draft.objects.filter(pk=draft.pk).update(state=Draft.State.SENT, answered_by_id=message_id)
    return draft.pk


def body(draft: Draft) -> dict[str, Any]:
    """The documented body."""
    dna = dict(draft.customer_dna)
    churn_risk = dna.pop("churn_risk", None)
    return {
        "ticket_id": draft.ticket_id,
        "draft_content": draft.content,
        "tone": draft.tone,
        "channel": draft.channel,
        "language": draft.language,
        "max_length": draft.max_length,
        "personalization_applied": draft.personalization,
        "used": draft.used,
        "customer_dna": dna,
        "churn_risk": churn_risk,
        "metadata": {**_shown(draft.provenance), "generated_at": draft.made_at},
    }


def _shown(provenance: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in provenance.items() if name != "retry"}


def current_draft_body(ticket: Ticket, agent: Agent) -> dict[str, Any] | None:
    """The ready draft of a ticket that the agent may see, or `None`; one query, nothing is composed.

    A draft for an older message is never returned: the newer message's transaction marked it stale.
    """
    draft = Draft.objects.filter(ticket=ticket, state=Draft.State.CURRENT).first()
    return body(draft) if draft is not None and _may_read(agent, draft) else None
