"""A machine that is not heard, by a clock of its own: our intake's, while it was up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypedDict

from thingdesk.diagnosis.hold import micros, moment
from thingdesk.diagnosis.model import Cleared, Evidence, Opened, Silence, Transition

_BRIDGED = 10  # an outage shorter than this part of the interval hardly swallows a signal


class Span(NamedTuple):
    """A time in which our intake was up, in any part of it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Quiet:
    """`lasting` is how long a machine was not heard while our intake was up; `missed` how many
    of its signals certainly should have come in that time.
    """

    lasting: timedelta
    missed: int


class SilenceState(TypedDict):
    """`heard` is the first signal after the opening, since when the machine was not quiet."""

    opened: int | None
    heard: int | None


def quiet(expected: timedelta, last_received: datetime, up: Iterable[Span], now: datetime) -> Quiet:
    """For how long the machine has been quiet at `now`, by our receive times.

    A machine that was never heard counts from its registration. `up` may come in any order and
    overlap, as several workers do. A signal is missed when a whole expected interval passed
    without one, and no outage of ours lay in it that was a tenth of the interval or longer: it may
    have been sent into that.
    """
    lasting = timedelta(0)
    missed = 0
    run = timedelta(0)
    end = last_received
    for span in sorted(up):
        start, stop = max(span.start, end), min(span.end, now)
        if stop <= start:
            continue
        if (start - end) * _BRIDGED >= expected:
            missed += run // expected
            run = timedelta(0)
        run += stop - start
        lasting += stop - start
        end = stop
    return Quiet(lasting, missed + run // expected)


def check(
    rule: Silence,
    state: SilenceState | None,
    machine: str,
    *,
    expected: timedelta,
    last_received: datetime,
    up: Iterable[Span],
    now: datetime,
) -> tuple[SilenceState, tuple[Transition, ...]]:
    """The rule's state at `now`, and what has changed; to be asked from time to time.

    `expected` is the machine's interval between signals, and positive. A machine that is heard
    seldom makes one finding: until it has been heard regularly for `rule.steady` expected
    intervals, a renewed silence belongs to the first.
    """
    silent = quiet(expected, last_received, up, now)
    opened = None if state is None else state["opened"]
    if opened is None:
        if silent.missed < rule.after:
            return {"opened": None, "heard": None}, ()
        evidence = _evidence(silent.missed, rule.after, last_received, now)
        found = Opened(rule.name, machine, now, evidence, rule.confidence)
        return {"opened": micros(now), "heard": None}, (found,)
    last = micros(last_received)
    if last <= opened or silent.missed > 0:
        return {"opened": opened, "heard": None}, ()
    heard = last if state is None or state["heard"] is None else state["heard"]
    if moment(last) - moment(heard) < expected * rule.steady:
        return {"opened": opened, "heard": heard}, ()
    evidence = _evidence(silent.missed, rule.after, moment(heard), now)
    cleared = Cleared(rule.name, machine, now, evidence, moment(opened))
    return {"opened": None, "heard": None}, (cleared,)


def _evidence(missed: int, limit: int, since: datetime, now: datetime) -> Evidence:
    return Evidence("silence", missed, limit, since, now, samples=missed)
