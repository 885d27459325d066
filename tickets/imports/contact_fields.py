"""Whom a row names: ids, addresses, names and telephone numbers, read so that an uncertain one never joins two people."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError

from tickets.imports.countries import region_of
from tickets.imports.import_errors import Refused
from tickets.imports.recipes import Recipe, Row
from tickets.imports.values import folded, list_of, shown, text_of
from tickets.services import CustomerData
from tickets.services.customers.identity import is_placeholder, is_placeholder_email, is_rounded
from tickets.services.validation import NAME_LENGTH, clean_email, clean_id, clean_line, clean_phone

T = TypeVar("T")
COUNTRIES = ("country", "shipping_country")
_GLOBAL_ID = "gid://shopify/"
_NO_NAMES = frozenset(["", "null", "none", "undefined", "nan", "nullnull", "nonenone", "undefinedundefined", "nannan"])


def refusing(read: Callable[[], T], name: str = "") -> T:
    """Call a rule of the services; raises `Refused` instead of `ValidationError`."""
    try:
        return read()
    except ValidationError as error:
        raise Refused(f"{name}: {' '.join(error.messages)}" if name else " ".join(error.messages)) from None


def named(name: str, read: Callable[[], T]) -> T:
    """The result of `read`; a `Refused` from it begins with the field's name."""
    try:
        return read()
    except Refused as refusal:
        raise Refused(f"{name}: {refusal}") from None


def without_nul(recipe: Recipe, name: str, text: str, row: int = 0) -> str:
    """The text without NUL characters, which the database does not accept; removals are reported."""
    if "\0" not in text:
        return text
    recipe.leave_out(f"{name}: its NUL characters were taken out.", row)
    return " ".join(text.replace("\0", "").split())


def read_id(name: str, value: Any) -> str:
    """An id, "" for none and for placeholders. Raises `Refused` if a spreadsheet has rounded it."""
    # A whole number as a float (5123456789012.0) may be exact; `clean_id` decides.
    text = repr(value) if isinstance(value, float) and value.is_integer() else text_of(value)
    if text.startswith(_GLOBAL_ID):
        text = text.partition("?")[0].rpartition("/")[2]
    return refusing(partial(clean_id, name, text), name) or ""


def buyer(recipe: Recipe, row: Row) -> CustomerData:
    """The customer whom an order or a ticket names. Raises `Refused` if it names nobody.

    Existing data stays: an address is added, and only a new customer gets a name. Otherwise two orders with different names would
    rename their customer at each import.
    """
    external_id = recipe.prefixed(read_id("customer_external_id", row.get("customer_external_id")))
    emails = read_emails(recipe, [text_of(row.get("customer_email"))], "customer_email", needed=not external_id)
    if not (external_id or emails):
        raise Refused(
            "It names no customer: neither their id nor an address (a telephone number or a placeholder is neither)."
        )
    return CustomerData(
        external_id=external_id or None,
        emails=emails,
        emails_if_free=read_emails(
            recipe, [text_of(row.get("customer_other_email"))], "customer_other_email", needed=False
        ),
        phones=read_phones(recipe, row, "customer_phone", "customer_phones"),
        name_if_new=read_name(recipe, row, "customer_") or None,
    )


def read_emails(recipe: Recipe, given: Sequence[str], name: str, *, needed: bool) -> list[str]:
    """The addresses without placeholders; an invalid one is reported, or refuses the record if it is `needed`."""
    emails: list[str] = []
    for text in given:
        if is_placeholder_email(text):
            continue
        read: Callable[[], str] = partial(clean_email, text, name)
        emails.append(refusing(read, name) if needed else recipe.optional(name, read, ""))
    return [email for email in emails if email]


def read_name(recipe: Recipe, row: Row, prefix: str = "") -> str:
    """The name, or first and last name joined; "" if there is none."""
    return recipe.optional(f"{prefix}name", lambda: _name(recipe, row, prefix), "")


def _name(recipe: Recipe, row: Row, prefix: str) -> str:
    name = text_of(row.get(f"{prefix}name"))
    if folded(name) in _NO_NAMES:
        parts = (text_of(row.get(f"{prefix}{part}")) for part in ("first_name", "last_name"))
        name = " ".join(part for part in parts if folded(part) not in _NO_NAMES)
    name = without_nul(recipe, f"{prefix}name", name)
    return clean_line("name", name, NAME_LENGTH) if name else ""


def read_phones(recipe: Recipe, row: Row, *names: str) -> list[str]:
    """The row's telephone numbers; invalid ones are reported. National numbers are read for the row's country."""
    numbers: list[str] = []
    for name in names:
        given = row.get(name)
        several = partial(list_of, given) if name.endswith("s") else partial(_one_phone, given)
        texts = recipe.optional(name, several, list[str]())
        for text in texts:
            if not is_placeholder(text):
                read = partial(_read_phone, text, row, recipe.reader.conventions.region)
                numbers.append(recipe.optional(name, read, ""))
    return list(dict.fromkeys(number for number in numbers if number))


def _one_phone(value: Any) -> list[str]:
    return [repr(value) if isinstance(value, float) and value.is_integer() else text_of(value)]


def _read_phone(text: str, row: Row, region: str) -> str:
    countries = [text_of(row[name]) for name in COUNTRIES if name in row]
    countries = [country for country in countries if not is_placeholder(country)]
    regions = [known for country in countries if (known := region_of(country))]
    if not countries:
        regions = [region or settings.PHONE_REGION]
    if not regions and not text.startswith("+"):
        raise Refused(f"{shown(text)} has no country code, and the country {shown(countries[0])} is not known.")
    try:
        return clean_phone(text, regions=regions)
    except ValidationError:
        if text.startswith("+") or is_rounded(text):
            raise
        raise Refused(
            f"{shown(text)} is not a telephone number in {' or '.join(dict.fromkeys(regions))}; write it as +14155550123."
        ) from None
