"""Short texts for facts in a row, in the reader's language."""

from datetime import datetime, timedelta
from functools import lru_cache

from django.utils import formats, timezone, translation
from django.utils.translation import gettext_lazy

from agents.common import dates

NARROW = "\u00a0"  # non-breaking space between a figure and its unit


@lru_cache(maxsize=1000)
def _found(language: str | None, text: str) -> str:
    return translation.gettext(text)


@lru_cache(maxsize=1000)
def _counted(language: str | None, one: str, many: str, number: int) -> str:
    return translation.ngettext(one, many, number)


def _(text: str) -> str:
    """`gettext`, called once per language and text: a page of rows uses the same few words hundreds of times."""
    return _found(translation.get_language(), text)


def ngettext(one: str, many: str, number: int) -> str:
    """As `_`."""
    return _counted(translation.get_language(), one, many, number)


def waiting(days: float) -> str:
    """2.3 days waiting, 14 hours waiting, 5 minutes waiting."""
    if days >= 1:
        return _("%(days)s days waiting") % {"days": number(days)}
    hours = int(days * 24)
    if hours >= 1:
        return ngettext("%(count)d hour waiting", "%(count)d hours waiting", hours) % {"count": hours}
    minutes = max(0, int(days * 1440))
    return ngettext("%(count)d minute waiting", "%(count)d minutes waiting", minutes) % {"count": minutes}


def waited(days: float) -> str:
    """2.3 days waited, 14 hours waited: for a ticket that no longer waits."""
    if days >= 1:
        return _("%(days)s days waited") % {"days": number(days)}
    hours = int(days * 24)
    if hours >= 1:
        return ngettext("%(count)d hour waited", "%(count)d hours waited", hours) % {"count": hours}
    minutes = max(0, int(days * 1440))
    return ngettext("%(count)d minute waited", "%(count)d minutes waited", minutes) % {"count": minutes}


def age(passed: timedelta) -> str:
    """5 d old, 14 h old, 3 min old."""
    minutes = max(0, int(passed.total_seconds() // 60))
    if minutes >= 1440:
        days = minutes // 1440
        return ngettext("%(count)s d old", "%(count)s d old", days) % {"count": _rounded(days, 0)}
    if minutes >= 60:
        return _("%(count)d h old") % {"count": minutes // 60}
    return _("%(count)d min old") % {"count": minutes}


def number(value: float) -> str:
    """A number with one decimal, without from 100 on."""
    return _rounded(value, 0 if abs(value) >= 100 else 1)


def points(value: float, decimals: int = 1) -> str:
    """A score or a component of it."""
    return _rounded(value, decimals)


def amount(value: float) -> str:
    """Money in the shop's currency, in whole units, from a million on in millions."""
    if abs(value) >= 1_000_000:
        return _("%(number)s M") % {"number": number(value / 1_000_000)}
    return _rounded(value, 0)


def count(number: int) -> str:
    return _rounded(number, 0)


def percent(share: float) -> str:
    return f"{round(share * 100)}{NARROW}%"


def _rounded(value: float, decimals: int) -> str:
    # Django's own formatting truncates decimals and takes five times as long.
    text, marks = f"{value:,.{decimals}f}", _marks(translation.get_language())
    return text.translate(marks) if marks else text


@lru_cache(maxsize=50)
def _marks(language: str | None) -> dict[int, str]:
    mark, group = formats.get_format("DECIMAL_SEPARATOR"), formats.get_format("THOUSAND_SEPARATOR")
    return {} if (mark, group) == (".", ",") else {ord("."): mark, ord(","): group}


WEEKDAYS = [
    gettext_lazy("Mon"),
    gettext_lazy("Tue"),
    gettext_lazy("Wed"),
    gettext_lazy("Thu"),
    gettext_lazy("Fri"),
    gettext_lazy("Sat"),
    gettext_lazy("Sun"),
]


def moment(at: datetime, now: datetime) -> str:
    """17:00, Wed 09:00 within a week, else 30 Nov 2026."""
    at, now = timezone.localtime(at), timezone.localtime(now)
    if at.date() == now.date():
        return f"{at:%H:%M}"
    if timedelta(0) < at - now < timedelta(days=6):
        return f"{WEEKDAYS[at.weekday()]} {at:%H:%M}"
    return dates.day(at)
