"""Where ticks stand. Pure."""

import math
from datetime import UTC, datetime, timedelta

_STEPS = tuple(
    timedelta(seconds=one)
    for one in (
        1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
        86400, 2 * 86400, 7 * 86400, 14 * 86400, 28 * 86400,
    )
)  # fmt: skip
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def number_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from at most `low` to at least `high`."""
    step = _round_step((high - low) / most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [n * step for n in range(first, last + 1)]


def _round_step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(size * one for one in (1, 2, 2.5, 5, 10) if size * one >= rough * (1 - 1e-9))


def time_ticks(since: datetime, until: datetime, most: int) -> list[datetime]:
    """Round times within the span, `most` at most."""
    span = until - since
    step = next((one for one in _STEPS if span <= one * most), _STEPS[-1])
    while span > step * most:
        step *= 2
    first = _MONDAY + math.ceil((since - _MONDAY) / step) * step
    ticks = []
    while first <= until:
        ticks.append(first)
        first += step
    return ticks[:most]


def time_label(at: datetime, span: timedelta) -> str:
    """As much of the time as tells it from its neighbours."""
    local = at.astimezone(UTC)
    if span >= 4 * _DAY or (span > _DAY and local.hour == local.minute == 0):
        return f"{local.day} {local:%b}"
    return f"{local:%H:%M:%S}" if span < _HOUR / 6 else f"{local:%H:%M}"
