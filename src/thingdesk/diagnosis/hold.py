"""The part that threshold and rate of change share: how long a number is beyond its limit.

State is a JSON object, so that it can be kept in the database between two observations. Times in
it are microseconds since 1970 (integers: a hold ends exactly where it should).
"""

from datetime import UTC, datetime, timedelta
from typing import TypedDict

from thingdesk.diagnosis.model import Cleared, Evidence, Limited, Observation, Opened, Transition

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000


class HoldState(TypedDict):
    """`since` is where the run began that may end in a transition: of numbers beyond the limit
    while nothing is open, of numbers well inside while something is. `opened` is when the open
    finding was opened.
    """

    last: int
    since: int | None
    samples: int
    opened: int | None


Held = tuple[HoldState, tuple[Transition, ...]]


def micros(at: datetime) -> int:
    passed = at - _EPOCH
    return passed.days * _DAY + passed.seconds * 1_000_000 + passed.microseconds


def moment(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def advance(
    rule: Limited, state: HoldState | None, observation: Observation, at: int, number: float
) -> Held:
    """The state after `number` at time `at`, which is not before the state's last."""
    since: int | None = None
    samples = 0
    opened: int | None = None
    if state is not None:
        opened = state["opened"]
        if at - state["last"] <= rule.max_gap_us:
            since = state["since"]
            samples = state["samples"]
    number_up = rule.sign * number
    if opened is None:
        if number_up <= rule.bound:
            return {"last": at, "since": None, "samples": 0, "opened": None}, ()
        needed = rule.hold_us
    else:
        if number_up > rule.inside:
            return {"last": at, "since": None, "samples": 0, "opened": opened}, ()
        needed = rule.clear_hold_us
    since = at if since is None else since
    samples += 1
    if at - since < needed:
        return {"last": at, "since": since, "samples": samples, "opened": opened}, ()
    after: HoldState = {
        "last": at,
        "since": None,
        "samples": 0,
        "opened": at if opened is None else None,
    }
    return after, (_transition(rule, observation, number, moment(since), samples, opened),)


def _transition(
    rule: Limited,
    observation: Observation,
    number: float,
    since: datetime,
    samples: int,
    opened: int | None,
) -> Transition:
    evidence = Evidence(
        measure=rule.metric,
        value=number,
        limit=rule.limit if opened is None else rule.clears_at,
        since=since,
        until=observation.at,
        samples=samples,
    )
    if opened is None:
        return Opened(
            rule=rule.name,
            machine=observation.machine,
            at=observation.at,
            evidence=evidence,
            confidence=rule.confidence,
        )
    return Cleared(
        rule=rule.name,
        machine=observation.machine,
        at=observation.at,
        evidence=evidence,
        opened_at=moment(opened),
    )
