"""Gorgias: tickets of the API with their messages. https://developers.gorgias.com/reference/the-ticket-object"""

from tickets.imports.columns import first_of
from tickets.imports.import_errors import Refused
from tickets.imports.systems.known_systems import System, Ticket, objects_in, plain, truth, unknown_author

_NOTE = "internal-note"


def _convert(ticket: Ticket, agents: frozenset[str]) -> Ticket:
    if ticket.get("trashed_datetime"):
        raise Refused("It was deleted in Gorgias.")
    if truth(ticket.get("spam")):
        raise Refused("It was marked as spam in Gorgias.")
    customer = ticket.get("customer") or ticket.get("requester")
    customer = customer if isinstance(customer, dict) else {}
    email = plain(first_of(customer, "email")) or next(iter(_channels(customer, "email")), "")
    messages = [entry for entry in objects_in(ticket.get("messages")) if isinstance(entry, dict)]
    messages.sort(key=lambda entry: str(first_of(entry, "created_datetime", "sent_datetime") or ""))
    return {
        "external_id": ticket.get("id"),
        "subject": ticket.get("subject"),
        "channel": first_of(ticket, "channel", "via"),
        "status": ticket.get("status"),
        "priority": ticket.get("priority"),
        "created_at": first_of(ticket, "created_datetime", "opened_datetime"),
        "closed_at": ticket.get("closed_datetime"),
        "assigned_to": first_of(ticket, "assignee_user.email") or GORGIAS.agent(first_of(ticket, "assignee_user.id")),
        "tags": ticket.get("tags"),
        **GORGIAS.customer(email, customer.get("id"), _name(customer), _channels(customer, "phone")),
        "messages": [_message(entry, customer) for entry in messages],
    }


def _message(entry: Ticket, customer: Ticket) -> Ticket:
    kinds = {entry.get("channel"), entry.get("via"), first_of(entry, "source.type")}
    private = truth(entry.get("public")) is False or _NOTE in [kind for kind in kinds if isinstance(kind, str)]
    sender = entry.get("sender")
    sender = sender if isinstance(sender, dict) else {}
    from_agent = truth(entry.get("from_agent"))
    known = from_agent is not None or private or bool(sender.get("id") and customer.get("id"))
    if from_agent is None and known:
        from_agent = private or sender["id"] != customer["id"]
    email = plain(first_of(entry, "sender.email", "source.from.address"))
    name = _name(sender) or plain(first_of(entry, "source.from.name"))
    if not name and not from_agent and email.casefold() != plain(customer.get("email")).casefold():
        name = email
    made = {
        "id": entry.get("id"),
        "content": first_of(entry, "body_text", "stripped_text"),
        "html": first_of(entry, "body_html", "stripped_html"),
        "attachments": entry.get("attachments"),
        "created_at": first_of(entry, "created_datetime", "sent_datetime"),
        "from_agent": bool(from_agent) or private,
        "public": not private,
        "author_name": name,
        "author_email": email if from_agent or private else None,
    }
    return made if known else unknown_author(made)


def _channels(customer: Ticket, kind: str) -> list[str]:
    """The customer's addresses or numbers of one kind, the preferred one first."""
    found = [
        each for each in objects_in(customer.get("channels")) if isinstance(each, dict) and each.get("type") == kind
    ]
    found.sort(key=lambda each: not truth(each.get("preferred")))
    return [plain(each.get("address")) for each in found]


def _name(person: Ticket) -> str:
    parts = [plain(person.get("firstname")), plain(person.get("lastname"))]
    return plain(person.get("name")) or " ".join(part for part in parts if part)


def _is_gorgias(ticket: Ticket) -> bool:
    return "created_datetime" in ticket and ("messages" in ticket or "assignee_user" in ticket or "via" in ticket)


GORGIAS = System(
    name="gorgias",
    label="Gorgias",
    convert=_convert,
    recognises=_is_gorgias,
    recognises_table=lambda names: {"ticketid", "initialchannel", "customerid"} <= names,
    values={
        "status": {"open": ("open",), "closed": ("closed",)},
        "priority": {"urgent": ("critical",), "high": ("high",), "normal": ("normal",), "low": ("low",)},
        "channel": {
            "email": ("email", "internal note"),
            "sms": ("sms", "attentive"),
            "phone": ("phone", "aircall"),
            "chat": (
                "chat", "facebook", "facebook mention", "facebook messenger", "facebook recommendations", "instagram",
                "instagram ad comment", "instagram comment", "instagram direct message", "instagram mention", "twitter",
                "twitter direct message", "whatsapp", "whatsapp integration", "gorgias chat", "tiktok shop", "yotpo review",
                "yotpo", "messenger", "smooch",
            ),
            "form": ("api", "contact form", "help center", "form", "shopify", "rule", "zendesk", "ooh"),
        },
    },
    uses=frozenset({
        "id", "subject", "channel", "via", "status", "priority", "created_datetime", "opened_datetime", "closed_datetime",
        "updated_datetime", "last_message_datetime", "last_received_message_datetime", "assignee_user", "tags", "customer",
        "requester", "messages", "trashed_datetime", "spam", "uri", "messages_count", "excerpt", "is_unread",
    }),
    entries={
        "messages": frozenset({
            "id", "uri", "ticket_id", "message_id", "public", "channel", "via", "source", "sender", "receiver", "from_agent",
            "body_text", "body_html", "stripped_text", "stripped_html", "attachments", "created_datetime", "sent_datetime",
        })
    },
)  # fmt: skip
