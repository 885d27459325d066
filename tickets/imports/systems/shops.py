"""Orders and customers as the APIs of Shopify (REST, GraphQL) and WooCommerce write them, by this program's field names."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from tickets.imports.columns import first_of
from tickets.imports.file_records import Record

Object = dict[str, Any]
_FAILED = frozenset({"cancelled", "canceled", "error", "failure", "failed"})
# Keys that this module reads.
SHOP_KEYS = frozenset(
    [
        "admin_graphql_api_id", "billing", "billingAddress", "billing_address", "cancelledAt", "contact_email", "createdAt",
        "created_at", "currencyCode", "customer", "customer_id", "date_created", "date_created_gmt", "discount_total",
        "displayFinancialStatus", "displayFulfillmentStatus", "email", "financial_status", "fulfillments", "id", "lineItems",
        "line_items", "meta_data", "name", "number", "order_number", "phone", "processedAt", "processed_at", "refunds",
        "shipping", "shippingAddress", "shipping_address", "total", "totalDiscountsSet", "totalPriceSet", "totalRefundedSet",
        "total_discounts", "total_price",
    ]
)  # fmt: skip
_CHILDREN = {"LineItem": "lineItems", "Fulfillment": "fulfillments", "Refund": "refunds"}


def with_children(records: Iterable[Record]) -> Iterator[Record]:
    """The records of a Shopify bulk export; a line with `__parentId` is a part of the record before it."""
    held: Record | None = None
    for record in records:
        child = isinstance(record.content, dict) and "__parentId" in record.content
        if (
            child
            and held is not None
            and held.content is not None
            and record.content["__parentId"] == held.content.get("id")
        ):
            held = _with_child(held, record)
            continue
        if held is not None:
            yield held
        if child:
            record.problem = "The record that this line is a part of does not stand before it."
        held = record
    if held is not None:
        yield held


def _with_child(parent: Record, child: Record) -> Record:
    name = _CHILDREN.get(str(child.content.get("id", "")).partition("gid://shopify/")[2].partition("/")[0], "others")
    content = {**parent.content, name: [*_nodes(parent.content.get(name)), child.content]}
    return replace(
        parent, end=child.end, content=content, original=orjson.dumps(content), size=parent.size + child.size
    )


def with_fields(
    records: Iterable[Record], fields_of: Callable[[Object], Object | None], adapted: Object
) -> Iterator[Record]:
    """The records, with the program's fields added to those of a known shape; `adapted` receives these fields."""
    for record in records:
        if isinstance(record.content, dict) and not record.problem:
            fields = fields_of(record.content)
            if fields is not None:
                adapted |= fields
                record.content = {**record.content, **fields}
        yield record


def order_fields(record: Object) -> Object | None:
    """All fields of an order in a known shape, `None` for missing ones; `None` if the shape is unknown."""
    if "totalPriceSet" in record or "displayFinancialStatus" in record:
        return _shopify_graphql(record)
    if "total_price" in record and ("financial_status" in record or "line_items" in record):
        return _shopify_rest(record)
    if (
        isinstance(record.get("billing"), dict)
        and "total" in record
        and ("date_created" in record or "line_items" in record)
    ):
        return _woocommerce(record)
    return None


def customer_fields(record: Object) -> Object | None:
    """The fields of a WooCommerce customer, whose names and country may be in the billing address only."""
    billing = record.get("billing")
    if not isinstance(billing, dict):
        return None
    return {
        "first_name": record.get("first_name") or billing.get("first_name"),
        "last_name": record.get("last_name") or billing.get("last_name"),
        "email": record.get("email") or billing.get("email"),
        "billing_email": _other(record.get("email"), billing.get("email")),
        "phone": billing.get("phone"),
        "country": billing.get("country"),
        "created_at": _utc(record.get("date_created_gmt")) or record.get("date_created"),
    }


