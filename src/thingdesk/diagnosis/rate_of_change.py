"""A value that rises or falls too fast."""

from typing import TypedDict

from thingdesk.diagnosis.hold import HoldState, advance, micros
from thingdesk.diagnosis.model import Observation, RateOfChange, Transition

_KEPT_PER_WINDOW = 16


class RateState(TypedDict):
    """`times` (microseconds) and `numbers` are the earlier values that a later one may be compared
    with: a few of the last `per`, evenly thinned, so that the state stays small at any rate of
    signals.
    """

    last: int
    times: list[int]
    numbers: list[float]
    hold: HoldState | None


def observe(
    rule: RateOfChange, state: RateState | None, observation: Observation
) -> tuple[RateState | None, tuple[Transition, ...]]:
    """The rule's state after the observation, and what it changes.

    `state` is None before the first. An observation without the rule's metric, or one that lies
    before the state's last (it comes late), changes nothing. After a gap longer than `max_gap`
    the values before it are forgotten.
    """
    number = observation.values.get(rule.metric)
    if number is None:
        return state, ()
    at = micros(observation.at)
    if state is None:
        return {"last": at, "times": [at], "numbers": [number], "hold": None}, ()
    if at < state["last"]:
        return state, ()
    hold = state["hold"]
    if at - state["last"] > rule.max_gap_us:
        return {"last": at, "times": [at], "numbers": [number], "hold": hold}, ()
    times, numbers = _within(rule, state, at)
    transitions: tuple[Transition, ...] = ()
    age = at - times[0]
    if age >= rule.per_us:
        rate = (number - numbers[0]) * rule.per_us / age
        hold, transitions = advance(rule, hold, observation, at, rate)
    if (at - times[-1]) * _KEPT_PER_WINDOW >= rule.per_us:
        times = [*times, at]
        numbers = [*numbers, number]
    return {"last": at, "times": times, "numbers": numbers, "hold": hold}, transitions


def _within(rule: RateOfChange, state: RateState, at: int) -> tuple[list[int], list[float]]:
    """The kept values from the newest on that is at least `per` old, or all of them."""
    times = state["times"]
    first = 0
    while first + 1 < len(times) and at - times[first + 1] >= rule.per_us:
        first += 1
    return times[first:], state["numbers"][first:]
