"""Explain why an imported ticket cannot have its number: another ticket or another customer's ticket has it."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from tickets.models import Customer
from tickets.services.customers.customers import CustomerData
from tickets.services.validation import fail

SHOWN = 80  # characters of a subject in an error


def is_another_ticket(values: dict[str, Any], subject: str, created_at: datetime) -> bool:
    """Whether a record is another ticket than the one with its number: both its subject and its time differ."""
    return bool(values["subject"] != subject and values["created_at"] != created_at)


def another_ticket(number: str, values: dict[str, Any], subject: str, created_at: datetime) -> ValidationError:
    """The error for a record of another ticket."""
    return fail(
        "external_id",
        f"Ticket {number} is another ticket here: “{subject[:SHOWN]}” of {created_at:%Y-%m-%d %H:%M}, not "
        f"“{values['subject'][:SHOWN]}” of {values['created_at']:%Y-%m-%d %H:%M}. If the file is another system's, "
        "import it with --id-prefix. Nothing of it was imported.",
    )


def belongs_to(number: str, holder: Customer | None, data: CustomerData) -> ValidationError:
    """The error for a record that names another customer than its ticket's."""
    owner = _called(holder.name, holder.email or holder.external_id) if holder else "nobody"
    other = _called(data.name or data.name_if_new, _first_identity(data))
    return fail(
        "external_id",
        f"Ticket {number} belongs to {owner}; this record gives it to {other}. Nothing of it was imported."
        + (
            " If both are the same person, add the new address to the customer first."
            if _same_name(holder, data)
            else ""
        ),
    )


def _same_name(holder: Customer | None, data: CustomerData) -> bool:
    name = data.name or data.name_if_new
    return holder is not None and bool(name) and bool(data.addresses()) and holder.name == name


def _called(name: str | None, identity: str | None) -> str:
    """A customer in a sentence: the name, and the address or id."""
    parts = [f"“{name}”" if name else "", f"({identity})" if name and identity else identity or ""]
    return " ".join(part for part in parts if part)


def _first_identity(data: CustomerData) -> str | None:
    return next((value for value in (data.email, *data.emails, data.external_id, *data.phones) if value), None)
