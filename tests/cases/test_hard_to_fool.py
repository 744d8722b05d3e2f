"""What a machine's clock, its queue and its repetitions cannot make of a proof.

Everything is told in minutes after the work was said to be done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thingdesk.cases import Criterion, Progress, Sample
from thingdesk.cases.recovery import observe
from thingdesk.signals import trusted_time

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COOL = Criterion(metric="t", high=90, hold=10 * MINUTE, samples=3, gap=15 * MINUTE)
AHEAD = 5.0
"""By how many minutes a trusted clock may be ahead."""


@dataclass(frozen=True)
class Told:
    """Observed at `seen`, with a clock that is `off` (None: it has none), and arrived at `came`."""

    seen: float
    came: float
    off: float | None = 0.0
    value: float = 50.0

    @property
    def sample(self) -> Sample:
        received = START + self.came * MINUTE
        claimed = None if self.off is None else START + (self.seen + self.off) * MINUTE
        at, trusted = trusted_time(claimed, received)
        return Sample("car-1", at, received, trusted, {"t": self.value}, None)


def after(*told: Told) -> Progress:
    arrived = [one.sample for one in sorted(told, key=lambda one: one.came)]

    def one(progress: Progress, sample: Sample) -> Progress:
        return observe(COOL, progress, sample)

    return reduce(one, arrived, Progress(begun=START))


def live(*minutes: float, off: float | None = 0.0) -> list[Told]:
    return [Told(minute, minute, off) for minute in minutes]


def queue(*minutes: float, came: float, off: float | None = 0.0) -> list[Told]:
    """Observed one after the other, delivered together."""
    return [Told(minute, came + n / 1000, off) for n, minute in enumerate(minutes)]


DAY = [n * 10.0 for n in range(-144, 1)]
DECADE = 10 * 366 * 24 * 60.0

PROVEN = {
    "what is observed after the work": live(1, 6, 11),
    "a queue of what was observed after the work": queue(1, 6, 11, came=60),
    "a day's queue, and then what is observed": [*queue(*DAY, came=1), *live(2, 7, 12)],
    "no clock at all": live(1, 6, 11, off=None),
    "a clock that is years behind": live(1, 6, 11, off=-DECADE),
    "a clock that is years ahead": live(1, 6, 11, off=DECADE),
    "a clock that is some minutes ahead": live(1, 6, 11, off=4.98),
    "a clock that is an hour behind, an hour later": live(61, 66, 71, off=-60),
}
UNPROVEN = {
    "a day's queue delivered at once after the work": queue(*DAY, came=1),
    "a queue in delivery when the work is done": [Told(m, m / 20) for m in range(-200, 0)],
    "a day's queue again, with new event ids": [*queue(*DAY, came=1), *queue(*DAY, came=20)],
    "one good sample again and again": [Told(1, 1 + n) for n in range(30)],
    "two good samples, the second again and again": [Told(1, 1), *[Told(11, 11 + n) for n in DAY]],
    "a day's queue of a machine that has no clock": queue(*DAY, came=1, off=None),
    "a day's queue with times of years ago": queue(*DAY, came=1, off=-DECADE),
    "a clock that is set ahead on the way": [
        *live(1, 3),
        *live(6.1, 7, off=4.98),
    ],
    "a clock that is ahead, from the first minute on": live(0.1, 3, 6, 9, off=4.98),
    "a clock that is an hour behind, at once": live(1, 6, 11, off=-60),
    "two clocks that alternate, in the first minutes": [
        Told(m, m, off) for m in range(1, 10) for off in (0.0, -3.0, 4.98, None, -DECADE)
    ],
}


@pytest.mark.parametrize("case", PROVEN)
def test_proven(case: str) -> None:
    assert after(*PROVEN[case]).proven


@pytest.mark.parametrize("case", UNPROVEN)
def test_not_proven(case: str) -> None:
    assert not after(*UNPROVEN[case]).proven


def test_what_the_proof_rests_on_is_kept() -> None:
    progress = after(*queue(1, 6, came=8), *live(11, off=None), *live(12))
    assert (progress.proven, progress.samples, progress.untrusted) == (True, 3, 1)
    assert (progress.since, progress.last) == (START + MINUTE, START + 11 * MINUTE)
    assert progress.received_since == START + 8 * MINUTE
    assert progress.received_last == START + 11 * MINUTE
    assert Progress.from_data(progress.as_data()) == progress


told = st.builds(
    lambda seen, late, off, value: Told(seen, seen + late, off, value),
    st.floats(-60, 60),
    st.just(0.0) | st.floats(0, 90),
    st.none() | st.just(0.0) | st.sampled_from((4.98, -14.0, -60.0, DECADE)) | st.floats(-90, 90),
    st.sampled_from((50.0, 50.0, 50.0, 99.0)),
)


@settings(max_examples=400)
@given(st.lists(told, max_size=60))
def test_whatever_clocks_say_the_hold_passes_by_ours(said: Sequence[Told]) -> None:
    arrived = sorted((one for one in said if one.came > 0), key=lambda one: one.came)
    progress = Progress(begun=START)
    for one in arrived:
        progress = observe(COOL, progress, one.sample)
        if progress.proven:
            assert one.came * MINUTE >= COOL.hold
            assert progress.samples >= COOL.samples
            return


@settings(max_examples=400)
@given(st.lists(told, max_size=40), st.floats(-90, AHEAD))
def test_what_one_clock_shows_before_the_work_counts_for_nothing(
    said: Sequence[Told], off: float
) -> None:
    """Whatever its delays. A clock that is ahead brings in as much as it is ahead, and no more."""
    mine = [Told(one.seen, one.came, off, one.value) for one in said]
    early = [one for one in mine if one.seen + max(off, 0) <= 0]
    rest = [one for one in mine if one not in early]
    assert after(*mine) == after(*rest)


@settings(max_examples=400)
@given(st.lists(told, max_size=60))
def test_a_right_clock_is_taken_at_its_word(said: Sequence[Told]) -> None:
    """Its proof is a dense stretch of good samples of after the work, delivered how ever late."""
    mine = sorted((Told(one.seen, one.came, 0.0, one.value) for one in said), key=lambda o: o.came)
    progress = after(*mine)
    if not progress.proven:
        return
    assert progress.since
    assert progress.last
    window = sorted(
        {one.sample.time for one in mine if progress.since <= one.sample.time <= progress.last}
    )
    assert progress.since > START
    assert progress.last - progress.since >= COOL.hold
    assert all(b - a <= COOL.gap for a, b in pairwise(window))
