from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from thingdesk.cases import Hours, Pause, due, elapsed

OFFICE = Hours(zone="Europe/Berlin", opens=time(9), closes=time(17))
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
durations = st.timedeltas(timedelta(minutes=1), timedelta(days=10))
calendars = st.sampled_from([None, OFFICE, Hours(zone="Asia/Kolkata", weekdays=frozenset({5, 6}))])
pauses = st.lists(
    st.builds(
        lambda since, length: Pause(since, since + length, "waits"),
        moments,
        st.timedeltas(timedelta(0), timedelta(days=20)),
    ),
    max_size=4,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_a_machines_clock_runs_day_and_night() -> None:
    assert due(at("2026-11-20T23:00Z"), timedelta(hours=5), None) == at("2026-11-21T04:00Z")


def test_a_persons_clock_stands_still_over_the_weekend() -> None:
    friday = at("2026-11-20T16:00+01:00")
    assert due(friday, timedelta(hours=2), OFFICE) == at("2026-11-23T10:00+01:00")


def test_a_day_on_which_the_clocks_change_has_its_true_length() -> None:
    nights = Hours(
        zone="Europe/Berlin", opens=time(0), closes=time(6), weekdays=frozenset(range(7))
    )
    # on 2026-03-29 the hour from 2 to 3 does not exist
    started = at("2026-03-29T00:00+01:00")
    assert due(started, timedelta(hours=5), nights) == at("2026-03-29T06:00+02:00")


def test_a_pause_without_end_has_no_due_time() -> None:
    start = at("2026-11-20T10:00Z")
    assert due(start, timedelta(hours=1), None, [Pause(start, None, "waits")]) is None


@given(moments, durations, calendars, pauses)
def test_when_it_is_due_just_the_duration_has_run(
    start: datetime, duration: timedelta, hours: Hours | None, paused: list[Pause]
) -> None:
    end = due(start, duration, hours, paused)
    assert end is not None
    assert elapsed(start, end, hours, paused) == duration
    assert elapsed(start, end - timedelta(seconds=1), hours, paused) <= duration


@given(moments, durations, durations, calendars, pauses)
def test_more_to_do_is_never_due_earlier(
    start: datetime, one: timedelta, more: timedelta, hours: Hours | None, paused: list[Pause]
) -> None:
    first, second = due(start, one, hours, paused), due(start, one + more, hours, paused)
    assert first is not None
    assert second is not None
    assert first < second


@given(moments, durations, calendars, pauses, pauses)
def test_a_further_pause_never_makes_it_earlier(
    start: datetime,
    duration: timedelta,
    hours: Hours | None,
    paused: list[Pause],
    further: list[Pause],
) -> None:
    before, after = (
        due(start, duration, hours, paused),
        due(start, duration, hours, paused + further),
    )
    assert before is not None
    assert after is not None
    assert before <= after
