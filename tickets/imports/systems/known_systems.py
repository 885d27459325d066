"""Exports of other help desks: recognise the system by its keys or columns, and convert its tickets to our fields."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from agents.models import Agent
from tickets.imports.import_errors import Refused
from tickets.imports.values import flag, folded, shown
from tickets.services.customers.identity import exact_number, is_placeholder, is_placeholder_email, is_rounded
from tickets.services.validation import clean_email

Ticket = dict[str, Any]
Values = dict[str, dict[str, tuple[str, ...]]]


@dataclass(frozen=True)
class System:
    """One help desk.

    `convert` makes the program's fields from a ticket of its JSON export, given the addresses of our agents; it raises `Refused`.
    `values` maps its choices to ours. `uses` are the keys (dots lead into objects) that the conversion reads or deliberately
    ignores, and `entries` those of the objects in its lists; all other keys are reported as unused.
    """

    name: str
    label: str
    convert: Callable[[Ticket, frozenset[str]], Ticket]
    recognises: Callable[[Ticket], bool]
    recognises_table: Callable[[set[str]], bool]
    values: Values = field(default_factory=dict)
    uses: frozenset[str] = frozenset()
    entries: dict[str, frozenset[str]] = field(default_factory=dict)
    tags_by_blanks: bool = False

    def own_id(self, value: Any) -> str:
        """The system's customer id with a prefix: it is not the shop's id, and could belong to another customer there."""
        text = identifier(value)
        return "" if is_placeholder(text) or is_rounded(text) else f"{self.name}-{exact_number(text)}"

    def agent(self, own: Any) -> str:
        """The name of an assignee whose system id is known but not the address; "" for none."""
        text = identifier(own)
        return "" if is_placeholder(text) else f"{self.label} agent {text[:40]}"

    def customer(self, email: str, own: Any, name: Any, phones: Sequence[str] = ()) -> Ticket:
        """A customer's fields, found by address, else by the system's own id. Raises `Refused`."""
        usable = _is_address(email)
        if not usable and is_rounded(identifier(own)):
            raise Refused(
                f"Its customer has no address, and their id {shown(own)} was rounded by a spreadsheet: "
                "format the column as text there, and export again."
            )
        return {
            "customer_own_id": self.own_id(own),
            "customer_phones": [phone for phone in phones if phone],
            "customer_external_id": "" if usable else self.own_id(own),
            "customer_email": email,
            "customer_name": name,
        }


# Fields of every conversion, under the import's names.
CONVERTED = (
    "external_id", "subject", "channel", "status", "priority", "created_at", "closed_at", "assigned_to", "tags",
    "customer_external_id", "customer_email", "customer_name", "customer_own_id",
    "customer_phones", "messages",
)  # fmt: skip


def system_of_objects(systems: Sequence[System], objects: Iterable[Ticket]) -> System | None:
    """The first system that recognises more than half of the objects."""
    objects = list(objects)
    return next((system for system in systems if sum(map(system.recognises, objects)) * 2 > len(objects)), None)


def system_of_header(systems: Sequence[System], header: Sequence[str]) -> System | None:
    """The first system whose export has these columns."""
    names = {folded(name) for name in header}
    return next((system for system in systems if system.recognises_table(names)), None)


def unused(paths: Iterable[str], used: Iterable[str]) -> list[str]:
    """The paths that are neither used nor below a used one."""
    used = set(used)

    def is_used(path: str) -> bool:
        parts = path.split(".")
        return any(".".join(parts[:end]) in used for end in range(1, len(parts) + 1))

    return [path for path in paths if not is_used(path)]


def unused_of_entries(objects: Iterable[Ticket], entries: dict[str, frozenset[str]]) -> list[str]:
    """Unused keys of the objects in the lists under `entries`, as `comments[].key`."""
    found: dict[str, None] = {}
    for record in objects:
        for name, known in entries.items():
            listed = record.get(name)
            for entry in listed[:100] if isinstance(listed, list) else ():
                if isinstance(entry, dict):
                    filled = (key for key, value in entry.items() if value not in (None, "", [], {}))
                    found |= {f"{name}[].{key}": None for key in filled if key not in known}
    return list(found)


def people(*given: Any) -> dict[str, Ticket]:
    """People by id, from objects or lists of objects with `id` or `user_id`; the first occurrence of a person counts."""
    found: dict[str, Ticket] = {}
    for each in given:
        for person in each if isinstance(each, list) else [each]:
            if not isinstance(person, dict):
                continue
            key = identifier(person.get("id")) or identifier(person.get("user_id"))
            known = found.setdefault(key, {}) if key else {}
            for ours, theirs in (("name", "user_name"), ("email", "user_email"), ("role", "role"), ("phone", "phone")):
                text = plain(person.get(ours)) or plain(person.get(theirs))
                if text:
                    known.setdefault(ours, text)
    return found


def identifier(value: Any) -> str:
    """An id as text, "" for anything else."""
    return str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""


def plain(value: Any) -> str:
    """A text on one line, "" for anything else."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def truth(value: Any) -> bool | None:
    """True or false, also from a text or number; `None` for anything else."""
    try:
        return flag(value)
    except Refused:
        return None


def _is_address(email: str) -> bool:
    if is_placeholder_email(email):
        return False
    try:
        clean_email(email)
    except ValidationError:
        return False
    return True


def unknown_author(entry: Ticket) -> Ticket:
    """A message without a known author is kept as a note, so that it is attributed to nobody."""
    return entry | {
        "from_agent": True,
        "public": False,
        "author_name": "Unknown author",
        "author_email": None,
        "unknown_author": True,
    }


def agent_addresses() -> frozenset[str]:
    """The addresses of all agents, including deactivated ones."""
    return frozenset(email.casefold() for email in Agent.objects.values_list("email", flat=True))


def objects_in(value: Any) -> list[Any]:
    """The list itself, [] for anything else."""
    return value if isinstance(value, list) else []
