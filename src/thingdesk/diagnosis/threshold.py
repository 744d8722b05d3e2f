"""A value beyond its limit for long enough."""

from thingdesk.diagnosis.hold import Held, HoldState, advance, micros
from thingdesk.diagnosis.model import Observation, Threshold, Transition


def observe(
    rule: Threshold, state: HoldState | None, observation: Observation
) -> tuple[HoldState | None, tuple[Transition, ...]]:
    """The rule's state after the observation, and what it changes.

    `state` is None before the first. An observation without the rule's metric, or one that lies
    before the state's last (it comes late), changes nothing.
    """
    number = observation.values.get(rule.metric)
    if number is None:
        return state, ()
    at = micros(observation.at)
    if state is not None and at < state["last"]:
        return state, ()
    held: Held = advance(rule, state, observation, at, number)
    return held
