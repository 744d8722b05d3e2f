"""Promise clocks: 24 hours on seven days for machines, business hours for people, and pauses. Pure.

A clock adds up the time in which it runs; a promise is due when the sum reaches its duration.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_LONGEST_SEARCH = 3660


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stands still from `since` to `until`, None while it still does, for a reason."""

    since: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours, the same on each of `weekdays` (Monday is 0), in the local time of `zone`."""

    zone: str = "UTC"
    opens: time = time(9)
    closes: time = time(17)
    weekdays: frozenset[int] = frozenset(range(5))


def due(
    started: datetime, duration: timedelta, hours: Hours | None, pauses: Sequence[Pause] = ()
) -> datetime | None:
    """When `duration` has run since `started`; None while a pause without end stands before it."""
    left = duration
    for begin, end in _running(started, hours, pauses):
        if end is None or end - begin >= left:
            return begin + left
        left -= end - begin
    return None


def _running(
    started: datetime, hours: Hours | None, pauses: Sequence[Pause]
) -> Iterator[tuple[datetime, datetime | None]]:
    """The spans in which the clock runs, in order; an end of None is never."""
    standing = sorted(pauses, key=lambda pause: pause.since)
    for begin, end in _open(started, hours):
        at: datetime | None = begin
        for pause in standing:
            if at is None or (end is not None and pause.since >= end):
                break
            if pause.until is not None and pause.until <= at:
                continue
            if pause.since > at:
                yield at, pause.since
            at = pause.until
        if at is None:
            return
        if end is None or at < end:
            yield at, end


def _open(started: datetime, hours: Hours | None) -> Iterator[tuple[datetime, datetime | None]]:
    if hours is None:
        yield started, None
        return
    zone = ZoneInfo(hours.zone)
    day = started.astimezone(zone).date()
    for _ in range(_LONGEST_SEARCH):
        if day.weekday() in hours.weekdays:
            # by way of UTC, so that a day on which the clocks change has its true length
            opens = datetime.combine(day, hours.opens, zone).astimezone(started.tzinfo)
            closes = datetime.combine(day, hours.closes, zone).astimezone(started.tzinfo)
            if closes > started:
                yield max(opens, started), closes
        day += timedelta(days=1)
