import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey
from tests.machine.test_pure import DESK, EVENT, JSON

from thingdesk_machine import Identity, incoming
from thingdesk_machine.desk_clock import DeskClock
from thingdesk_machine.receipts import DeskKeys, Forged
from thingdesk_machine.tokens import Tokens

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
YEARS = timedelta(days=3660)
BEARS = timedelta(seconds=30)
"""How far ahead of the desk's time a token may be issued."""


class Times:
    """A machine's clock that is `off`, and how long the machine runs."""

    def __init__(self, off: timedelta) -> None:
        self.off = off
        self.runs = 0.0
        self.clock = DeskClock(lambda: self.desk + self.off, lambda: self.runs)

    @property
    def desk(self) -> datetime:
        return NOW + timedelta(seconds=self.runs)


@pytest.mark.parametrize("off", [-YEARS, -3600 * SECOND, 60 * SECOND, YEARS])
def test_after_a_refusal_and_a_word_the_token_is_of_the_desks_time(off: timedelta) -> None:
    times = Times(off)
    assert times.clock.for_token == times.desk + off
    times.clock.hear(NOW)
    times.clock.doubt()
    times.runs = 3600.0
    assert times.clock.for_token == times.desk


def test_a_clock_that_is_behind_is_seen_without_a_refusal() -> None:
    times = Times(-60 * SECOND)
    times.clock.hear(NOW)
    assert times.clock.for_token == times.clock.latest == NOW


def test_a_clock_that_was_put_right_is_signed_by_again() -> None:
    times = Times(YEARS)
    times.clock.hear(NOW)
    times.clock.doubt()
    times.off = timedelta(0)
    assert times.clock.for_token == NOW
    times.clock.hear(NOW - SECOND)
    times.clock.doubt()
    times.runs = 10.0
    assert times.clock.for_token == times.desk


def test_an_old_word_that_somebody_repeats_changes_nothing() -> None:
    times = Times(YEARS)
    times.clock.hear(NOW)
    times.runs = 60.0
    times.clock.hear(NOW - YEARS)
    times.clock.hear(NOW + SECOND)
    times.clock.doubt()
    assert times.clock.for_token == times.desk


def test_who_is_told_an_old_time_first_and_is_refused_finds_the_right_one() -> None:
    """Somebody between machine and desk held the desk's word back for an hour, and is gone."""
    times = Times(timedelta(0))
    times.clock.hear(NOW - 3600 * SECOND)
    times.clock.doubt()
    assert times.clock.for_token == NOW - 3600 * SECOND
    times.clock.hear(NOW)
    times.clock.doubt()
    assert times.clock.for_token == NOW


@pytest.mark.parametrize("ahead", [60 * SECOND, YEARS])
def test_a_desk_whose_clock_was_ahead_is_believed_when_it_refuses_its_own_time(
    ahead: timedelta,
) -> None:
    times = Times(timedelta(0))
    tokens = Tokens(Identity.create("car-1"), times.clock, DeskKeys(DESK.keys))
    times.clock.hear(NOW + ahead)
    assert times.clock.for_token == NOW + ahead
    times.runs = 10.0
    now = int(times.desk.timestamp())
    tokens.refused(DESK.signed("car-1", [], typ="thingdesk-time+jwt", iat=now))
    assert times.clock.for_token == times.desk
    times.clock.hear(times.desk + 5 * SECOND)
    times.runs += 5.0
    assert times.clock.for_token == times.desk + 5 * SECOND, "as it learns what is later"


@pytest.mark.parametrize("off", [timedelta(0), -YEARS])
def test_an_old_word_with_a_refusal_brings_nothing_back_that_is_over(off: timedelta) -> None:
    """Whoever plays it back makes tokens of the past, until the desk is heard again."""
    times = Times(off)
    times.clock.hear(NOW)
    times.runs = 60.0
    times.clock.doubt(NOW - 3600 * SECOND)
    assert times.clock.for_token == NOW - 3600 * SECOND
    assert times.clock.latest == times.clock.desk == times.desk
    times.clock.hear(times.desk + SECOND)
    times.runs += 1.0
    times.clock.doubt()
    assert times.clock.for_token == times.desk + SECOND


def test_a_word_that_comes_late_with_a_refusal_leaves_what_is_known() -> None:
    times = Times(-YEARS)
    times.clock.hear(NOW)
    times.clock.doubt(NOW - 15 * SECOND)
    assert times.clock.latest == NOW


@pytest.mark.parametrize(
    ("off", "said"),
    [
        (timedelta(0), True),
        (-240 * SECOND, True),
        (-360 * SECOND, False),
        (-YEARS, False),
        (YEARS, True),
    ],
)
def test_the_time_of_signals_is_the_own_clocks_unless_that_is_known_to_be_behind(
    off: timedelta, *, said: bool
) -> None:
    times = Times(off)
    assert times.clock.of_signal() == NOW + off
    times.clock.hear(NOW)
    assert times.clock.of_signal() == (NOW + off if said else None)


words = st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e6)), max_size=20)


@given(words, st.floats(-1e9, 1e9), st.booleans())
def test_no_word_of_the_desk_makes_a_token_of_the_future(
    heard: list[tuple[float, float]], off: float, refused: bool
) -> None:
    """Whatever of the desk's words arrives, however late: what it knows is never too late."""
    times = Times(off * SECOND)
    for passed, late in heard:
        times.runs += passed
        times.clock.hear(times.desk - late * SECOND)
    if refused:
        times.clock.doubt()
    desk = times.clock.desk
    assert desk is None or desk <= times.desk + timedelta(microseconds=100)
    if refused and heard and heard[-1][1] == 0:
        assert abs(times.clock.for_token - times.desk) <= BEARS


def test_what_time_it_is_at_the_desk_is_read() -> None:
    signed = DESK.signed("car-1", [], typ="thingdesk-time+jwt", iat=int(NOW.timestamp()))
    assert DeskKeys(DESK.keys).time(signed) == NOW


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"typ": "JWT"},
        {"key": OKPKey.generate_key("Ed25519")},
        {"key": OKPKey.generate_key("Ed25519"), "kid": DESK.key.thumbprint()},
        {"iss": "car-1"},
        {"iat": "noon"},
        {"iat": 1e300},
    ],
)
def test_what_is_no_word_for_the_time_says_nothing(changes: dict[str, Any]) -> None:
    """A receipt neither, nor what somebody else has signed."""
    kind = {"typ": "thingdesk-time+jwt"} if changes else {}
    signed = DESK.signed("car-1", [EVENT], **(kind | changes))
    with pytest.raises(Forged):
        DeskKeys(DESK.keys).time(signed)
    clock = DeskClock(lambda: NOW)
    identity = Identity.create("car-1")
    Tokens(identity, clock, DeskKeys(DESK.keys)).refused(signed)
    assert clock.desk is None


@given(JSON)
def test_who_asks_for_the_time_hears_nothing_else(value: Any) -> None:
    """Somebody else may be able to write there: no command is taken from that topic."""
    assert incoming.signed_time(json.dumps(value).encode()) is None
    command = {"type": "thingdesk.command", "data": {"command": "c1", "time": "x"}}
    assert incoming.signed_time(json.dumps(command).encode()) is None
    event = {"type": "thingdesk.time", "data": {"time": "x.y.z"}}
    assert incoming.signed_time(json.dumps(event).encode()) == "x.y.z"
