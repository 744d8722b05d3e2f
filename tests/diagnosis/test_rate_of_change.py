"""A value that changes too fast, against the value of `per` ago."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from thingdesk.diagnosis.detect import State, run
from thingdesk.diagnosis.model import (
    Cleared,
    Finding,
    Observation,
    Opened,
    RateOfChange,
    Transition,
)
from thingdesk.diagnosis.rate_of_change import observe

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def asks(finding: Finding) -> dict[str, float]:
    return {"fall": finding.evidence.value}


def falling(
    *, per: timedelta = 10 * MINUTE, hold: timedelta = timedelta(0), below: float = -20.0
) -> RateOfChange:
    return RateOfChange(
        name="falling",
        model="*",
        service="equipment.inspect",
        asks=asks,
        metric="pressure",
        per=per,
        below=below,
        clear_at=-5.0,
        hold=hold,
        max_gap=30 * MINUTE,
    )


def follow(
    rule: RateOfChange, points: Iterable[tuple[float, float]], state: State | None = None
) -> tuple[State | None, list[Transition]]:
    return run(
        rule,
        state,
        (Observation("pump-1", START + m * MINUTE, {"pressure": v}) for m, v in points),
    )


def test_a_steep_fall_opens_and_a_steady_value_clears() -> None:
    points = [(m, 100.0) for m in range(20)] + [(20 + m, 100.0 - 5 * m) for m in range(10)]
    points += [(30 + m, 55.0) for m in range(15)]
    _, transitions = follow(falling(), points)
    opened, cleared = transitions
    assert isinstance(opened, Opened)
    assert opened.at == START + 25 * MINUTE
    assert opened.evidence.value == -25
    assert opened.evidence.limit == -20
    assert isinstance(cleared, Cleared)
    assert cleared.at == START + 38 * MINUTE
    assert cleared.evidence.value == -5


def test_a_slow_fall_of_the_same_depth_is_none() -> None:
    _, transitions = follow(falling(), [(m, 100.0 - m) for m in range(90)])
    assert transitions == []


def test_the_rate_is_scaled_to_per_where_signals_are_rarer() -> None:
    _, transitions = follow(falling(), [(0, 100.0), (25, 51.0)])
    assert transitions == []
    _, transitions = follow(falling(), [(0, 100.0), (25, 49.0)])
    assert [t.evidence.value for t in transitions] == [pytest.approx(-20.4)]


def test_nothing_is_judged_before_there_is_a_value_that_is_old_enough() -> None:
    _, transitions = follow(falling(), [(0, 100.0), (9.9, 0.0)])
    assert transitions == []
    _, transitions = follow(falling(), [(0, 100.0), (10, 0.0)])
    assert len(transitions) == 1


def test_a_hold_waits_for_the_rate_to_last() -> None:
    fall = [(float(m), 100.0 - 3 * m) for m in range(31)]
    _, transitions = follow(falling(hold=5 * MINUTE), fall[:15])
    assert transitions == []
    _, transitions = follow(falling(hold=5 * MINUTE), fall)
    (opened,) = transitions
    assert opened.at == START + 15 * MINUTE
    assert opened.evidence.since == START + 10 * MINUTE


def test_after_a_gap_the_values_before_it_are_forgotten() -> None:
    _, transitions = follow(falling(), [(0, 100.0), (31, 0.0), (40, 0.0), (42, 0.0)])
    assert transitions == []


def test_an_open_finding_stays_open_over_a_gap() -> None:
    points = [(0, 100.0), (10, 50.0), (50, 0.0), (60, 0.0)]
    _, transitions = follow(falling(), points)
    assert [type(t) for t in transitions] == [Opened, Cleared]


def test_what_comes_late_or_says_nothing_of_the_metric_changes_nothing() -> None:
    rule = falling()
    state, _ = observe(rule, None, Observation("pump-1", START, {"pressure": 9.0}))
    late = Observation("pump-1", START - MINUTE, {"pressure": 9.0})
    other = Observation("pump-1", START + MINUTE, {"speed": 9.0})
    assert observe(rule, state, late) == (state, ())
    assert observe(rule, state, late)[0] is state
    assert observe(rule, state, other)[0] is state


def test_the_state_stays_small_however_often_the_machine_signals() -> None:
    rule = falling(per=60 * MINUTE)
    state, _ = follow(rule, [(second / 60, 1.0) for second in range(4 * 3600)])
    assert state is not None
    assert 16 <= len(state["times"]) <= 18  # type: ignore[typeddict-item]
    assert len(state["numbers"]) == len(state["times"])  # type: ignore[typeddict-item]


def test_a_rate_needs_a_time() -> None:
    with pytest.raises(ValueError, match="per is positive"):
        falling(per=timedelta(0))
