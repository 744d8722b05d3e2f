"""One door to the detectors that follow observations (silence follows a clock: see silence.py)."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from thingdesk.diagnosis import fault_code, rate_of_change, threshold
from thingdesk.diagnosis.fault_code import CodesState
from thingdesk.diagnosis.hold import HoldState
from thingdesk.diagnosis.model import (
    FaultCode,
    Observation,
    RateOfChange,
    Rule,
    Threshold,
    Transition,
)
from thingdesk.diagnosis.rate_of_change import RateState

State = HoldState | RateState | CodesState
"""A JSON object: it may be stored and loaded between any two observations."""


def observe(
    rule: Rule, state: State | None, observation: Observation
) -> tuple[State | None, tuple[Transition, ...]]:
    """The rule's state after the observation, and what it changes. See the rule's detector."""
    match rule:
        case Threshold():
            return threshold.observe(rule, cast("HoldState | None", state), observation)
        case RateOfChange():
            return rate_of_change.observe(rule, cast("RateState | None", state), observation)
        case FaultCode():
            return fault_code.observe(rule, cast("CodesState | None", state), observation)
        case _:
            raise TypeError(f"no observation decides a rule of kind {type(rule).__name__}")


def run(
    rule: Rule, state: State | None, observations: Iterable[Observation]
) -> tuple[State | None, list[Transition]]:
    """The same for one machine's observations, in the order of their arrival."""
    transitions: list[Transition] = []
    for observation in observations:
        state, new = observe(rule, state, observation)
        transitions += new
    return state, transitions


_FORMS: Mapping[type[Rule], frozenset[str]] = {
    Threshold: HoldState.__required_keys__,
    RateOfChange: RateState.__required_keys__,
    FaultCode: CodesState.__required_keys__,
}


def restored(rule: Rule, stored: Mapping[str, Any] | None) -> State | None:
    """The state that was stored for this rule, or None where it is none of its kind.

    The latter is so after a rule was declared anew, by the same name, as one of another kind:
    it begins afresh, and what it had found before is for the caller to close.
    """
    if stored is None or stored.keys() != _FORMS[type(rule)]:
        return None
    return cast("State", dict(stored))
