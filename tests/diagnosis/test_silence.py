"""Silence counts while our own intake was up, and never otherwise."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.diagnosis.model import Cleared, Finding, Opened, Silence, Transition
from thingdesk.diagnosis.silence import Quiet, SilenceState, Span, check, quiet

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def asks(finding: Finding) -> dict[str, float]:
    return {"missed": finding.evidence.value}


RULE = Silence(name="silent", model="*", service="meter.visit", asks=asks, after=3, steady=2)


def hours(start: float, end: float) -> Span:
    return Span(START + start * HOUR, START + end * HOUR)


def quiet_at(now: float, *up: Span, last: float = 0) -> Quiet:
    return quiet(HOUR, START + last * HOUR, up, START + now * HOUR)


def test_quiet_lasts_from_the_last_signal_to_now() -> None:
    assert quiet_at(2.5, hours(-9, 99)) == Quiet(2.5 * HOUR, 2)
    assert quiet_at(9, hours(-9, 99), last=9) == Quiet(timedelta(0), 0)
    assert quiet_at(3, hours(-9, 2)) == Quiet(2 * HOUR, 2)


def test_a_signal_may_have_been_sent_into_our_outage() -> None:
    assert quiet_at(9, hours(-1, 0.9), hours(5, 5.9), hours(8, 8.9)) == Quiet(2.7 * HOUR, 0)
    assert quiet_at(9, hours(-1, 0.9), hours(5, 9)) == Quiet(4.9 * HOUR, 4)
    assert quiet_at(9) == Quiet(timedelta(0), 0)
    assert quiet_at(9, hours(3, 5)) == Quiet(2 * HOUR, 2)


def test_a_short_restart_of_ours_splits_no_interval() -> None:
    assert quiet_at(1.05, hours(-1, 0.5), hours(0.55, 2)) == Quiet(1 * HOUR, 1)
    assert quiet_at(1.09, hours(-1, 0.5), hours(0.59, 2)) == Quiet(1 * HOUR, 1)
    assert quiet_at(1.1, hours(-1, 0.5), hours(0.6, 2)) == Quiet(1 * HOUR, 0)


def test_workers_that_overlap_count_once_in_any_order() -> None:
    assert quiet_at(4, hours(1, 3), hours(0, 2), hours(1.5, 1.7)) == Quiet(3 * HOUR, 3)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=8), st.integers(0, 60))
def test_quiet_is_never_longer_than_the_time_that_passed_or_than_we_were_up(
    spans: list[tuple[int, int]], now: int
) -> None:
    up = [hours(start, start + length) for start, length in spans]
    found = quiet_at(now, *up)
    listened = {h for start, length in spans for h in range(start, start + length) if h < now}
    assert found.lasting == len(listened) * HOUR
    assert found.missed == len(listened)


def follow(
    *steps: tuple[float, float], state: SilenceState | None = None
) -> tuple[SilenceState | None, list[Transition]]:
    """Checks at (now, last received), in hours, with the intake always up."""
    transitions: list[Transition] = []
    for now, last in steps:
        if state is not None:
            state = json.loads(json.dumps(state))
        state, new = check(
            RULE,
            state,
            "meter-1",
            expected=HOUR,
            last_received=START + last * HOUR,
            up=[hours(-9, 999)],
            now=START + now * HOUR,
        )
        transitions += new
    return state, transitions


def test_silence_opens_after_the_missed_signals_and_only_once() -> None:
    _, transitions = follow((1, 0), (2.9, 0))
    assert transitions == []
    _, transitions = follow((1, 0), (2.9, 0), (3, 0), (4, 0), (50, 0))
    (opened,) = transitions
    assert isinstance(opened, Opened)
    assert opened.at == START + 3 * HOUR
    assert opened.evidence.value == 3
    assert opened.evidence.since == START
    assert asks(opened.finding) == {"missed": 3}


def test_silence_clears_when_the_machine_is_heard_regularly_again() -> None:
    state, transitions = follow((3, 0), (5, 4.9), (6, 5.9), (6.5, 5.9))
    assert [type(t) for t in transitions] == [Opened]
    _, transitions = follow((7, 6.9), state=state)
    (cleared,) = transitions
    assert isinstance(cleared, Cleared)
    assert cleared.opened_at == START + 3 * HOUR
    assert cleared.evidence.since == START + 4.9 * HOUR


def test_a_machine_that_is_heard_seldom_makes_one_finding() -> None:
    checks = [(now / 2, now / 2 // 5 * 5) for now in range(1, 200)]
    _, transitions = follow(*checks)
    assert [type(t) for t in transitions] == [Opened]


def test_a_signal_received_before_the_opening_clears_nothing() -> None:
    state, _ = follow((3, 0))
    _, transitions = follow((3.5, 2.9), (4, 2.9), state=state)
    assert transitions == []


def test_silence_is_not_cleared_by_what_is_forgotten_of_our_up_time() -> None:
    state, _ = follow((3, 0))
    rule = Silence(name="silent", model="*", service="s", asks=asks, steady=0)
    after, transitions = check(
        rule,
        state,
        "meter-1",
        expected=HOUR,
        last_received=START,
        up=[],
        now=START + 4 * HOUR,
    )
    assert (after, transitions) == (state, ())


@pytest.mark.parametrize(("after", "steady", "reason"), [(0, 1, "after"), (1, -1, "steady")])
def test_a_rule_that_makes_no_sense_is_refused(after: int, steady: float, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Silence(name="s", model="*", service="s", asks=asks, after=after, steady=steady)
