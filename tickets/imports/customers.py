"""Customers, one a row."""

from collections.abc import Sequence
from typing import Any

from tickets.imports.columns import Field
from tickets.imports.errors import Refused
from tickets.imports.recipes import Recipe, Result, Row, states
from tickets.imports.values import list_of, text_of
from tickets.models import ImportRun
from tickets.services import CustomerData, save_customers


class Customers(Recipe):
    """A row completes the customer it means, by the shop's id or an address, or makes a new one."""

    kind = ImportRun.Kind.CUSTOMERS.value
    fields = (
        Field("external_id", "the shop's own id", ("customer external id", "customer id", "user id", "id")),
        Field("name", "the whole name", ("full name", "customer name", "display name")),
        Field("first_name", "joined with last_name where there is no name", ("given name", "firstname")),
        Field("last_name", "see first_name", ("family name", "surname")),
        Field("email", "the address to answer to", ("email address", "e-mail", "customer email")),
        Field("emails", "further addresses: a list, or a text with commas", ("other emails",)),
        Field(
            "phone", "a number, read by PHONE_REGION without a country code", ("phone number", "telephone", "mobile")
        ),
        Field("phones", "further numbers", ("other phones",)),
        Field(
            "created_at",
            "since when they are known",
            ("created", "created datetime", "signup date", "date added", "customer since"),
        ),
    )
    required = (("external_id", "email", "emails", "phone", "phones"),)

    def build(self, rows: Sequence[Row]) -> CustomerData:
        (row,) = rows
        emails, phones = list_of(row.get("emails")), list_of(row.get("phones"))
        email, phone = text_of(row.get("email")), text_of(row.get("phone"))
        external_id = text_of(row.get("external_id"))
        if not (external_id or email or emails or phone or phones):
            raise Refused("It says neither an id nor an address by which the customer could be found again.")
        created = row.get("created_at")
        return CustomerData(
            name=_name(row) or None,
            email=email or None,
            external_id=external_id or None,
            emails=emails,
            phones=[phone, *phones] if phone else phones,
            created_at=self.reader.time(created) if created is not None else None,
        )

    def save(self, items: list[Any]) -> list[Result]:
        return states(save_customers(items, None, trail=False))


def _name(row: Row) -> str:
    name = text_of(row.get("name"))
    return name or f"{text_of(row.get('first_name'))} {text_of(row.get('last_name'))}".strip()
