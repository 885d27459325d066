"""Tickets that happened elsewhere: an import writes them with their conversation and times as they were.

A ticket is known by its `external_id`. One that is there already keeps what agents made of it; only messages and
notes that it does not have yet are added, so that the same file twice changes nothing, and a newer one completes.
A ticket never moves: an item that names another customer than the ticket has is refused, with its messages.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import audit
from agents.common.folding import fold
from agents.common.transactions import atomic
from agents.models import Agent
from tickets import keyword_index
from tickets.models import Customer, Message, Note, SearchText, Ticket, TicketTag
from tickets.ranking import scoring
from tickets.services.bulk_insert import insert
from tickets.services.customers.customers import CustomerData, Outcome, State, save_customers
from tickets.services.messages.messages import note_latest
from tickets.services.snoozing import FIELDS as SNOOZE_FIELDS
from tickets.services.snoozing import wake
from tickets.services.ticket_numbers import another_ticket, belongs_to, is_another_ticket
from tickets.services.validation import (
    NAME_LENGTH,
    SUBJECT_LENGTH,
    clean_content,
    clean_line,
    clean_share,
    clean_tags,
    clean_time,
    fail,
)


@dataclass(frozen=True)
class PastEntry:
    """A message or a note. `author_email` finds the agent who wrote it; `external_id` defaults to its position.

    `instead_of` is the id that a less complete export gave the same entry: if the ticket has that one, this one is not added.
    `only_if_first` adds the entry only to a ticket without entries.
    """

    content: str
    created_at: datetime
    from_agent: bool = False
    author_name: str | None = None
    author_email: str | None = None
    external_id: str | None = None
    instead_of: str | None = None
    only_if_first: bool = False


@dataclass
class PastTicket:
    """A ticket with its whole conversation. `assigned_to` is an agent's address.

    `formerly` is the number without its system's prefix, under which earlier versions stored tickets of other help desks.
    `own_id` is the help desk's customer id: it finds the customer of a known ticket that was stored under it.
    """

    external_id: str
    customer: CustomerData
    subject: str
    channel: str
    created_at: datetime
    status: str = Ticket.Status.OPEN.value
    priority: str = Ticket.Priority.NORMAL.value
    closed_at: datetime | None = None
    assigned_to: str | None = None
    tags: Sequence[str] = ()
    customer_sentiment: float | None = None
    estimated_difficulty: float | None = None
    messages: Sequence[PastEntry] = ()
    notes: Sequence[PastEntry] = ()
    formerly: str | None = None
    own_id: str | None = None


@dataclass
class TicketOutcome:
    """The result for one `PastTicket`."""

    ticket: Ticket | None = None
    state: State = State.UNCHANGED
    error: ValidationError | None = None
    details: Sequence[str] = ()


@dataclass
class _Prepared:
    external_id: str
    values: dict[str, Any]
    tags: list[str]
    messages: list[PastEntry]
    notes: list[PastEntry]
    customer: CustomerData
    details: list[str] = field(default_factory=list)
    formerly: str | None = None
    own_id: str | None = None


def save_histories(
    items: Iterable[PastTicket], *, actor: Agent | None = None, trail: bool = True
) -> list[TicketOutcome]:
    """Write the tickets in a few statements; one outcome per item. An invalid item changes nothing."""
    agents = {agent.email: agent for agent in Agent.objects.all()}
    prepared = [_prepare(item, agents) for item in items]
    with atomic():
        good = [item for item in prepared if isinstance(item, _Prepared)]
        _keep_former_numbers(good)
        names = [item.external_id for item in good]
        # Customers before tickets: the lock order of every other service.
        fresh, later = _first_of_each(
            good, set(Ticket.objects.filter(external_id__in=names).values_list("external_id", flat=True))
        )
        owners = dict(
            zip(map(id, fresh), save_customers([item.customer for item in fresh], actor, trail=trail), strict=True)
        )
        owners |= _owners_of_known(
            later, {item.external_id: (item, owners[id(item)].customer) for item in fresh}, actor, trail
        )
        known = {
            t.external_id: t
            for t in Ticket.objects.filter(external_id__in=names).order_by("id").select_for_update(no_key=True)
        }
        batch = _HistoryBatch(agents, known)
        outcomes = [
            TicketOutcome(error=item) if isinstance(item, ValidationError) else batch.take(item, owners[id(item)])
            for item in prepared
        ]
        batch.write(actor, trail)
        return outcomes


def _keep_former_numbers(items: list[_Prepared]) -> None:
    """Use the number without its system's prefix for a ticket that was stored so, with the same subject and time."""
    names = [item.formerly for item in items if item.formerly]
    if not names:
        return
    taken = set(
        Ticket.objects.filter(external_id__in=[item.external_id for item in items]).values_list(
            "external_id", flat=True
        )
    )
    former = {ticket.external_id: ticket for ticket in Ticket.objects.filter(external_id__in=names)}
    for item in items:
        ticket = former.get(item.formerly)
        if ticket is None or item.external_id in taken:
            continue
        if (ticket.subject, ticket.created_at) == (item.values["subject"], item.values["created_at"]):
            item.external_id = ticket.external_id or item.external_id


