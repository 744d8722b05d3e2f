"""One threshold rule, observation by observation."""

import json
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.diagnosis.hold import HoldState
from thingdesk.diagnosis.model import Cleared, Finding, Observation, Opened, Threshold, Transition
from thingdesk.diagnosis.threshold import observe

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def celsius(finding: Finding) -> dict[str, float]:
    return {"celsius": finding.evidence.value}


def hot(
    *,
    above: float = 100.0,
    clear_at: float | None = 95.0,
    hold: timedelta = 10 * MINUTE,
    clear_hold: timedelta = 5 * MINUTE,
    max_gap: timedelta = 15 * MINUTE,
) -> Threshold:
    return Threshold(
        name="hot",
        model="*",
        service="equipment.inspect",
        asks=celsius,
        metric="temperature",
        above=above,
        clear_at=clear_at,
        hold=hold,
        clear_hold=clear_hold,
        max_gap=max_gap,
    )


def seen(minute: float, temperature: float) -> Observation:
    return Observation("press-7", START + minute * MINUTE, {"temperature": temperature})


def follow(
    rule: Threshold, *observations: Observation, state: HoldState | None = None
) -> tuple[HoldState | None, list[Transition]]:
    transitions: list[Transition] = []
    for observation in observations:
        state, new = observe(rule, state, observation)
        transitions += new
    return state, transitions


def test_opens_exactly_when_the_hold_is_over_with_the_numbers_that_convince() -> None:
    state, transitions = follow(hot(), seen(0, 90), seen(5, 101), seen(10, 102), seen(14.99, 104))
    assert transitions == []
    _, transitions = follow(hot(), seen(15, 103), state=state)
    (opened,) = transitions
    assert isinstance(opened, Opened)
    assert opened.at == START + 15 * MINUTE
    assert opened.evidence.measure == "temperature"
    assert opened.evidence.value == 103
    assert opened.evidence.limit == 100
    assert opened.evidence.since == START + 5 * MINUTE
    assert opened.evidence.until == START + 15 * MINUTE
    assert opened.evidence.samples == 4
    assert opened.finding.opened_at == opened.at
    assert opened.finding.cleared_at is None
    assert hot().asks(opened.finding) == {"celsius": 103}


def test_a_value_at_the_limit_is_not_beyond_it_and_ends_the_hold() -> None:
    _, transitions = follow(hot(), seen(0, 101), seen(9, 100), seen(10, 101), seen(19, 101))
    assert transitions == []


def test_without_a_hold_the_first_value_beyond_opens() -> None:
    _, transitions = follow(hot(hold=timedelta(0)), seen(0, 100.1))
    assert [type(t) for t in transitions] == [Opened]


def test_clears_only_inside_the_hysteresis_and_after_its_own_hold() -> None:
    rule = hot(hold=timedelta(0))
    state, transitions = follow(
        rule, seen(0, 101), seen(1, 96), seen(2, 95), seen(6, 94), seen(6.5, 95.5), seen(7, 90)
    )
    assert [type(t) for t in transitions] == [Opened]
    _, transitions = follow(rule, seen(11, 95), seen(12, 95), state=state)
    (cleared,) = transitions
    assert isinstance(cleared, Cleared)
    assert cleared.opened_at == START
    assert cleared.at == START + 12 * MINUTE
    assert cleared.evidence.limit == 95
    assert cleared.evidence.since == START + 7 * MINUTE
    assert cleared.evidence.samples == 3


def test_a_flapping_signal_makes_one_finding() -> None:
    rule = hot(hold=timedelta(0))
    flapping = [seen(minute, 110 if minute % 2 else 80) for minute in range(200)]
    _, transitions = follow(rule, *flapping)
    assert [type(t) for t in transitions] == [Opened]


def test_a_gap_restarts_the_hold_of_opening_and_of_clearing() -> None:
    rule = hot()
    state, transitions = follow(rule, seen(0, 101), seen(15.1, 101), seen(25, 101))
    assert transitions == []
    state, transitions = follow(rule, seen(25.1, 101), state=state)
    assert [type(t) for t in transitions] == [Opened]
    state, transitions = follow(rule, seen(30, 80), seen(50, 80), seen(54.9, 80), state=state)
    assert transitions == []
    _, transitions = follow(rule, seen(55, 80), state=state)
    assert [type(t) for t in transitions] == [Cleared]


