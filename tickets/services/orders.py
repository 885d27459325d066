"""Write orders, one or thousands; customer figures and ranks follow in the same transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from agents import audit
from agents.common.errors import Conflict
from agents.common.transactions import atomic, send_signal
from agents.models import Agent
from agents.permissions import Capability, demand
from tickets.models import Customer, Order, OrderLine
from tickets.ranking import scoring
from tickets.services.bulk_insert import insert
from tickets.services.customers.customers import (
    CustomerData,
    OtherCustomer,
    State,
    called,
    other_customer,
    save_customers,
)
from tickets.services.order_validation import clean_amount, clean_currency, clean_link, clean_quantity, clean_tracking
from tickets.services.validation import clean_id, clean_line, clean_past, differences, fail
from tickets.signals import customers_changed


class Line(NamedTuple):
    """An order line as it is stored."""

    title: str
    sku: str
    quantity: int
    unit_price: Decimal | None


MAX_LINES = 500
SAME_TIME = timedelta(days=1)  # a smaller difference between order times may come from a time zone
# Evaluated once, because Django rebuilds these lists on each access.
_STATUSES, _FULFILLMENTS = tuple(Order.Status.values), tuple(Order.Fulfillment.values)
_FIELDS = (
    "customer_id",
    "placed_at",
    "status",
    "fulfillment_status",
    "currency",
    "total",
    "discount",
    "refunded",
    "tracking_numbers",
    "tracking_urls",
    "shipping_carrier",
)


@dataclass(frozen=True)
class LineData:
    title: str
    quantity: int = 1
    sku: str = ""
    unit_price: Decimal | None = None


@dataclass
class OrderData:
    """An order as the shop sends it, complete each time. Amounts in `currency`, two decimals."""

    number: str
    placed_at: datetime
    total: Decimal
    customer: CustomerData | UUID
    status: str = Order.Status.PAID.value
    fulfillment_status: str = Order.Fulfillment.UNFULFILLED.value
    currency: str = "USD"
    discount: Decimal = Decimal(0)
    refunded: Decimal | None = None
    tracking_numbers: Sequence[str] = ()
    tracking_urls: Sequence[str] = ()
    shipping_carrier: str = ""
    lines: Sequence[LineData] = field(default_factory=list)

    def values(self) -> dict[str, Any]:
        """The columns of the order without the customer, as they are stored. Raises `ValidationError`."""
        if self.status not in _STATUSES:
            raise fail("status", f"The status is one of {', '.join(_STATUSES)}.")
        if self.fulfillment_status not in _FULFILLMENTS:
            raise fail(
                "fulfillment_status",
                f"The fulfillment status is one of {', '.join(_FULFILLMENTS)}.",
            )
        if len(self.lines) > MAX_LINES:
            raise fail("lines", f"An order takes at most {MAX_LINES} lines.")
        currency = clean_currency(self.currency)
        total = clean_amount("total", self.total)
        whole = total if self.status == Order.Status.REFUNDED else Decimal(0)
        refunded = whole if self.refunded is None else clean_amount("refunded", self.refunded)
        if refunded > total:
            raise fail("refunded", f"{refunded:,} was paid back, which is more than the total of {total:,}.")
        return {
            "placed_at": clean_past(self.placed_at, "placed_at"),
            "status": str(self.status),
            "fulfillment_status": str(self.fulfillment_status),
            "currency": currency,
            "total": total,
            "discount": clean_amount("discount", self.discount),
            # A refunded order without an amount was refunded in full.
            "refunded": refunded,
            "tracking_numbers": [clean_tracking(number) for number in self.tracking_numbers],
            "tracking_urls": [clean_link(url) for url in self.tracking_urls],
            "shipping_carrier": clean_line("shipping_carrier", self.shipping_carrier, 100)
            if self.shipping_carrier
            else "",
        }

    def clean_lines(self) -> list[Line]:
        """Title, SKU, quantity and price of each line. Raises `ValidationError`."""
        return [
            Line(
                clean_line("title", line.title, 300),
                clean_line("sku", line.sku, 100) if line.sku else "",
                clean_quantity(line.quantity),
                None if line.unit_price is None else clean_amount("unit_price", line.unit_price),
            )
            for line in self.lines
        ]


@dataclass
class OrderOutcome:
    """The result for one `OrderData`: the order and its state, or the error."""

    order: Order | None = None
    state: State = State.UNCHANGED
    error: ValidationError | None = None
    details: Sequence[str] = ()


def put_order(actor: Agent | None, data: OrderData) -> OrderOutcome:
    """Create or replace one order by its number.

    Raises `ValidationError`, `PermissionDenied` below senior agent, and `Conflict` if the order is another customer's.
    """
    demand(actor, Capability.EDIT_ORDERS)
    with atomic():
        outcome = save_orders([data], actor)[0]
        if isinstance(outcome.error, OtherCustomer):
            raise Conflict(f"Order {data.number}: {' '.join(outcome.error.messages)}")
        if outcome.error is not None:
            raise outcome.error
        return outcome


def save_orders(
    items: Iterable[OrderData], actor: Agent | None, *, trail: bool = True, moves: bool = True
) -> list[OrderOutcome]:
    """Create or replace the orders in a fixed number of statements; one outcome per item. An invalid item changes nothing.

    An order stays with its customer: sent as somebody else's, it has an `OtherCustomer` error. Without `moves` it also keeps its
    time:
    sent as placed more than a day earlier or later, it has an `OtherTime` error.

    Order of locks: customers by id, orders by number, tickets by id. Of two items with one number the last counts.
    """
    prepared = [_prepare(item) for item in items]
    with atomic():
        good = [item for item in prepared if isinstance(item, _Prepared)]
        numbers = sorted({item.number for item in good})
        known = {
            number: (owner, placed_at)
            for number, owner, placed_at in Order.objects.filter(number__in=numbers).values_list(
                "number", "customer_id", "placed_at"
            )
        }
        customers = iter(_customers([_expecting(item, known, moves) for item in good], actor, trail))
        existing = {
            o.number: o
            for o in Order.objects.filter(number__in=numbers)
            .select_related("customer")
            .order_by("number")
            .select_for_update(no_key=True, of=("self",))
        }
        batch = _OrderBatch(existing, _lines_of(existing.values()), timezone.now())
        outcomes = [
            batch.take(item, *next(customers)) if isinstance(item, _Prepared) else OrderOutcome(error=item)
            for item in prepared
        ]
        batch.write(actor, trail)
        refresh_order_figures(batch.customers)
        return outcomes


@dataclass(frozen=True)
class _Prepared:
    """A validated order."""

    number: str
    values: dict[str, Any]
    lines: list[Line]
    customer: CustomerData | UUID


def _prepare(item: OrderData) -> _Prepared | ValidationError:
    try:
        customer = item.customer if isinstance(item.customer, UUID) else item.customer.cleaned()
        if isinstance(customer, CustomerData) and not customer.external_id and not customer.addresses():
            raise fail("customer", "It names no customer: neither their id nor an address.")
        return _Prepared(_number(item.number), item.values(), item.clean_lines(), customer)
    except ValidationError as error:
        return error


class OtherTime(ValidationError):
    """An existing order was sent with another time of placing: it may be another shop's."""