def _first_of_each(items: list[_Prepared], known: set[str | None]) -> tuple[list[_Prepared], list[_Prepared]]:
    """Split the items into those that create a ticket and those whose ticket an earlier item creates."""
    fresh: list[_Prepared] = []
    later: list[_Prepared] = []
    seen = set(known)
    for item in items:
        (later if item.external_id in seen else fresh).append(item)
        seen.add(item.external_id)
    return fresh, later


def _owners_of_known(
    items: list[_Prepared], new: dict[str, tuple[_Prepared, Customer | None]], actor: Agent | None, trail: bool
) -> dict[int, Outcome]:
    """The customer of each item whose ticket is known, by `id(item)`; an error if the item is of another customer or ticket.

    The items are saved in a savepoint: one that names somebody else must create no customer and no address.
    """
    names = [item.external_id for item in items]
    stored = Ticket.objects.filter(external_id__in=names).select_related("customer")
    holders = {name: customer for name, (_item, customer) in new.items()}
    begun = {name: (item.values["subject"], item.values["created_at"]) for name, (item, _customer) in new.items()}
    for ticket in stored:
        holders[ticket.external_id or ""] = ticket.customer
        begun[ticket.external_id or ""] = (ticket.subject, ticket.created_at)
    for item in items:
        holder = holders[item.external_id]
        if holder is not None and item.own_id is not None and item.own_id == holder.external_id:
            item.customer = replace(item.customer, external_id=item.own_id)
    owners: dict[int, Outcome] = {}
    while items:
        point = transaction.savepoint()
        saved = save_customers([item.customer for item in items], actor, trail=trail)
        wrong: dict[int, Outcome] = {}
        for item, outcome in zip(items, saved, strict=True):
            holder = holders[item.external_id]
            if outcome.customer is not None and (holder is None or outcome.customer.pk != holder.pk):
                wrong[id(item)] = Outcome(error=belongs_to(item.external_id, holder, item.customer))
            elif outcome.customer is not None and is_another_ticket(item.values, *begun[item.external_id]):
                wrong[id(item)] = Outcome(error=another_ticket(item.external_id, item.values, *begun[item.external_id]))
        if not wrong:
            transaction.savepoint_commit(point)
            return owners | dict(zip(map(id, items), saved, strict=True))
        transaction.savepoint_rollback(point)
        owners |= wrong
        items = [item for item in items if id(item) not in wrong]
    return owners


def _prepare(item: PastTicket, agents: dict[str, Agent]) -> _Prepared | ValidationError:
    try:
        messages = [_clean(entry, place) for place, entry in enumerate(item.messages, start=1)]
        notes = [_clean(entry, place) for place, entry in enumerate(item.notes, start=1)]
        details: list[str] = []
        return _Prepared(
            external_id=clean_line("external_id", item.external_id, 100),
            values=_values(item, messages, agents, details),
            tags=clean_tags(item.tags),
            messages=messages,
            notes=notes,
            customer=item.customer,
            details=details,
            formerly=item.formerly,
            own_id=item.own_id,
        )
    except ValidationError as error:
        return error


def _values(
    item: PastTicket, messages: list[PastEntry], agents: dict[str, Agent], details: list[str]
) -> dict[str, Any]:
    for name, value, choices in (
        ("channel", item.channel, Ticket.Channel.values),
        ("status", item.status, Ticket.Status.values),
        ("priority", item.priority, Ticket.Priority.values),
    ):
        if value not in choices:
            raise fail(
                name, _("The %(value)s must be one of %(choices)s.") % {"value": name, "choices": ", ".join(choices)}
            )
    created = clean_time(item.created_at, "created_at")
    last = max([entry.created_at for entry in messages], default=created)
    closed = item.status == Ticket.Status.CLOSED
    return {
        "subject": clean_line("subject", item.subject, SUBJECT_LENGTH),
        "channel": item.channel,
        "status": item.status,
        "priority": item.priority,
        "created_at": created,
        "updated_at": max(created, last),
        "closed_at": (clean_time(item.closed_at, "closed_at") if item.closed_at else max(created, last))
        if closed
        else None,
        "assigned_to": _assignee(item, agents, details),
        "customer_sentiment": clean_share(item.customer_sentiment, "customer_sentiment"),
        "estimated_difficulty": clean_share(item.estimated_difficulty, "estimated_difficulty"),
    }


def _assignee(item: PastTicket, agents: dict[str, Agent], details: list[str]) -> Agent | None:
    """The assignee; an open ticket is never assigned to a deactivated or service account, which would not answer it."""
    if not item.assigned_to:
        return None
    agent = agents.get(item.assigned_to.strip().lower())
    if agent is None:
        details.append(f"assigned_to: no agent has the address {item.assigned_to.strip()[:80]}; nobody is assigned.")
        return None
    if item.status == Ticket.Status.CLOSED or (agent.is_active and not agent.is_service):
        return agent
    details.append(f"assigned_to: {agent.email} can take no open ticket; nobody is assigned.")
    return None


