"""Assign tickets: by hand, as the next of the queue, automatically, and unassign them.

The audit log has every change of `assigned_to` with its reason, a `Reason` and its details. A person may assign beyond a
capacity, to others or themselves; the program never does (assignee_choice.py). An agent who goes offline keeps their tickets.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import audit
from agents.common.errors import Conflict
from agents.common.transactions import atomic, send_signal
from agents.common.wording import within
from agents.models import Agent, AuditEntry
from agents.permissions import Capability, demand, may
from agents.roles import roles_above
from tickets.extensions import ranking_keywords
from tickets.models import AssignmentRules, HandBack, Note, Ticket, TicketTag
from tickets.ranking import queue
from tickets.ranking.queue import ESCALATION, given_up_since
from tickets.services import snoozing
from tickets.services.assigning import assignee_choice
from tickets.services.assigning.assignee_choice import Wish
from tickets.services.assigning.assignment_rules import Facts
from tickets.services.assigning.queue_limits import GIVE_UP, NEXT, check_limit, count_use
from tickets.services.locks import hold_agent, hold_reopening, hold_self, lock_ticket
from tickets.services.messages.messages import append_note
from tickets.services.snoozing import wake, wake_due
from tickets.services.validation import clean_line, fail
from tickets.signals import note_added, ticket_updated

REASON_LENGTH = 400


class Reason(StrEnum):
    """Why a ticket has its assignee; the beginning of an audit entry's reason."""

    MANUAL = "Assigned by hand"
    TAKEN = "Taken by the agent"
    NEXT = "Taken as the next in the queue"
    OWN = "Created by the agent for themselves"
    AUTOMATIC = "Assigned automatically"
    RETURNED = "Put back into the queue by hand"
    HANDED_BACK = "Handed back"
    ESCALATED = "Escalated"
    DEACTIVATED = "The agent was deactivated"

    def told(self, more: str = "") -> str:
        """The reason as a sentence with its details."""
        end = "" if more.endswith((".", "!", "?", "…")) else "."
        return f"{self}: {more}{end}" if more else f"{self}."


# --- Manual assignment ------------------------------------------------------------------------------------------------
def checked_assignee(actor: Agent | None, wanted: UUID, held: Agent | None) -> Agent:
    """Lock and return the new assignee. Agents may assign visible tickets to themselves, team leads to others."""
    if actor is not None and wanted != actor.pk:
        demand(actor, Capability.ASSIGN)
    if held is None or held.pk != wanted or not held.is_active or held.is_service:
        raise fail("assigned_to", _("No active agent has this id."))
    return held


def reason_by_hand(actor: Agent | None, wanted: UUID | None) -> str:
    """The default reason of an assignment by a person."""
    if wanted is None:
        return Reason.RETURNED.told()
    return (Reason.TAKEN if actor is not None and wanted == actor.pk else Reason.MANUAL).told()


# --- New tickets -------------------------------------------------------------------------------------------------------
def first_assignee(actor: Agent | None, wanted: UUID | None) -> tuple[Agent | None, str]:
    """The assignee of a new ticket, locked, and the reason: the named agent, or the creator where they see only their own."""
    if wanted is not None:
        agent = checked_assignee(actor, wanted, hold_agent(wanted))
        return agent, reason_by_hand(actor, wanted)
    if actor is not None and not actor.is_service and not may(actor, Capability.SEE_ALL):
        return hold_self(actor), Reason.OWN.told()
    return None, ""


def automatic_assignee(facts: Facts, tags: list[str], languages: Iterable[str]) -> tuple[Agent | None, str]:
    """The automatic assignee of a new ticket, locked, and the reason. Call it before anything else is locked."""
    if not facts.rules.enabled:
        return None, ""
    wish = Wish(
        tags=tags, languages=assignee_choice.normal_names(languages), senior=facts.high_value or ESCALATION in tags
    )
    agent = assignee_choice.pick(wish)
    if agent is None:
        return None, ""
    assignee_choice.took_turn(agent, timezone.now())
    return agent, Reason.AUTOMATIC.told(assignee_choice.why(agent, wish))