def _other_time(item: _Prepared, before: datetime) -> OtherTime | None:
    """The error where the order's time of placing differs from the stored one."""
    sent = item.values["placed_at"]
    if abs(sent - before) <= SAME_TIME:
        return None
    return OtherTime(
        {
            "placed_at": [
                f"Order {item.number} is there already, placed at {before:%Y-%m-%d %H:%M} UTC, and was sent as placed at "
                f"{sent.astimezone(UTC):%Y-%m-%d %H:%M} UTC. Nothing was changed."
            ]
        }
    )


def _number(given: str) -> str:
    number = clean_id("number", given) if given.strip() else None
    if number is None:
        raise fail("number", f"“{given.strip()[:40]}” is no order number.")
    return number


def _expecting(item: _Prepared, known: dict[str, tuple[UUID, datetime]], moves: bool) -> CustomerData | UUID:
    """The customer named by the order, who must be its owner if the order exists."""
    if isinstance(item.customer, UUID) or item.number not in known:
        return item.customer
    owner, placed_at = known[item.number]
    return replace(item.customer, must_be=owner, refusal=None if moves else _other_time(item, placed_at))


def _customers(
    wanted: list[CustomerData | UUID], actor: Agent | None, trail: bool
) -> list[tuple[UUID | ValidationError, Sequence[str]]]:
    """Each order's customer, locked: found or created from the shop's description, refused where an id is unknown."""
    given = {customer for customer in wanted if isinstance(customer, UUID)}
    known = set(
        Customer.objects.filter(pk__in=given).order_by("id").select_for_update(no_key=True).values_list("id", flat=True)
    )
    described = [customer for customer in wanted if isinstance(customer, CustomerData)]
    outcomes = iter(save_customers(described, actor, trail=trail) if described else [])
    result: list[tuple[UUID | ValidationError, Sequence[str]]] = []
    for customer in wanted:
        if isinstance(customer, UUID):
            result.append((customer if customer in known else fail("customer_id", "No customer has this id."), ()))
            continue
        outcome = next(outcomes)
        found = outcome.customer.pk if outcome.customer else outcome.error or fail("customer", "No customer is named.")
        result.append((found, outcome.details))
    return result


def _lines_of(orders: Iterable[Order]) -> dict[UUID, list[Line]]:
    lines: dict[UUID, list[Line]] = {}
    rows = OrderLine.objects.filter(order__in=list(orders)).order_by("order_id", "position")
    for row in rows:
        lines.setdefault(row.order_id, []).append(Line(row.title, row.sku, row.quantity, row.unit_price))
    return lines


