"""Reads the database into `Records`."""

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from agents.common.folding import fold
from agents.models import AuditEntry
from intelligence.models import Draft
from intelligence.reading.conversation import NEWEST
from script.fault_injection.stored_rows import AuditRow, EventRow, JobRow, MessageRow, NoteRow, Records, TicketRow
from tickets.models import (
    Customer,
    Event,
    Message,
    Note,
    Order,
    OrderLine,
    ScheduledReply,
    SearchText,
    Ticket,
    TicketTag,
)
from tickets.ranking import counts, scoring
from tickets.services.orders import wrong_figures

TASKS = {"intelligence.tasks.read_conversation": "read", "intelligence.tasks.make_draft": "draft"}
ALIVE = timedelta(seconds=60)  # maximum age of the heartbeat of a living worker


def load_records() -> Records:
    """Load everything that the verification compares."""
    records = Records(jobs=load_jobs())
    _load_conversations(records)
    _load_tickets(records)
    _load_trail(records)
    lines = Counter(OrderLine.objects.values_list("order__number", flat=True))
    for number, total in Order.objects.values_list("number", "total"):
        records.orders[number] = (float(total), lines[number])
    records.customers = {str(id): name for id, name in Customer.objects.values_list("pk", "name")}
    records.wrong = {
        "ranks that are not the formula's": scoring.stale_ranks().count(),
        "counts that are not the tickets'": len(counts.recount()),
        "customers whose figures are not their orders'": wrong_figures(),
    }
    return records


def _load_conversations(records: Records) -> None:
    newer: Counter[Any] = Counter()  # by ticket: number of newer customer messages
    first = dict(Message.objects.order_by("-created_at", "-id").values_list("ticket_id", "pk"))
    for one in Message.objects.order_by("-created_at", "-id"):
        counts_still = not one.from_agent and newer[one.ticket_id] < NEWEST
        newer[one.ticket_id] += not one.from_agent
        records.messages.append(
            MessageRow(
                str(one.pk),
                str(one.ticket_id),
                one.content,
                one.from_agent,
                one.language,
                first=first[one.ticket_id] == one.pk,
                counts=counts_still,
            )
        )
    records.outgoing = [(str(id), content) for id, content in ScheduledReply.objects.values_list("pk", "content")]
    notes = Note.objects.values_list("pk", "ticket_id", "content")
    records.notes = [NoteRow(str(id), str(ticket), content) for id, ticket, content in notes]
    texts: dict[str, list[str]] = defaultdict(list)
    for ticket, message, text in SearchText.objects.values_list("ticket_id", "message_id", "text"):
        if message is None:
            texts[str(ticket)].append(text)
        else:
            records.searched_messages[str(message)] += 1
    records.searched_subjects = dict(texts)


def _load_tickets(records: Records) -> None:
    last = {message.ticket: message.id for message in reversed(records.messages)}
    for one in Ticket.objects.all():
        key = str(one.pk)
        awaits = one.last_message_from_agent is False
        records.tickets[key] = TicketRow(
            one.subject, one.status, one.priority, one.message_count, awaits, last.get(key, "")
        )
        records.subjects[key] = fold(one.subject)
    records.tags = {(str(ticket), name) for ticket, name in TicketTag.objects.values_list("ticket_id", "name")}
    current = Draft.objects.filter(state=Draft.State.CURRENT).values_list("ticket_id", "based_on")
    records.drafts = {str(ticket): str(message) for ticket, message in current}


def _load_trail(records: Records) -> None:
    entries = AuditEntry.objects.order_by("id").values_list(
        "action", "subject_id", "changes", "reason", "request_id", "actor_id"
    )
    records.audit = [
        AuditRow(action, subject, changes, reason, request, actor is not None)
        for action, subject, changes, reason, request, actor in entries
    ]
    for kind, ticket, facts, actor in Event.objects.values_list("kind", "ticket_id", "facts", "actor_id"):
        about = facts.get("message_id") or facts.get("note_id") or ""
        records.events.append(EventRow(kind, str(ticket), about, actor is not None))


def load_jobs() -> list[JobRow]:
    """Unfinished jobs, including failed ones. A failed job is left out if another one does its work: the next periodic one, or
    the next one with the same queueing lock.
    """
    alive = set(
        ProcrastinateWorker.objects.filter(last_heartbeat__gt=timezone.now() - ALIVE).values_list("pk", flat=True)
    )
    rows = ProcrastinateJob.objects.filter(status__in=["todo", "doing", "failed", "aborted"])
    found = []
    for name, args, status, worker, lock in rows.values_list(
        "task_name", "args", "status", "worker_id", "queueing_lock"
    ):
        if status in ("failed", "aborted") and ("timestamp" in args or lock):
            continue
        task = TASKS.get(name, name.rsplit(".", 1)[-1])
        found.append(JobRow(task, str(args.get("ticket_id", "")), status, status == "doing" and worker in alive))
    return found
