"""Customers, one a row."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from tickets.imports.columns import Field
from tickets.imports.contact_fields import read_emails, read_id, read_name, read_phones
from tickets.imports.file_records import Record
from tickets.imports.import_errors import Refused
from tickets.imports.recipes import Recipe, Result, Row, states
from tickets.imports.systems.shops import customer_fields, with_children, with_fields
from tickets.imports.values import list_of, text_of
from tickets.models import ImportRun
from tickets.services import CustomerData, save_customers
from tickets.services.validation import clean_past


class Customers(Recipe):
    """Each row completes the customer found by the shop's id or an address, or creates one."""

    kind = ImportRun.Kind.CUSTOMERS.value
    id_field = "external_id"
    fields = (
        Field("external_id", "the shop's own id", ("customer external id", "customer id", "user id", "id")),
        Field("name", "the whole name", ("full name", "customer name", "display name")),
        Field("first_name", "joined with last_name where there is no name", ("given name", "firstname")),
        Field("last_name", "see first_name", ("family name", "surname")),
        Field(
            "email",
            "the address to answer to",
            ("email address", "e-mail", "customer email", "default email address.email address"),
        ),
        Field("emails", "further addresses: a list, or a text with commas", ("other emails",)),
        Field("billing_email", "another address, added where nobody else uses it"),
        Field(
            "phone",
            "a number; without a country code of the row's country, else of --region",
            ("phone number", "telephone", "mobile", "billing phone", "default phone number.phone number"),
        ),
        Field("phones", "further numbers", ("other phones", "default address phone")),
        Field(
            "created_at",
            "since when they are known",
            (
                "created",
                "created datetime",
                "signup date",
                "date added",
                "customer since",
                "date registered",
                "date created",
            ),
        ),
        Field(
            "country",
            "by which telephone numbers without a country code are read",
            (
                "country code",
                "default address country code",
                "default address.country code v2",
                "billing country",
                "country/region",
                "default address country",
                "address country",
                "country name",
            ),
        ),
    )
    required = (("external_id", "email", "emails"),)

    def build(self, rows: Sequence[Row]) -> CustomerData:
        (row,) = rows
        external_id = self.prefixed(read_id("external_id", row.get("external_id")))
        main = read_emails(self, [text_of(row.get("email"))], "email", needed=not external_id and "emails" not in row)
        more = read_emails(self, list_of(row.get("emails")), "emails", needed=False)
        if not (external_id or main or more):
            raise Refused(
                "It says neither an id nor an address by which the customer could be found again "
                "(a telephone number, which several people may share, or a placeholder is neither)."
            )
        return CustomerData(
            name=read_name(self, row) or None,
            email=main[0] if main else None,
            external_id=external_id or None,
            emails=more,
            emails_if_free=read_emails(self, [text_of(row.get("billing_email"))], "billing_email", needed=False),
            phones=read_phones(self, row, "phone", "phones"),
            created_at=self.optional("created_at", lambda: self._since(row), None),
        )

    def _since(self, row: Row) -> datetime | None:
        return clean_past(self.reader.time(row["created_at"]), "created_at") if "created_at" in row else None

    @classmethod
    def adapt(cls, records: Iterator[Record], adapted: dict[str, Any]) -> Iterator[Record]:
        return with_fields(with_children(records), customer_fields, adapted)

    def save(self, items: list[Any]) -> list[Result]:
        return states(save_customers(items, None, trail=False))