class _OrderBatch:
    """Compare orders with the stored ones and write the differences."""

    def __init__(self, existing: dict[str, Order], lines: dict[UUID, list[Line]], now: datetime) -> None:
        self.orders = existing
        self.lines = lines
        self.now = now
        self.new: dict[UUID, Order] = {}
        self.changed: dict[UUID, tuple[Order, dict[str, tuple[Any, Any]]]] = {}
        self.relined: set[UUID] = set()
        self.customers: set[UUID] = set()

    def take(self, item: _Prepared, customer: UUID | ValidationError, details: Sequence[str]) -> OrderOutcome:
        if isinstance(customer, ValidationError):
            return OrderOutcome(error=customer)
        values = {**item.values, "customer_id": customer}
        order = self.orders.get(item.number)
        if order is None:
            return replace(self._create(item.number, values, item.lines), details=details)
        if order.customer_id != customer:
            return OrderOutcome(error=_moved(order, customer))
        return replace(self._replace(order, values, item.lines), details=details)

    def _create(self, number: str, values: dict[str, Any], lines: list[Line]) -> OrderOutcome:
        order = Order(number=number, created_at=self.now, updated_at=self.now, **values)
        self.orders[number] = self.new[order.pk] = order
        self.lines[order.pk] = lines
        self.customers.add(order.customer_id)
        return OrderOutcome(order, State.CREATED)

    def _replace(self, order: Order, values: dict[str, Any], lines: list[Line]) -> OrderOutcome:
        changes = differences(order, values)
        if lines != self.lines.get(order.pk, []):
            changes["lines"] = (len(self.lines.get(order.pk, [])), len(lines))
            self.lines[order.pk] = lines
            self.relined.add(order.pk)
        if not changes:
            return OrderOutcome(order, State.UNCHANGED)
        self.customers.add(order.customer_id)
        for name, value in values.items():
            setattr(order, name, value)
        order.updated_at = self.now
        if order.pk not in self.new:
            self.changed[order.pk] = (order, changes)
        return OrderOutcome(order, State.UPDATED)

    def write(self, actor: Agent | None, trail: bool) -> None:
        insert(Order, self.new.values())
        if self.changed:
            Order.objects.bulk_update([order for order, _ in self.changed.values()], [*_FIELDS, "updated_at"])
        OrderLine.objects.filter(order_id__in=self.relined - self.new.keys()).delete()
        lines = (
            OrderLine(order_id=key, position=position, title=title, sku=sku, quantity=quantity, unit_price=price)
            for key in [*self.new, *(self.relined - self.new.keys())]
            for position, (title, sku, quantity, price) in enumerate(self.lines[key], start=1)
        )
        insert(OrderLine, lines)
        if trail:
            for order in self.new.values():
                audit.record("order.created", order, actor=actor)
            for order, changes in self.changed.values():
                audit.record("order.updated", order, actor=actor, changes=changes)


def _moved(order: Order, customer_id: UUID) -> OtherCustomer:
    sent = Customer.objects.filter(pk=customer_id).first()
    return other_customer(called(sent) if sent else str(customer_id), called(order.customer))


def refresh_order_figures(customer_ids: Iterable[UUID]) -> None:
    """Derive lifetime value, count, first and last order of the customers from their orders, and re-rank their tickets.

    Lifetime value is Σ(total − refunded) over orders that were not cancelled. The customers are locked first, in a statement of
    its own: the sums must see what another writer of their orders, who held the lock, has committed.
    """
    ids = sorted(set(customer_ids))
    if not ids:
        return
    list(Customer.objects.filter(pk__in=ids).order_by("id").select_for_update(no_key=True).values_list("pk", flat=True))
    # One statement for any number of customers; the ORM would need a subquery for each of the four figures.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE tickets_customer AS customer
               SET lifetime_value = figures.value, total_orders = figures.count,
                   first_order_at = figures.first, last_order_at = figures.last
              FROM (SELECT wanted.id, coalesce(sum(o.total - o.refunded), 0) AS value, count(o.id) AS count,
                           min(o.placed_at) AS first, max(o.placed_at) AS last
                      FROM unnest(%s::uuid[]) AS wanted(id)
                      LEFT JOIN tickets_order AS o ON o.customer_id = wanted.id AND o.status <> 'cancelled'
                     GROUP BY wanted.id) AS figures
             WHERE customer.id = figures.id
               AND (customer.lifetime_value, customer.total_orders, customer.first_order_at, customer.last_order_at)
                   IS DISTINCT FROM (figures.value, figures.count, figures.first, figures.last)
            RETURNING customer.id
            """,
            [ids],
        )
        changed = [row[0] for row in cursor.fetchall()]
    scoring.rerank_customers(changed)
    send_signal(customers_changed, Customer, customer_ids=ids)


def wrong_figures() -> int:
    """How many customers have figures that differ from their orders; 0 when all is well."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM tickets_customer AS customer
              LEFT JOIN (SELECT customer_id, sum(total - refunded) AS value, count(*) AS count,
                                min(placed_at) AS first, max(placed_at) AS last
                           FROM tickets_order WHERE status <> 'cancelled' GROUP BY customer_id) AS figures
                ON figures.customer_id = customer.id
             WHERE (customer.lifetime_value, customer.total_orders, customer.first_order_at, customer.last_order_at)
                   IS DISTINCT FROM (coalesce(figures.value, 0), coalesce(figures.count, 0), figures.first, figures.last)
            """
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0
