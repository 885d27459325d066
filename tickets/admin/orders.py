"""Orders in the admin site. The shop owns them: what it pushes next replaces what is typed here."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from agents.common.admin_base import AdminRequest, LinesField, ServiceForm, badge
from agents.common.folding import fold
from tickets import services
from tickets.admin.record_admin import RecordAdmin, money
from tickets.models import Order, OrderLine
from tickets.services.validation import clean_line, fail

AMOUNTS = ("total", "discount", "refunded")


class OrderForm(ServiceForm):
    """An order without its lines, which have their own form set."""

    aliases: ClassVar[dict[str, str]] = {"customer_id": "customer"}
    tracking_numbers = LinesField(rows=2, help_text="One per line.")
    tracking_urls = LinesField(rows=2, label="Tracking links", help_text="One per line, http:// or https://.")

    class Meta:
        model = Order
        exclude: ClassVar[list[str]] = []

    def clean_number(self) -> str:
        return clean_line_of("number", self.cleaned_data["number"])


def clean_line_of(field: str, text: str) -> str:
    """The number as the service stores it, so that an existing number is recognised whatever its spacing."""
    try:
        return clean_line(field, text, 100)
    except ValidationError as error:
        raise ValidationError(error.messages) from None


class LineForms(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # Django's classes take no parameters when run
    """The typed lines. The service replaces all lines of an order, so their row ids are ignored."""

    def typed(self) -> list[services.LineData]:
        kept = [form for form in self.forms if form not in self.deleted_forms]
        values = [form.cleaned_data for form in kept if form.cleaned_data.get("title")]
        return [
            services.LineData(line["title"], line["quantity"], line.get("sku") or "", line.get("unit_price"))
            for line in values
        ]


class OrderLineInline(admin.TabularInline):  # type: ignore[type-arg]  # as above
    model = OrderLine
    formset = LineForms
    fields = ("title", "sku", "quantity", "unit_price")
    extra = 1
    max_num = 500

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change the order may remove a line: that changes the order and deletes no independent record."""
        return self.has_change_permission(request, obj)


@admin.register(Order)
class OrderAdmin(RecordAdmin):
    form = OrderForm
    inlines = (OrderLineInline,)
    list_display = ("number", "buyer", "placed_at", "state", "fulfillment_status", "amount", "refund", "currency")
    list_filter = ("status", "fulfillment_status")
    list_select_related = ("customer",)
    search_fields = ("number",)
    search_help_text = "The beginning of an order number."
    ordering = ("-placed_at", "-id")
    sortable_by = ()
    autocomplete_fields = ("customer",)
    fieldsets = (
        (None, {"fields": ("number", "customer", "placed_at", "status", "fulfillment_status")}),
        ("Amounts", {"fields": ("currency", *AMOUNTS)}),
        ("Delivery", {"fields": ("shipping_carrier", "tracking_numbers", "tracking_urls")}),
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Order]":
        return Order.objects.visible_to(request.user).order_by(*self.ordering)

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        number = fold(" ".join(search_term.split())).removeprefix("#")
        if not number:
            return queryset, False
        beginning = Q(number__folded__startswith=number) | Q(number__folded__startswith=f"#{number}")
        return queryset.filter(beginning), False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["number"]

    def write(self, request: AdminRequest, form: Any, formsets: list[Any], change: bool) -> Order:
        order = cast(Order, form.instance)
        before = Order.objects.get(pk=order.pk) if change else None
        typed = form.changed_values() if change else form.cleaned_data
        customer = typed.get("customer") or (before.customer if before else None)
        if customer is None:
            raise fail("customer", "Choose the customer.")
        values = {
            name: typed[name] if name in typed else getattr(before, name)
            for name in (
                "placed_at",
                "status",
                "fulfillment_status",
                "currency",
                *AMOUNTS,
                "tracking_numbers",
                "tracking_urls",
                "shipping_carrier",
            )
        }
        if typed.get("status") == Order.Status.REFUNDED and not typed.get("refunded"):
            values["refunded"] = None  # a new refund without an amount: the service refunds the whole order
        number = before.number if before else form.cleaned_data["number"]
        lines = formsets[0].typed() if not before or formsets[0].has_changed() else _lines_of(before)
        data = services.OrderData(number=number, customer=customer.pk, lines=lines, **values)
        outcome = services.put_order(request.user, data)
        if outcome.order is None or (not change and outcome.state != services.State.CREATED):
            raise fail("number", "Order with this Number already exists.")
        return outcome.order

    @admin.display(description="customer")
    def buyer(self, order: Order) -> str:
        link = reverse("admin:tickets_customer_change", args=[order.customer_id])
        return format_html('<a href="{}">{}</a>', link, order.customer.name)

    @admin.display(description="status")
    def state(self, order: Order) -> str:
        return badge(order.status, order.get_status_display())

    @admin.display(description="total")
    def amount(self, order: Order) -> str:
        return money(order.total)

    @admin.display(description="refunded")
    def refund(self, order: Order) -> str:
        return money(order.refunded) if order.refunded else ""


def _lines_of(order: Order) -> list[services.LineData]:
    return [services.LineData(line.title, line.quantity, line.sku, line.unit_price) for line in order.lines.all()]
