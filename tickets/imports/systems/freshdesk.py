"""Freshdesk: tickets of the API with their conversations, and of the account export. https://developers.freshdesk.com/api/#tickets"""

from email.utils import parseaddr
from typing import Any

from tickets.imports.columns import first_of
from tickets.imports.import_errors import Refused
from tickets.imports.systems.known_systems import System, Ticket, identifier, objects_in, plain, truth, unknown_author

_OUTBOUND_EMAIL = "10"  # source of a ticket that an agent opened with a mail to a customer


def _convert(ticket: Ticket, agents: frozenset[str]) -> Ticket:
    for name, what in (("deleted", "deleted"), ("spam", "marked as spam")):
        if truth(ticket.get(name)):
            raise Refused(f"It was {what} in Freshdesk.")
    requester = ticket.get("requester")
    requester = requester if isinstance(requester, dict) else {}
    email = plain(requester.get("email")) or plain(first_of(ticket, "email", "requester_email"))
    name = plain(requester.get("name")) or plain(first_of(ticket, "requester_name", "name"))
    source = first_of(ticket, "source", "source_name")
    closed = first_of(
        ticket, "stats.closed_at", "stats.resolved_at", "closed_at", "resolved_at", "ticket_states.closed_at"
    )
    return {
        "external_id": first_of(ticket, "display_id", "id"),
        "subject": ticket.get("subject"),
        "channel": source,
        "status": first_of(ticket, "status", "status_name"),
        "priority": first_of(ticket, "priority", "priority_name"),
        "created_at": ticket.get("created_at"),
        "closed_at": closed,
        "assigned_to": first_of(ticket, "responder.email", "responder_email")
        or FRESHDESK.agent(first_of(ticket, "responder_id", "responder.id")),
        "tags": ticket.get("tags"),
        **FRESHDESK.customer(
            email,
            first_of(ticket, "requester_id", "requester.id"),
            name,
            [plain(requester.get("mobile")), plain(requester.get("phone"))],
        ),
        "messages": [*_description(ticket, identifier(source)), *_conversations(ticket, email, name)],
    }


def _description(ticket: Ticket, source: str) -> list[Ticket]:
    """The description: the ticket's first message, which is not among its conversations."""
    text, markup = first_of(ticket, "description_text"), first_of(ticket, "description_html", "description")
    if "description_html" in ticket and text is None:
        text = ticket.get("description")
    if not text and not markup and not objects_in(ticket.get("attachments")):
        return []
    outbound = source == _OUTBOUND_EMAIL or source.casefold() == "outbound email"
    return [
        {
            "id": "description",
            "content": text,
            "html": markup,
            "attachments": ticket.get("attachments"),
            "created_at": ticket.get("created_at"),
            "from_agent": outbound,
            "public": True,
        }
    ]


def _conversations(ticket: Ticket, email: str, name: str) -> list[Ticket]:
    found = [entry for key in ("conversations", "notes") for entry in objects_in(ticket.get(key))]
    unwrapped = [entry.get("helpdesk_note", entry) if isinstance(entry, dict) else entry for entry in found]
    entries = [entry for entry in unwrapped if isinstance(entry, dict)]
    entries.sort(key=lambda entry: str(entry.get("created_at") or ""))
    return [_conversation(entry, ticket, email, name) for entry in entries]


def _conversation(entry: Ticket, ticket: Ticket, email: str, name: str) -> Ticket:
    said, private = truth(entry.get("incoming")), bool(truth(entry.get("private")))
    incoming = bool(said)
    author = identifier(entry.get("user_id"))
    requester = identifier(first_of(ticket, "requester_id", "requester.id"))
    if said is None and author and requester:
        incoming = author == requester
    written = first_of(entry, "body_text")
    if written is None and "body_html" in entry:
        written = entry.get("body")
    sender, address = parseaddr(plain(entry.get("from_email"))[:300])
    theirs = incoming and (author == requester or (bool(address) and address.casefold() == email.casefold()))
    author_name = plain(first_of(entry, "user.name", "user_name")) or sender
    if incoming and not author_name:
        author_name = name if theirs or not (author or address) else address or f"Freshdesk user {author}"
    made = {
        "id": entry.get("id"),
        "content": written,
        "html": first_of(entry, "body_html", "body"),
        "attachments": entry.get("attachments"),
        "created_at": entry.get("created_at"),
        "from_agent": not incoming,
        "public": not private,
        "author_name": author_name,
        "author_email": None if incoming else first_of(entry, "user.email"),
    }
    return unknown_author(made) if said is None and not private and not (author and requester) else made


def _is_freshdesk(ticket: Ticket) -> bool:
    if isinstance(ticket.get("conversations"), list):
        return "messages" not in ticket
    numbers = [ticket.get(name) for name in ("status", "priority", "source")]
    return "requester_id" in ticket and all(isinstance(number, int) for number in numbers)


def _is_freshdesk_table(names: set[str]) -> bool:
    return {"ticketid", "createdtime"} <= names and bool({"resolvedtime", "duebytime", "closedtime", "source"} & names)


_SPELLINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "status": {
        "open": ("2", "open"),
        "pending": ("3", "6", "7", "pending", "waiting on customer", "waiting on third party"),
        "closed": ("4", "5", "resolved", "closed"),
    },
    "priority": {"low": ("1",), "normal": ("2", "medium"), "high": ("3",), "urgent": ("4",)},
    "channel": {
        "email": ("1", "10", "outbound email"),
        "sms": ("sms",),
        "phone": ("3", "phone"),
        "chat": ("5", "6", "7", "13", "14", "twitter", "facebook", "chat", "whatsapp", "freshchat"),
        "form": ("2", "4", "8", "9", "11", "12", "portal", "forums", "mobihelp", "feedback widget", "ecommerce", "bot"),
    },
}
FRESHDESK = System(
    name="freshdesk",
    label="Freshdesk",
    convert=_convert,
    recognises=_is_freshdesk,
    recognises_table=_is_freshdesk_table,
    values=_SPELLINGS,
    uses=frozenset({
        "id", "display_id", "subject", "description", "description_text", "description_html", "status", "status_name",
        "priority", "priority_name", "source", "source_name", "created_at", "updated_at", "stats.closed_at",
        "stats.resolved_at", "closed_at", "resolved_at", "ticket_states.closed_at", "responder", "responder_email", "tags",
        "responder_id",
        "requester", "requester_id", "requester_name", "requester_email", "email", "name", "attachments", "conversations",
        "notes", "deleted", "spam",
    }),
    entries={
        name: frozenset({
            "id", "body", "body_text", "body_html", "incoming", "private", "user_id", "user", "user_name", "from_email",
            "attachments", "created_at", "updated_at", "ticket_id", "helpdesk_note", "source",
        })
        for name in ("conversations", "notes")
    },
)  # fmt: skip


def unwrapped(record: dict[str, Any]) -> dict[str, Any]:
    """A ticket of the account export without its enclosing object."""
    inner = record.get("helpdesk_ticket")
    return inner if isinstance(inner, dict) else record
