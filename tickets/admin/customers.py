"""Customers in the admin site: found fast, written by their services, with what they bought and wrote."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string

from agents.common.admin_base import AdminRequest, LinesField, ServiceForm, pick
from tickets import services
from tickets.admin.filters import ChurnFilter, OrdersFilter
from tickets.admin.record_admin import LATEST, RecordAdmin, money, smart_score
from tickets.models import Contact, Customer
from tickets.search import find_customers, split_words


class CustomerForm(ServiceForm):
    """A person and all their addresses."""

    emails = LinesField(label="All email addresses", help_text="One per line. Always includes the address above.")
    phones = LinesField(
        label="Telephone numbers",
        help_text="One per line, such as +14155550123; without a country code, the country of this installation is used.",
    )
    email = forms.CharField(
        required=False, max_length=254, help_text="The reply address.", widget=forms.EmailInput({"size": 60})
    )

    class Meta:
        model = Customer
        fields: ClassVar[list[str]] = ["name", "external_id", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            return
        contacts = list(self.instance.contacts.all())
        for name, kind in (("emails", Contact.Kind.EMAIL), ("phones", Contact.Kind.PHONE)):
            self.initial[name] = [contact.value for contact in contacts if contact.kind == kind]


@admin.register(Customer)
class CustomerAdmin(RecordAdmin):
    form = CustomerForm
    list_display = ("name", "email", "value", "total_orders", "churn", "last_order_at", "created_at")
    list_filter = (ChurnFilter, OrdersFilter)
    search_fields = ("name",)
    search_help_text = "Part of a name, an email address or a telephone number; or a whole order number or shop id."
    ordering = ("-id",)
    sortable_by = ("value", "total_orders", "churn", "last_order_at")
    derived = (
        "value",
        "total_orders",
        "average",
        "first_order_at",
        "last_order_at",
        "churn",
        "created_at",
        "updated_at",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        words = split_words(search_term)
        return (queryset.filter(pk__in=find_customers(words)) if words else queryset), False

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Customer]":
        return Customer.objects.visible_to(request.user).order_by(*self.ordering)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        person = (None, {"fields": ["name", "email", "emails", "phones", "external_id"]})
        if obj is None:
            return [person]
        return [
            person,
            ("Calculated from orders", {"fields": self.derived}),
            ("Latest orders", {"fields": ["orders"], "classes": ["whole"]}),
            ("Latest tickets", {"fields": ["tickets"], "classes": ["whole"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else [*self.derived, "external_id", "orders", "tickets"]

    def write(self, request: AdminRequest, form: Any, formsets: list[Any], change: bool) -> Customer:
        if change:
            return services.update_customer(request.user, form.instance.pk, form.changed_values())
        values = pick(form, ["name", "emails", "phones"])
        return services.create_customer(
            request.user,
            services.CustomerData(
                **values,
                email=form.cleaned_data["email"] or None,
                external_id=form.cleaned_data["external_id"] or None,
            ),
        )

    @staticmethod
    def choice_name(customer: Customer) -> str:
        return f"{customer.name} ({customer.email or 'no email address'})"

    @admin.display(description="lifetime value", ordering="lifetime_value")
    def value(self, customer: Customer) -> str:
        return money(customer.lifetime_value)

    @admin.display(description="average order value")
    def average(self, customer: Customer) -> str:
        return money(customer.average_order_value)

    @admin.display(description="churn risk", ordering="churn_risk_score")
    def churn(self, customer: Customer) -> str:
        risk = customer.churn_risk_score
        return "unknown" if risk is None else f"{risk:.2f}"

    @admin.display(description="")
    def orders(self, customer: Customer) -> str:
        rows = customer.orders.order_by("-placed_at", "-id")[:LATEST]
        return render_to_string("admin/quimbi/orders.html", {"orders": rows, "customer": customer})

    @admin.display(description="")
    def tickets(self, customer: Customer) -> str:
        latest = customer.tickets.select_related("assigned_to").order_by("-created_at", "-id")[:LATEST]
        rows = [(ticket, smart_score(ticket)) for ticket in latest]
        return render_to_string("admin/quimbi/tickets.html", {"tickets": rows, "customer": customer})
