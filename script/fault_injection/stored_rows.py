"""What is in the database after a run, as plain rows: what the verification looks at. Loaded by `row_loading.py`."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class MessageRow:
    id: str
    ticket: str
    content: str
    from_agent: bool
    language: str | None  # None if not analyzed
    first: bool  # created together with the ticket
    counts: bool  # among the customer's newest messages, which the program analyzes


@dataclass(frozen=True)
class NoteRow:
    id: str
    ticket: str
    content: str


@dataclass(frozen=True)
class TicketRow:
    subject: str
    status: str
    priority: str
    message_count: int
    awaits_answer: bool  # the customer wrote the last message
    last_message: str


@dataclass(frozen=True)
class AuditRow:
    action: str
    subject: str
    changes: dict[str, Any]
    reason: str
    request: str
    by_agent: bool


@dataclass(frozen=True)
class EventRow:
    kind: str
    ticket: str
    about: str  # id of the message or note
    by_agent: bool


@dataclass(frozen=True)
class JobRow:
    task: str
    ticket: str
    status: str
    alive: bool  # in progress on a worker with a recent heartbeat


@dataclass
class Records:
    """The loaded records. `wrong` counts, by name, aggregates that differ from their rows."""

    messages: list[MessageRow] = field(default_factory=list)
    outgoing: list[tuple[str, str]] = field(default_factory=list)  # id, content
    notes: list[NoteRow] = field(default_factory=list)
    tickets: dict[str, TicketRow] = field(default_factory=dict)
    tags: set[tuple[str, str]] = field(default_factory=set)  # ticket, name
    searched_messages: Counter[str] = field(default_factory=Counter)
    searched_subjects: dict[str, list[str]] = field(default_factory=dict)  # ticket: normalized subjects
    subjects: dict[str, str] = field(default_factory=dict)  # ticket: normalized subject
    audit: list[AuditRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    orders: dict[str, tuple[float, int]] = field(default_factory=dict)  # number: total, lines
    customers: dict[str, str] = field(default_factory=dict)  # id, name
    jobs: list[JobRow] = field(default_factory=list)
    drafts: dict[str, str] = field(default_factory=dict)  # ticket: the message that its current draft answers
    wrong: dict[str, int] = field(default_factory=dict)
