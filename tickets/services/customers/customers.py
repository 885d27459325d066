"""Write customers: find one by the shop's id or by any of its addresses, else create it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from agents import audit
from agents.common.transactions import atomic, send_signal
from agents.models import Agent
from agents.permissions import Capability, demand
from tickets.models import Contact, Customer
from tickets.ranking import scoring
from tickets.services.bulk_insert import insert
from tickets.services.customers.identity import have_different_names, is_placeholder_email
from tickets.services.validation import (
    NAME_LENGTH,
    clean_email,
    clean_id,
    clean_line,
    clean_past,
    clean_phone,
    clean_share,
    differences,
    fail,
)
from tickets.signals import customers_changed

EMAIL, PHONE = Contact.Kind.EMAIL, Contact.Kind.PHONE


class State(StrEnum):
    """The result for a record that was sent."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass
class CustomerData:
    """What a caller knows about a customer. `None` means unknown and changes nothing; lists add contacts.

    The id and the addresses find the customer; a telephone number, which families and offices share, never does.
    `emails_if_free` find nobody: they are added if nobody else uses them, else reported as a detail of the outcome.
    `name_if_new` is the name of a new customer; an existing one keeps theirs.
    `must_be` is the customer whom the id and addresses must find; if they find another one, the outcome is an error.
    `refusal` is why nothing may change even if they find the right customer.
    """

    name: str | None = None
    email: str | None = None
    external_id: str | None = None
    emails: Sequence[str] = ()
    emails_if_free: Sequence[str] = ()
    phones: Sequence[str] = ()
    created_at: datetime | None = None
    name_if_new: str | None = None
    must_be: UUID | None = None
    refusal: ValidationError | None = None

    def cleaned(self) -> "CustomerData":
        """The data as it is stored. Raises `ValidationError`."""
        return CustomerData(
            name=clean_line("name", self.name, NAME_LENGTH) if self.name is not None else None,
            email=clean_email(self.email) if self.email and not is_placeholder_email(self.email) else None,
            external_id=clean_id("external_id", self.external_id),
            emails=[clean_email(value, "emails") for value in self.emails if not is_placeholder_email(value)],
            emails_if_free=[
                clean_email(value, "emails") for value in self.emails_if_free if not is_placeholder_email(value)
            ],
            phones=[clean_phone(value) for value in self.phones],
            created_at=clean_past(self.created_at, "created_at") if self.created_at else None,
            name_if_new=clean_line("name", self.name_if_new, NAME_LENGTH) if self.name_if_new else None,
            must_be=self.must_be,
            refusal=self.refusal,
        )

    def addresses(self) -> list[str]:
        return list(dict.fromkeys([self.email, *self.emails] if self.email else self.emails))

    def contacts(self) -> list[tuple[str, str]]:
        phones = [(PHONE.value, value) for value in dict.fromkeys(self.phones)]
        return [(EMAIL.value, value) for value in self.addresses()] + phones

    def fallback_name(self) -> str:
        """The name of a customer who gave none."""
        if self.external_id:
            return f"Customer {self.external_id}"
        contacts = self.contacts()
        return contacts[0][1] if contacts else "Customer"


@dataclass
class Outcome:
    """The result for one `CustomerData`: the customer and its state, or the error."""

    customer: Customer | None = None
    state: State = State.UNCHANGED
    error: ValidationError | None = None
    details: Sequence[str] = ()


@dataclass
class _Batch:
    """The customers that a batch may refer to, by id and contact, as of this transaction."""

    by_external: dict[str, Customer] = field(default_factory=dict)
    by_address: dict[str, Customer] = field(default_factory=dict)
    by_key: dict[UUID, Customer] = field(default_factory=dict)
    contacts: set[tuple[UUID, str, str]] = field(default_factory=set)
    new: dict[UUID, Customer] = field(default_factory=dict)
    changed: dict[UUID, Customer] = field(default_factory=dict)
    new_contacts: list[Contact] = field(default_factory=list)


