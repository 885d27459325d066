"""Tickets with their conversations: JSON objects with messages and notes, or rows of a table with one message each."""

import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from agents.common.unicode_composition import is_visible
from tickets.channels import CHANNELS, EMAIL
from tickets.imports.columns import Field
from tickets.imports.contact_fields import buyer, read_id
from tickets.imports.entries import KEYS, Conversation, is_past
from tickets.imports.import_errors import Refused, reason_of
from tickets.imports.recipes import Recipe, Result, Row, states
from tickets.imports.systems.freshdesk import FRESHDESK
from tickets.imports.systems.gorgias import GORGIAS
from tickets.imports.systems.known_systems import System, agent_addresses
from tickets.imports.systems.zendesk import ZENDESK
from tickets.imports.texts import storable_text
from tickets.imports.values import Reader, folded, fraction, list_of, shown, text_of
from tickets.models import ImportRun
from tickets.services import PastTicket, save_histories
from tickets.services.validation import MAX_TAGS, SUBJECT_LENGTH, clean_share, clean_tags

NO_SUBJECT = "(no subject)"
_DELETED = frozenset({"deleted", "spam", "trash", "trashed", "suspended"})
MAX_ABSENT = 100  # assignees without an account that are listed
# Columns with the help desk's own customer id, in supported exports; in any other file such a column could hold any id.
_THEIR_IDS = ("customer id", "requester id", "contact id")


