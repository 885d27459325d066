"""The forms of a ticket: a new one, and one that is worked on."""

from typing import Any, ClassVar, cast

from django import forms
from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from agents.common.admin_base import Refusal, ServiceForm
from agents.common.errors import Conflict
from tickets.models import Ticket


class TagsField(forms.CharField):
    """Tags as text, separated by commas."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            max_length=2000,
            help_text="Separated by commas.",
            widget=forms.TextInput({"size": 60}),
        )

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = ",".join(value) if isinstance(value, list) else value or ""
        return [tag.strip() for tag in text.split(",") if tag.strip()]

    def run_validators(self, value: Any) -> None:
        super().run_validators(",".join(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


def long_text(label: str, help_text: str = "", *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        required=required, label=label, help_text=help_text, widget=forms.Textarea({"rows": 5, "cols": 80})
    )


class NewTicketForm(ServiceForm):
    """A ticket with its first message."""

    aliases: ClassVar[dict[str, str]] = {"customer_id": "customer"}
    tags = TagsField()
    initial_message = long_text("First message")
    written_by = forms.ChoiceField(
        choices=[("customer", "Message from the customer"), ("agent", "Message to the customer")],
        widget=forms.RadioSelect,
        initial="customer",
    )

    class Meta:
        model = Ticket
        fields: ClassVar[list[str]] = ["customer", "subject", "channel", "priority", "assigned_to"]


class TicketForm(ServiceForm):
    """A ticket in work: its fields, and what the agent adds to the conversation.

    The form holds the state of the ticket when it was opened. After a conflict it shows the other person's values in the fields
    that this person left unchanged, this person's values in the others, and the new state, so that saving again is deliberate.
    """

    aliases: ClassVar[dict[str, str]] = {"content": "text"}
    unseen: ClassVar[frozenset[str]] = frozenset({"text", "kind", "seen_at"})
    tags = TagsField()
    kind = forms.ChoiceField(
        choices=[
            ("reply", "Reply to the customer"),
            ("note", "Internal note (customers never see it)"),
            ("customer", "Message from the customer, such as a phone call"),
        ],
        widget=forms.RadioSelect,
        initial="reply",
        label="Add",
    )
    text = long_text(
        "Text",
        "A reply sets the ticket to pending, a customer's message reopens it, unless you change the status here.",
    )
    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Ticket
        fields: ClassVar[list[str]] = ["subject", "status", "priority", "assigned_to"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["tags"] = sorted(tag.name for tag in self.instance.ticket_tags.all())
        self.initial["seen_at"] = self.instance.updated_at.isoformat()

    def clean_seen_at(self) -> Any:
        try:
            seen = parse_datetime(self.cleaned_data["seen_at"])
        except ValueError:
            seen = None
        if self.cleaned_data["seen_at"] and (seen is None or seen.tzinfo is None):
            raise forms.ValidationError("The form is not valid; open the ticket again.")
        return seen

    def show_refusal(self, refusal: Refusal) -> None:
        if not isinstance(refusal, Conflict):
            return super().show_refusal(refusal)
        mine = set(self.changed_data)
        changed = refusal.details.get("changed", {}).items()
        names = ", ".join(dict.fromkeys(_what(name, change) for name, change in changed))
        meanwhile = f" Meanwhile: {names}." if names else ""
        self.add_error(
            None, f"{refusal.sentence}{meanwhile} Your changes are still in the form: check them and save again."
        )
        data = cast(QueryDict, self.data).copy()
        for name, field in self.fields.items():
            if name in self.unseen:
                continue
            now = (
                field.prepare_value(self.initial.get(name)) if isinstance(field, TagsField) else self.initial.get(name)
            )
            text = "" if now is None else str(now)
            data[f"initial-{name}"] = text
            if name not in mine:
                data[name] = text
        data["seen_at"] = self.initial["seen_at"]
        self.data = data


def _what(name: str, change: dict[str, Any]) -> str:
    """One detail of a conflict in words."""
    by = change.get("by", "someone")
    if "." in name:
        known = {"message.posted": "a message", "note.added": "a note", "message.taken_back": "an undone send"}
        return f"{known.get(name, name)} by {by}"
    if name.startswith("snoozed"):
        return f"the snooze by {by}"
    if name == "assigned_to":
        return f"the assignee by {by}"
    now = change.get("now")
    return f"{name} is {', '.join(now) if isinstance(now, list) else now} (by {by})"
