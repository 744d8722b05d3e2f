from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.cases import Criterion, Progress, Sample
from thingdesk.cases.recovery import observe

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COOL = Criterion(metric="t", low=10, high=90, hold=5 * MINUTE, samples=3, gap=2 * MINUTE)
CLEAN = Criterion(codes=("P03*",), hold=2 * MINUTE, samples=3, gap=2 * MINUTE)

Step = tuple[float, dict[str, float], list[str] | None]


def sample(step: Step) -> Sample:
    at = START + step[0] * MINUTE
    return Sample("oven-1", at, at, True, step[1], step[2])


def after(criterion: Criterion, *steps: Step) -> Progress:
    def one(progress: Progress, step: Step) -> Progress:
        return observe(criterion, progress, sample(step))

    return reduce(one, steps, Progress(begun=START))


def good(*minutes: float) -> list[Step]:
    return [(minute, {"t": 50.0}, None) for minute in minutes]


def test_good_samples_over_the_whole_window_prove() -> None:
    assert after(COOL, *good(1, 2, 3, 4, 5, 6)).proven


def test_too_short_is_no_proof() -> None:
    assert not after(COOL, *good(1, 2, 3, 4, 5)).proven


def test_a_gap_begins_the_window_anew() -> None:
    assert not after(COOL, *good(1, 2, 3, 6, 7, 8)).proven
    assert after(COOL, *good(1, 2, 3, 6, 7, 8, 9, 10, 11)).proven


def test_a_bad_sample_begins_the_window_anew() -> None:
    steps = [*good(1, 2, 3), (4.0, {"t": 91.0}, None), *good(5, 6, 7)]
    assert not after(COOL, *steps).proven


def test_a_late_bad_sample_within_the_window_counts() -> None:
    steps = [*good(1, 2, 3, 4, 5), (2.5, {"t": 91.0}, None), *good(6)]
    assert not after(COOL, *steps).proven


def test_a_late_bad_sample_at_the_first_instant_of_the_window_counts() -> None:
    assert after(COOL, *good(1, 2), (1.0, {"t": 91.0}, None)).since is None


def test_a_late_bad_sample_from_before_the_window_changes_nothing() -> None:
    late = (1.5, {"t": 91.0}, None)
    assert after(COOL, *good(2, 3), late) == after(COOL, *good(2, 3))


def test_after_a_late_bad_sample_what_is_older_than_the_newest_one_does_not_count() -> None:
    steps = [*good(1, 2, 3), (2.5, {"t": 91.0}, None), *good(2.8)]
    assert after(COOL, *steps).samples == 0


def test_many_samples_of_one_instant_count_as_one() -> None:
    assert after(COOL, *good(1, 1, 1)).samples == 1


def test_a_gap_as_long_as_may_be_is_none_yet() -> None:
    assert after(COOL, *good(1, 3, 5, 7)).proven
    assert not after(COOL, *good(1, 3, 5, 7.01)).proven


def test_limits_may_leave_one_value_which_is_good() -> None:
    exact = Criterion(metric="t", low=50, high=50)
    assert after(exact, *good(1)).samples == 1


def test_signals_from_before_the_work_was_done_count_for_nothing() -> None:
    assert after(COOL, *good(-5, -4, -3, -2, -1, 0)) == Progress(begun=START)


def test_a_signal_without_the_metric_is_no_sample() -> None:
    assert after(COOL, *[(float(n), {"other": 1.0}, None) for n in range(1, 9)]).samples == 0


def test_a_cleared_code_proves_nothing_unless_codes_were_read() -> None:
    unread: list[Step] = [(float(n), {}, None) for n in range(1, 9)]
    read: list[Step] = [(float(n), {}, []) for n in range(1, 9)]
    back: list[Step] = [(float(n), {}, ["P0301"]) for n in range(1, 9)]
    other: list[Step] = [(float(n), {}, ["P0420"]) for n in range(1, 9)]
    assert not after(CLEAN, *unread).proven
    assert after(CLEAN, *read).proven
    assert not after(CLEAN, *back).proven
    assert after(CLEAN, *other).proven


@pytest.mark.parametrize("code", ["p0301", "P0301-00", "P0301 ", "0301", "\u04200301", "P03O1"])
def test_a_code_that_cannot_be_read_is_no_proof_that_another_is_gone(code: str) -> None:
    said: list[Step] = [(float(n), {}, [code]) for n in range(1, 9)]
    assert not after(CLEAN, *said).proven


def test_a_machine_with_codes_of_its_own_proves_by_their_letters() -> None:
    door = Criterion(codes=("E41",), hold=2 * MINUTE, samples=3, gap=2 * MINUTE)
    assert after(door, *[(float(n), {}, ["E7"]) for n in range(1, 9)]).proven
    assert not after(door, *[(float(n), {}, ["E41"]) for n in range(1, 9)]).proven


@given(st.lists(st.tuples(st.floats(0.1, 60), st.floats(0, 100)), max_size=40), st.integers(0, 40))
def test_a_proof_survives_being_stored_at_any_point(
    raw: list[tuple[float, float]], cut: int
) -> None:
    steps: list[Step] = [(minute, {"t": value}, None) for minute, value in raw]
    stored = Progress.from_data(after(COOL, *steps[:cut]).as_data())
    criterion = Criterion.from_data(COOL.as_data())
    for step in steps[cut:]:
        stored = observe(criterion, stored, sample(step))
    assert stored == after(COOL, *steps)


@given(st.lists(st.tuples(st.floats(0.1, 60), st.floats(0, 100)), max_size=60))
def test_proven_means_a_dense_window_of_good_samples(raw: list[tuple[float, float]]) -> None:
    ordered = sorted(set(raw))
    progress = after(COOL, *[(minute, {"t": value}, None) for minute, value in ordered])
    if not progress.proven:
        return
    assert progress.since
    assert progress.last
    first, last = ((m - START) / MINUTE for m in (progress.since, progress.last))
    window = [(m, v) for m, v in ordered if first - 1e-6 <= m <= last + 1e-6]
    assert last - first >= 5 - 1e-6
    assert len(window) >= 3
    assert all(10 <= value <= 90 for _, value in window)
    times = [minute for minute, _ in window]
    assert all(b - a <= 2 + 1e-6 for a, b in pairwise(times))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"metric": "t"}, "any value of 't' would do: give low, high or both"),
        ({"metric": "t", "low": 3, "high": 2}, "no value of 't' is from 3 to 2"),
        ({"metric": "t", "low": float("nan")}, "no value of 't' is from nan"),
        ({}, "a metric or codes"),
        ({"metric": "t", "low": 1, "codes": ("P0301",)}, "a metric or codes"),
        ({"codes": ("P0301",), "samples": 0}, "samples is 1 or more"),
        ({"codes": ("P0301",), "gap": 0 * MINUTE}, "gap more than 0"),
    ],
)
def test_what_anything_or_nothing_would_prove_is_no_criterion(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Criterion(**given)
