"""Zendesk: tickets of the JSON export and of the incremental API, with or without their comments; the CSV export of tickets.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/ and …/ticket_comments/
"""

from typing import Any

from tickets.imports.columns import first_of
from tickets.imports.import_errors import Refused
from tickets.imports.systems.known_systems import (
    System,
    Ticket,
    identifier,
    objects_in,
    people,
    plain,
    truth,
    unknown_author,
)
from tickets.imports.values import shown

_AGENT_ROLES = ("agent", "admin", "owner", "light agent", "light_agent", "contributor")


class _Authors:
    """The roles of the people in one ticket. The submitter wrote the first comment; people in CC are customers unless known as
    agents.
    """

    def __init__(self, ticket: Ticket, comments: list[Ticket], agents: frozenset[str]) -> None:
        persons = [ticket.get(key) for key in ("requester", "submitter", "assignee", "collaborators", "collaborator")]
        persons += [ticket.get(key) for key in ("email_ccs", "followers", "users")]
        persons.append([comment.get("author") for comment in comments])
        self.persons = people(*persons)
        self.requester = first_id(ticket, "requester_id", "requester.id")
        self.submitter = first_id(ticket, "submitter_id", "submitter.id")
        self.assignee = first_id(ticket, "assignee_id", "assignee.id")
        self.copied = _ids(ticket, "collaborator_ids", "email_cc_ids", "collaborators", "collaborator", "email_ccs")
        self.agents = {self.assignee} | _ids(ticket, "follower_ids", "followers")
        self.agents |= {author_of(comment) for comment in comments if truth(comment.get("public")) is False}
        self.recipient = plain(ticket.get("recipient")).casefold()
        self.addresses = agents | {
            person["email"].casefold() for person in self.persons.values() if _is_agent(person) and "email" in person
        }

    def wrote_as_agent(self, author: str, address: str) -> bool | None:
        """Whether an author is an agent: by role, by their part in this ticket, else by the address they wrote from.

        `None` if unknown.
        """
        if author == self.requester:
            return False
        person = self.persons.get(author, {})
        if "role" in person:
            return _is_agent(person)
        if author in self.agents or author == self.submitter:
            return True
        given = {text.casefold() for text in (address, person.get("email", "")) if text}
        if given & self.addresses:
            return True
        if author in self.copied:
            return False
        if not address or self._is_ours(address.casefold()):
            return None
        return False

    def _is_ours(self, address: str) -> bool:
        """Whether the address may be the shop's own: it has the domain of the address that the ticket was sent to."""
        return bool(self.recipient) and address.rpartition("@")[2] == self.recipient.rpartition("@")[2]


def _is_agent(person: Ticket) -> bool:
    return str(person.get("role", "")).casefold() in _AGENT_ROLES


def first_id(ticket: Ticket, *names: str) -> str:
    return identifier(first_of(ticket, *names))


def author_of(comment: Ticket) -> str:
    return first_id(comment, "author_id", "author.id")


def _ids(ticket: Ticket, *names: str) -> set[str]:
    """The ids in lists of ids or of people."""
    found = set()
    for name in names:
        for each in objects_in(ticket.get(name)):
            found.add(identifier(first_of(each, "id", "user_id") if isinstance(each, dict) else each))
    return found - {""}


def _convert(ticket: Ticket, agents: frozenset[str]) -> Ticket:
    if plain(ticket.get("status")).casefold() == "deleted":
        raise Refused("It was deleted in Zendesk.")
    comments = [comment for comment in objects_in(ticket.get("comments")) if isinstance(comment, dict)]
    comments.sort(key=lambda comment: str(comment.get("created_at") or ""))
    authors = _Authors(ticket, comments, agents)
    requester = authors.persons.get(authors.requester, {})
    given = ticket.get("requester")
    inline = given if isinstance(given, dict) else {}
    email = plain(first_of(inline, "email")) or requester.get("email", "")
    if _is_agent(requester):
        raise Refused(
            f"Its requester, {shown(requester.get('name') or email)}, is an agent in Zendesk: no customer asked this."
        )
    return {
        "external_id": ticket.get("id"),
        "subject": first_of(ticket, "subject", "raw_subject"),
        "channel": first_of(ticket, "via.channel", "channel") or plain(ticket.get("via")),
        "status": ticket.get("status"),
        "priority": ticket.get("priority"),
        "created_at": ticket.get("created_at"),
        "closed_at": first_of(ticket, "metric_set.solved_at", "solved_at"),
        "assigned_to": authors.persons.get(authors.assignee, {}).get("email")
        or first_of(ticket, "assignee.email")
        or ZENDESK.agent(authors.assignee),
        "tags": _tags(ticket.get("tags")),
        **ZENDESK.customer(
            email,
            authors.requester,
            plain(first_of(inline, "name")) or requester.get("name"),
            [plain(inline.get("phone")) or requester.get("phone", "")],
        ),
        "messages": _messages(ticket, comments, authors),
    }


def _tags(given: Any) -> list[Any]:
    """The tags; Zendesk's contain no blanks, which separate them if they are one text."""
    listed = given if isinstance(given, list) else [given]
    return [
        tag for each in listed for tag in (each.replace(",", " ").split() if isinstance(each, str) else [each]) if tag
    ]


