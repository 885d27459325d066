"""The snooze times that the ticket page offers, and custom ones."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.common import dates
from agents.common.time_zones import local_time, make_local
from tickets.models import Ticket

MORNING, MONDAY, SUNDAY = 9, 0, 6  # hour, and weekday numbers of Python
NAMES = ("hours", "tomorrow", "monday", "reply")  # choices in the menu


@dataclass(frozen=True)
class Choice:
    value: str
    label: Any
    at: datetime | None = None


def choices(now: datetime, every: bool = False) -> list[Choice]:
    """The times of the snooze menu in the reader's time zone, each once unless `every` name is requested."""
    here = timezone.localtime(now)

    def morning(days: int) -> datetime:
        return local_time(here.date() + timedelta(days=days), time(MORNING))

    found = [
        Choice("hours", gettext_lazy("In 3 hours"), now.astimezone(UTC) + timedelta(hours=3)),
        Choice("tomorrow", gettext_lazy("Tomorrow morning"), morning(1)),
        Choice("monday", gettext_lazy("Next Monday"), morning((MONDAY - here.weekday() - 1) % 7 + 1)),
        Choice("reply", gettext_lazy("Until the customer writes")),
    ]
    # On Sundays tomorrow is Monday.
    return [one for one in found if every or one.value != "monday" or here.weekday() != SUNDAY]


def until(wanted: str, at: str, now: datetime) -> datetime | None:
    """The chosen moment; `None` for the customer's next message. Raises `ValidationError`."""
    if wanted == "at":
        return _chosen(at)
    found = {choice.value: choice for choice in choices(now, every=True)}.get(wanted)
    if found is None:
        raise ValidationError(_("Choose a date and time."))
    return found.at


def _chosen(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise ValidationError(_("Choose a date and time."))
    try:
        return make_local(found)
    except OverflowError:
        raise ValidationError(_("Choose a date and time.")) from None


def describe_snooze(ticket: Ticket) -> str:
    """The end of the snooze in words."""
    if ticket.snoozed_until is None:
        return _("Snoozed until the customer writes")
    return _("Snoozed until %(moment)s") % {"moment": dates.weekday_moment(ticket.snoozed_until)}