def save_customers(items: Iterable[CustomerData], actor: Agent | None, *, trail: bool = True) -> list[Outcome]:
    """Create or complete the customers in a fixed number of statements. One outcome per item, in their order.

    An invalid item, or one whose id and addresses belong to different people, has an `error` and changes nothing.
    """
    with atomic():
        items = list(items)
        cleaned = [_try_clean(item) for item in items]
        batch = _load([item for item in cleaned if isinstance(item, CustomerData)])
        outcomes = [_apply(item, batch) if isinstance(item, CustomerData) else Outcome(error=item) for item in cleaned]
        insert(Customer, batch.new.values())
        if batch.changed:
            Customer.objects.bulk_update(batch.changed.values(), ["name", "email", "external_id", "updated_at"])
        insert(Contact, batch.new_contacts)
        _tell(outcomes, actor, trail)
        return outcomes


def _try_clean(item: CustomerData) -> CustomerData | ValidationError:
    try:
        return item.cleaned()
    except ValidationError as error:
        return error


def _load(items: list[CustomerData]) -> _Batch:
    batch = _Batch()
    external_ids = {item.external_id for item in items if item.external_id}
    addresses = {address for item in items for address in (*item.addresses(), *item.emails_if_free)}
    found = Q(external_id__in=external_ids) | Q(id__in={item.must_be for item in items if item.must_be})
    if addresses:
        found |= Q(id__in=Contact.objects.filter(kind=EMAIL, value__in=addresses).values("customer_id"))
    ids = list(
        Customer.objects.filter(found).order_by("id").select_for_update(no_key=True).values_list("id", flat=True)
    )
    for customer in Customer.objects.filter(id__in=ids).prefetch_related("contacts"):
        if customer.external_id:
            batch.by_external[customer.external_id] = customer
        batch.by_key[customer.pk] = customer
        for contact in customer.contacts.all():
            batch.contacts.add((customer.pk, contact.kind, contact.value))
            if contact.kind == EMAIL:
                batch.by_address[contact.value] = customer
    return batch


def _apply(item: CustomerData, batch: _Batch) -> Outcome:
    owners = {f"id {item.external_id}": batch.by_external.get(item.external_id or "")}
    owners |= {address: batch.by_address.get(address) for address in item.addresses()}
    known = {by: owner for by, owner in owners.items() if owner is not None}
    customers = dict.fromkeys(known.values())
    if len(customers) > 1:
        named = ", ".join(f"{by} belongs to {called(owner)}" for by, owner in known.items())
        return Outcome(error=fail("email", f"These are different customers: {named}. Nothing was changed."))
    customer = next(iter(customers), None)
    if customer is not None and item.external_id and customer.external_id not in (None, item.external_id):
        address = next(iter(known))
        return Outcome(error=OtherId(address, called(customer), item.external_id))
    if customer is not None and item.external_id and _is_uncertain(customer, item, batch):
        return Outcome(error=UncertainCustomer(customer, item))
    if item.must_be is not None and (customer is None or customer.pk != item.must_be):
        return Outcome(error=_other_customer(item, customer, batch.by_key[item.must_be]))
    if item.refusal is not None:
        return Outcome(error=item.refusal)
    taken = [
        f"The address {address} was left out: {called(batch.by_address[address])} uses it."
        for address in item.emails_if_free
        if address in batch.by_address and batch.by_address[address] is not customer
    ]
    free = [address for address in item.emails_if_free if batch.by_address.get(address) in (None, customer)]
    item = replace(item, emails=[*item.emails, *free], emails_if_free=())
    outcome = _create(item, batch) if customer is None else _complete(customer, item, batch)
    outcome.details = taken
    return outcome


def called(customer: Customer) -> str:
    """A customer in a sentence: the name and an address or id."""
    known_by = f"id {customer.external_id}" if customer.external_id else customer.email
    return f"{customer.name} ({known_by})" if known_by and known_by != customer.name else customer.name


def _is_uncertain(customer: Customer, item: CustomerData, batch: _Batch) -> bool:
    """Whether an id found a customer with another name and none of the contacts: ids of two shops overlap."""
    addresses = item.addresses()
    if not addresses or any(batch.by_address.get(address) is customer for address in addresses):
        return False
    return have_different_names(customer.name, item.name or item.name_if_new, f"Customer {customer.external_id}")