def _messages(ticket: Ticket, comments: list[Ticket], authors: _Authors) -> list[Ticket]:
    """The comments; the description (a copy of the first comment) only if there are none."""
    if comments:
        return [_message(comment, authors, place) for place, comment in enumerate(comments)]
    description = ticket.get("description")
    if not description:
        return []
    author = authors.submitter or authors.requester
    opening = {"body": description, "author_id": author, "created_at": ticket.get("created_at")}
    return [_message(opening, authors, 0) | {"id": "description", "only_if_first": True}]


def _message(comment: Ticket, authors: _Authors, place: int) -> Ticket:
    author = author_of(comment)
    if not author and place == 0:
        author = authors.submitter or authors.requester
    private = truth(comment.get("public")) is False
    sender = first_of(comment, "via.source.from")
    sender = sender if isinstance(sender, dict) else {}
    person = authors.persons.get(author, {})
    address = plain(sender.get("address"))
    known = True if private else authors.wrote_as_agent(author, address)
    from_agent = bool(known)
    email = person.get("email") or address
    name = person.get("name") or plain(sender.get("name")) or (email if not from_agent else "")
    if not name and not from_agent and author != authors.requester:
        name = f"Zendesk user {author}"
    entry = {
        "id": comment.get("id"),
        "content": first_of(comment, "plain_body", "body"),
        "html": comment.get("html_body"),
        "attachments": comment.get("attachments"),
        "created_at": comment.get("created_at"),
        "from_agent": from_agent,
        "public": not private,
        "author_name": name,
        "author_email": email if from_agent else None,
        "instead_of": "description" if place == 0 else None,
    }
    return entry if (author and known is not None) or private else unknown_author(entry)


def _is_zendesk(ticket: Ticket) -> bool:
    if "requester_id" not in ticket and not isinstance(ticket.get("requester"), dict):
        return False
    via, comments = ticket.get("via"), objects_in(ticket.get("comments"))
    if isinstance(via, dict) and "channel" in via:
        return True
    return "submitter_id" in ticket or (bool(comments) and isinstance(comments[0], dict) and "author_id" in comments[0])


def _is_zendesk_table(names: set[str]) -> bool:
    return (
        "summationcolumn" in names
        or {"requester", "requesterid", "via"} <= names
        or {"requesterid", "submitter"} <= names
    )


ZENDESK = System(
    name="zendesk",
    label="Zendesk",
    convert=_convert,
    recognises=_is_zendesk,
    recognises_table=_is_zendesk_table,
    values={
        "status": {"open": ("new", "open"), "pending": ("pending", "hold", "on-hold"), "closed": ("solved", "closed")},
        "priority": {"urgent": ("urgent",), "high": ("high",), "normal": ("normal", "-"), "low": ("low",)},
        "channel": {
            "email": ("mail", "closed ticket", "ticket sharing", "side conversation"),
            "sms": ("text", "text message"),
            "phone": ("voice", "phone call incoming", "phone call outgoing", "voicemail", "cti phone call incoming"),
            "chat": (
                "chat transcript", "native messaging", "messaging", "line", "wechat", "telegram", "viber", "kakaotalk",
                "google rcs", "google business messages", "apple business chat", "instagram dm", "twitter dm", "x corp",
                "twitter favorite", "twitter like", "facebook post", "facebook message", "mailgun", "slack connect",
                "business messaging slack connect", "answer bot for slack", "any channel", "sunshine conversations",
            ),
            "form": (
                "web", "web form", "web widget", "api", "web service api", "web service", "mobile", "mobile sdk", "help center",
                "help center post", "forum topic", "answer bot for web widget", "get satisfaction", "rule", "system", "batch",
                "sample ticket", "sample interactive ticket", "import", "monitor event", "admin setting", "user change",
            ),
        },
    },
    uses=frozenset({
        "id", "subject", "raw_subject", "via", "channel", "status", "priority", "created_at", "updated_at", "solved_at",
        "metric_set.solved_at", "tags", "description", "requester", "requester_id", "submitter", "submitter_id", "assignee",
        "assignee_id", "collaborators", "collaborator", "collaborator_ids", "email_cc_ids", "email_ccs", "follower_ids",
        "followers", "users", "comments", "url", "generated_timestamp", "recipient",
    }),
    entries={
        "comments": frozenset({
            "id", "author", "author_id", "body", "plain_body", "html_body", "public", "created_at", "attachments", "via", "type",
        })
    },
    tags_by_blanks=True,
)  # fmt: skip


def with_users(page: dict[str, Any], ticket: Ticket) -> Ticket:
    """A ticket of an API page with those of the page's `users` that it refers to."""
    users = page.get("users")
    if not isinstance(users, list) or "users" in ticket:
        return ticket
    known = {identifier(user.get("id")): user for user in users if isinstance(user, dict)}
    return ticket | {"users": [known[key] for key in sorted(_mentioned(ticket)) if key in known]}


def _mentioned(ticket: Ticket) -> set[str]:
    named = {first_id(ticket, name) for name in ("requester_id", "submitter_id", "assignee_id")}
    comments = [comment for comment in objects_in(ticket.get("comments")) if isinstance(comment, dict)]
    named |= {author_of(comment) for comment in comments}
    return named | _ids(ticket, "collaborator_ids", "email_cc_ids", "follower_ids")
