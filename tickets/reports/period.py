"""Which days a report is about: whole days in the shop's time zone, today with them, and as many days before them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

DAYS = (7, 30, 90)


@dataclass(frozen=True)
class Period:
    """The last so many days up to `now`, of one channel or (`None`) of all."""

    now: datetime
    days: int = 30
    channel: str | None = None

    @property
    def zone(self) -> str:
        return timezone.get_default_timezone_name()

    @property
    def today(self) -> date:
        return timezone.localdate(self.now, timezone.get_default_timezone())

    @property
    def first_day(self) -> date:
        return self.today - timedelta(days=self.days - 1)

    @property
    def every_day(self) -> list[date]:
        return [self.first_day + timedelta(days=day) for day in range(self.days)]

    @property
    def first_day_before(self) -> date:
        return self.first_day - timedelta(days=self.days)

    @property
    def params(self) -> dict[str, Any]:
        """For the statements. The days before end at the same time of day: today is not over, so neither is what it is compared
        with."""
        return {
            "zone": self.zone,
            "channel": self.channel,
            "now": self.now,
            "start": _midnight(self.first_day),
            "before": _midnight(self.first_day_before),
            "before_end": self.now - timedelta(days=self.days),
        }


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
