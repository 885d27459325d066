"""Orders: one a row, or several rows with the same number, each with one of its lines."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tickets.imports.columns import Columns, Field, first_of
from tickets.imports.errors import ImportProblem, Refused
from tickets.imports.recipes import Recipe, Result, Row, buyer, states
from tickets.imports.tally import Tally
from tickets.imports.values import Reader, list_of, text_of, whole
from tickets.models import ImportRun
from tickets.services import LineData, OrderData, save_orders

# Signs that cannot mean the currency an order is stored in.
_CURRENCIES = {"€": {"EUR"}, "£": {"GBP", "EGP", "FKP", "GIP", "SHP"}, "¥": {"JPY", "CNY"}, "₹": {"INR"}}


class Orders(Recipe):
    """A row is the whole order, or its first row is, and the others add lines."""

    kind = ImportRun.Kind.ORDERS.value
    together: str | None = "number"
    fields = (
        Field(
            "number",
            "the order's number, by which it is found again",
            ("order number", "order name", "order no", "order id", "order", "name", "id"),
        ),
        Field(
            "customer_external_id", "the shop's id of the customer", ("customer id", "customer", "buyer id", "user id")
        ),
        Field(
            "customer_email",
            "the customer's address",
            ("customer email", "email", "contact email", "buyer email", "billing email"),
        ),
        Field("customer_phone", "a number that is the customer's alone (never found by itself)"),
        Field(
            "customer_name",
            "what to call a customer who is new",
            ("billing name", "customer full name", "shipping name"),
        ),
        Field(
            "placed_at",
            "when it was placed",
            ("created at", "order date", "ordered at", "processed at", "date", "date created"),
        ),
        Field(
            "total",
            "what was charged",
            ("order total", "total price", "grand total", "amount", "dollar value", "dollars"),
        ),
        Field("currency", "three letters; USD where nothing says otherwise", ("currency code",)),
        Field("discount", "taken off the total already", ("discount amount", "total discounts", "discount total")),
        Field("refunded", "paid back of the total", ("refunded amount", "refund amount", "total refunded")),
        Field("status", "pending, paid, shipped, delivered, cancelled, refunded", ("financial status", "order status")),
        Field(
            "fulfillment_status",
            "unfulfilled, partial, shipped, delivered, returned",
            ("fulfilment status", "delivery status"),
        ),
        Field("cancelled_at", "any time here cancels the order", ("canceled at",)),
        Field("tracking_numbers", "one or several", ("tracking number", "tracking")),
        Field("tracking_urls", "one or several", ("tracking url", "tracking link")),
        Field("shipping_carrier", "who brings it", ("carrier", "tracking company")),
        Field("lines", "JSON: the articles", ("line items", "items")),
        Field("line_title", "an article's name", ("lineitem name", "item name", "product name", "product")),
        Field("line_sku", "its SKU", ("lineitem sku", "sku")),
        Field("line_quantity", "how many", ("lineitem quantity", "quantity", "qty")),
        Field("line_unit_price", "price of one", ("lineitem price", "unit price", "price")),
    )
    required: tuple[tuple[str, ...], ...] = (
        ("number",),
        ("placed_at",),
        ("total",),
        ("customer_external_id", "customer_email", "customer_phone"),
    )
    choices = {
        "status": {
            "pending": ("authorized", "partially paid", "unpaid", "on hold", "expired"),
            "paid": ("partially refunded", "processing"),
            "shipped": (),
            "delivered": (),
            "cancelled": ("canceled", "voided"),
            "refunded": (),
        },
        "fulfillment_status": {
            "unfulfilled": ("null", "none", "pending", "open", "scheduled", "on hold"),
            "partial": ("partially fulfilled", "partially shipped"),
            "shipped": ("fulfilled", "in transit", "out for delivery"),
            "delivered": (),
            "returned": ("restocked",),
        },
    }

    def __init__(self, reader: Reader, number_from: Sequence[str] = ()) -> None:
        super().__init__(reader)
        self.number_from = number_from
        if number_from:
            self.together = None
            self.required = self.required[1:]
        self._numbers = Tally()

    @classmethod
    def check_number_from(cls, names: Sequence[str], columns: Columns) -> None:
        """Raises `ImportProblem` where an order's number is to be made of what the file does not have."""
        for name in names:
            if name not in columns.places:
                there = ", ".join(columns.places)
                raise ImportProblem(f"--number-from: no column is {name}; those found are {there}.")

    def pass_by(self, rows: Sequence[Row]) -> None:
        """Numbers the order, or notes that its number has been seen: both need all orders before it."""
        row = rows[0]
        try:
            if self.number_from:
                text = "-".join(text_of(row.get(name)) for name in self.number_from)
                row["number"] = f"{text}-{self._numbers.add(text)}"
            else:
                row["seen"] = self._numbers.add(text_of(row.get("number"))) > 1
        except Refused:
            return  # Told again, and then heard, when the order is built.

    def build(self, rows: Sequence[Row]) -> OrderData:
        row = _whole_order(rows) if len(rows) > 1 else rows[0]
        number = text_of(row.get("number"))
        if not number:
            raise Refused("It has no number.")
        for name in self.number_from:
            if not text_of(row.get(name)):
                raise Refused(f"Its number is made of {' and '.join(self.number_from)}, and {name} is empty.")
        if row.get("seen"):
            raise Refused(f"The order {number} came before in this file: it is one line, or lines that stand together.")
        read = self.reader
        currency = text_of(row.get("currency")) or "USD"
        status = "cancelled" if text_of(row.get("cancelled_at")) else read.choice("status", row.get("status"), "paid")
        return OrderData(
            number=number,
            placed_at=read.time(_there(row, "placed_at")),
            total=_in_currency(read, _there(row, "total"), currency),
            customer=buyer(row),
            status=status,
            fulfillment_status=read.choice("fulfillment_status", row.get("fulfillment_status"), "unfulfilled"),
            currency=currency,
            discount=read.amount(row["discount"]) if "discount" in row else Decimal(0),
            refunded=read.amount(row["refunded"]) if "refunded" in row else None,
            tracking_numbers=list_of(row.get("tracking_numbers")),
            tracking_urls=list_of(row.get("tracking_urls")),
            shipping_carrier=text_of(row.get("shipping_carrier")),
            lines=self._lines(rows),
        )

    def _lines(self, rows: Sequence[Row]) -> list[LineData]:
        nested = rows[0].get("lines")
        if nested is None:
            return [line for row in rows if (line := self._line(row)) is not None]
        if not isinstance(nested, list) or not all(isinstance(line, dict) for line in nested):
            raise Refused("lines: a list of objects is expected.")
        return [self._nested(line) for line in nested]

    def _line(self, row: Row) -> LineData | None:
        title = text_of(row.get("line_title"))
        if not title:
            return None
        return LineData(
            title,
            whole(row["line_quantity"]) if "line_quantity" in row else 1,
            text_of(row.get("line_sku")),
            self.reader.amount(row["line_unit_price"]) if "line_unit_price" in row else None,
        )

    def _nested(self, line: dict[str, Any]) -> LineData:
        quantity = first_of(line, "quantity", "qty")
        price = first_of(line, "unit_price", "price")
        return LineData(
            text_of(first_of(line, "title", "name", "product_name", "product")),
            whole(quantity) if quantity is not None else 1,
            text_of(first_of(line, "sku")),
            self.reader.amount(price) if price is not None else None,
        )

    def save(self, items: list[Any]) -> list[Result]:
        return states(save_orders(items, None, trail=False))


def _there(row: Row, name: str) -> Any:
    if name not in row:
        raise Refused(f"{name} is empty.")
    return row[name]


def _in_currency(read: Reader, given: Any, currency: str) -> Decimal:
    amount = read.amount(given)
    if isinstance(given, str):
        for sign, currencies in _CURRENCIES.items():
            if sign in given and currency.upper() not in currencies:
                raise Refused(f"The total is in {sign}, the order in {currency}: --set currency=… says which it is.")
    return amount


def _whole_order(rows: Sequence[Row]) -> Row:
    """The rows of one order as one: what they say of the order itself must not contradict."""
    order = dict(rows[0])
    for place, row in enumerate(rows[1:], start=2):
        for name, value in row.items():
            if name.startswith("line_") or name in ("number", "seen"):
                continue
            if order.setdefault(name, value) != value:
                raise Refused(
                    f"The rows of order {text_of(order.get('number'))} contradict: "
                    f"{name} is {order[name]!s:.40} in the first and {value!s:.40} in row {place} of it."
                )
    return order
