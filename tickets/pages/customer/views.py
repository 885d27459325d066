"""The customer page: contacts, orders and tickets. The intelligence app adds the profile."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.generic import View

from agents.models import Agent
from agents.pages.page_context import initials
from agents.pages.sign_in_required import signed_in_agent, signed_in_only
from tickets.channels import find_channel
from tickets.models import Customer, Order, Ticket
from tickets.pages.common import short_texts
from tickets.pages.customer.purchase_chart import Chart, chart
from tickets.pages.customer.purchases import of_record
from tickets.ranking.ticket_list import history

ORDERS, TICKETS = 8, 10


@dataclass(frozen=True)
class Pages:
    """Position in a list of pages: the page's number and its neighbours, 0 for none."""

    number: int
    before: int
    after: int
    total: int
    count: str

    @classmethod
    def at(cls, wanted: str, total: int, size: int) -> "Pages":
        """The page for a number: the first for an invalid number, the last for one beyond the end."""
        last = max(1, -(-total // size))
        asked = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else 1
        number = min(max(asked, 1), last)
        return cls(number, number - 1, number + 1 if number < last else 0, last, short_texts.count(total))


@method_decorator(cast(Any, signed_in_only), name="dispatch")
class CustomerView(View):
    """`/customers/<id>` for agents who may see the customer; higher layers fill `known`."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        agent = signed_in_agent(request)
        found: Any = Customer.objects.visible_to(agent).prefetch_related("contacts").filter(pk=customer_id)
        customer: Customer | None = found.first()
        if customer is None:
            raise Http404
        return render(request, "customers/customer.html", self.context(request, agent, customer))

    def context(self, request: HttpRequest, agent: Agent, customer: Customer) -> dict[str, Any]:
        now = timezone.now()
        orders: Any = Order.objects.filter(customer=customer)
        order_pages = Pages.at(request.GET.get("orders", ""), orders.count(), ORDERS)
        start = (order_pages.number - 1) * ORDERS
        rows = orders.order_by("-placed_at", "-id").prefetch_related("lines")[start : start + ORDERS]
        ticket_pages, tickets = self._tickets(request, agent, customer)
        return {
            "here": "customer",
            "customer": customer,
            "initials": initials(customer.name),
            "contacts": list(customer.contacts.all()),
            "orders": [of_record(order) for order in rows],
            "order_pages": order_pages,
            "tickets": tickets,
            "ticket_pages": ticket_pages,
            "chart": _chart(customer, timezone.localdate(now)),
            **self.known(agent, customer, now),
        }

    def known(self, agent: Agent, customer: Customer, now: datetime) -> dict[str, Any]:
        """What higher layers know about the customer besides the records."""
        return {}

    def _tickets(self, request: HttpRequest, agent: Agent, customer: Customer) -> tuple[Pages, list[dict[str, Any]]]:
        total = Ticket.objects.visible_to(agent).filter(customer=customer).count()
        pages = Pages.at(request.GET.get("tickets", ""), total, TICKETS)
        rows = history(agent, customer.pk, TICKETS, pages.number).tickets
        statuses = dict(Ticket.Status.choices)
        for row in rows:
            row["status_label"], row["channel_label"] = statuses[row["status"]], find_channel(row["channel"]).label
        return pages, rows


def _chart(customer: Customer, today: date) -> Chart:
    """Chart of all counting orders in one query, up to today, so that silence since the last order shows."""
    counted: Any = Order.objects.filter(customer=customer).exclude(status=Order.Status.CANCELLED).order_by()
    months: dict[date, list[float]] = {}
    # Grouped by month in Python, because PostgreSQL may not know the time zone's name.
    for placed_at, spent in counted.values_list("placed_at", F("total") - F("refunded")):
        months.setdefault(timezone.localdate(placed_at).replace(day=1), []).append(float(spent))
    return chart(((month, sum(spent), len(spent)) for month, spent in sorted(months.items())), today)
