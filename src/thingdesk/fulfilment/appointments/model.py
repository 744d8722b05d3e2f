"""Slots and what is booked in them. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from thingdesk.parties.model import Provider

LENGTH = timedelta(hours=1)
MOST_DAYS = 60
_LEAST = timedelta(minutes=5)
_MOST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Period:
    """From `start`, up to but not with `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Slot(Period):
    """A time at a provider, from `start` to `end` in UTC, when `free` more machines can come."""

    free: int = 1


class AppointmentState(StrEnum):
    """`booked` until it is `cancelled`."""

    BOOKED = "booked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Appointment:
    """A machine's time with a provider; `id` is the id of the effect."""

    id: UUID
    case_id: UUID
    machine: str
    provider: UUID
    period: Period
    state: AppointmentState = AppointmentState.BOOKED


def grid(provider: Provider, start: datetime, days: int, length: timedelta) -> Iterator[Period]:
    """The periods of `length` in the provider's opening hours, from `start` for local `days`.

    Each opening begins the grid anew; what is left before closing is too short to be one.
    """
    first = start.astimezone(ZoneInfo(provider.zone)).date()
    for day in range(days):
        for opens, closes in provider.hours.on(first + timedelta(days=day), provider.zone):
            at = opens
            while at + length <= closes:
                if at >= start:
                    yield Period(at, at + length)
                at += length


def is_offered(provider: Provider, period: Period, now: datetime) -> bool:
    """Whether `period` is one of the grid's that have not begun."""
    length = period.end - period.start
    if not _LEAST <= length <= _MOST or period.start < now:
        return False
    return period in grid(provider, period.start, 1, length)


def with_room(
    provider: Provider, periods: Iterable[Period], booked: Iterable[Period]
) -> list[Slot]:
    """The periods in which a place is free."""
    taken = list(booked)
    starts, ends = sorted(one.start for one in taken), sorted(one.end for one in taken)
    free = (
        # those that have begun by its end, without those that are over at its start
        (one, provider.capacity - bisect_left(starts, one.end) + bisect_right(ends, one.start))
        for one in periods
    )
    return [Slot(one.start, one.end, places) for one, places in free if places > 0]
