"""Format days and moments for people; the translation catalogue has the formats.

The letters of a format are Django's. A moment is told in the reader's time zone (agents/common/time_zones.py).
"""

from datetime import date, datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext


def day(value: date | None) -> str:
    """18 Nov 2026."""
    return _told(value, pgettext("format of a date", "j M Y"))


def short_day(value: date | None) -> str:
    """18 Nov."""
    return _told(value, pgettext("format of a date", "j M"))


def weekday(value: date | None) -> str:
    """Wed 18 Nov."""
    return _told(value, pgettext("format of a date", "D j M"))


def moment(value: datetime | None) -> str:
    """18 Nov 2026, 14:05."""
    return _told(value, pgettext("format of a date", "j M Y, H:i"))


def weekday_moment(value: datetime | None) -> str:
    """Wed 18 Nov, 14:05."""
    return _told(value, pgettext("format of a date", "D j M, H:i"))


def month(value: date) -> str:
    """November 2026."""
    return _told(value, pgettext("format of a date", "F Y"))


def short_month(value: date) -> str:
    """Nov 26."""
    return _told(value, pgettext("format of a date", "M y"))


def ago(passed: timedelta) -> str:
    """just now, 20 seconds ago, 5 minutes ago, 3 hours ago, 2 days ago."""
    seconds = int(passed.total_seconds())
    if seconds < 10:
        return _("just now")
    if seconds < 60:
        return ngettext("%(count)d second ago", "%(count)d seconds ago", seconds) % {"count": seconds}
    if seconds < 3600:
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", seconds // 60) % {"count": seconds // 60}
    if seconds < 86400:
        return ngettext("%(count)d hour ago", "%(count)d hours ago", seconds // 3600) % {"count": seconds // 3600}
    return ngettext("%(count)d day ago", "%(count)d days ago", seconds // 86400) % {"count": seconds // 86400}


def _told(value: date | None, form: str) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return str(formats.date_format(value, form))


def moment_or_none(value: object) -> datetime | None:
    """Parse a moment with a UTC offset, in ISO 8601. `None` if it is none, or has no offset."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
