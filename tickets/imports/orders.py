"""Orders: one a row, or several rows with the same number, each with one of its lines."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError

from agents.common.patterns import compile_pattern
from tickets.imports.articles import article_of, objects_of, packed_articles, packed_columns
from tickets.imports.columns import Columns, Field, first_of
from tickets.imports.contact_fields import buyer, named, read_id, refusing, without_nul
from tickets.imports.file_records import Record
from tickets.imports.import_errors import ImportProblem, Refused
from tickets.imports.recipes import Recipe, Result, Row, states
from tickets.imports.runs.tally import Tally
from tickets.imports.systems.shops import order_fields, with_children, with_fields
from tickets.imports.values import Reader, flag, folded, list_of, shown, text_of, whole
from tickets.models import ImportRun
from tickets.services import LineData, OrderData, save_orders
from tickets.services.customers.identity import is_placeholder, is_rounded
from tickets.services.order_validation import clean_amount, clean_currency, clean_link, clean_quantity, clean_tracking
from tickets.services.validation import clean_line, clean_number

UNKNOWN_CURRENCY = "XXX"  # ISO 4217: no currency
MAX_PARCELS = 50
TITLE_LENGTH = 300
_SIGNS = {"€": "EUR", "₹": "INR"}
# States of a cart or of a deleted order, which is no purchase.
_NO_ORDERS = {
    "checkoutdraft": "a draft",
    "wccheckoutdraft": "a draft",
    "draft": "a draft",
    "autodraft": "a draft",
    "trash": "deleted",
}
_NEXT_LINK = compile_pattern(r"(?i)[\s,;|]+(https?://)")
# Currencies that each sign can mean; with any other stored currency the amount is refused.
_CURRENCIES = {"€": {"EUR"}, "£": {"GBP", "EGP", "FKP", "GIP", "SHP"}, "¥": {"JPY", "CNY"}, "₹": {"INR"}}


class Orders(Recipe):
    """A row is a whole order, or the first row is and the others add lines."""

    kind = ImportRun.Kind.ORDERS.value
    together: str | None = "number"
    fields = (
        Field(
            "number",
            "the order's number, by which it is found again",
            ("order number", "order name", "order no", "order id", "order", "name", "id"),
        ),
        Field(
            "customer_external_id",
            "the shop's id of the customer",
            ("customer id", "customer user id", "customer user", "customer", "buyer id", "user id"),
        ),
        Field(
            "customer_email",
            "the customer's address",
            ("customer email", "email", "contact email", "buyer email", "billing email", "email (billing)"),
        ),
        Field("customer_other_email", "another address of theirs, added where nobody else uses it"),
        Field(
            "customer_phone",
            "a telephone number of the customer, who is never found by it",
            ("customer phone", "billing phone", "phone (billing)", "phone"),
        ),
        Field(
            "customer_name",
            "what to call a customer who is new",
            ("billing name", "customer full name", "shipping name"),
        ),
        Field(
            "customer_first_name",
            "joined with customer_last_name where there is no name",
            ("billing first name", "first name (billing)", "customer.first name"),
        ),
        Field(
            "customer_last_name",
            "see customer_first_name",
            ("billing last name", "last name (billing)", "customer.last name"),
        ),
        Field(
            "country",
            "of the bill, by which telephone numbers without a country code are read",
            ("billing country code", "country code (billing)", "billing country", "country (billing)", "country code"),
        ),
        Field(
            "shipping_country",
            "of the delivery, see country",
            ("shipping country code", "country code (shipping)"),
        ),
        Field(
            "placed_at",
            "when it was placed",
            ("created at", "order date", "ordered at", "processed at", "date", "date created"),
        ),
        Field(
            "total",
            "what was charged",
            ("order total", "order total amount", "total price", "grand total", "amount", "dollar value", "dollars"),
        ),
        Field("currency", "three letters; USD where nothing says otherwise", ("currency code", "order currency")),
        Field(
            "discount",
            "taken off the total already",
            ("discount amount", "total discounts", "discount total", "order discount"),
        ),
        Field(
            "refunded",
            "paid back of the total",
            ("refunded amount", "refund amount", "total refunded", "refunded total", "order refund amount"),
        ),
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
        Field(
            "line_title",
            "an article's name",
            ("lineitem name", "item name", "product name", "product title", "product"),
        ),
        Field("line_sku", "its SKU", ("lineitem sku", "item sku", "product sku", "sku")),
        Field(
            "line_quantity",
            "how many; an article without it is left out",
            (
                "lineitem quantity",
                "item quantity",
                "product quantity",
                "quantity",
                "quantity (- refund)",
                "item qty",
                "qty",
            ),
        ),
        Field(
            "line_unit_price",
            "price of one",
            (
                "lineitem price",
                "item price",
                "unit price",
                "item cost",
                "item cost (inc. tax)",
                "product price",
                "price",
            ),
        ),
        Field("test", "yes for a test order, which is rejected", ("test order", "is test")),
    )
    required: tuple[tuple[str, ...], ...] = (
        ("number",),
        ("placed_at",),
        ("total",),
        ("customer_external_id", "customer_email", "customer_phone"),
    )
    choices = {
        "status": {
            "pending": (
                "authorized",
                "partially paid",
                "unpaid",
                "on hold",
                "expired",
                "wc-pending",
                "wc-on-hold",
                "pending payment",
            ),
            "paid": ("partially refunded", "processing", "wc-processing"),
            "shipped": ("completed", "wc-completed"),
            "delivered": (),
            "cancelled": ("canceled", "voided", "wc-cancelled", "failed", "wc-failed"),
            "refunded": ("wc-refunded",),
        },
        "fulfillment_status": {
            "unfulfilled": (
                "null", "none", "pending", "open", "scheduled", "on hold", "in progress", "pending fulfillment",
                "request declined",
            ),
            "partial": ("partially fulfilled", "partially shipped"),
            "shipped": ("fulfilled", "in transit", "out for delivery"),
            "delivered": (),
            "returned": ("restocked",),
        },
    }  # fmt: skip

    def __init__(self, reader: Reader, number_from: Sequence[str] = ()) -> None:
        super().__init__(reader)
        self.number_from = number_from
        if number_from:
            self.together = None
            self.required = self.required[1:]
        self._numbers = Tally()
        self._without_currency = 0

    @classmethod
    def check_number_from(cls, names: Sequence[str], columns: Columns) -> None:
        """Raises `ImportProblem` if order numbers are to be made from a column that the file lacks."""
        for name in names:
            if name not in columns.places:
                there = ", ".join(columns.places)
                raise ImportProblem(f"--number-from: no column is {name}; those found are {there}.")

    def pass_by(self, rows: Sequence[Row]) -> None:
        """Number the order, or note that its number was seen: both need all earlier orders."""
        row = rows[0]
        try:
            if self.number_from:
                text = "-".join(text_of(row.get(name)) for name in self.number_from)
                row["number"] = f"{text}-{self._numbers.add(text)}"
            else:
                row["seen"] = self._numbers.add(read_id("number", row.get("number"))) > 1
        except Refused:
            return  # `build` reports this error

    def build(self, rows: Sequence[Row]) -> OrderData:
        row = _whole_order(rows) if len(rows) > 1 else rows[0]
        number = self.prefixed(read_id("number", row.get("number")))
        if not number:
            raise Refused("It has no number.")
        for name in self.number_from:
            if not text_of(row.get(name)):
                raise Refused(f"Its number is made of {' and '.join(self.number_from)}, and {name} is empty.")
        if row.get("seen"):
            raise Refused(f"The order {number} came before in this file: it is one line, or lines that stand together.")
        read = self.reader
        self._refuse_what_is_no_order(row)
        currency = self._currency(row)
        cancelled = not is_placeholder(text_of(row.get("cancelled_at")))
        status = "cancelled" if cancelled else read.choice("status", row.get("status"), "paid")
        return OrderData(
            number=number,
            placed_at=named("placed_at", partial(read.time, _there(row, "placed_at"))),
            total=named("total", partial(_in_currency, read, _there(row, "total"), currency)),
            customer=buyer(self, row),
            status=status,
            fulfillment_status=self.optional(
                "fulfillment_status", lambda: self._fulfillment(row, status), "unfulfilled"
            ),
            currency=currency,
            discount=self.optional("discount", lambda: self._discount(row), Decimal(0)),
            refunded=self._refunded(row),
            tracking_numbers=self._each(row, "tracking_numbers", clean_tracking),
            tracking_urls=self._links(row),
            shipping_carrier=self.optional("shipping_carrier", lambda: _carrier(row), ""),
            lines=self._lines(rows),
        )

    def _refuse_what_is_no_order(self, row: Row) -> None:
        """Raises `Refused` for test orders, and for drafts or deleted orders unless `--map-value` maps them."""
        if self.optional("test", lambda: flag(row.get("test")), None):
            raise Refused("It is a test order.")
        status = folded(text_of(row.get("status")))
        if status in _NO_ORDERS and status not in self.reader.choices.get("status", {}):
            raise Refused(f"It is {_NO_ORDERS[status]}: nobody has ordered (status {text_of(row['status'])}).")

    def _currency(self, row: Row) -> str:
        """The currency; USD (counted) if none is given, `XXX` (reported) if the given one is invalid."""
        text = text_of(row.get("currency"))
        if not text:
            self._without_currency += 1
            return "USD"
        try:
            return clean_currency(_SIGNS.get(text, text))
        except ValidationError as error:
            self.leave_out(f"currency: {' '.join(error.messages)} {UNKNOWN_CURRENCY} (no currency) is stored.")
            return UNKNOWN_CURRENCY

    def remarks(self) -> list[str]:
        if not self._without_currency:
            return []
        return [
            f"{self._without_currency:,} orders say no currency: USD is taken; --set currency=EUR says which it is."
        ]

    def _fulfillment(self, row: Row, status: str) -> str:
        """The fulfilment status of the row, else the one that its status implies."""
        implied = status if status in ("shipped", "delivered") else "unfulfilled"
        return self.reader.choice("fulfillment_status", row.get("fulfillment_status"), implied)

    def _discount(self, row: Row) -> Decimal:
        # Some exports write discounts as negative amounts.
        return refusing(lambda: clean_amount("discount", abs(self.reader.amount(row.get("discount", 0)))))

    def _refunded(self, row: Row) -> Decimal | None:
        given = row.get("refunded")
        if given is None or (isinstance(given, str) and is_placeholder(given) and not any(map(str.isdigit, given))):
            return None
        # Some exports write refunds as negative amounts.
        return abs(named("refunded", partial(self.reader.amount, given)))

    def _each(self, row: Row, name: str, clean: Callable[[str], str]) -> list[str]:
        given = self.optional(name, lambda: _numbers_of(row.get(name)), list[str]())
        kept = [self.optional(name, partial(clean, text), "") for text in given if not is_placeholder(text)]
        if len(kept) > MAX_PARCELS:
            self.leave_out(
                f"{name}: an order takes at most {MAX_PARCELS}; {len(kept) - MAX_PARCELS} more were left out."
            )
        return [text for text in dict.fromkeys(kept) if text][:MAX_PARCELS]

    def _links(self, row: Row) -> list[str]:
        given = row.get("tracking_urls")
        if isinstance(given, str):
            row = {**row, "tracking_urls": links_of(given)}
        return self._each(row, "tracking_urls", clean_link)

    def _lines(self, rows: Sequence[Row]) -> list[LineData]:
        nested = rows[0].get("lines")
        if nested is None and (packed := [one for row in rows for one in packed_articles(row)]):
            articles = [(name, self.optional(name, partial(article_of, text), None)) for name, text in packed]
            given = [self._article(_of_object(article), name) for name, article in articles if article is not None]
            return [line for line in given if line is not None]
        if nested is None:
            return [line for place, row in enumerate(rows) if (line := self._line(row, place)) is not None]
        objects = self.optional("lines", lambda: objects_of(nested), list[Row]())
        read = [self._article(_of_object(line), f"article {number}") for number, line in enumerate(objects, start=1)]
        return [line for line in read if line is not None]

    def _line(self, row: Row, place: int) -> LineData | None:
        names = ("title", "sku", "quantity", "unit_price")
        article = {name: row[f"line_{name}"] for name in names if f"line_{name}" in row}
        return self._article(article, f"article {place + 1}", place) if "title" in article else None

    def _article(self, article: Row, name: str, place: int = 0) -> LineData | None:
        """One article; `None` (reported) without a name or a readable quantity."""
        try:
            title = _text(article, "title") or _text(article, "sku")
            if article.get("quantity") is None:
                raise Refused(f"{shown(title)} has no quantity; {self._quantity_remedy()}.")
            quantity = whole(article["quantity"])
            refusing(lambda: clean_quantity(quantity))
            title = without_nul(self, f"{name}, title", title, place)
            title = refusing(lambda: clean_line("title", title[:TITLE_LENGTH], TITLE_LENGTH))
        except Refused as refusal:
            self.leave_out(f"{name}: {refusal}", place)
            return None
        return LineData(
            title,
            quantity,
            self.optional(f"{name}, sku", lambda: _sku(article), "", place),
            self.optional(f"{name}, unit_price", lambda: self._price(article), None, place),
        )

    def _quantity_remedy(self) -> str:
        if self.found.has("line_title") and not self.found.has("line_quantity"):
            return "--map line_quantity=COLUMN names its column, --set line_quantity=1 takes one of each"
        return "it is not known how many were ordered"

    def _price(self, article: Row) -> Decimal | None:
        given = article.get("unit_price")
        if given is None:
            return None
        return refusing(lambda: clean_amount("unit_price", self.reader.amount(given, rounded=True)))

    @classmethod
    def more_places(cls, header: Sequence[str]) -> dict[str, int]:
        return packed_columns(header)

    @classmethod
    def adapt(cls, records: Iterator[Record], adapted: dict[str, Any]) -> Iterator[Record]:
        return with_fields(with_children(records), order_fields, adapted)

    def save(self, items: list[Any]) -> list[Result]:
        return states(save_orders(items, None, trail=False, moves=False))


def _there(row: Row, name: str) -> Any:
    if name not in row:
        raise Refused(f"{name} is empty.")
    return row[name]


def _carrier(row: Row) -> str:
    text = text_of(row.get("shipping_carrier"))
    return "" if is_placeholder(text) else clean_line("shipping_carrier", text, 100)


def _text(article: Row, name: str) -> str:
    return text_of(article.get(name))


def _sku(article: Row) -> str:
    text = _text(article, "sku")
    if is_rounded(text):
        clean_number("sku", text)
    return clean_line("sku", text, 100) if text else ""


def _numbers_of(value: Any) -> list[str]:
    if isinstance(value, float) and value.is_integer():
        return [repr(value)]
    return [value] if isinstance(value, str) and is_rounded(value) else list_of(value)


def links_of(text: str) -> list[str]:
    """The links of a text. A comma or semicolon ends a link only before another one: links may contain them."""
    return [
        link.strip(" ,;\n\t") for link in _NEXT_LINK.sub("\n\\1", text.strip()).split("\n") if link.strip(" ,;\n\t")
    ]


def _of_object(line: Row) -> Row:
    return {
        "title": first_of(line, "title", "name", "product_name", "product"),
        "sku": first_of(line, "sku"),
        "quantity": first_of(line, "quantity", "qty"),
        "unit_price": first_of(line, "unit_price", "price"),
    }


def _in_currency(read: Reader, given: Any, currency: str) -> Decimal:
    amount = read.amount(given)
    if isinstance(given, str) and currency != UNKNOWN_CURRENCY:
        for sign, currencies in _CURRENCIES.items():
            if sign in given and currency.upper() not in currencies:
                raise Refused(f"The total is in {sign}, the order in {currency}: --set currency=… says which it is.")
    return amount


def _whole_order(rows: Sequence[Row]) -> Row:
    """The rows of one order as one; they must not contradict each other about the order itself."""
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
