"""Tickets with their conversations: JSON objects with messages and notes, or rows of a table with one message each."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.core.exceptions import ValidationError

from tickets.imports.columns import Field, first_of
from tickets.imports.errors import Refused
from tickets.imports.people import buyer
from tickets.imports.recipes import Recipe, Result, Row, states
from tickets.imports.values import flag, fraction, list_of, shown, text_of
from tickets.models import ImportRun
from tickets.services import PastEntry, PastTicket, save_histories
from tickets.services.rules import MAX_TAGS, clean_tags

MAX_ENTRIES = 5_000


class Tickets(Recipe):
    """A ticket is known by its id elsewhere; what is there already stays, new messages and notes are added."""

    kind = ImportRun.Kind.TICKETS.value
    together: str | None = "external_id"
    fields = (
        Field(
            "external_id",
            "the ticket's id elsewhere",
            ("ticket id", "ticket number", "conversation id", "ticket", "id"),
        ),
        Field("subject", "what it is about", ("title", "summary")),
        Field("channel", "email, sms, phone, chat, form", ("via.channel", "via", "source")),
        Field("status", "open, pending, closed", ("ticket status", "state")),
        Field("priority", "urgent, high, normal, low", ("ticket priority",)),
        Field("created_at", "when it came in", ("created", "created datetime", "opened at", "opened datetime")),
        Field("closed_at", "when it was closed", ("closed datetime", "solved at", "closed")),
        Field("assigned_to", "an agent's address", ("assignee email", "assignee.email", "assignee user.email")),
        Field("tags", "a list, or a text with commas", ("ticket tags", "labels")),
        Field(
            "customer_external_id",
            "the shop's id of the customer",
            ("customer id", "customer.external id", "requester id"),
        ),
        Field(
            "customer_email",
            "the customer's address",
            ("customer.email", "requester email", "requester.email", "email", "from"),
        ),
        Field("customer_phone", "a number that is the customer's alone (never found by itself)"),
        Field(
            "customer_name",
            "what to call a customer who is new",
            ("customer.name", "requester name", "requester.name", "requester", "name"),
        ),
        Field("country", "the customer's, by which telephone numbers are read", ("customer country", "country code")),
        Field("customer_sentiment", "0 negative to 1 positive", ("sentiment",)),
        Field("estimated_difficulty", "0 easy to 1 hard", ("difficulty",)),
        Field("requester", "JSON: the id that the customer has as an author", ("requester id",)),
        Field("messages", "JSON: the conversation", ("comments", "conversation")),
        Field("notes", "JSON: internal notes", ("internal notes",)),
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
            "open": ("new", "reopened"),
            "pending": ("hold", "on hold", "waiting", "snoozed"),
            "closed": ("solved", "resolved", "done"),
        },
        "priority": {
            "urgent": ("critical",),
            "high": (),
            "normal": ("medium",),
            "low": (),
        },
        "channel": {
            "email": ("mail", "e-mail"),
            "sms": ("text message",),
            "phone": ("voice", "call", "phone call", "aircall", "voicemail"),
            "chat": (
                "live chat", "messaging", "native messaging", "web messenger", "facebook", "facebook messenger",
                "facebook comment", "instagram", "instagram comment", "instagram direct message", "instagram dm",
                "whatsapp", "twitter", "twitter direct message", "twitter dm", "any channel", "sunshine conversations api",
            ),
            "form": ("web", "web form", "web widget", "api", "contact form", "help center", "web service", "mobile sdk"),
        },
    }  # fmt: skip

    def build(self, rows: Sequence[Row]) -> PastTicket:
        row = rows[0]
        _refuse_two_customers(rows)
        read = self.reader
        if "created_at" not in row:
            raise Refused("created_at is empty.")
        created = read.time(row["created_at"])
        messages, notes = self._entries(rows, created)
        sentiment, difficulty = fraction(row.get("customer_sentiment")), fraction(row.get("estimated_difficulty"))
        channel = read.choice("channel", row.get("channel"), "")
        if not channel:
            raise Refused("channel is empty.")
        return PastTicket(
            external_id=text_of(row.get("external_id")),
            customer=buyer(self, row),
            subject=text_of(row.get("subject")),
            channel=channel,
            created_at=created,
            status=read.choice("status", row.get("status"), "open"),
            priority=read.choice("priority", row.get("priority"), "normal"),
            closed_at=read.time(row["closed_at"]) if "closed_at" in row else None,
            assigned_to=text_of(row.get("assigned_to")) or None,
            tags=self._tags(row),
            customer_sentiment=sentiment,
            estimated_difficulty=difficulty,
            messages=messages,
            notes=notes,
        )

    def _tags(self, row: Row) -> list[str]:
        """The tags that a ticket can have; each of the others is reported."""
        tags: dict[str, None] = {}
        for given in list_of(row.get("tags")):
            try:
                (tag,) = clean_tags([given])
            except ValidationError as error:
                self.leave_out(f"tag {shown(given)}: {' '.join(error.messages)}")
                continue
            if tag not in tags and len(tags) == MAX_TAGS:
                self.leave_out(f"tag {shown(given)}: a ticket takes at most {MAX_TAGS} tags.")
            else:
                tags[tag] = None
        return list(tags)

    def _entries(self, rows: Sequence[Row], created: datetime) -> tuple[list[PastEntry], list[PastEntry]]:
        row = rows[0]
        said = [_cells(each) for each in rows if "message" in each]
        for name, public in (("messages", None), ("notes", False)):
            nested = row.get(name, [])
            if not isinstance(nested, list) or not all(isinstance(entry, dict) for entry in nested):
                raise Refused(f"{name}: a list of objects is expected.")
            said += [_object(entry, public) for entry in nested]
        if len(said) > MAX_ENTRIES:
            raise Refused(f"A ticket takes at most {MAX_ENTRIES:,} messages; this one has {len(said):,}.")
        # The first of a table's messages opened the ticket, so the customer wrote it unless the table says otherwise.
        if said and "message" in row and all(entry["from_agent"] is None for entry in said):
            said[0]["from_agent"] = False
        known: dict[str, None] = {}
        messages: list[PastEntry] = []
        notes: list[PastEntry] = []
        for entry in said:
            note = flag(entry["public"]) is False
            made = self._entry(entry, row, created, note)
            if f"{note} {made.external_id}" in known:
                continue  # A line that repeats another one word for word.
            known[f"{note} {made.external_id}"] = None
            (notes if note else messages).append(made)
        return messages, notes

    def _entry(self, entry: dict[str, Any], row: Row, created: datetime, note: bool) -> PastEntry:
        content = text_of(entry["content"])
        at = self.reader.time(entry["created_at"]) if entry["created_at"] is not None else created
        return PastEntry(
            content=content,
            created_at=at,
            from_agent=not note and _from_agent(entry, row),
            author_name=text_of(entry["author_name"]) or None,
            author_email=text_of(entry["author_email"]) or None,
            external_id=text_of(entry["id"]) or _own_id(at, content),
        )

    def save(self, items: list[Any]) -> list[Result]:
        return states(save_histories(items, trail=False))


def _refuse_two_customers(rows: Sequence[Row]) -> None:
    """Rows that stand together with one ticket id are about one customer. Raises `Refused` where they name two."""
    for name in ("customer_external_id", "customer_email", "customer_phone"):
        given: dict[str, str] = {}
        for row in rows:
            if text := text_of(row.get(name)):
                given.setdefault(text.casefold(), text)
        if len(given) > 1:
            one, two = list(given.values())[:2]
            number = shown(text_of(rows[0].get("external_id")))
            raise Refused(f"The rows of ticket {number} name different customers: {one[:100]} and {two[:100]}.")


def _cells(row: Row) -> dict[str, Any]:
    return {
        "id": row.get("message_id"),
        "content": row["message"],
        "created_at": row.get("message_created_at"),
        "from_agent": flag(row.get("message_from_agent")),
        "public": row.get("message_public"),
        "author_id": None,
        "author_name": row.get("message_author_name"),
        "author_email": row.get("message_author_email"),
    }


def _object(entry: dict[str, Any], public: bool | None) -> dict[str, Any]:
    return {
        "id": first_of(entry, "id", "external_id", "message_id"),
        "content": first_of(entry, "plain_body", "body_text", "stripped_text", "content", "body", "text", "message"),
        "created_at": first_of(entry, "created_at", "created_datetime", "sent_datetime", "sent_at"),
        "from_agent": flag(first_of(entry, "from_agent", "is_agent")),
        "public": first_of(entry, "public", "is_public") if public is None else public,
        "author_id": first_of(entry, "author_id", "author.id", "sender.id"),
        "author_name": first_of(entry, "author_name", "author.name", "sender.name"),
        "author_email": first_of(entry, "author_email", "author.email", "sender.email"),
    }


def _from_agent(entry: dict[str, Any], row: Row) -> bool:
    """Who wrote a message: as it says itself, else by comparing its author with the customer. Raises `Refused`."""
    if entry["from_agent"] is not None:
        return bool(entry["from_agent"])
    author, requester = text_of(entry["author_id"]), text_of(row.get("requester"))
    if author and requester:
        return author != requester
    email, customer = text_of(entry["author_email"]), text_of(row.get("customer_email"))
    if email and customer:
        return email.casefold() != customer.casefold()
    raise Refused("A message says neither whether an agent wrote it nor who its author is.")


def _own_id(at: datetime, content: str) -> str:
    """An id for a message without one: by what and when, so that a later export finds it again whatever its place."""
    digest = blake2b(f"{at.timestamp()} {content}".encode("utf-8", "surrogatepass"), digest_size=12)
    return f"text-{digest.hexdigest()}"
