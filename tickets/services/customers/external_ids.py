"""Find or create customers that a service account names by the shop's own id.

The id decides whose record is found, so a value that is not certainly the shop's id is refused or read as "no id".
"""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from agents.common.errors import Conflict
from agents.common.transactions import atomic
from agents.models import Agent
from tickets.models import Contact, Customer
from tickets.services.customers.customers import CustomerData, State, save_customers
from tickets.services.validation import clean_email, clean_id, fail

LARGEST_EXACT = 2**53  # from here on JavaScript numbers skip integers, so ids may be rounded


def read_external_id(value: Any, field: str = "external_id") -> str | None:
    """The shop's id as it is stored; `None` for a placeholder such as 0, "guest" or "-".

    Raises `ValidationError` for a value that a spreadsheet or number type has rounded or may have rounded, and for anything but
    text and whole numbers.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise fail(field, _("The customer ID must be a text or a whole number."))
    if isinstance(value, float) or (isinstance(value, int) and abs(value) >= LARGEST_EXACT):
        raise fail(
            field,
            _("%(value)s may be a rounded number; send the id as a text with all its digits.")
            % {"value": str(value)[:40]},
        )
    return clean_id(field, str(value))


def find_shop_customer(actor: Agent | None, external_id: str, email: str | None = None) -> UUID | None:
    """The customer with the shop's id, else the one with the address; `None` if there is neither.

    Changes nobody: an existing customer keeps their addresses, and one found by address gets no id. Raises `Conflict` if id and
    address belong to different customers, `PermissionDenied` for people.
    """
    if actor is not None and not actor.is_service:
        raise PermissionDenied(_("Only service accounts can refer to customers by the shop's ID."))
    wanted = Q(external_id=external_id)
    if email:
        contacts = Contact.objects.filter(kind=Contact.Kind.EMAIL, value=clean_email(email, "author_email"))
        wanted |= Q(pk__in=contacts.values("customer_id"))
    found = list(Customer.objects.filter(wanted).values_list("pk", "external_id"))
    if len(found) > 1 or any(theirs not in (None, external_id) for _pk, theirs in found):
        raise Conflict(_("This id and this address belong to different customers; no ticket was created."))
    return found[0][0] if found else None


def create_shop_customer(actor: Agent | None, external_id: str, email: str | None, name: str | None) -> UUID:
    """Create a customer with the shop's id and optionally an address; returns the record's id.

    If another request has created the customer meanwhile, returns that one. Raises as `find_shop_customer` does.
    """
    data = CustomerData(external_id=external_id, email=email or None, name_if_new=name)
    try:
        with atomic():
            outcome = save_customers([data], actor)[0]
            if outcome.customer is None or outcome.state != State.CREATED:
                raise _NotCreated(outcome.error)  # a form must not change an existing customer
            return outcome.customer.pk
    except _NotCreated as known:
        found = find_shop_customer(actor, external_id, email)
        if found is None:
            raise known.reason or fail("customer_id", _("The customer could not be saved.")) from None
        return found


class _NotCreated(Exception):
    """A customer with this id or address exists already, or the customer cannot be saved."""

    def __init__(self, reason: ValidationError | None) -> None:
        super().__init__()
        self.reason = reason
