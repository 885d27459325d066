"""Ids that a shop gives its customers: which values are ids, and which only stand where an id is missing.

An id decides whose record is found, so a value that is not certainly the shop's id is refused or read as "no id".
"""

import unicodedata
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from agents.errors import Conflict
from agents.models import Agent
from agents.patterns import compile_pattern
from tickets.models import Contact, Customer
from tickets.services.customers import CustomerData, State, save_customers
from tickets.services.rules import clean_email, clean_line, fail

EXTERNAL_ID_LENGTH = 100
LARGEST_EXACT = 2**53  # from here on a JavaScript number leaves out whole numbers, so that ids are rounded

# What shops, forms and spreadsheets write for a customer without an account.
PLACEHOLDERS = frozenset(
    {
        "null", "none", "nil", "undefined", "nan", "n/a", "na", "#n/a", "guest", "anonymous", "anon", "unknown",
        "false", "(null)", "(none)", "<null>", "[object object]", "-1", "00000000-0000-0000-0000-000000000000",
    }
)  # fmt: skip
_NOTHING = compile_pattern(r"[0.,_*?/\\\s\x{2010}-\x{2015}\x{2212}-]*")
_ROUNDED = compile_pattern(r"[+-]?[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}")
_FRACTION = compile_pattern(r"[+-]?[0-9]+[.,]0+")


def read_external_id(value: Any, field: str = "external_id") -> str | None:
    """The shop's id as it is stored; `None` for a placeholder such as 0, "guest" or "-".

    Raises `ValidationError` for a value that a spreadsheet or a number type has rounded or may have rounded, and for what is
    neither a text nor a whole number.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise fail(field, _("The customer's id is a text or a whole number."))
    if isinstance(value, float):
        raise fail(field, _refusal(repr(value)))
    if isinstance(value, int):
        if abs(value) >= LARGEST_EXACT:
            raise fail(
                field, _("%(value)s is too large for a number in JSON; send the id as a text.") % {"value": value}
            )
        value = str(value)
    text = value.strip()
    if is_placeholder(text):
        return None
    if is_rounded(text):
        raise fail(field, _refusal(text))
    return clean_line(field, text, EXTERNAL_ID_LENGTH)


def is_placeholder(text: str) -> bool:
    """Whether the text stands where an id is missing."""
    short = unicodedata.normalize("NFKC", text.strip()[: EXTERNAL_ID_LENGTH + 1])
    if len(short) > EXTERNAL_ID_LENGTH:
        return False
    return short.casefold() in PLACEHOLDERS or _NOTHING.fullmatch(short) is not None


def is_rounded(text: str) -> bool:
    """Whether a spreadsheet wrote the id as a number, such as 7.04E+12 or 7011234567890.0."""
    short = text.strip()[: EXTERNAL_ID_LENGTH + 1]
    return _ROUNDED.fullmatch(short) is not None or _FRACTION.fullmatch(short) is not None


def _refusal(shown: str) -> str:
    return _("“%(value)s” is a rounded number, not the shop's id; send the id as a text with all its digits.") % {
        "value": shown[:40]
    }


def find_shop_customer(actor: Agent | None, external_id: str, email: str | None = None) -> UUID | None:
    """The customer with the shop's id, else the one who uses the address; `None` where there is neither.

    Changes and joins nobody: a known customer keeps their addresses, and one who is found by the address gets no id. Raises
    `Conflict` where id and address belong to different customers, `PermissionDenied` for people.
    """
    if actor is not None and not actor.is_service:
        raise PermissionDenied(_("Only service accounts name customers by the shop's id."))
    wanted = Q(external_id=external_id)
    if email:
        contacts = Contact.objects.filter(kind=Contact.Kind.EMAIL, value=clean_email(email, "author_email"))
        wanted |= Q(pk__in=contacts.values("customer_id"))
    found = list(Customer.objects.filter(wanted).values_list("pk", "external_id"))
    if len(found) > 1 or any(theirs not in (None, external_id) for _pk, theirs in found):
        raise Conflict(_("This id and this address belong to different customers; no ticket was created."))
    return found[0][0] if found else None


def create_shop_customer(actor: Agent | None, external_id: str, email: str | None, name: str | None) -> UUID:
    """A new customer with the shop's id and, where given, an address: the id of their record.

    Where another request has created them meanwhile, that one's. Raises as `find_shop_customer` does.
    """
    data = CustomerData(external_id=external_id, email=email or None, name_if_new=name)
    with transaction.atomic():
        outcome = save_customers([data], actor)[0]
        created = outcome.state == State.CREATED
        if not created:
            transaction.set_rollback(True)  # nobody is completed by what a form says
    if created and outcome.customer is not None:
        return outcome.customer.pk
    found = find_shop_customer(actor, external_id, email)
    if found is None:
        raise outcome.error or fail("customer_id", _("The customer could not be saved."))
    return found