class OtherCustomer(ValidationError):
    """A record of one customer was sent as another customer's."""


class UncertainCustomer(OtherCustomer):
    """An id found a customer whose name and contacts differ from those that were sent with it."""

    def __init__(self, customer: Customer, item: CustomerData) -> None:
        address = f" ({customer.email})" if customer.email else ""
        sent = f"{item.name or item.name_if_new} ({next(iter(item.addresses()))})"
        super().__init__(
            {
                "customer": [
                    f"The id {item.external_id} belongs to {customer.name}{address}, and was sent with another name and "
                    f"another address: {sent}. Nothing was changed."
                ]
            }
        )


class OtherId(ValidationError):
    """A contact belongs to a customer with another id than the one that was sent with it."""

    def __init__(self, address: str, owner: str, external_id: str) -> None:
        super().__init__({"email": [f"{address} belongs to {owner}, not to the customer with id {external_id}."]})


def _other_customer(item: CustomerData, customer: Customer | None, owner: Customer) -> OtherCustomer:
    known_by = f"id {item.external_id}" if item.external_id else next(iter(item.addresses()), "")
    name = item.name or item.name_if_new or "a new customer"
    sent = called(customer) if customer is not None else f"{name} ({known_by})"
    return other_customer(sent, called(owner))


def other_customer(sent: str, owner: str) -> OtherCustomer:
    return OtherCustomer({"customer": [f"It belongs to {owner}, and was sent as {sent}'s. Nothing was changed."]})


def _create(item: CustomerData, batch: _Batch) -> Outcome:
    now = timezone.now()
    email = item.email or next(iter(item.emails), None)
    customer = Customer(
        name=item.name or item.name_if_new or item.fallback_name()[:NAME_LENGTH],
        email=email,
        external_id=item.external_id,
        created_at=item.created_at or now,
        updated_at=now,
    )
    batch.new[customer.pk] = customer
    if customer.external_id:
        batch.by_external[customer.external_id] = customer
    _add_contacts(customer, item, batch)
    return Outcome(customer, State.CREATED)


def _complete(customer: Customer, item: CustomerData, batch: _Batch) -> Outcome:
    given = {
        "name": item.name,
        "email": item.email or customer.email or next(iter(item.emails), None),
        "external_id": item.external_id,
    }
    changes = differences(customer, {name: value for name, value in given.items() if value is not None})
    for name, (_, value) in changes.items():
        setattr(customer, name, value)
    if customer.external_id:
        batch.by_external[customer.external_id] = customer
    added = _add_contacts(customer, item, batch)
    if not changes and not added:
        return Outcome(customer, State.UNCHANGED)
    customer.updated_at = timezone.now()
    if customer.pk not in batch.new:
        batch.changed[customer.pk] = customer
    return Outcome(customer, State.UPDATED)


def _add_contacts(customer: Customer, item: CustomerData, batch: _Batch) -> bool:
    new = [contact for contact in item.contacts() if (customer.pk, *contact) not in batch.contacts]
    for kind, value in new:
        batch.contacts.add((customer.pk, kind, value))
        if kind == EMAIL:
            batch.by_address[value] = customer
        batch.new_contacts.append(Contact(customer=customer, kind=kind, value=value))
    return bool(new)


def _tell(outcomes: list[Outcome], actor: Agent | None, trail: bool) -> None:
    touched = {o.customer.pk: o for o in outcomes if o.customer is not None and o.state != State.UNCHANGED}
    if trail:
        for outcome in touched.values():
            if outcome.customer is not None:
                audit.record(f"customer.{outcome.state}", outcome.customer, actor=actor)
    if touched:
        send_signal(customers_changed, Customer, customer_ids=list(touched))


def create_customer(actor: Agent | None, data: CustomerData) -> Customer:
    """Create a customer. Raises `ValidationError` where one with the same contact or id exists."""
    demand(actor, Capability.EDIT_CUSTOMERS)
    with atomic():
        outcome = save_customers([data], actor)[0]
        if outcome.customer is None:
            raise outcome.error or fail("email", "The customer could not be saved.")
        if outcome.state != State.CREATED:
            raise fail("email", "A customer with this address or id exists already.")
        return outcome.customer