# --- Next ticket ------------------------------------------------------------------------------------------------------
@atomic
def claim_next(actor: Agent) -> Ticket | None:
    """Assign the first unassigned open ticket in smart order (with the actor's topic alerts) to the actor; `None` if none is
    left.

    Leaves out what the actor gave up lately, and, for agents who do not see all tickets, what waits for a higher rank. Capacity
    and `accepts_new_tickets` limit automatic assignment, not claiming. Raises `LimitReached` after too many within an hour
    (queue_limits.py).
    """
    demand(actor, Capability.WORK)
    if actor.is_service:
        raise PermissionDenied(_("Tickets cannot be assigned to service accounts."))
    now = timezone.now()
    used = check_limit(actor, NEXT, now)
    agent = hold_self(actor)
    wake_due(now)
    waiting = queue.waiting_for(agent, now)
    first = queue.in_order(waiting, ranking_keywords(agent))
    # First try unlocked tickets; then wait for locked ones, since the other transaction may leave them in the queue.
    ticket = first.select_for_update(no_key=True, skip_locked=True).first()
    ticket = ticket or waiting.select_for_update(no_key=True, skip_locked=True).first()
    ticket = ticket or waiting.select_for_update(no_key=True).first()
    if ticket is not None:
        count_use(agent, NEXT, now, used)
        _give(ticket, agent, actor, Reason.NEXT.told(), now, {})
    return ticket


def peek_next(actor: Agent, keywords: list[str] | None = None, snooze_over: bool = False) -> Ticket | None:
    """The ticket that `claim_next` would assign now, with its customer. Somebody else may claim it first.

    `keywords` are the actor's active alerts, if the caller has them already. With `snooze_over`, also considers tickets whose
    snooze is over but not yet ended by the worker (`TicketPage.snooze_over`).
    """
    now, keywords = timezone.now(), ranking_keywords(actor) if keywords is None else keywords
    parts = [queue.waiting_for(actor, now)]
    if snooze_over:
        parts.append(queue.waiting_for(actor, now, snooze_over=True))
    first = [queue.in_order(part, keywords).select_related("customer").first() for part in parts]
    found = [ticket for ticket in first if ticket is not None]
    return min(found, key=lambda ticket: (getattr(ticket, "place", ticket.rank_at), ticket.pk), default=None)


# --- Unassign and escalate --------------------------------------------------------------------------------------------
@atomic
def hand_back(actor: Agent, ticket_id: UUID, reason: str) -> Ticket:
    """Return one's own ticket to the queue with a note that says why; from team lead up, anybody's.

    An unassigned ticket stays as it is. Raises `Ticket.DoesNotExist`, `ValidationError`, `PermissionDenied`, `Conflict` for a
    closed ticket, and `LimitReached` after too many within an hour.
    """
    demand(actor, Capability.WORK)
    reason = clean_line("reason", reason, REASON_LENGTH)
    used = check_limit(actor, GIVE_UP, timezone.now())
    ticket = lock_ticket(actor, ticket_id)
    _demand_own(actor, ticket, _("Unassigning"))
    if ticket.assigned_to_id is not None:
        _give_up(ticket, None, actor, Reason.HANDED_BACK.told(reason), used)
    return ticket


@atomic
def escalate(actor: Agent, ticket_id: UUID, reason: str) -> Ticket:
    """Assign one's own or an unassigned ticket to a higher rank, with the tag `escalation` and a note; from team lead up,
    anybody's.

    Goes to the least loaded available agent of the lowest rank above the ticket's agent (or above the actor); if there is none,
    to the queue for them. Raises as `hand_back` does, and `Conflict` if nobody ranks higher or the ticket changed hands
    meanwhile.
    """
    demand(actor, Capability.WORK)
    reason, now = clean_line("reason", reason, REASON_LENGTH), timezone.now()
    used = check_limit(actor, GIVE_UP, now)
    # Read without a lock, because the agent's row must be locked before the ticket's.
    seen = Ticket.objects.visible_to(actor).select_related("assigned_to").get(pk=ticket_id)
    _demand_own(actor, seen, _("Escalating"))
    above = roles_above((seen.assigned_to or actor).role)
    if not above:
        raise Conflict(_("There is no role above admin; assign the ticket or unassign it instead."))
    tags = tuple(seen.ticket_tags.values_list("name", flat=True))
    since = given_up_since(AssignmentRules.in_force().again_after_hours, now)
    target = assignee_choice.pick(Wish(tags=tags, roles=above, without=seen.pk, since=since))
    ticket = lock_ticket(actor, ticket_id)
    if (ticket.assigned_to_id, ticket.status) != (seen.assigned_to_id, seen.status):
        raise Conflict(_("The ticket has changed since you saw it; nothing was written."))
    if target is not None:
        assignee_choice.took_turn(target, now)
    _give_up(ticket, target, actor, Reason.ESCALATED.told(reason), used, tags=tags)
    return ticket