def _shopify_rest(record: Object) -> Object:
    customer, billing, shipping = (
        _dict(record.get(name)) for name in ("customer", "billing_address", "shipping_address")
    )
    sent = [one for one in _nodes(record.get("fulfillments")) if str(one.get("status")).casefold() not in _FAILED]
    return {
        # The number as in the CSV export (#1001), so that both exports name the same order.
        "number": record.get("name") or record.get("order_number") or record.get("id"),
        "customer_external_id": customer.get("id"),
        # Prefer the customer's address, which belongs to the id; the order's address may be somebody else's.
        "customer_email": customer.get("email") or record.get("email") or record.get("contact_email"),
        "customer_other_email": _other(customer.get("email"), record.get("email") or record.get("contact_email")),
        "customer_phone": customer.get("phone") or record.get("phone") or billing.get("phone"),
        "customer_name": _name(customer) or _name(billing) or _name(shipping),
        "country": first_of(billing, "country_code", "country"),
        "shipping_country": first_of(shipping, "country_code", "country"),
        "placed_at": record.get("created_at") or record.get("processed_at"),
        "total": record.get("total_price"),
        "currency": record.get("currency"),
        "discount": record.get("total_discounts"),
        "refunded": _refunded(_nodes(record.get("refunds"))),
        "status": record.get("financial_status"),
        "fulfillment_status": _delivery(sent) or record.get("fulfillment_status"),
        "cancelled_at": record.get("cancelled_at"),
        "test": record.get("test"),
        **_parcels(sent),
        "lines": record.get("line_items"),
    }


def _shopify_graphql(record: Object) -> Object:
    customer, billing, shipping = (
        _dict(record.get(name)) for name in ("customer", "billingAddress", "shippingAddress")
    )
    sent = [one for one in _nodes(record.get("fulfillments")) if str(one.get("status")).casefold() not in _FAILED]
    lines = [
        {
            "title": first_of(line, "title", "name"),
            "sku": line.get("sku"),
            "quantity": line.get("quantity"),
            "unit_price": _money(line.get("originalUnitPriceSet")),
        }
        for line in _nodes(record.get("lineItems"))
    ]
    return {
        "number": record.get("name") or record.get("id"),
        "customer_external_id": customer.get("id"),
        "customer_email": first_of(customer, "email", "defaultEmailAddress.emailAddress") or record.get("email"),
        "customer_other_email": _other(
            first_of(customer, "email", "defaultEmailAddress.emailAddress"), record.get("email")
        ),
        "customer_phone": first_of(customer, "phone", "defaultPhoneNumber.phoneNumber")
        or record.get("phone")
        or billing.get("phone"),
        "customer_name": _name(customer) or _name(billing) or _name(shipping),
        "country": first_of(billing, "countryCodeV2", "countryCode", "country"),
        "shipping_country": first_of(shipping, "countryCodeV2", "countryCode", "country"),
        "placed_at": record.get("createdAt") or record.get("processedAt"),
        "total": _money(record.get("totalPriceSet")),
        "currency": record.get("currencyCode") or first_of(record, "totalPriceSet.shopMoney.currencyCode"),
        "discount": _money(record.get("totalDiscountsSet")),
        "refunded": _money(record.get("totalRefundedSet")),
        "status": record.get("displayFinancialStatus"),
        "fulfillment_status": _delivery(sent) or record.get("displayFulfillmentStatus"),
        "cancelled_at": record.get("cancelledAt"),
        "test": record.get("test"),
        **_parcels([track for one in sent for track in _nodes(one.get("trackingInfo"))]),
        "lines": lines or None,
    }


def _woocommerce(record: Object) -> Object:
    billing, shipping = _dict(record.get("billing")), _dict(record.get("shipping"))
    tracked = [one for meta in _nodes(record.get("meta_data")) for one in _tracked(meta)]
    return {
        "number": record.get("number") or record.get("id"),
        "customer_external_id": record.get("customer_id"),
        "customer_email": billing.get("email"),
        "customer_phone": billing.get("phone"),
        "customer_name": _name(billing) or _name(shipping),
        "country": billing.get("country"),
        "shipping_country": shipping.get("country"),
        # `date_created` is in the shop's time zone, without an offset.
        "placed_at": _utc(record.get("date_created_gmt")) or record.get("date_created"),
        "total": record.get("total"),
        "currency": record.get("currency"),
        "discount": record.get("discount_total"),
        "refunded": _sum([one.get("total") for one in _nodes(record.get("refunds"))]),
        "status": record.get("status"),
        "fulfillment_status": None,
        "cancelled_at": None,
        **_parcels(tracked),
        "lines": record.get("line_items"),
    }


