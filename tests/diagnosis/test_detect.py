"""What holds for every rule: restarts and batches change nothing."""

import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.diagnosis.detect import State, observe, restored, run
from thingdesk.diagnosis.model import (
    FaultCode,
    Finding,
    Observation,
    RateOfChange,
    Rule,
    Silence,
    Threshold,
)

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def asks(finding: Finding) -> Mapping[str, str]:
    return {"what": finding.about}


THRESHOLD = Threshold(
    name="hot",
    model="*",
    service="s",
    asks=asks,
    metric="t",
    above=10,
    clear_at=8,
    hold=2 * MINUTE,
    clear_hold=MINUTE,
    max_gap=5 * MINUTE,
)
RATE = RateOfChange(
    name="fast",
    model="*",
    service="s",
    asks=asks,
    metric="t",
    per=3 * MINUTE,
    above=2,
    hold=MINUTE,
    max_gap=5 * MINUTE,
)
CODES = FaultCode(
    name="code",
    model="*",
    service="s",
    asks=asks,
    codes=("P0*",),
    clear_samples=2,
    clear_hold=2 * MINUTE,
    max_gap=5 * MINUTE,
)
RULES = st.sampled_from([THRESHOLD, RATE, CODES])

STEPS = st.lists(
    st.tuples(
        st.sampled_from([-1.0, 0.0, 0.001, 0.5, 1.0, 1.0, 1.0, 2.0, 5.0, 6.0]),
        st.none() | st.sampled_from([5.0, 8.0, 9.0, 10.0, 10.5, 12.0]),
        st.none() | st.lists(st.sampled_from(["P0301", "P0420", "B1000"]), max_size=2),
    ),
    max_size=50,
)


def streamed(
    steps: list[tuple[float, float | None, list[str] | None]],
) -> list[Observation]:
    minute = 0.0
    observations = []
    for step, value, codes in steps:
        minute += step
        observations.append(
            Observation(
                "m-1",
                START + minute * MINUTE,
                {} if value is None else {"t": value},
                None if codes is None else tuple(codes),
            )
        )
    return observations


def reloaded(rule: Rule, state: State | None) -> State | None:
    """As from a jsonb column, which keeps no order of keys."""
    stored = json.dumps(state, sort_keys=True)
    again = json.loads(stored, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    return restored(rule, again)


@given(RULES, STEPS, st.sets(st.integers(0, 50)))
def test_batches_and_restarts_anywhere_miss_and_double_nothing(
    rule: Rule,
    steps: list[tuple[float, float | None, list[str] | None]],
    cuts: set[int],
) -> None:
    observations = streamed(steps)
    whole_state, whole = run(rule, None, observations)
    state: State | None = None
    transitions = []
    bounds = sorted({0, len(observations), *(c for c in cuts if c < len(observations))})
    for start, end in itertools.pairwise(bounds):
        state, new = run(rule, reloaded(rule, state), observations[start:end])
        transitions += new
    assert transitions == whole
    assert state == whole_state


@given(RULES, STEPS)
def test_what_is_late_changes_nothing(
    rule: Rule, steps: list[tuple[float, float | None, list[str] | None]]
) -> None:
    observations = streamed(steps)
    state, _ = run(rule, None, observations)
    if state is None:
        return
    before = START - timedelta(days=1)
    late = Observation("m-1", before, {"t": 99.0}, ("P0999",))
    assert observe(rule, state, late) == (state, ())


@given(RULES, STEPS)
def test_a_finding_is_opened_before_it_is_cleared_and_never_twice(
    rule: Rule, steps: list[tuple[float, float | None, list[str] | None]]
) -> None:
    _, transitions = run(rule, None, streamed(steps))
    found: dict[str, list[type]] = {}
    for transition in transitions:
        found.setdefault(transition.about, []).append(type(transition))
    for kinds in found.values():
        assert all(a is not b for a, b in itertools.pairwise(kinds))
        assert kinds[0].__name__ == "Opened"


def test_the_state_of_another_kind_of_rule_begins_afresh() -> None:
    state, _ = run(CODES, None, [Observation("m-1", START, codes=("P0301",))])
    assert state is not None
    assert restored(CODES, state) == state
    assert restored(THRESHOLD, state) is None
    assert restored(CODES, None) is None


def test_silence_is_decided_by_no_observation() -> None:
    rule = Silence(name="silent", model="*", service="s", asks=asks)
    with pytest.raises(TypeError, match="Silence"):
        observe(rule, None, Observation("m-1", START))