def _demand_own(actor: Agent, ticket: Ticket, doing: str) -> None:
    """Require that the ticket is open and is the actor's own or unassigned, unless the actor may assign."""
    if ticket.assigned_to_id not in (actor.pk, None) and not may(actor, Capability.ASSIGN):
        raise PermissionDenied(
            _("%(doing)s another agent's ticket requires the role team lead; yours is %(has)s.")
            % {"doing": doing, "has": within(actor.get_role_display())}
        )
    if ticket.status == Ticket.Status.CLOSED:
        raise Conflict(_("The ticket is closed; reopen it first."))


def _give_up(
    ticket: Ticket, to: Agent | None, actor: Agent, reason: str, used: int, *, tags: Sequence[str] | None = None
) -> None:
    """Assign the ticket to somebody else or nobody, with a note; it is not offered to its former agent again at once.

    `used` is how often the actor gave one up in this hour. `tags` are added to an escalated ticket.
    """
    now = timezone.now()
    changes: dict[str, tuple[Any, Any]] = {}
    count_use(actor, GIVE_UP, now, used)
    if ticket.assigned_to_id is not None:
        note_given_up(ticket, ticket.assigned_to_id, now)
    if tags is not None and ESCALATION not in tags:
        TicketTag.objects.bulk_create([TicketTag(ticket=ticket, name=ESCALATION)], ignore_conflicts=True)
        changes["tags"] = (sorted(tags), sorted([*tags, ESCALATION]))
    note = append_note(ticket, reason, actor=actor, at=now)
    _give(ticket, to, actor, reason, now, changes)
    send_signal(note_added, Note, note=note, ticket=ticket, actor=actor)


def note_given_up(ticket: Ticket, agent_id: UUID, now: datetime) -> None:
    """Record that the agent gave the ticket up, so that it is not offered to them again today."""
    row = HandBack(ticket=ticket, agent_id=agent_id, at=now)
    HandBack.objects.bulk_create([row], update_conflicts=True, unique_fields=["agent", "ticket"], update_fields=["at"])


def _give(
    ticket: Ticket,
    agent: Agent | None,
    actor: Agent,
    reason: str,
    now: datetime,
    changes: dict[str, tuple[Any, Any]],
) -> None:
    """Assign the ticket; the caller has locked the agent, then the ticket. The rank does not change."""
    wanted = agent.pk if agent else None
    if ticket.assigned_to_id != wanted:
        changes = {"assigned_to": (ticket.assigned_to_id, wanted), **changes, **wake(ticket)}
    ticket.assigned_to, ticket.updated_at = agent, now
    ticket.save(update_fields=["assigned_to", "updated_at", *snoozing.FIELDS])
    audit.record("ticket.updated", ticket, actor=actor, changes=changes, reason=reason, at=now)
    send_signal(ticket_updated, Ticket, ticket=ticket, changes=changes, actor=actor, reason=reason)


@atomic
def hand_back_tickets(agent: Agent, actor: Agent | None, reason: str = Reason.DEACTIVATED.told()) -> list[UUID]:
    """Unassign the open and pending tickets of an agent whose row is locked. Returns their ids.

    Raises `PermissionDenied` below team lead.
    """
    demand(actor, Capability.ASSIGN)
    hold_reopening(agent.pk)
    held = Ticket.objects.ranked().filter(assigned_to=agent)
    tickets: list[Ticket] = list(held.order_by("id").select_for_update(no_key=True))
    now = timezone.now()
    ids = [ticket.pk for ticket in tickets]
    changes = {ticket.pk: {"assigned_to": (agent.pk, None), **wake(ticket)} for ticket in tickets}
    Ticket.objects.filter(pk__in=ids).update(
        assigned_to=None,
        updated_at=now,
        snoozed=False,
        snoozed_until=None,
        snoozed_until_reply=False,
        snoozed_by=None,
    )
    AuditEntry.objects.bulk_create(
        [
            audit.entry("ticket.updated", ticket, actor=actor, changes=changes[ticket.pk], reason=reason, at=now)
            for ticket in tickets
        ],
        batch_size=1000,
    )
    for ticket in tickets:
        ticket.assigned_to, ticket.updated_at = None, now
        send_signal(ticket_updated, Ticket, ticket=ticket, changes=changes[ticket.pk], actor=actor, reason=reason)
    return ids
