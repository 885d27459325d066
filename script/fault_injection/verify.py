"""Compares the ledger with the database: every acknowledged write once and whole, every other one at most once.

Pure: it gets rows, and gives findings.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from script.fault_injection.ledger import LENGTH, Outcome, Write, find_marker
from script.fault_injection.stored_rows import AuditRow, MessageRow, NoteRow, Records

MESSAGES = ("create", "reply", "customer message", "undo send")
NOTES = ("note", "hand back")
# Action of the audit entry of every other kind of write.
ACTIONS = {
    "change": "ticket.updated",
    "assign": "ticket.updated",
    "bulk": "ticket.updated",
    "next": "ticket.updated",
    "snooze": "ticket.snoozed",
    "taken back": "message.taken_back",
    "order": "order.created",
    "order change": "order.updated",
    "customer change": "customer.updated",
}


class Problem(StrEnum):
    LOST = "lost"
    TWICE = "twice"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True)
class Finding:
    """What is wrong, and with which write; the marker is empty if it concerns no single write."""

    problem: Problem
    what: str
    marker: str = ""


def verify(writes: list[Write], records: Records) -> list[Finding]:
    """All findings."""
    return Verification(writes, records).findings()


class Verification:
    def __init__(self, writes: list[Write], records: Records) -> None:
        self.writes, self.records = writes, records
        self.by_marker = {write.marker: write for write in writes}
        self.messages: dict[str, list[MessageRow]] = _by_marker(records.messages)
        self.notes: dict[str, list[NoteRow]] = _by_marker(records.notes)
        self.outgoing = Counter(find_marker(content) for _, content in records.outgoing)
        self.audit: dict[str, list[AuditRow]] = defaultdict(list)
        self.trail: dict[str, Counter[str]] = defaultdict(Counter)  # by record: number of entries of each action
        for entry in records.audit:
            self.audit[entry.request[:LENGTH]].append(entry)
            self.trail[entry.subject][entry.action] += 1
        self.events = Counter((event.kind, event.ticket, event.about) for event in records.events)
        self.jobs = {(job.task, job.ticket) for job in records.jobs if job.status == "todo" or job.alive}
        self.undone = {
            write.expect["target"]: write.outcome
            for write in writes
            if write.kind == "taken back" and write.outcome != Outcome.REFUSED
        }
        self.found: list[Finding] = []

    def findings(self) -> list[Finding]:
        for write in self.writes:
            self._count(write)
        self._last_values()
        for message in self.records.messages:
            self._whole_message(message)
        for note in self.records.notes:
            if self.events["note", note.ticket, note.id] != 1:
                self._tell(Problem.INCOMPLETE, "a note without its one event", find_marker(note.content))
        self._tickets()
        self._jobs()
        for name, number in self.records.wrong.items():
            if number:
                self._tell(Problem.INCOMPLETE, f"{name}: {number}")
        return self.found

    def _tell(self, problem: Problem, what: str, marker: str = "") -> None:
        kind = f"{self.by_marker[marker].kind}: " if marker in self.by_marker else ""
        self.found.append(Finding(problem, kind + what, marker))

    # --- How often each write was stored ---
    def _count(self, write: Write) -> None:
        expected, times = 1, self._times(write)
        if write.kind == "next" and write.outcome == Outcome.ACKNOWLEDGED and "id" not in write.result:
            expected = 0  # the queue was empty
        undone = self.undone.get(write.marker)
        if undone == Outcome.ACKNOWLEDGED:
            expected = 0
        if max(times) > 1:
            self._tell(Problem.TWICE, f"written {max(times)} times", write.marker)
        elif write.outcome == Outcome.ACKNOWLEDGED and undone != Outcome.UNKNOWN and min(times) < expected:
            self._tell(Problem.LOST, "acknowledged and not there", write.marker)
        elif max(times) > expected or (write.outcome == Outcome.REFUSED and max(times)):
            self._tell(Problem.INCOMPLETE, "there although it was refused or taken back", write.marker)
        if min(times) == 1:
            self._whole(write)

    def _times(self, write: Write) -> list[int]:
        """How often the write's effect exists; a write to several records has a number for each."""
        marker = write.marker
        if write.kind in MESSAGES:
            return [len(self.messages[marker]) + self.outgoing[marker]]
        if write.kind in NOTES:
            return [len(self.notes[marker])]
        entries = [one for one in self.audit[marker] if one.action == ACTIONS[write.kind] and one.by_agent]
        if write.kind == "bulk":
            return [sum(one.subject == ticket for one in entries) for ticket in write.expect["tickets"]]
        return [len(entries)]

    # --- Whether each write is complete ---
    def _whole(self, write: Write) -> None:
        kind, expect, marker = write.kind, write.expect, write.marker
        entries = [one for one in self.audit[marker] if one.action == ACTIONS.get(kind)]
        if kind in ("reply", "customer message"):
            if not any(one.action == "message.posted" for one in self.audit[marker]):
                self._tell(Problem.INCOMPLETE, "no audit entry", marker)
        elif kind == "note":
            if sum(one.action == "note.added" for one in self.audit[marker]) != 1:
                self._tell(Problem.INCOMPLETE, "not one audit entry", marker)
        elif kind == "hand back":
            if not any(marker in one.reason for one in self.audit[marker]):
                self._tell(Problem.INCOMPLETE, "no audit entry with its reason", marker)
        elif kind in ("change", "assign"):
            self._whole_change(write, entries[0])
        elif kind == "bulk":
            if any((ticket, marker) not in self.records.tags for ticket in expect["tickets"]):
                self._tell(Problem.INCOMPLETE, "a ticket without the tag", marker)
        elif kind == "next":
            if entries[0].changes.get("assigned_to", [None, None])[1] != expect["agent"]:
                self._tell(Problem.INCOMPLETE, "the audit entry names another agent", marker)
        elif kind == "order":
            _, lines = self.records.orders.get(expect["number"], (0.0, -1))
            if lines < 0:
                self._tell(Problem.LOST, "an audit entry without the order", marker)
            elif not lines:
                self._tell(Problem.INCOMPLETE, "an order without its lines", marker)
        if write.outcome == Outcome.ACKNOWLEDGED and kind in MESSAGES:
            self._same_id(write)

    def _same_id(self, write: Write) -> None:
        """Record a finding unless the answer named the stored row."""
        for message in self.messages[write.marker]:
            named = message.ticket if write.kind == "create" else message.id
            if write.result.get("id") != named:
                self._tell(Problem.INCOMPLETE, "the answer named another record", write.marker)

    def _whole_change(self, write: Write, entry: AuditRow) -> None:
        values, marker = write.expect["values"], write.marker
        for name in values.keys() & {"priority", "subject", "assigned_to"}:
            if name in entry.changes and entry.changes[name][1] != values[name]:
                self._tell(Problem.INCOMPLETE, f"the audit entry has another {name}", marker)
        if marker not in entry.reason:
            self._tell(Problem.INCOMPLETE, "an audit entry without its reason", marker)
        for tag in values.get("add_tags", ()):
            if (write.expect["ticket"], tag) not in self.records.tags:
                self._tell(Problem.LOST, "an audit entry without the tag", marker)

    def _whole_message(self, message: MessageRow) -> None:
        marker, ticket = find_marker(message.content), message.ticket
        if self.records.searched_messages[message.id] != 1:
            self._tell(Problem.INCOMPLETE, "a message that search does not find once", marker)
        if self.events["message", ticket, message.id] != 1:
            self._tell(Problem.INCOMPLETE, "a message without its one event", marker)
        if message.counts and message.language is None and ("read", ticket) not in self.jobs:
            self._tell(Problem.INCOMPLETE, "a message that nobody has read or will read", marker)
        if not self._drafted(message):
            self._tell(Problem.INCOMPLETE, "a message without a draft, made or waiting", marker)

    def _drafted(self, message: MessageRow) -> bool:
        """Whether a message that waits for an answer has or will get its draft."""
        row = self.records.tickets.get(message.ticket)
        if row is None or not row.awaits_answer or row.status == "closed" or row.last_message != message.id:
            return True
        return self.records.drafts.get(message.ticket) == message.id or ("draft", message.ticket) in self.jobs

    # --- Last values ---
    def _last_values(self) -> None:
        """Record a finding unless a value that only one writer sets is that of its last acknowledged write, or of an unknown one
        later.
        """
        allowed: dict[tuple[str, str], tuple[str, set[Any]]] = {}
        for write in self.writes:
            for key, value in _values(write):
                marker, values = allowed.get(key, ("", set()))
                if write.outcome == Outcome.ACKNOWLEDGED:
                    allowed[key] = (write.marker, {value})
                elif write.outcome == Outcome.UNKNOWN and values:
                    allowed[key] = (marker, values | {value})
        for (what, id), (marker, values) in allowed.items():
            if self._now(what, id) not in values:
                self._tell(Problem.LOST, f"the {what} is not the last one that was acknowledged", marker)

    def _now(self, what: str, id: str) -> Any:
        if what == "customer's name":
            return self.records.customers.get(id)
        if what == "order's total":
            return self.records.orders.get(id, (None, 0))[0]
        row = self.records.tickets.get(id)
        return getattr(row, what, None)

    # --- Whole tickets and background jobs ---
    def _tickets(self) -> None:
        """Record a finding for each ticket whose counts disagree, with the last write to it."""
        messages = Counter(message.ticket for message in self.records.messages)
        firsts = Counter(message.ticket for message in self.records.messages if message.first)
        changes: Counter[tuple[str, str]] = Counter()
        for entry in self.records.audit:
            if entry.by_agent and entry.action != "ticket.created":
                names = entry.changes.keys()
                changes["assigned", entry.subject] += "assigned_to" in names
                changes["updated", entry.subject] += bool(names - {"assigned_to"})
        events = Counter(
            (event.kind, event.ticket) for event in self.records.events if event.by_agent or event.kind == "created"
        )
        last = {write.expect["ticket"]: write.marker for write in self.writes if "ticket" in write.expect}
        for id, ticket in self.records.tickets.items():
            checks = {
                "message_count": (ticket.message_count, messages[id]),
                "entries of messages in the audit log": (self.trail[id]["message.posted"], messages[id] - firsts[id]),
                "audit entries of its creation": (self.trail[id]["ticket.created"], 1),
                "events of its creation": (events["created", id], 1),
                "events of assignments": (events["assigned", id], changes["assigned", id]),
                "events of changes": (events["updated", id], changes["updated", id]),
                "subjects in search": (len(self.records.searched_subjects.get(id, ())), 1),
            }
            for name, (there, expected) in checks.items():
                if there != expected:
                    self._tell(Problem.INCOMPLETE, f"ticket {id}: {name}: {there}, not {expected}", last.get(id, ""))
            if self.records.subjects[id] not in self.records.searched_subjects.get(id, ()):
                self._tell(Problem.INCOMPLETE, f"ticket {id}: search has an old subject", last.get(id, ""))

    def _jobs(self) -> None:
        for job in self.records.jobs:
            if job.status in ("failed", "aborted"):
                self._tell(Problem.INCOMPLETE, f"a {job.task} job has failed for good (ticket {job.ticket or 'none'})")
            elif job.status == "doing" and not job.alive:
                self._tell(
                    Problem.INCOMPLETE, f"a {job.task} job belongs to a dead worker (ticket {job.ticket or 'none'})"
                )


def _by_marker(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if marker := find_marker(row.content):
            found[marker].append(row)
    return found


def _values(write: Write) -> list[tuple[tuple[str, str], Any]]:
    expect = write.expect
    if write.kind in ("change", "assign"):
        names = expect["values"].keys() & {"priority", "subject"}
        return [((name, expect["ticket"]), expect["values"][name]) for name in sorted(names)]
    if write.kind == "customer change":
        return [(("customer's name", expect["customer"]), expect["name"])]
    if write.kind in ("order", "order change"):
        return [(("order's total", expect["number"]), expect["total"])]
    return []
