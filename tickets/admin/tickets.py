"""Tickets in the admin site: the smart order, the conversation, and why a ticket stands where it does."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timezone import localtime

from agents.common.admin_base import AdminRequest, badge, pick
from agents.common.folding import fold
from agents.models import Agent
from tickets import services
from tickets.admin.filters import AssigneeFilter, StatusFilter, TagFilter, shown_status
from tickets.admin.forms import NewTicketForm, TicketForm
from tickets.admin.record_admin import RecordAdmin, smart_score
from tickets.models import SearchText, Ticket, TicketTag
from tickets.ranking import scoring
from tickets.search import find_customers, split_words

LONGEST = 200  # newest messages and notes that the form shows


def _prioritise(priority: Ticket.Priority) -> Callable[[Any, HttpRequest, "QuerySet[Ticket]"], None]:
    """The bulk action that sets the given priority."""

    @admin.action(description=f"Set priority to {priority.label.lower()}", permissions=["change"])
    def act(self: Any, request: HttpRequest, queryset: "QuerySet[Ticket]") -> None:
        self.set_for_each(request, queryset, {"priority": priority}, f"set to {priority.label.lower()} priority")

    return act


@admin.register(Ticket)
class TicketAdmin(RecordAdmin):
    list_display = (
        "subject",
        "score",
        "state",
        "urgency",
        "buyer",
        "assignee",
        "channel",
        "tags",
        "created_at",
    )
    list_filter = (StatusFilter, "priority", "channel", AssigneeFilter, TagFilter)
    list_select_related = ("customer", "assigned_to")
    search_fields = ("subject",)
    search_help_text = "Part of a subject, of a customer's name or address, or an order number."
    sortable_by = ("score",)
    autocomplete_fields = ("customer", "assigned_to")
    actions = ("close", "reopen", "take", "hand_back", "urgent", "high", "normal", "low")
    facts = (
        "created_at",
        "updated_at",
        "closed_at",
        "snooze",
        "automatic_tags",
        "language",
        "customer_sentiment",
        "estimated_difficulty",
        "external_id",
    )

    # --- List
    def get_queryset(self, request: HttpRequest) -> "QuerySet[Ticket]":
        tickets: QuerySet[Ticket] = Ticket.objects.visible_to(request.user)
        tags = Prefetch("ticket_tags", TicketTag.objects.order_by("name"))
        return tickets.order_by(*self.get_ordering(request)).prefetch_related(tags)

    def get_ordering(self, request: HttpRequest) -> Any:
        """The API's order for one status, from an index; for all statuses the newest first (ids begin with the time)."""
        status = shown_status(request.GET.get("status"))
        if status == StatusFilter.ALL:
            return ["-id"]
        return ["-closed_at", "-id"] if status == Ticket.Status.CLOSED else ["rank_at", "id"]

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        words = split_words(search_term)
        if not words:
            return queryset, False
        # A union, so that each part uses its own index.
        subjects = SearchText.objects.filter(message=None, text__contains=fold(" ".join(words))).values("ticket_id")
        theirs = Ticket.objects.order_by().filter(customer_id__in=find_customers(words)).values("pk")
        return queryset.filter(pk__in=subjects.union(theirs)), False

    @admin.display(description="score", ordering="rank_at")
    def score(self, ticket: Ticket) -> str:
        return f"{smart_score(ticket):.1f}"

    @admin.display(description="status")
    def state(self, ticket: Ticket) -> str:
        shown = badge(ticket.status, ticket.get_status_display())
        return format_html("{} (snoozed)", shown) if ticket.is_asleep(timezone.now()) else shown

    @admin.display(description="priority")
    def urgency(self, ticket: Ticket) -> str:
        return badge(ticket.priority, ticket.get_priority_display())

    @admin.display(description="customer")
    def buyer(self, ticket: Ticket) -> str:
        link = reverse("admin:tickets_customer_change", args=[ticket.customer_id])
        return format_html('<a href="{}">{}</a>', link, ticket.customer.name)

    @admin.display(description="assignee")
    def assignee(self, ticket: Ticket) -> str:
        return ticket.assigned_to.name if ticket.assigned_to else "nobody"

    @admin.display(description="tags")
    def tags(self, ticket: Ticket) -> str:
        return ", ".join(f"{tag.name} (auto)" if tag.automatic else tag.name for tag in ticket.ticket_tags.all())

    @admin.display(description="snoozed until")
    def snooze(self, ticket: Ticket) -> str:
        """What ends the snooze; empty if the ticket is in the queue."""
        if not ticket.is_asleep(timezone.now()):
            return "not snoozed"
        moment = [f"{localtime(ticket.snoozed_until):%Y-%m-%d %H:%M %Z}"] if ticket.snoozed_until else []
        reply = ["the customer writes"] if ticket.snoozed_until_reply else []
        return " or until ".join([*moment, *reply])

    @admin.display(description="automatic tags")
    def automatic_tags(self, ticket: Ticket) -> str:
        """The tags that the program read from the conversation. A removed tag is not added again."""
        return ", ".join(tag.name for tag in ticket.ticket_tags.all() if tag.automatic) or "none"

    # --- Form
    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = TicketForm if change else NewTicketForm
        return super().get_form(request, obj, change=change, **{"form": form, **kwargs})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shared = ["priority", "assigned_to", "tags"]
        if obj is None:
            first = {"fields": ["initial_message", "written_by"]}
            return [
                (None, {"fields": ["customer", "subject", "channel", *shared]}),
                ("First message", first),
            ]
        return [
            (None, {"fields": ["buyer", "channel", "subject", "status", *shared]}),
            ("Conversation", {"fields": ["conversation"], "classes": ["whole"]}),
            ("Reply", {"fields": ["kind", "text"]}),
            ("Score breakdown", {"fields": ["breakdown"], "classes": ["whole"]}),
            ("Details", {"fields": [*self.facts, "seen_at"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["buyer", "channel", *self.facts, "conversation", "breakdown"]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "assigned_to":
            for offer in ("can_add_related", "can_change_related"):
                setattr(field.widget, offer, False)  # no links to create or change agents here
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"channel": Ticket.Channel.EMAIL, **super().get_changeform_initial_data(request)}

    @admin.display(description="")
    def conversation(self, ticket: Ticket) -> str:
        """Messages and notes in one list, oldest first."""
        messages = ticket.messages.order_by("-created_at", "-id")[:LONGEST]
        notes = ticket.notes.order_by("-created_at", "-id")[:LONGEST]
        entries: list[tuple[Any, str]] = [
            *((m, "agent" if m.from_agent else "customer") for m in messages),
            *((n, "note") for n in notes),
        ]
        entries.sort(key=lambda entry: (entry[0].created_at, entry[0].pk))
        entries += [(reply.as_message(), "sending") for reply in ticket.scheduled_replies.all()]
        hidden = ticket.message_count - len(messages)
        context = {"entries": entries[-LONGEST:], "hidden": hidden, "ticket": ticket}
        return render_to_string("admin/quimbi/conversation.html", context)

    @admin.display(description="")
    def breakdown(self, ticket: Ticket) -> str:
        breakdown = scoring.break_down(ticket, ticket.closed_at or timezone.now())
        context = {
            "points": [(name.replace("_", " "), value) for name, value in breakdown.components.items()],
            "total": breakdown.total_score,
            "explanation": scoring.explain(breakdown),
        }
        return render_to_string("admin/quimbi/breakdown.html", context)

    def write(self, request: AdminRequest, form: Any, formsets: list[Any], change: bool) -> Ticket:
        return self._work_on(request.user, form) if change else self._create(request.user, form)

    @staticmethod
    def _create(actor: Agent, form: Any) -> Ticket:
        values, assignee = form.cleaned_data, form.cleaned_data["assigned_to"]
        return services.create_ticket(
            actor,
            services.TicketData(
                **pick(form, ["subject", "channel", "priority", "tags"]),
                customer_id=values["customer"].pk,
                assigned_to=assignee.pk if assignee else None,
                initial_message=values["initial_message"] or None,
                from_agent=values["written_by"] == "agent",
            ),
        )

    @staticmethod
    def _work_on(actor: Agent, form: Any) -> Ticket:
        key, said = form.instance.pk, form.cleaned_data["text"]
        values = {n: v for n, v in form.changed_values().items() if n not in form.unseen}
        if "assigned_to" in values:
            values["assigned_to"] = values["assigned_to"].pk if values["assigned_to"] else None
        ticket = services.update_ticket(actor, key, values, seen_at=form.cleaned_data["seen_at"])
        if said and form.cleaned_data["kind"] == "note":
            services.add_note(actor, key, said)
        elif said:
            by_us = form.cleaned_data["kind"] == "reply"
            services.post_message(actor, key, said, from_agent=by_us, status=values.get("status"))
        return ticket

    # --- Bulk actions
    def set_for_each(
        self, request: HttpRequest, tickets: "QuerySet[Ticket]", values: dict[str, Any], done: str
    ) -> None:
        """Apply one change to each chosen ticket through the service."""
        seen = dict(tickets.order_by().values_list("pk", "updated_at")[: self.MOST_AT_ONCE + 1])
        actor = cast(Agent, request.user)

        def act(key: UUID) -> bool:
            after = services.retrying(lambda: services.update_ticket(actor, key, values))
            return after.updated_at != seen.get(key)

        self.for_each(request, tickets, act, done)

    @admin.action(description="Close", permissions=["change"])
    def close(self, request: HttpRequest, queryset: "QuerySet[Ticket]") -> None:
        self.set_for_each(request, queryset, {"status": Ticket.Status.CLOSED}, "closed")

    @admin.action(description="Reopen", permissions=["change"])
    def reopen(self, request: HttpRequest, queryset: "QuerySet[Ticket]") -> None:
        self.set_for_each(request, queryset, {"status": Ticket.Status.OPEN}, "opened")

    @admin.action(description="Assign to me", permissions=["change"])
    def take(self, request: HttpRequest, queryset: "QuerySet[Ticket]") -> None:
        self.set_for_each(request, queryset, {"assigned_to": request.user.pk}, "assigned to you")

    @admin.action(description="Unassign", permissions=["change"])
    def hand_back(self, request: HttpRequest, queryset: "QuerySet[Ticket]") -> None:
        self.set_for_each(request, queryset, {"assigned_to": None}, "unassigned")

    urgent = _prioritise(Ticket.Priority.URGENT)
    high = _prioritise(Ticket.Priority.HIGH)
    normal = _prioritise(Ticket.Priority.NORMAL)
    low = _prioritise(Ticket.Priority.LOW)
