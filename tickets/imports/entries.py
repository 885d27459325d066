"""The messages and notes of one ticket: what cannot be stored of one is mended or left out, and reported."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from django.utils import timezone

from agents.common.unicode_composition import is_visible
from tickets.imports.columns import first_of
from tickets.imports.import_errors import Refused
from tickets.imports.recipes import Recipe, Row
from tickets.imports.texts import attachment_names, html_to_text, listed, looks_like_html, storable_text
from tickets.imports.values import flag, shown, text_of
from tickets.services import PastEntry
from tickets.services.customers.identity import exact_number, is_rounded
from tickets.services.validation import CONTENT_LENGTH, EARLIEST, NAME_LENGTH

MAX_ENTRIES = 5_000
ID_LENGTH = 100
# Tolerance for wrong clocks; times further in the future are errors.
TOLERANCE = timedelta(days=1)
# Keys of a JSON message that are read.
KEYS = frozenset({
    "id", "external_id", "message_id", "plain_body", "body_text", "stripped_text", "content", "body", "text", "message",
    "html", "body_html", "html_body", "stripped_html", "attachments", "created_at", "created_datetime", "sent_datetime",
    "sent_at", "from_agent", "is_agent", "public", "is_public", "author_id", "author", "sender", "author_name", "author_email",
})  # fmt: skip
Entry = dict[str, Any]


class Conversation:
    """Reads the entries of one ticket.

    `created` is the ticket's time. If the file does not have it, ids that must be stable use `opened` instead.
    """

    def __init__(self, recipe: Recipe, rows: Sequence[Row], created: datetime, opened: str) -> None:
        self.recipe = recipe
        self.rows = rows
        self.created = created
        self.opened = opened
        self._at = created
        self._known: set[str] = set()

    def read(self) -> tuple[list[PastEntry], list[PastEntry]]:
        """The messages and notes. Raises `Refused` if the author of a message is unknown."""
        messages: list[PastEntry] = []
        notes: list[PastEntry] = []
        for place, (entry, row) in enumerate(self._said(), start=1):
            note = flag(entry["public"]) is False
            made = self._entry(entry, note, place, row)
            if made is None or f"{note} {made.external_id}" in self._known:
                continue  # no text, or the same text as another line
            self._known.add(f"{note} {made.external_id}")
            (notes if note else messages).append(made)
        return messages, notes

    def _said(self) -> list[tuple[Entry, int]]:
        """The entries, each with its row number."""
        row = self.rows[0]
        cells = [(_cells(each), number) for number, each in enumerate(self.rows) if "message" in each]
        nested: list[tuple[Entry, int]] = []
        for name, public in (("messages", None), ("notes", False)):
            given = row.get(name, [])
            if not isinstance(given, list):
                raise Refused(f"{name}: a list of objects is expected.")
            for place, entry in enumerate(given, start=1):
                if isinstance(entry, dict):
                    nested.append((_object(entry, public), 0))
                else:
                    self.recipe.leave_out(f"{name}, entry {place}: an object is expected, not {shown(entry)}.")
        if nested:
            # A ticket's description usually repeats its first message.
            texts = {_words(entry["content"]) for entry, _ in nested}
            cells = [(entry, number) for entry, number in cells if _words(entry["content"]) not in texts]
        said = cells + nested
        if len(said) > MAX_ENTRIES:
            raise Refused(f"A ticket takes at most {MAX_ENTRIES:,} messages; this one has {len(said):,}.")
        # The first message in a table opened the ticket, so the customer wrote it unless the table says otherwise.
        if cells and "message" in row and all(entry["from_agent"] is None for entry, _ in cells):
            cells[0][0]["from_agent"] = False
        return said

    def _entry(self, entry: Entry, note: bool, place: int, row: int) -> PastEntry | None:
        name = f"{'note' if note else 'message'} {_short(entry['id']) or place}"

        def report(text: str) -> None:
            self.recipe.leave_out(f"{name}: {text}", row)

        if entry.get("unknown_author"):
            report("it says not who wrote it; it is kept as a note.")
        raw = _raw_text(entry)
        at, written = self._time(entry["created_at"], report)
        content = self._content(entry, raw, report)
        if not content:
            report("it has no text and no attachment.")
            return None
        return PastEntry(
            content=content,
            created_at=at,
            from_agent=not note and _from_agent(entry, self.rows[0]),
            author_name=_name(entry["author_name"], report),
            author_email=_short(entry["author_email"]) or None,
            external_id=_id(entry["id"], report) or _own_id(written, raw or content),
            instead_of=entry.get("instead_of"),
            only_if_first=bool(entry.get("only_if_first")),
        )

    def _time(self, given: Any, report: Any) -> tuple[datetime, str]:
        """The time of writing, and the text that represents it in an id made by the import."""
        if given is None:
            return self.created, self.opened or str(self.created.timestamp())
        try:
            at = self.recipe.reader.time(given)
            if not is_past(at):
                raise Refused(f"{shown(given)} is no time in the past.")
        except Refused as problem:
            report(f"{problem} The time of the message before it is used.")
            return self._at, shown(given)
        self._at = at
        return at, str(at.timestamp())

    def _content(self, entry: Entry, raw: str, report: Any) -> str:
        """The text to store; the names of the attachments if there is no text."""
        text = html_to_text(raw) if entry["is_html"] or looks_like_html(raw) else raw
        text, changes = storable_text(text, CONTENT_LENGTH)
        for change in changes:
            report(f"{change}.")
        names = attachment_names(entry["attachments"])
        if names:
            report(f"its attachments are not imported: {listed(names)}.")
        text = text.strip()
        if is_visible(text):
            return text
        return f"[Attachments: {listed(names)}]" if names else ""


def _raw_text(entry: Entry) -> str:
    """The file's plain text; the HTML text, marked so, if there is no plain one."""
    entry["is_html"] = False
    content = entry["content"]
    if isinstance(content, str) and content.strip():
        return content.strip()
    if isinstance(entry.get("html"), str) and entry["html"].strip():
        entry["is_html"] = True
        return str(entry["html"].strip())
    return text_of(content)


