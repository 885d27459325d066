"""Parse the inbox's filters from the query string. Invalid values are ignored and reported on the page."""

from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from tickets.api.params import TicketListParams
from tickets.models import Ticket
from tickets.ranking.ticket_list import ListQuery
from tickets.search import MAX_LENGTH, MAX_WORDS

PAGE_SIZE = 17  # keeps the whole page, including CSS and JavaScript, below 150 KB
NAMES = ("status", "channel", "priority", "assigned_to", "tag", "q", "snoozed", "unread", "cursor")


class InboxParams(TicketListParams):
    """Parameters of the API's list with a smaller page, because rows of the page are larger."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=PAGE_SIZE)


@dataclass(frozen=True)
class Filters:
    """`given` are the valid parameters as they stood in the address; `complaints` are sentences about the others."""

    values: dict[str, Any]
    given: dict[str, str]
    complaints: list[str] = field(default_factory=list)

    @property
    def narrow(self) -> bool:
        """Whether anything but the status or snoozed tickets is filtered."""
        return any(name in self.given for name in NAMES if name not in ("status", "snoozed", "cursor"))

    def without(self, name: str, complaint: str) -> "Filters":
        """These filters without one, and the sentence with the reason."""
        values, given = ({n: v for n, v in some.items() if n != name} for some in (self.values, self.given))
        return replace(self, values=values, given=given, complaints=[*self.complaints, complaint])

    def query(self, keywords: list[str]) -> ListQuery:
        known = {name: value for name, value in self.values.items() if name in ListQuery.__dataclass_fields__}
        return ListQuery(**{**known, "topic_alerts": keywords, "order": "smart", "page": 1})

    def address(self, **changes: str | None) -> str:
        """The inbox with these filters and changes; starts at the first page unless the changes have a cursor."""
        wanted = {**self.given, "cursor": None, **changes}
        said = {name: value for name, value in wanted.items() if value}
        if "q" not in said and said.get("status") in (Ticket.Status.OPEN, "all"):
            del said["status"]  # open is the inbox's default
        return reverse("home") + (f"?{urlencode(said)}" if said else "")


def parse_filters(query: QueryDict) -> Filters:
    """Parse the address; empty values are ignored. A search covers all statuses unless one is given."""
    given = {name: str(query[name]) for name in NAMES if str(query.get(name, "")).strip()}
    complaints: list[str] = []
    while True:
        data = dict(given)
        if "q" in data:
            data.setdefault("status", "all")
        reader = InboxParams(data=data)
        if reader.is_valid():
            return Filters(dict(reader.validated_data), given, complaints)
        for name in reader.errors:
            value = given.pop(str(name), None)
            complaints.append(_sentence(str(name), value or ""))
            if value is None:
                given.clear()  # no single parameter is at fault, so drop all


# Labels of the parameters on the page.
_FILTERS: dict[str, Any] = {
    "status": gettext_lazy("status"),
    "channel": gettext_lazy("channel"),
    "priority": gettext_lazy("priority"),
    "assigned_to": gettext_lazy("assignee"),
    "tag": gettext_lazy("tag"),
    "snoozed": gettext_lazy("snoozed"),
    "unread": gettext_lazy("unread"),
}


def _sentence(name: str, value: str) -> str:
    if name != "q":
        return unknown(name, value)
    if "\x00" in value:
        return _("A search must not contain NUL characters.")
    if len(value) > MAX_LENGTH or len(value.split()) > MAX_WORDS:
        most = {"words": MAX_WORDS, "characters": MAX_LENGTH}
        return _("A search can have at most %(words)d words and %(characters)d characters.") % most
    return _("A search needs a word of at least 2 characters.")


def unknown(name: str, value: str) -> str:
    said = {"name": _FILTERS.get(name, name), "value": value[:40]}
    return _("The filter “%(name)s” has no value “%(value)s”; it was ignored.") % said
