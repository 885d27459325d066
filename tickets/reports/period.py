"""The days of a report: whole days in the reader's time zone, today included, and as many days before for comparison."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from agents.common.time_zones import start_of_day, zone_of

DAYS = (7, 30, 90)


@dataclass(frozen=True)
class Period:
    """The last days up to `now`, for one channel or (`None`) all."""

    now: datetime
    days: int = 30
    channel: str | None = None
    zone: str = field(default_factory=timezone.get_current_timezone_name)

    @property
    def today(self) -> date:
        return timezone.localdate(self.now, zone_of(self.zone))

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
        """Parameters of the statements. The comparison period ends at the same time of day, because today is not over."""
        return {
            "starts": [start_of_day(day, zone_of(self.zone)) for day in self.every_day],
            "first_day": self.first_day,
            "channel": self.channel,
            "now": self.now,
            "start": start_of_day(self.first_day, zone_of(self.zone)),
            "before": start_of_day(self.first_day_before, zone_of(self.zone)),
            "before_end": self.now - timedelta(days=self.days),
        }
