"""When staff can call back. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from thingdesk.parties.model import WeeklyHours

LASTS = timedelta(minutes=30)
_NOT_BEFORE = timedelta(minutes=15)
_DAYS = 14
_OFFERED = 6


@dataclass(frozen=True, slots=True)
class CallBacks:
    """Staff call back within `hours` of `zone`, so many `people` side by side; 0: never."""

    hours: WeeklyHours = field(default_factory=lambda: WeeklyHours.weekdays(time(9), time(17)))
    zone: str = "UTC"
    people: int = 1

    def times(self, now: datetime) -> Iterator[datetime]:
        """Every time at which a call back may begin, from now on."""
        first = now + _NOT_BEFORE
        day = now.astimezone(ZoneInfo(self.zone)).date()
        for n in range(_DAYS):
            for opens, closes in self.hours.on(day + timedelta(days=n), self.zone):
                at = opens
                while at + LASTS <= closes:
                    if at >= first:
                        yield at
                    at += LASTS

    def last(self, now: datetime) -> datetime:
        """No time that is offered is later."""
        return now + timedelta(days=_DAYS + 1)

    def offered(
        self, now: datetime, promised: Mapping[datetime, int], most: int = _OFFERED
    ) -> tuple[datetime, ...]:
        """The next times at which somebody is free; `promised` says how often a time is given."""
        free = (at for at in self.times(now) if promised.get(at, 0) < self.people)
        return tuple(at for at, _ in zip(free, range(most), strict=False))
