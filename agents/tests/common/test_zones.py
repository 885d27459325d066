"""Start of day and local times across clock changes, in every IANA time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from agents.common.time_zones import is_zone, local_time, start_of_day, validate_zone, zone_names

ODD = ["Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Africa/Cairo", "America/Havana", "Asia/Kathmandu"]
ZONES = st.sampled_from(zone_names()) | st.sampled_from([*ODD, "Europe/Berlin", "America/New_York"])
DAYS = st.dates(date(1975, 1, 1), date(2037, 12, 30))


@given(ZONES, DAYS)
@example("Europe/Berlin", date(2026, 3, 29))  # 23 hours
@example("Europe/Berlin", date(2026, 10, 25))  # 25 hours
@example("Australia/Lord_Howe", date(2026, 4, 5))  # half an hour more
@example("Pacific/Chatham", date(2026, 9, 27))  # +12:45 to +13:45
@example("Pacific/Apia", date(2011, 12, 30))  # did not exist
@example("America/Sao_Paulo", date(2018, 11, 4))  # began at 01:00
@example("America/St_Johns", date(2006, 10, 29))  # went back at 00:01, into the day before
def test_start_of_day_is_the_first_instant_of_the_day(name: str, day: date) -> None:
    zone = ZoneInfo(name)
    start, end = start_of_day(day, zone).astimezone(UTC), start_of_day(day + timedelta(days=1), zone).astimezone(UTC)
    length = end - start
    assert timedelta(0) <= length <= timedelta(hours=49)
    assert start.astimezone(zone).date() >= day
    # The instant before belongs to an earlier day.
    assert (start - timedelta(seconds=1)).astimezone(zone).date() < day or name == "America/St_Johns"


@given(ZONES, st.datetimes(datetime(1975, 1, 1), datetime(2037, 12, 30), timezones=st.just(UTC)))
def test_every_instant_belongs_to_exactly_one_day(name: str, at: datetime) -> None:
    zone = ZoneInfo(name)
    near = at.astimezone(zone).date()
    days = [near + timedelta(days=n) for n in range(-2, 3)]
    holding = [
        day
        for day in days
        if start_of_day(day, zone).astimezone(UTC) <= at < start_of_day(day + timedelta(days=1), zone).astimezone(UTC)
    ]
    assert len(holding) == 1 and abs(holding[0] - near) <= timedelta(days=1)


@given(ZONES, DAYS, st.times().map(lambda t: t.replace(microsecond=0)))
def test_local_time_in_a_clock_change_gap_becomes_the_end_of_the_gap(name: str, day: date, clock: time) -> None:
    zone = ZoneInfo(name)
    found = local_time(day, clock, zone)
    shown = found.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    wanted = datetime.combine(day, clock.replace(fold=0))
    if shown != wanted:
        before = (found.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
        assert before < wanted < shown
    else:
        assert found.fold == 0


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../etc/passwd", "localtime", "posix/UTC", "europe/berlin", "\x00", "x" * 999]
)
def test_invalid_time_zone_is_refused(name: str) -> None:
    assert not is_zone(name)
    with pytest.raises(ValidationError, match="is not a time zone"):
        validate_zone(name)
