from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from thingdesk.cases import Hours, Pause, due

EVERY_DAY = frozenset(range(7))
OFFICE = Hours(zone="Europe/Berlin", opens=time(9), closes=time(17))
NIGHTS = Hours(zone="Europe/Berlin", opens=time(0), closes=time(6), weekdays=EVERY_DAY)
WEEKENDS = Hours(zone="Asia/Kolkata", weekdays=frozenset({5, 6}))
# The clocks of Berlin change in the middle of both, by an hour forth and an hour back. All of it
# lies on quarters of an hour, so that the oracle counts these, and things fall on one moment.
SLOT = timedelta(minutes=15)
SPRING, AUTUMN = datetime(2026, 3, 24, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)


def slots(least: int, most: timedelta) -> st.SearchStrategy[timedelta]:
    return st.integers(least, most // SLOT).map(lambda n: n * SLOT)


moments = st.builds(
    lambda begin, later: begin + later,
    st.shared(st.sampled_from([SPRING, AUTUMN]), key="season"),
    slots(0, timedelta(days=8)),
)
durations = slots(1, timedelta(hours=30))
calendars = st.sampled_from([None, OFFICE, NIGHTS, WEEKENDS])
lengths = slots(0, timedelta(days=3))
ended = st.builds(lambda since, long: Pause(since, since + long, "waits"), moments, lengths)
endless = st.builds(lambda since: Pause(since, None, "waits"), moments)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def runs(moment: datetime, hours: Hours | None, paused: Sequence[Pause]) -> bool:
    """Whether the clock runs in the slot that begins then: somebody looks at the office's clock."""
    if any(one.since <= moment and (one.until is None or moment < one.until) for one in paused):
        return False
    if hours is None:
        return True
    there = moment.astimezone(ZoneInfo(hours.zone))
    return there.weekday() in hours.weekdays and hours.opens <= there.time() < hours.closes


def counted(
    start: datetime, duration: timedelta, hours: Hours | None, paused: Sequence[Pause]
) -> datetime | None:
    """When it is due, by counting one slot after the other."""
    moment, left = start, duration // SLOT
    while left:
        if any(one.until is None and one.since <= moment for one in paused):
            return None
        left -= runs(moment, hours, paused)
        moment += SLOT
    return moment


def test_a_machines_clock_runs_day_and_night() -> None:
    assert due(at("2026-11-20T23:00Z"), timedelta(hours=5), None) == at("2026-11-21T04:00Z")


def test_a_persons_clock_stands_still_over_the_weekend() -> None:
    friday = at("2026-11-20T16:00+01:00")
    assert due(friday, timedelta(hours=2), OFFICE) == at("2026-11-23T10:00+01:00")


def test_a_day_on_which_the_clocks_change_has_its_true_length() -> None:
    # on 2026-03-29 the hour from 2 to 3 does not exist
    started = at("2026-03-29T00:00+01:00")
    assert due(started, timedelta(hours=5), NIGHTS) == at("2026-03-29T06:00+02:00")


def test_a_pause_without_end_has_no_due_time() -> None:
    start = at("2026-11-20T10:00Z")
    assert due(start, timedelta(hours=1), None, [Pause(start, None, "waits")]) is None


def test_a_pause_that_has_ended_moves_what_is_due_by_its_length() -> None:
    start = at("2026-11-20T10:00Z")
    pause = Pause(at("2026-11-20T10:30Z"), at("2026-11-20T12:00Z"), "waits")
    assert due(start, timedelta(hours=1), None, [pause]) == at("2026-11-20T12:30Z")


@given(moments, durations, calendars, st.lists(ended | endless, max_size=4))
@example(SPRING, timedelta(hours=1), None, [Pause(SPRING, SPRING + timedelta(hours=2), "waits")])
@example(SPRING, timedelta(hours=1), None, [Pause(SPRING + timedelta(hours=1), None, "waits")])
def test_it_is_due_when_whoever_counts_says_so(
    start: datetime, duration: timedelta, hours: Hours | None, paused: list[Pause]
) -> None:
    assert due(start, duration, hours, paused) == counted(start, duration, hours, paused)
