"""How long it takes until a person is there, by what was measured. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FEWEST = 3
"""With fewer conversations than this nothing is known of how long one takes."""
PICKS_UP = timedelta(minutes=2)
"""So long it takes at most until somebody who is free takes the next."""
_NEAR = 3
_SPARING = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Line:
    """Who serves the queue now. `people` have taken somebody in the last hour or are talking, and
    `busy` of them talk; `lasted` is how long each of the latest conversations took. `idle` is for
    how long the first has waited since the last conversation ended.
    """

    people: int
    busy: int
    lasted: tuple[timedelta, ...]
    idle: timedelta = timedelta()

    @property
    def serving(self) -> int:
        """Whoever lets the first one wait although nobody keeps them does not serve the queue."""
        return self.people if self.idle <= PICKS_UP else min(self.people, self.busy)


def expected_wait(place: int, line: Line) -> timedelta | None:
    """How long whoever stands at `place` has to wait. None: not known yet, as nobody serves the
    queue just now, or too few have talked.

    Whoever is free takes the next at once. All others wait until as many conversations have ended
    as stand before them and one more; of `people` side by side one ends each `lasted / people`.
    """
    if line.serving < 1 or len(line.lasted) < FEWEST:
        return None
    took = sum(line.lasted, timedelta()) / len(line.lasted)
    turns = max(0, place - max(0, line.serving - line.busy))
    return max(took, timedelta()) * turns / line.serving


def there_by(wait: timedelta | None, now: datetime) -> datetime | None:
    """When a person should be there."""
    return None if wait is None else now + max(wait, PICKS_UP)


@dataclass(frozen=True, slots=True)
class Said:
    """What a machine was told: its place, and by when a person is there, at `at`."""

    place: int | None
    by: datetime | None
    at: datetime | None


def worth_telling(said: Said, place: int, by: datetime | None, now: datetime) -> bool:
    """Whether the news is worth a notice: it is one of the next, its place has halved, or what was
    said has not come true and something else can be said now. At most one in two minutes.
    """
    if said.at is not None and now - said.at < _SPARING:
        return False
    if said.place is None:
        return True
    late = said.by is not None and said.by <= now and by is not None and by > now
    return late or (place < said.place and (place <= _NEAR or place * 2 <= said.place))
