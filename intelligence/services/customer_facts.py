"""Load what AI providers may know of one customer: the figures and the orders."""

from uuid import UUID

from intelligence.contract.facts import CustomerFacts, OrderFacts, OrderLineFacts
from tickets.models import Customer, Order, OrderLine

_COLUMNS = (
    "pk",
    "number",
    "placed_at",
    "status",
    "fulfillment_status",
    "total",
    "refunded",
    "discount",
    "currency",
    "tracking_numbers",
    "tracking_urls",
    "shipping_carrier",
)


def customer_facts(customer: Customer, lines: int = 5) -> CustomerFacts:
    """One customer with all orders, oldest first; order lines only of the newest `lines` orders. Two queries."""
    rows = list(Order.objects.filter(customer=customer).order_by("placed_at", "id").values_list(*_COLUMNS))
    newest = [row[0] for row in rows[-lines:]] if lines else []
    articles: dict[UUID, list[OrderLineFacts]] = {}
    if newest:
        found = OrderLine.objects.filter(order_id__in=newest).order_by("order_id", "position")
        for order_id, title, quantity, price in found.values_list("order_id", "title", "quantity", "unit_price"):
            each = None if price is None else float(price)
            articles.setdefault(order_id, []).append(OrderLineFacts(title, quantity, each))
    return CustomerFacts(
        id=customer.pk,
        name=customer.name,
        lifetime_value=float(customer.lifetime_value),
        total_orders=customer.total_orders,
        external_id=customer.external_id or "",
        orders=tuple(
            OrderFacts(
                number=number,
                placed_at=placed_at,
                status=status,
                fulfillment_status=fulfillment,
                total=float(total),
                refunded=float(refunded),
                discount=float(discount),
                currency=currency,
                lines=tuple(articles.get(key, ())),
                tracking_numbers=tuple(numbers),
                tracking_urls=tuple(urls),
                carrier=carrier,
            )
            for key, number, placed_at, status, fulfillment, total, refunded, discount, currency, numbers, urls, carrier in rows
        ),
    )
