"""From points to the shapes of a chart. Pure.

Widths are per cent, so that a chart fits any screen while its letters keep their size: the template
puts words at per cents, and the line, in a thousand by a thousand, is stretched beneath them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from statistics import median

from thingdesk.platform import formats
from thingdesk.web.chart.scale import number_ticks, time_label, time_ticks

_SIZE = 1000.0
_Y_TICKS, _X_TICKS = 4, 5
_GAP = 4
_ROOM = 0.08
_BESIDE = 0.4
_NEAR = 24.0
_EDGE = (6.0, 94.0)
_MOST_ROWS = 24


@dataclass(frozen=True, slots=True)
class Point:
    """What a metric was in one span of time."""

    at: datetime
    low: float
    high: float
    mean: float


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that matters, as a line across the chart."""

    value: float
    words: str
    kind: str = "limit"


@dataclass(frozen=True, slots=True)
class Marker:
    """A moment that matters, as a line from top to bottom."""

    at: datetime
    words: str
    kind: str


@dataclass(frozen=True, slots=True)
class Place:
    """Words at a per cent of the width or height; `anchor` is their side that stands there."""

    at: float
    words: str
    kind: str = ""
    anchor: str = "middle"
    row: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart; `description` says in words what is to be seen."""

    title: str
    description: str
    line: str
    band: str
    x: tuple[Place, ...]
    y: tuple[Place, ...]
    limits: tuple[Place, ...]
    markers: tuple[Place, ...]
    rows: tuple[Point, ...]

    @property
    def marker_rows(self) -> int:
        return max((one.row + 1 for one in self.markers), default=0)


def draw(
    title: str,
    points: Sequence[Point],
    since: datetime,
    until: datetime,
    *,
    limits: Sequence[Limit] = (),
    markers: Sequence[Marker] = (),
    names: Sequence[str] = (),
) -> Chart | None:
    """The chart of `points` from `since` to `until`; None when there is nothing to draw.

    With `names` the values are states, 0 and up, and stand for these.
    """
    if not points or until <= since:
        return None
    ticks = _ticks(points, limits, names)
    frame = _Frame(since, until, ticks[0], ticks[-1])
    return Chart(
        title,
        _describe(title, points, limits, markers),
        _line(points, frame),
        _band(points, frame),
        _times(frame),
        tuple(
            Place(frame.y(one) / 10, names[n] if names else formats.number(round(one, 6)))
            for n, one in enumerate(ticks[1:-1])
        ),
        tuple(Place(frame.y(one.value) / 10, one.words, one.kind) for one in limits),
        _markers(markers, frame),
        _rows(points),
    )


def _ticks(points: Sequence[Point], limits: Sequence[Limit], names: Sequence[str]) -> list[float]:
    if names:
        return [-_BESIDE, *(float(n) for n in range(len(names))), len(names) - 1 + _BESIDE]
    values = [one.low for one in points] + [one.high for one in points]
    values += [one.value for one in limits]
    low, high = min(values), max(values)
    room = (high - low) * _ROOM or abs(high) * _ROOM or 1.0
    return number_ticks(low - room, high + room, _Y_TICKS)


@dataclass(frozen=True, slots=True)
class _Frame:
    since: datetime
    until: datetime
    low: float
    high: float

    def x(self, at: datetime) -> float:
        return round((at - self.since) / (self.until - self.since) * _SIZE, 1)

    def y(self, value: float) -> float:
        return round((self.high - value) / (self.high - self.low) * _SIZE, 1)


def _pieces(points: Sequence[Point]) -> list[list[Point]]:
    """The points, cut where signals are missing: no line is drawn over what nobody saw."""
    steps = [(b.at - a.at).total_seconds() for a, b in pairwise(points)]
    usual = median(steps) if steps else 0.0
    pieces = [[points[0]]]
    for step, point in zip(steps, points[1:], strict=True):
        if step > usual * _GAP:
            pieces.append([])
        pieces[-1].append(point)
    return pieces


def _line(points: Sequence[Point], frame: _Frame) -> str:
    parts = []
    for piece in _pieces(points):
        spots = [f"{frame.x(one.at)} {frame.y(one.mean)}" for one in piece]
        # a lone point is a line without length: its round ends make it a dot
        parts.append("M" + "L".join(spots if len(spots) > 1 else spots * 2))
    return "".join(parts)


def _band(points: Sequence[Point], frame: _Frame) -> str:
    parts = []
    for piece in _pieces(points):
        over = [f"{frame.x(one.at)} {frame.y(one.high)}" for one in piece]
        under = [f"{frame.x(one.at)} {frame.y(one.low)}" for one in reversed(piece)]
        parts.append("M" + "L".join(over + under) + "Z")
    return "".join(parts)


def _times(frame: _Frame) -> tuple[Place, ...]:
    span = frame.until - frame.since
    return tuple(
        Place(at / 10, time_label(tick, span), anchor=_anchor(at / 10))
        for tick in time_ticks(frame.since, frame.until, _X_TICKS)
        for at in (frame.x(tick),)
    )


def _anchor(at: float) -> str:
    return "start" if at < _EDGE[0] else "end" if at > _EDGE[1] else "middle"


def _markers(markers: Sequence[Marker], frame: _Frame) -> tuple[Place, ...]:
    """Words stand on the right of their line, near the right edge on its left. Those that would
    meet stand in rows, so that no line of one runs through the words of another.
    """
    groups: list[list[Place]] = []
    for one in sorted(markers, key=lambda one: one.at):
        if frame.since <= one.at <= frame.until:
            place = Place(frame.x(one.at) / 10, one.words, one.kind)
            if groups and place.at - groups[-1][-1].at < _NEAR:
                groups[-1].append(place)
            else:
                groups.append([place])
    return tuple(one for group in groups for one in _beside(group))


def _beside(group: list[Place]) -> list[Place]:
    if group[-1].at > 100 - _NEAR and group[0].at > _NEAR:
        last = len(group) - 1
        return [replace(one, anchor="end", row=last - n) for n, one in enumerate(group)]
    return [replace(one, anchor="start", row=n) for n, one in enumerate(group)]


def _rows(points: Sequence[Point]) -> tuple[Point, ...]:
    step = max(1, -(-len(points) // _MOST_ROWS))
    return tuple(_sum(points[n : n + step]) for n in range(0, len(points), step))


def _sum(points: Sequence[Point]) -> Point:
    mean = sum(one.mean for one in points) / len(points)
    low, high = min(one.low for one in points), max(one.high for one in points)
    return Point(points[0].at, low, high, mean)


def _describe(
    title: str, points: Sequence[Point], limits: Sequence[Limit], markers: Sequence[Marker]
) -> str:
    low, high = min(one.low for one in points), max(one.high for one in points)
    whole = (
        f"{title} from {formats.exact(points[0].at)} to {formats.exact(points[-1].at)}:"
        f" between {formats.number(low)} and {formats.number(high)},"
        f" last {formats.number(points[-1].mean)}."
    )
    parts = [whole, *(f"{one.words}." for one in limits)]
    parts += [f"{formats.exact(one.at)}: {one.words}." for one in markers]
    return " ".join(parts)