def _clean(entry: PastEntry, place: int) -> PastEntry:
    return replace(
        entry,
        content=clean_content("content", entry.content),
        created_at=clean_time(entry.created_at, "created_at"),
        author_name=clean_line("author_name", entry.author_name, NAME_LENGTH) if entry.author_name else None,
        author_email=entry.author_email.strip().lower() if entry.author_email else None,
        external_id=clean_line("external_id", entry.external_id, 100) if entry.external_id else str(place),
    )


class _HistoryBatch:
    """Collect new records and write them at once."""

    def __init__(self, agents: dict[str, Agent], known: dict[str | None, Ticket]) -> None:
        self.agents = agents
        self.known = known
        self.had = {t.pk for t in known.values()}
        self.message_ids = self._ids(Message)
        self.note_ids = self._ids(Note)
        self.new: dict[UUID, Ticket] = {}
        self.completed: dict[UUID, Ticket] = {}
        self.messages: list[Message] = []
        self.notes: list[Note] = []
        self.tags: list[TicketTag] = []

    def _ids(self, model: type[Message] | type[Note]) -> set[tuple[UUID, str | None]]:
        return set(model.objects.filter(ticket_id__in=self.had).values_list("ticket_id", "external_id"))

    def take(self, item: _Prepared, owner: Outcome) -> TicketOutcome:
        if owner.customer is None:
            return TicketOutcome(error=owner.error)
        ticket = self.known.get(item.external_id)
        state = State.UNCHANGED
        if ticket is None:
            ticket = self._create(item, owner.customer)
            state = State.CREATED
        elif ticket.customer_id != owner.customer.pk:  # created by somebody else since the owners were compared
            return TicketOutcome(error=belongs_to(item.external_id, ticket.customer, item.customer))
        added = self._add(ticket, item, owner.customer)
        if added and state == State.UNCHANGED:
            state = State.UPDATED
            if ticket.pk not in self.new:
                self.completed[ticket.pk] = ticket
        return TicketOutcome(ticket, state, details=item.details)

    def _create(self, item: _Prepared, customer: Customer) -> Ticket:
        ticket = Ticket(
            external_id=item.external_id, customer=customer, rank_at=item.values["created_at"], **item.values
        )
        self.known[item.external_id] = self.new[ticket.pk] = ticket
        self.tags += [TicketTag(ticket=ticket, name=name) for name in item.tags]
        return ticket

    def _add(self, ticket: Ticket, item: _Prepared, customer: Customer) -> bool:
        messages = [e for e in item.messages if self._is_new(ticket, e, self.message_ids)]
        notes = [e for e in item.notes if self._is_new(ticket, e, self.note_ids)]
        for entry in sorted(messages, key=lambda e: e.created_at):
            self.message_ids.add((ticket.pk, entry.external_id))
            author = self._author(entry) if entry.from_agent else None
            name = entry.author_name or (author.name if author else "Support" if entry.from_agent else customer.name)
            message = Message(
                ticket=ticket,
                from_agent=entry.from_agent,
                content=entry.content,
                author_name=name,
                author=author,
                external_id=entry.external_id,
                created_at=entry.created_at,
            )
            self.messages.append(message)
            if ticket.last_message_at is None or entry.created_at >= ticket.last_message_at:
                note_latest(ticket, message)
                if not entry.from_agent and ticket.snoozed_until_reply:
                    wake(ticket)
            else:
                ticket.message_count += 1
        for entry in notes:
            self.note_ids.add((ticket.pk, entry.external_id))
            author = self._author(entry)
            name = entry.author_name or (author.name if author else "Support")
            self.notes.append(
                Note(
                    ticket=ticket,
                    content=entry.content,
                    author_name=name,
                    author=author,
                    external_id=entry.external_id,
                    created_at=entry.created_at,
                )
            )
        return bool(messages or notes)

    def _is_new(self, ticket: Ticket, entry: PastEntry, known: set[tuple[UUID, str | None]]) -> bool:
        if entry.only_if_first and (ticket.message_count or ticket.last_message_at):
            return False
        ids = {entry.external_id, entry.instead_of or entry.external_id}
        return not any((ticket.pk, external_id) in known for external_id in ids)

    def _author(self, entry: PastEntry) -> Agent | None:
        return self.agents.get(entry.author_email or "")

    def write(self, actor: Agent | None, trail: bool) -> None:
        insert(Ticket, self.new.values())
        if self.completed:
            for ticket in self.completed.values():
                ticket.updated_at = timezone.now()
            fields = [
                "message_count",
                "last_message_at",
                "last_message_from_agent",
                "last_message_preview",
                "updated_at",
                *SNOOZE_FIELDS,
            ]
            Ticket.objects.bulk_update(self.completed.values(), fields)
        insert(TicketTag, self.tags)
        insert(Message, self.messages)
        insert(Note, self.notes)
        insert(SearchText, [SearchText(ticket=t, text=fold(t.subject)) for t in self.new.values()])
        keyword_index.index_messages(self.messages)
        if self.new:
            scoring.rerank(Ticket.objects.filter(pk__in=list(self.new)))
        if trail:
            for ticket in self.new.values():
                audit.record("ticket.imported", ticket, actor=actor)
