"""`/api/orders`: the shop pushes its orders and tracking here; repeated pushes are idempotent."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response

from agents.permissions import ANY_METHOD
from tickets import services
from tickets.api.serializers import OrderBodySerializer, OrderSerializer
from tickets.api.tickets import AgentRequest, AgentViewSet
from tickets.models import Order
from tickets.search import find_orders
from tickets.services.validation import clean_line, fail


class OrderViewSet(AgentViewSet):
    """Orders by the shop's order number."""

    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    pagination_class = None
    lookup_url_kwarg = "number"
    api_key_methods = ANY_METHOD
    lookup_value_converter = "any"  # order numbers may contain slashes
    bodies = {"update": OrderBodySerializer}

    @extend_schema(summary="One order", responses=OrderSerializer)
    def retrieve(self, request: AgentRequest, number: str) -> Response:
        number = clean_line("number", number, 100)
        orders = Order.objects.visible_to(request.user).prefetch_related("lines")
        order = orders.filter(number=number).first()
        if order is None:
            # Also accept the number as people type it, without case or #, if it matches only one order.
            similar = list(orders.filter(pk__in=find_orders([number]))[:2])
            if len(similar) != 1:
                raise Order.DoesNotExist
            order = similar[0]
        return Response(OrderSerializer(order).data)

    @extend_schema(
        summary="Create or replace an order",
        description="Idempotent: the same body changes nothing. The customer is named by id, or found or created by the "
        "shop's id or the address; their lifetime value and the order of their tickets follow at once. An order stays with its "
        "customer: sent for another customer, the answer is a 409 that names both.",
        request=OrderBodySerializer,
        responses={200: OrderSerializer, 201: OrderSerializer},
    )
    def update(self, request: AgentRequest, number: str) -> Response:
        data = _order(number, self.read_body(OrderBodySerializer, request))
        outcome = services.retrying(lambda: services.put_order(request.user, data))
        created = outcome.state == services.State.CREATED
        order = Order.objects.prefetch_related("lines").get(number=outcome.order.number if outcome.order else number)
        return Response(OrderSerializer(order).data, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)


def _order(number: str, values: dict[str, Any]) -> services.OrderData:
    described = {name: values.pop(f"customer_{name}", None) for name in ("email", "external_id", "name")}
    customer = values.pop("customer_id", None)
    if customer is None:
        if not described["email"] and not described["external_id"]:
            raise fail("customer_id", "Name the customer: by customer_id, customer_email or customer_external_id.")
        customer = services.CustomerData(**described)
    lines = [services.LineData(**line) for line in values.pop("lines")]
    return services.OrderData(number=number, customer=customer, lines=lines, **values)
