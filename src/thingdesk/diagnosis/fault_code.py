"""A trouble code that is set, until it has been away for long enough."""

from typing import TypedDict

from thingdesk.diagnosis.hold import micros, moment
from thingdesk.diagnosis.model import (
    Cleared,
    Evidence,
    FaultCode,
    Observation,
    Opened,
    Transition,
)
from thingdesk.signals import fits, is_absent

_LONGEST = 64


class SetCode(TypedDict):
    """`away` is when the answers began to leave the code out, and `samples` how many did since."""

    opened: int
    away: int | None
    samples: int


class CodesState(TypedDict):
    last: int
    codes: dict[str, SetCode]


def observe(
    rule: FaultCode, state: CodesState | None, observation: Observation
) -> tuple[CodesState | None, tuple[Transition, ...]]:
    """The rule's state after the observation, and what it changes.

    `state` is None before the first. An observation that says nothing about codes, or one that
    lies before the state's last (it comes late), changes nothing; one that says that no code is
    set counts. One with a code that cannot be read does not say that others are left out.
    A code longer than 64 characters is no code.
    """
    if observation.codes is None:
        return state, ()
    at = micros(observation.at)
    if state is None:
        state = {"last": at, "codes": {}}
    elif at < state["last"]:
        return state, ()
    apart = at - state["last"] > rule.max_gap_us
    codes: dict[str, SetCode] = {}
    transitions: list[Transition] = []
    # sorted, as a database may give the keys back in another order
    for code in sorted(state["codes"]):
        before = state["codes"][code]
        gone = code not in observation.codes and is_absent(observation.codes, (code,))
        after = _left_out(before, at, apart=apart) if gone else _set(before["opened"])
        if _is_over(rule, after, at):
            transitions.append(_cleared(rule, observation, code, after))
        else:
            codes[code] = after
    for code in _new(rule, codes, observation.codes):
        codes[code] = _set(at)
        transitions.append(_opened(rule, observation, code))
    return {"last": at, "codes": codes}, tuple(transitions)


def _set(opened: int) -> SetCode:
    return {"opened": opened, "away": None, "samples": 0}


def _left_out(before: SetCode, at: int, *, apart: bool) -> SetCode:
    away = before["away"]
    if away is None or apart:
        return {"opened": before["opened"], "away": at, "samples": 1}
    return {"opened": before["opened"], "away": away, "samples": before["samples"] + 1}


def _is_over(rule: FaultCode, code: SetCode, at: int) -> bool:
    away = code["away"]
    if away is None or code["samples"] < rule.clear_samples:
        return False
    return at - away >= rule.clear_hold_us


def _new(rule: FaultCode, known: dict[str, SetCode], said: tuple[str, ...]) -> list[str]:
    new = [code for code in dict.fromkeys(said) if code not in known and _fits(rule, code)]
    return new[: rule.most - len(known)]


def _fits(rule: FaultCode, code: str) -> bool:
    return len(code) <= _LONGEST and fits(code, rule.codes)


def _opened(rule: FaultCode, observation: Observation, code: str) -> Opened:
    return Opened(
        rule=rule.name,
        machine=observation.machine,
        at=observation.at,
        about=code,
        confidence=rule.confidence,
        evidence=Evidence(
            measure="codes",
            value=1,
            limit=1,
            since=observation.at,
            until=observation.at,
            samples=1,
        ),
    )


def _cleared(rule: FaultCode, observation: Observation, code: str, after: SetCode) -> Cleared:
    return Cleared(
        rule=rule.name,
        machine=observation.machine,
        at=observation.at,
        about=code,
        opened_at=moment(after["opened"]),
        evidence=Evidence(
            measure="codes",
            value=after["samples"],
            limit=rule.clear_samples,
            since=moment(after["away"] or 0),
            until=observation.at,
            samples=after["samples"],
        ),
    )