class Tickets(Recipe):
    """Imports tickets by their id elsewhere; existing data stays, new messages and notes are added."""

    kind = ImportRun.Kind.TICKETS.value
    systems = (ZENDESK, FRESHDESK, GORGIAS)
    entries = dict.fromkeys(("messages", "notes", "comments", "conversation", "internal_notes"), KEYS)
    together: str | None = "external_id"
    fields = (
        Field(
            "external_id",
            "the ticket's id elsewhere",
            ("ticket id", "ticket number", "conversation id", "ticket", "id"),
        ),
        Field("subject", "what it is about", ("title", "summary")),
        Field(
            "channel",
            ", ".join(CHANNELS),
            ("via.channel", "via", "source", "ticket channel", "initial channel"),
        ),
        Field("status", "open, pending, closed", ("ticket status", "state")),
        Field("priority", "urgent, high, normal, low", ("ticket priority",)),
        Field(
            "created_at",
            "when it came in",
            (
                "created",
                "created datetime",
                "created time",
                "created date",
                "creation date",
                "opened at",
                "opened datetime",
            ),
        ),
        Field(
            "closed_at",
            "when it was closed",
            ("closed datetime", "closed time", "closed date", "solved at", "resolved time", "closed"),
        ),
        Field("assigned_to", "an agent's address", ("assignee email", "assignee.email", "assignee user.email")),
        Field("tags", "a list, or a text with commas", ("ticket tags", "labels")),
        Field(
            "customer_external_id",
            "the shop's id of the customer",
            ("customer.external id", "shop customer id", "shopify customer id"),
        ),
        Field(
            "customer_email",
            "the customer's address",
            ("customer.email", "requester email", "requester.email", "email", "from"),
        ),
        Field("customer_phone", "a number that is the customer's alone (never found by itself)"),
        Field("customer_own_id", "set by the program: the help desk's own id of the customer, marked as such"),
        Field("customer_phones", "JSON: a list of numbers that are the customer's alone"),
        Field(
            "customer_name",
            "what to call a customer who is new",
            ("customer.name", "requester name", "full name", "requester.name", "requester", "name"),
        ),
        Field("country", "the customer's, by which telephone numbers are read", ("customer country", "country code")),
        Field("customer_sentiment", "0 negative to 1 positive", ("sentiment",)),
        Field("estimated_difficulty", "0 easy to 1 hard", ("difficulty",)),
        Field("requester", "JSON: the id that the customer has as an author", ("requester id",)),
        Field("messages", "JSON: the conversation", ("comments", "conversation")),
        Field("notes", "JSON: internal notes", ("internal notes",)),
        Field("submitter", "Zendesk's table: who made the ticket", ("submitter name",)),
        Field("message", "table: a message's text", ("message text", "body", "content", "description", "comment")),
        Field("message_id", "table: its id", ("comment id",)),
        Field("message_created_at", "table: when it was written", ("message date", "sent at", "message sent at")),
        Field("message_from_agent", "table: yes where an agent wrote it", ("from agent", "direction", "author type")),
        Field("message_public", "table: no makes it a note", ("public", "is public")),
        Field("message_author_name", "table: who wrote it", ("author name", "author", "sender name")),
        Field("message_author_email", "table: their address", ("author email", "sender email")),
    )
    required = (
        ("external_id",),
        ("subject",),
        ("channel",),
        ("created_at",),
        ("customer_external_id", "customer_email", "customer_phone"),
    )
    choices = {
        "status": {
            "open": ("new", "reopened", "processing", "wc processing"),
            "pending": ("hold", "on hold", "waiting", "snoozed", "pending payment", "wc pending", "wc on hold"),
            "closed": (
                "solved", "resolved", "done", "completed", "cancelled", "canceled", "refunded", "failed", "wc completed",
                "wc cancelled", "wc refunded", "wc failed",
            ),
        },
        "priority": {
            "urgent": ("critical",),
            "high": (),
            "normal": ("medium",),
            "low": (),
        },
        "channel": {name: one.import_names for name, one in CHANNELS.items()},
    }  # fmt: skip

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self.agents = agent_addresses()
        self._absent: Counter[str] = Counter()

    @classmethod
    def fields_of(cls, system: System | None) -> tuple[Field, ...]:
        """The fields; a help desk's own customer id is found by name only in that system's export."""
        return tuple(
            replace(field, aliases=(*field.aliases, *_THEIR_IDS))
            if system is not None and field.name == "customer_external_id"
            else field
            for field in cls.fields
        )

    def build(self, rows: Sequence[Row]) -> PastTicket:
        row = rows[0]
        _refuse_two_customers(rows)
        if self.system is not None and "messages" not in row:
            row = rows[0] | self._of_system(rows[0], self.system)
            rows = [row, *rows[1:]]
        created, opened = self._created(row)
        messages, notes = Conversation(self, rows, created, opened).read()
        self._refuse_deleted(row)
        self._refuse_agent(row)
        number = read_id("external_id", row.get("external_id"))
        return PastTicket(
            external_id=self._number(number),
            formerly=number if self.system is not None and not self.id_prefix else None,
            customer=buyer(self, row),
            own_id=self.prefixed(text_of(row.get("customer_own_id"))) or None,
            subject=self._subject(row),
            channel=self._choice(row, "channel", EMAIL.name),
            created_at=created,
            status=self.reader.choice("status", row.get("status"), "open"),
            priority=self._choice(row, "priority", "normal"),
            closed_at=self._closed(row, created),
            assigned_to=self._assignee(row),
            tags=self._tags(row),
            customer_sentiment=self._share(row, "customer_sentiment"),
            estimated_difficulty=self._share(row, "estimated_difficulty"),
            messages=messages,
            notes=notes,
        )

    def _refuse_deleted(self, row: Row) -> None:
        """Raises `Refused` for a deleted or spam ticket, unless `--map-value` maps that status."""
        word = folded(text_of(row.get("status")))
        if word in _DELETED and word not in self.reader.choices["status"]:
            where = f" in {self.system.label}" if self.system is not None else ""
            raise Refused(f"It was deleted or marked as spam{where} (status {shown(row['status'])}).")

    def _refuse_agent(self, row: Row) -> None:
        """Raises `Refused` for a ticket of another help desk whose customer has the address of one of our agents."""
        email = text_of(row.get("customer_email")).casefold()
        if self.system is not None and email in self.agents:
            raise Refused(f"Its requester has the address of an agent here, {email[:100]}: no customer asked this.")

    def _assignee(self, row: Row) -> str | None:
        """The assignee's address. An unknown agent is reported once, with the number of such tickets at the end."""
        given = text_of(row.get("assigned_to"))[:254]
        if not given or given.casefold() in self.agents:
            return given or None
        known = len(self._absent) < MAX_ABSENT or given in self._absent
        self._absent[given if known else "others"] += 1
        if self._absent[given] == 1:
            self.leave_out(
                f"assigned_to: {_absent(given)}; nobody is assigned. Further tickets of theirs are only counted."
            )
        return None

    def remarks(self) -> list[str]:
        """Names of the file's agents without an account here, with the number of tickets."""
        return [
            f"assigned_to: {_absent(name)}; nobody is assigned to {count:,} ticket{'s' if count != 1 else ''} of theirs."
            for name, count in self._absent.most_common(MAX_ABSENT + 1)
        ]

    def _number(self, number: str) -> str:
        """The ticket number as stored, prefixed for known help desks, because two of them use the same numbers."""
        return self.prefixed(f"{self.system.name}-{number}" if self.system is not None and number else number)

    def _of_system(self, row: Row, system: System) -> Row:
        """Adapt a help desk's table: ids that are not the shop's, tags separated by blanks, message authors."""
        changes: Row = {}
        theirs = "customer_external_id" in row and not self.found.is_mapped("customer_external_id")
        if theirs:
            email = text_of(row.get("customer_email"))
            changes = system.customer(email, row["customer_external_id"], row.get("customer_name"))
        if system.tags_by_blanks and isinstance(row.get("tags"), str):
            changes["tags"] = ",".join(row["tags"].replace(",", " ").split())
        submitter, requester = text_of(row.get("submitter")), text_of(row.get("customer_name"))
        if "message" in row and submitter and requester and submitter.casefold() != requester.casefold():
            changes |= {"message_from_agent": "yes", "message_author_name": row.get("message_author_name", submitter)}
        return changes

    def _created(self, row: Row) -> tuple[datetime, str]:
        """When the ticket was created, and how the file wrote that if the time is impossible."""
        if "created_at" not in row:
            raise Refused("created_at is empty.")
        created = self.reader.time(row["created_at"])
        if is_past(created):
            return created, ""
        given = shown(row["created_at"])
        first = self._first_time(row)
        self.leave_out(
            f"created_at: {given} is no time in the past; "
            + ("the time of its first message is used." if first else "the time of the import is used.")
        )
        return first or timezone.now(), given

    def _first_time(self, row: Row) -> datetime | None:
        """The earliest possible time of the ticket's messages."""
        times = []
        nested = row.get("messages")
        for entry in nested if isinstance(nested, list) else [{"created_at": row.get("message_created_at")}]:
            with contextlib.suppress(Refused):
                if isinstance(entry, dict) and entry.get("created_at") is not None:
                    times.append(self.reader.time(entry["created_at"]))
        return min(filter(is_past, times), default=None)

    def _closed(self, row: Row, created: datetime) -> datetime | None:
        if "closed_at" not in row:
            return None
        try:
            closed = self.reader.time(row["closed_at"])
            if not is_past(closed) or closed < created:
                raise Refused(f"{shown(row['closed_at'])} is not between the ticket's creation and now.")
        except Refused as problem:
            self.leave_out(f"closed_at: {problem}")
            return None
        return closed

    def _subject(self, row: Row) -> str:
        given = row.get("subject")
        text = " ".join(given.split()) if isinstance(given, str) else text_of(given)
        subject, changes = storable_text(text, SUBJECT_LENGTH)
        for change in changes:
            self.leave_out(f"subject: {change}.")
        if not is_visible(subject):
            self.leave_out(f"subject: it is empty; {NO_SUBJECT} stands for it.")
            return NO_SUBJECT
        return subject

    def _choice(self, row: Row, name: str, instead: str) -> str:
        """One of the program's values; `instead` (reported) if the file's value is unknown, or missing but required."""
        try:
            found = self.reader.choice(name, row.get(name), "" if name == "channel" else instead)
        except Refused as problem:
            self.leave_out(f"{problem} {instead} is used.")
            return instead
        if not found:
            self.leave_out(f"{name}: it is empty; {instead} is used.")
        return found or instead

    def _share(self, row: Row, name: str) -> float | None:
        try:
            return clean_share(fraction(row.get(name)), name)
        except (Refused, ValidationError) as problem:
            self.leave_out(f"{name}: {reason_of(problem) if isinstance(problem, ValidationError) else problem}")
            return None

    def _tags(self, row: Row) -> list[str]:
        """The valid tags; others are reported."""
        tags: dict[str, None] = {}
        for given in list_of(row.get("tags")):
            try:
                (tag,) = clean_tags([given], "tag")
            except ValidationError as error:
                self.leave_out(f"tag {shown(given)}: {' '.join(error.messages)}")
                continue
            if tag not in tags and len(tags) == MAX_TAGS:
                self.leave_out(f"tag {shown(given)}: a ticket takes at most {MAX_TAGS} tags.")
            else:
                tags[tag] = None
        return list(tags)

    def save(self, items: list[Any]) -> list[Result]:
        return states(save_histories(items, trail=False))


def _absent(name: str) -> str:
    return f"no agent has the address {name[:80]}" if "@" in name else f"no agent here is {name[:80]}"


def _refuse_two_customers(rows: Sequence[Row]) -> None:
    """Raises `Refused` if the rows of one ticket id name two customers."""
    for name in ("customer_external_id", "customer_email", "customer_phone"):
        given: dict[str, str] = {}
        for row in rows:
            if text := text_of(row.get(name)):
                given.setdefault(text.casefold(), text)
        if len(given) > 1:
            one, two = list(given.values())[:2]
            number = shown(text_of(rows[0].get("external_id")))
            raise Refused(f"The rows of ticket {number} name different customers: {one[:100]} and {two[:100]}.")