def _dict(value: Any) -> Object:
    return value if isinstance(value, dict) else {}


def _other(address: Any, other: Any) -> str | None:
    """The second address, if both exist and differ."""
    if not (isinstance(address, str) and isinstance(other, str)):
        return None
    return other if address.strip() and other.strip().casefold() != address.strip().casefold() else None


def _nodes(value: Any) -> list[Object]:
    """The objects of a list, also if GraphQL wraps it as `nodes` or `edges`."""
    if isinstance(value, dict):
        value = value.get("nodes") or [_dict(edge).get("node") for edge in value.get("edges") or []]
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _name(person: Object) -> str | None:
    whole = first_of(person, "name", "displayName")
    parts = [first_of(person, "first_name", "firstName"), first_of(person, "last_name", "lastName")]
    joined = " ".join(part.strip() for part in parts if isinstance(part, str))
    return joined.strip() or (whole if isinstance(whole, str) else None)


def _money(value: Any) -> Any:
    return first_of(_dict(value), "shopMoney.amount", "presentmentMoney.amount", "amount")


def _amount(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value)) if isinstance(value, str | int | float) else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
    return abs(amount) if amount.is_finite() else Decimal(0)


def _sum(amounts: Iterable[Any]) -> str | None:
    """The sum of the amounts without their signs; `None` if there are none."""
    given = [_amount(amount) for amount in amounts]
    return str(sum(given)) if given else None


def _refunded(refunds: list[Object]) -> str | None:
    """The refunded amount: successful transactions of the refunds; articles and shipping for a refund without transactions."""
    amounts: list[Any] = []
    for refund in refunds:
        paid = [one for one in _nodes(refund.get("transactions")) if str(one.get("kind", "refund")) == "refund"]
        if paid:
            amounts += [one.get("amount") for one in paid if str(one.get("status", "success")) == "success"]
            continue
        for line in _nodes(refund.get("refund_line_items")):
            amounts += [line.get("subtotal"), line.get("total_tax")]
        for change in _nodes(refund.get("order_adjustments")):
            if change.get("kind") == "shipping_refund":
                amounts += [change.get("amount"), change.get("tax_amount")]
    return _sum(amounts)


def _delivery(sent: list[Object]) -> str | None:
    """The status *delivered* if every parcel was delivered."""
    states = {str(first_of(one, "shipment_status", "displayStatus")).casefold() for one in sent}
    return "delivered" if states == {"delivered"} else None


def _parcels(sent: list[Object]) -> Object:
    numbers = [text for one in sent for text in _texts(one, "tracking_numbers", "tracking_number", "number")]
    urls = [
        text for one in sent for text in _texts(one, "tracking_urls", "tracking_url", "url", "custom_tracking_link")
    ]
    carriers = [
        first_of(one, "tracking_company", "company", "tracking_provider", "custom_tracking_provider") for one in sent
    ]
    named = list(dict.fromkeys(str(carrier) for carrier in carriers if carrier))
    return {
        "tracking_numbers": list(dict.fromkeys(numbers)) or None,
        "tracking_urls": list(dict.fromkeys(urls)) or None,
        "shipping_carrier": ", ".join(named) or None,
    }


def _texts(record: Object, *names: str) -> list[str]:
    """The texts of the first key with a value: a list, or a single text."""
    found = first_of(record, *(name for name in names if record.get(name) != []))
    return [str(text) for text in (found if isinstance(found, list) else [found]) if text]


def _tracked(meta: Object) -> list[Object]:
    """The parcels recorded by the WooCommerce extension Shipment Tracking."""
    return _nodes(meta.get("value")) if meta.get("key") == "_wc_shipment_tracking_items" else []


def _utc(value: Any) -> str | None:
    return f"{value.rstrip('Z')}Z" if isinstance(value, str) and value and "+" not in value else None
