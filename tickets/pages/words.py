"""Facts in the few words that a row has room for, in the reader's language."""

from datetime import timedelta

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

NARROW = "\u00a0"  # keeps a figure with its unit


def waiting(days: float) -> str:
    """2.3 days waiting, 14 hours waiting, 5 minutes waiting."""
    if days >= 1:
        return _("%(days)s days waiting") % {"days": number(days)}
    hours = int(days * 24)
    if hours >= 1:
        return ngettext("%(count)d hour waiting", "%(count)d hours waiting", hours) % {"count": hours}
    minutes = max(0, int(days * 1440))
    return ngettext("%(count)d minute waiting", "%(count)d minutes waiting", minutes) % {"count": minutes}


def age(passed: timedelta) -> str:
    """5 d old, 14 h old, 3 min old."""
    minutes = max(0, int(passed.total_seconds() // 60))
    if minutes >= 1440:
        return _("%(count)s d old") % {"count": formats.number_format(minutes // 1440, use_l10n=True)}
    if minutes >= 60:
        return _("%(count)d h old") % {"count": minutes // 60}
    return _("%(count)d min old") % {"count": minutes}


def number(value: float) -> str:
    """With one decimal, and none from 100 on."""
    return formats.number_format(value, 0 if abs(value) >= 100 else 1, use_l10n=True, force_grouping=True)


def points(value: float) -> str:
    """A score or a part of it: always one decimal."""
    return formats.number_format(value, 1, use_l10n=True, force_grouping=True)


def amount(value: float) -> str:
    """Money in the shop's currency, in whole units: cents decide nothing here."""
    return formats.number_format(round(value), 0, use_l10n=True, force_grouping=True)


def percent(share: float) -> str:
    return f"{round(share * 100)}{NARROW}%"


def initials(name: str) -> str:
    """Of the first and the last word."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()[:2]