def _short(value: Any) -> str:
    """An id or address as a text of bounded length, "" for anything else."""
    if isinstance(value, int | str) and not isinstance(value, bool):
        return storable_text(str(value).strip()[:300], 254)[0].strip()
    return ""


def _id(value: Any, report: Any) -> str:
    """A message's id; "" if it cannot be stored, or a spreadsheet has rounded it so that it may mean two messages."""
    text = exact_number(repr(value)) if isinstance(value, float) else text_of(value)
    if is_rounded(text):
        report(f"its id {shown(text)} is rounded, so its time and text stand for it.")
        return ""
    return text if len(text) <= ID_LENGTH and text.isprintable() and is_visible(text) else ""


def _name(value: Any, report: Any) -> str | None:
    if value is not None and not isinstance(value, str | int):
        report(f"the author's name is no text: {shown(value)}.")
        return None
    name, changes = storable_text(" ".join(text_of(value)[: 4 * NAME_LENGTH].split()), NAME_LENGTH)
    for change in changes:
        report(f"the author's name: {change}.")
    return name.strip() if is_visible(name) else None


def _words(text: Any) -> str:
    """The text for comparison: without HTML and differences of blanks."""
    if not isinstance(text, str):
        return ""
    return " ".join((html_to_text(text) if looks_like_html(text) else text).split())


def _cells(row: Row) -> Entry:
    return {
        "id": row.get("message_id"),
        "content": row["message"],
        "html": None,
        "attachments": None,
        "created_at": row.get("message_created_at"),
        "from_agent": flag(row.get("message_from_agent")),
        "public": row.get("message_public"),
        "author_id": None,
        "author_name": row.get("message_author_name"),
        "author_email": row.get("message_author_email"),
    }


def _object(entry: Entry, public: bool | None) -> Entry:
    return {
        "id": first_of(entry, "id", "external_id", "message_id"),
        "content": first_of(entry, "plain_body", "body_text", "stripped_text", "content", "body", "text", "message"),
        "html": first_of(entry, "html", "body_html", "html_body", "stripped_html"),
        "attachments": entry.get("attachments"),
        "created_at": first_of(entry, "created_at", "created_datetime", "sent_datetime", "sent_at"),
        "from_agent": flag(first_of(entry, "from_agent", "is_agent")),
        "public": first_of(entry, "public", "is_public") if public is None else public,
        "author_id": first_of(entry, "author_id", "author.id", "sender.id"),
        "author_name": first_of(entry, "author_name", "author.name", "sender.name"),
        "author_email": first_of(entry, "author_email", "author.email", "sender.email"),
        "instead_of": entry.get("instead_of"),
        "only_if_first": entry.get("only_if_first"),
        "unknown_author": entry.get("unknown_author"),
    }


def _from_agent(entry: Entry, row: Row) -> bool:
    """Whether an agent wrote the message: as it says itself, else by comparing its author with the customer. Raises `Refused`."""
    if entry["from_agent"] is not None:
        return bool(entry["from_agent"])
    author, requester = text_of(entry["author_id"]), text_of(row.get("requester"))
    if author and requester:
        return author != requester
    email, customer = text_of(entry["author_email"]), text_of(row.get("customer_email"))
    if email and customer:
        return email.casefold() != customer.casefold()
    raise Refused("A message says neither whether an agent wrote it nor who its author is.")


def _own_id(written: str, content: str) -> str:
    """An id for a message without one, from author and time, so that a later export finds it again in any position."""
    digest = blake2b(f"{written} {content}".encode("utf-8", "surrogatepass"), digest_size=12)
    return f"text-{digest.hexdigest()}"


def is_past(moment: datetime) -> bool:
    """Whether the time is possible for a past event: from 1970 to now, with some tolerance for clocks."""
    return EARLIEST <= moment <= timezone.now() + TOLERANCE
