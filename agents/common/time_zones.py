"""List time zones, and compute days and local times across their clock changes.

A local time that a clock change skips is the first instant after the gap; one that occurs twice is the first of the two.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

# Files of the time zone database that are no zones, or that mean the machine's own zone.
_NOT_ZONES = frozenset({"Factory", "localtime", "posixrules"})


@cache
def zone_names() -> tuple[str, ...]:
    """The names of the IANA database, sorted."""
    return tuple(
        sorted(name for name in available_timezones() - _NOT_ZONES if not name.startswith(("posix/", "right/")))
    )


@cache
def _known() -> frozenset[str]:
    return frozenset(zone_names())


def is_zone(name: object) -> bool:
    return isinstance(name, str) and name in _known()


def validate_zone(name: str) -> None:
    """Raises `ValidationError` for an unknown name."""
    if not is_zone(name):
        raise ValidationError(
            _("“%(name)s” is not a time zone; use a name such as Europe/Berlin.") % {"name": str(name)[:64]}
        )


def zone_of(name: str | None) -> tzinfo:
    """The zone of this name; the installation's if the name is empty or unknown."""
    return ZoneInfo(name) if name and is_zone(name) else timezone.get_default_timezone()


@contextmanager
def in_zone_of(name: str | None) -> Iterator[None]:
    """Format times in the zone of this name inside the block."""
    with timezone.override(zone_of(name)):
        yield


def local_time(day: date, clock: time, zone: tzinfo | None = None) -> datetime:
    """The instant of a local date and time in the zone (the current one unless given), in that zone.

    Raises `OverflowError` at the ends of the calendar.
    """
    zone = zone or timezone.get_current_timezone()
    wanted = datetime.combine(day, clock.replace(fold=0))
    first = wanted.replace(tzinfo=zone)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wanted:
        return first
    return _end_of_gap(wanted, zone)


def _end_of_gap(wanted: datetime, zone: tzinfo) -> datetime:
    """The first instant after the gap that contains the local time `wanted`, found by bisection."""
    low = wanted.replace(tzinfo=UTC) - timedelta(days=2)
    high = wanted.replace(tzinfo=UTC) + timedelta(days=2)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle.astimezone(zone).replace(tzinfo=None) < wanted:
            low = middle
        else:
            high = middle
    return high.astimezone(zone)


def start_of_day(day: date, zone: tzinfo | None = None) -> datetime:
    """The first instant of the day in the zone (the current one by default). For a day that the zone skipped, the next day's.

    The days from one start to the next cover all time, without gap or overlap.
    """
    return local_time(day, time.min, zone)


def make_local(value: datetime, zone: tzinfo | None = None) -> datetime:
    """Convert a naive local time to an instant; an aware one is returned unchanged."""
    return local_time(value.date(), value.time(), zone) if timezone.is_naive(value) else value
