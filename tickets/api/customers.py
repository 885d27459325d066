"""`/api/customers`: customers, their orders and their tickets."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from agents.api.filtersets import PageFilters, Parameter
from agents.permissions import ANY_METHOD
from tickets import services
from tickets.api import params
from tickets.api.serializers import (
    CustomerChangesSerializer,
    CustomerPageSerializer,
    CustomerSerializer,
    NewCustomerSerializer,
    OrderPageSerializer,
    OrderSerializer,
    PageSerializer,
    TicketRowSerializer,
)
from tickets.api.tickets import AgentRequest, AgentViewSet
from tickets.models import Customer, Order
from tickets.ranking.ticket_list import history
from tickets.search import find_customers


class CustomerTicketsSerializer(PageSerializer):
    tickets = TicketRowSerializer(many=True)


class CustomerFilters(PageFilters):
    """The filters of `GET /api/customers`."""

    q = Parameter(
        params.WordsField(
            required=False,
            max_length=100,
            help_text="Words that must all match: parts of the name, an address or a telephone number, or an order number or "
            "the shop id.",
        ),
        method="search",
    )

    def search(self, customers: QuerySet[Customer], name: str, value: list[str]) -> QuerySet[Customer]:
        return customers.filter(pk__in=find_customers(value))


@extend_schema_view(
    list=extend_schema(
        summary="List or search customers",
        parameters=[params.PageParams, CustomerFilters.parameters()],
        responses=CustomerPageSerializer,
    ),
    retrieve=extend_schema(summary="One customer", responses=CustomerSerializer),
    create=extend_schema(
        summary="Create a customer", request=NewCustomerSerializer, responses={201: CustomerSerializer}
    ),
    partial_update=extend_schema(
        summary="Change a customer", request=CustomerChangesSerializer, responses=CustomerSerializer
    ),
)
class CustomerViewSet(AgentViewSet):
    """Customers that the signed-in agent may see."""

    queryset = Customer.objects.none()
    serializer_class = CustomerSerializer
    pagination_class = None
    lookup_url_kwarg = "customer_id"
    api_key_methods = ANY_METHOD
    bodies = {"create": NewCustomerSerializer, "partial_update": CustomerChangesSerializer}

    def list(self, request: AgentRequest) -> Response:
        filters = CustomerFilters.read(request, self.visible(request))
        customers = filters.qs.order_by("-id").prefetch_related("contacts")
        return page_of("customers", customers, CustomerSerializer, filters.page)

    def retrieve(self, request: AgentRequest, customer_id: UUID) -> Response:
        return Response(CustomerSerializer(self.visible(request).prefetch_related("contacts").get(pk=customer_id)).data)

    def create(self, request: AgentRequest) -> Response:
        data = services.CustomerData(**self.read_body(NewCustomerSerializer, request))
        customer = services.retrying(lambda: services.create_customer(request.user, data))
        return Response(CustomerSerializer(customer).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: AgentRequest, customer_id: UUID) -> Response:
        values = self.read_body(CustomerChangesSerializer, request)
        services.update_customer(request.user, customer_id, values)
        return self.retrieve(request, customer_id)

    @extend_schema(
        summary="A customer's orders, newest first",
        parameters=[params.PageParams],
        responses=OrderPageSerializer,
    )
    @action(detail=True)
    def orders(self, request: AgentRequest, customer_id: UUID) -> Response:
        customer = self.visible(request).get(pk=customer_id)
        orders = Order.objects.filter(customer=customer).order_by("-placed_at", "-id").prefetch_related("lines")
        return page_of("orders", orders, OrderSerializer, params.parse_query(params.PageParams, request))

    @extend_schema(
        summary="A customer's tickets, newest first, of every status",
        parameters=[params.PageParams],
        responses=CustomerTicketsSerializer,
    )
    @action(detail=True)
    def tickets(self, request: AgentRequest, customer_id: UUID) -> Response:
        customer = self.visible(request).get(pk=customer_id)
        values = params.parse_query(params.PageParams, request)
        found = history(request.user, customer.pk, values["limit"], values["page"])
        return Response(params.envelope("tickets", found.tickets, values, found.total))

    def visible(self, request: AgentRequest) -> Any:
        return Customer.objects.visible_to(request.user)


def page_of(name: str, records: Any, serializer: type[Any], values: dict[str, Any]) -> Response:
    """One page of a queryset in the API's list envelope."""
    start = (values["page"] - 1) * values["limit"]
    total = records.count()
    rows = serializer(records[start : start + values["limit"]], many=True).data if start < total else []
    return Response(params.envelope(name, rows, values, total))
