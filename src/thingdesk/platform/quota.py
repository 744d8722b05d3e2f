"""So many calls in a time, of each of many: who makes more waits, and nobody else does."""

import math
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

_MOST_KNOWN = 20_000


class Left(NamedTuple):
    """What is left after a call: so many more at once, and in how many seconds it is all of them
    again; `wait` seconds until the next one, for a call that was one too many.
    """

    remaining: int
    reset: int
    wait: int = 0


class Quota:
    """`most` calls at once, which come back evenly within `window` seconds."""

    def __init__(
        self, most: int, window: float = 60.0, now: Callable[[], float] = monotonic
    ) -> None:
        self.most, self.window = most, window
        self._now = now
        # when all of what somebody has used will have come back
        self._full_at: dict[str, float] = {}

    def take(self, who: str) -> Left:
        """One more call of theirs, or why not: one that is refused takes nothing."""
        now, each = self._now(), self.window / self.most
        due = max(self._full_at.get(who, now), now) + each
        used = due - now
        if used > self.window + each / 2:
            return Left(0, math.ceil(used - each), math.ceil(used - self.window))
        if who not in self._full_at and len(self._full_at) >= _MOST_KNOWN:
            self._forget(now)
        self._full_at[who] = due
        return Left(max(0, int((self.window - used) / each + 0.5)), math.ceil(used))

    def _forget(self, now: float) -> None:
        """Who has all of it again is as if never seen; else those who are the nearest to it."""
        order = sorted(self._full_at.items(), key=lambda one: one[1])
        kept = [one for one in order if one[1] > now][-_MOST_KNOWN // 2 :]
        self._full_at = dict(kept)