def test_a_gap_of_just_max_gap_is_none() -> None:
    _, transitions = follow(hot(), seen(0, 101), seen(15, 101))
    assert [type(t) for t in transitions] == [Opened]


def test_what_comes_late_or_says_nothing_of_the_metric_changes_nothing() -> None:
    rule = hot()
    state, _ = follow(rule, seen(0, 101), seen(5, 101))
    other = Observation("press-7", START + 6 * MINUTE, {"speed": 3.0})
    same, transitions = follow(rule, seen(4.9, 20), other, state=state)
    assert same is state
    assert transitions == []


def test_two_signals_of_the_same_time_both_count() -> None:
    _, transitions = follow(hot(hold=timedelta(0)), seen(0, 90), seen(0, 101))
    assert [type(t) for t in transitions] == [Opened]


def test_below_mirrors_above() -> None:
    rule = Threshold(
        name="cold",
        model="*",
        service="equipment.inspect",
        asks=celsius,
        metric="temperature",
        below=68,
        clear_at=75,
    )
    _, transitions = follow(rule, seen(0, 68), seen(1, 67), seen(2, 74), seen(3, 75))
    assert [(type(t), t.at, t.evidence.limit) for t in transitions] == [
        (Opened, START + MINUTE, 68),
        (Cleared, START + 3 * MINUTE, 75),
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"above": None}, "one of above and below"),
        ({"below": 3.0}, "one of above and below"),
        ({"clear_at": 101.0}, "inside the limit"),
        ({"hold": -MINUTE}, "not negative"),
        ({"max_gap": timedelta(0)}, "max_gap"),
        ({"above": math.inf, "clear_at": 1.0}, "finite"),
        ({"clear_at": -math.inf}, "finite"),
        ({"confidence": 0.0}, "confidence"),
        ({"name": ""}, "name"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_when_it_is_declared(
    changes: dict[str, object], reason: str
) -> None:
    declared: dict[str, object] = {
        "name": "hot",
        "model": "*",
        "service": "s",
        "asks": celsius,
        "metric": "temperature",
        "above": 100.0,
    }
    with pytest.raises(ValueError, match=reason):
        Threshold(**(declared | changes))  # type: ignore[arg-type]


def test_a_rule_fits_the_models_that_it_is_declared_for() -> None:
    rule = Threshold(
        name="hot", model="press-*", service="s", asks=celsius, metric="temperature", above=1.0
    )
    assert rule.fits("press-9")
    assert not rule.fits("oven-1")


STREAMS = st.lists(
    st.tuples(st.floats(-2, 40), st.sampled_from([80.0, 94.9, 95.0, 97.0, 100.0, 100.1, 120.0])),
    max_size=60,
)


def streamed(steps: list[tuple[float, float]]) -> list[Observation]:
    minute = 0.0
    observations = []
    for step, value in steps:
        minute += step
        observations.append(seen(minute, value))
    return observations


@given(STREAMS, st.data())
def test_a_restart_anywhere_misses_and_doubles_nothing(
    steps: list[tuple[float, float]], data: st.DataObject
) -> None:
    rule = hot()
    observations = streamed(steps)
    whole_state, whole = follow(rule, *observations)
    cut = data.draw(st.integers(0, len(observations)))
    state, first = follow(rule, *observations[:cut])
    reloaded = json.loads(json.dumps(state))
    state, second = follow(rule, *observations[cut:], state=reloaded)
    assert first + second == whole
    assert state == whole_state


@given(STREAMS)
def test_findings_open_and_clear_in_turn_and_no_sooner_than_their_holds(
    steps: list[tuple[float, float]],
) -> None:
    rule = hot()
    _, transitions = follow(rule, *streamed(steps))
    for number, transition in enumerate(transitions):
        assert isinstance(transition, Cleared if number % 2 else Opened)
        held = transition.evidence.until - transition.evidence.since
        assert held >= (rule.clear_hold if number % 2 else rule.hold)
