"""Weekly hours in words."""

from collections.abc import Sequence
from itertools import groupby

from thingdesk.parties import WeeklyHours

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def hours_words(hours: WeeklyHours) -> str:
    """`day and night`, or `Mon to Fri 08:00-17:00; Sat 09:00-12:00`."""
    if hours == WeeklyHours.always():
        return "day and night"
    days = [(day, _spans(hours, day)) for day in range(len(_DAYS))]
    groups = [
        (spans, [day for day, _ in same]) for spans, same in groupby(days, key=lambda one: one[1])
    ]
    return "; ".join(f"{_named(same)} {spans}" for spans, same in groups if spans) or "never"


def _spans(hours: WeeklyHours, day: int) -> str:
    found = sorted(one for one in hours.spans if one.weekday == day)
    return ", ".join(f"{_clock(one.opens)}\N{EN DASH}{_clock(one.closes)}" for one in found)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _named(days: Sequence[int]) -> str:
    first, last = _DAYS[days[0]], _DAYS[days[-1]]
    return first if first == last else f"{first} to {last}"