def find_or_create_customer(actor: Agent | None, email: str, name: str | None = None) -> Customer:
    """Find the customer with the address, who keeps their name, or create one."""
    outcome = save_customers([CustomerData(name_if_new=name or None, email=clean_email(email, "author_email"))], actor)[
        0
    ]
    if outcome.customer is None:
        raise outcome.error or fail("author_email", "The customer could not be saved.")
    return outcome.customer


@atomic
def update_customer(actor: Agent | None, customer_id: UUID, values: dict[str, Any]) -> Customer:
    """Change name, email, emails or phones (lists replace; the primary address always stays one of them).

    Raises `Customer.DoesNotExist` if the actor may not see the customer, `PermissionDenied` below senior agent,
    `ValidationError` for bad values.
    """
    visible = Customer.objects.visible_to(actor) if actor else Customer.objects.all()
    customer: Customer = visible.select_for_update(no_key=True, of=("self",)).get(pk=customer_id)
    demand(actor, Capability.EDIT_CUSTOMERS)
    changes: dict[str, tuple[Any, Any]] = {}
    if "name" in values:
        changes |= differences(customer, {"name": clean_line("name", values["name"], NAME_LENGTH)})
    if "email" in values:
        changes |= differences(customer, {"email": clean_email(values["email"]) if values["email"] else None})
    for name, (_, value) in changes.items():
        setattr(customer, name, value)
    before = {(c.kind, c.value) for c in customer.contacts.all()}
    after = _wanted_contacts(customer, before, values)
    if before != after:
        _replace_contacts(customer, before, after)
        changes["contacts"] = (sorted(before), sorted(after))
    if changes:
        customer.updated_at = timezone.now()
        customer.save(update_fields=["name", "email", "updated_at"])
        audit.record("customer.updated", customer, actor=actor, changes=changes)
        send_signal(customers_changed, Customer, customer_ids=[customer.pk])
    return customer


def _wanted_contacts(customer: Customer, before: set[tuple[str, str]], values: dict[str, Any]) -> set[tuple[str, str]]:
    wanted = set(before)
    if "emails" in values:
        wanted = {c for c in wanted if c[0] != EMAIL} | {
            (EMAIL.value, clean_email(v, "emails")) for v in values["emails"]
        }
    if "phones" in values:
        wanted = {c for c in wanted if c[0] != PHONE} | {(PHONE.value, clean_phone(v)) for v in values["phones"]}
    if customer.email:
        wanted.add((EMAIL.value, customer.email))
    return wanted


def _replace_contacts(customer: Customer, before: set[tuple[str, str]], after: set[tuple[str, str]]) -> None:
    for kind, value in after - before:
        if kind == EMAIL and Contact.objects.filter(kind=kind, value=value).exists():
            raise fail("emails", f"{value} belongs to another customer.")
    for kind, value in before - after:
        customer.contacts.filter(kind=kind, value=value).delete()
    Contact.objects.bulk_create(
        Contact(customer=customer, kind=kind, value=value) for kind, value in sorted(after - before)
    )


@atomic
def set_churn_risk(scores: dict[UUID, float | None]) -> None:
    """Store churn risks (0…1, `None` unknown) that intelligence computed, and re-rank those customers' tickets.

    `updated_at` stays: a computed figure is not an edit.
    """
    scores = {key: clean_share(score, "churn_risk_score") for key, score in scores.items()}
    held = Customer.objects.filter(pk__in=list(scores)).order_by("id").select_for_update(no_key=True)
    before = dict(held.values_list("pk", "churn_risk_score"))
    changed = [key for key, score in before.items() if score != scores[key]]
    if not changed:
        return
    # One statement for any number of customers; building a `bulk_update` takes longer than running it.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE tickets_customer AS customer SET churn_risk_score = computed.score
              FROM unnest(%s::uuid[], %s::float8[]) AS computed(id, score) WHERE customer.id = computed.id
            """,
            [changed, [scores[key] for key in changed]],
        )
    scoring.rerank_customers(changed)
