"""The nouns of diagnosis: what is observed, what rules look for, and what they find.

Everything here is pure. Times are aware datetimes; an observation's time is the signal's own.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, ClassVar, Literal, NamedTuple

from thingdesk.platform import durations


class Severity(StrEnum):
    """How much a finding matters, by the four grades of perceived severity of ITU-T X.733."""

    WARNING = "warning"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Observation(NamedTuple):
    """What one signal of a machine says.

    `values` are finite numbers by metric. `codes` is None where the signal does not speak of
    trouble codes, and empty where it says that there is none: only the latter lets a code clear.
    `position` is latitude and longitude in degrees (WGS 84).
    """

    machine: str
    at: datetime
    values: Mapping[str, float] = MappingProxyType({})
    codes: tuple[str, ...] | None = None
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers that convince a person.

    `measure` is the metric, or `codes` or `silence`; `value` is what it was at `until`, `limit`
    what the rule allows. `samples` observations in a row, from `since` to `until`, agree.
    The units are the metric's; of a rate the metric's per the rule's `per`; of codes the number
    of answers in a row; of silence the expected signals that did not come.
    """

    measure: str
    value: float
    limit: float
    since: datetime
    until: datetime
    samples: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A detected problem of a machine, with what convinces us of it.

    `about` tells findings of one rule apart: the trouble code, or empty where a rule finds one
    thing only. At most one finding of (machine, rule, about) is open at a time.
    """

    rule: str
    machine: str
    about: str
    opened_at: datetime
    evidence: Evidence
    confidence: float
    cleared_at: datetime | None = None

    def as_of(self, begins: datetime) -> "Finding":
        """The same, with no time before `begins`."""
        seen = replace(
            self.evidence,
            since=max(self.evidence.since, begins),
            until=max(self.evidence.until, begins),
        )
        return replace(self, opened_at=max(self.opened_at, begins), evidence=seen)


@dataclass(frozen=True, slots=True)
class Opened:
    """A rule began to hold at the signal's time `at`."""

    rule: str
    machine: str
    at: datetime
    evidence: Evidence
    confidence: float
    about: str = ""

    @property
    def finding(self) -> Finding:
        return Finding(
            rule=self.rule,
            machine=self.machine,
            about=self.about,
            opened_at=self.at,
            evidence=self.evidence,
            confidence=self.confidence,
        )


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was found at `opened_at` holds no longer, at the signal's time `at`.

    This tells that the signals look well again; it is no verification.
    """

    rule: str
    machine: str
    at: datetime
    evidence: Evidence
    opened_at: datetime
    about: str = ""


Transition = Opened | Cleared


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What all rules declare.

    `model` is the machine model that the rule is for; `*` stands for any characters. `service`
    is the name of the service that a finding asks for, and `asks` makes that service's input from
    the finding: a mapping or the service's own input type. `confidence` (0 to 1) is how often a
    finding of this rule is right. What is still found after its case has ended is asked for once
    more `again` after that end, or else when the service's relapse window is over. One that
    `replaces` takes the place of the rule of the same name in a pack that was loaded before, such
    as a ready one.
    """

    name: str
    model: str
    service: str
    asks: Callable[[Finding], Any]
    severity: Severity = Severity.MINOR
    confidence: float = 0.9
    again: timedelta | None = None
    replaces: bool = False

    def __post_init__(self) -> None:
        _require(bool(self.name), self, "a rule needs a name")
        wrong = durations.problem(**self._durations())
        _require(wrong is None, self, wrong or "")
        _require(0 < self.confidence <= 1, self, "confidence lies above 0 and up to 1")
        _require(self.again is None or self.again > timedelta(0), self, "again is positive")

    def fits(self, model: str) -> bool:
        return fnmatchcase(model, self.model)

    def _durations(self) -> dict[str, object]:
        """What is given for each of its durations."""
        given = {one.name: getattr(self, one.name) for one in fields(self) if one.type in _TIMES}
        return {name: one for name, one in given.items() if (name, one) != ("again", None)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited(Rule):
    """A rule on a number that leaves its range, on one side, and stays outside.

    Exactly one of `above` and `below` is the limit, and only a number beyond it counts. The number
    has to be beyond it for `hold` to be found, and at or inside `clear_at` (the limit itself
    unless given) for `clear_hold` to be cleared; one that wavers between the two changes nothing.
    Observations further apart than `max_gap` prove nothing about the time between: whatever has
    been held so far starts anew.
    """

    metric: str
    above: float | None = None
    below: float | None = None
    hold: timedelta = timedelta(0)
    clear_at: float | None = None
    clear_hold: timedelta = timedelta(0)
    max_gap: timedelta = timedelta(hours=1)
    # derived, so that judging a sample needs no branch on the side and no timedelta arithmetic:
    # sign * number > bound is beyond the limit, and sign * number <= inside is well again
    sign: Literal[1, -1] = field(init=False, repr=False, compare=False)
    bound: float = field(init=False, repr=False, compare=False)
    inside: float = field(init=False, repr=False, compare=False)
    hold_us: int = field(init=False, repr=False, compare=False)
    clear_hold_us: int = field(init=False, repr=False, compare=False)
    max_gap_us: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        Rule.__post_init__(self)
        _require((self.above is None) != (self.below is None), self, "give one of above and below")
        sign: Literal[1, -1] = 1 if self.above is not None else -1
        clear_at = self.limit if self.clear_at is None else self.clear_at
        _require(math.isfinite(self.limit) and math.isfinite(clear_at), self, "limits are finite")
        _require(sign * clear_at <= sign * self.limit, self, "clear_at lies inside the limit")
        spans = (self.hold, self.clear_hold)
        _require(min(spans) >= timedelta(0), self, "hold and clear_hold are not negative")
        _require(self.max_gap > timedelta(0), self, "max_gap is positive")
        for name, value in (
            ("sign", sign),
            ("bound", sign * self.limit),
            ("inside", sign * clear_at),
            ("hold_us", self.hold // _US),
            ("clear_hold_us", self.clear_hold // _US),
            ("max_gap_us", self.max_gap // _US),
        ):
            object.__setattr__(self, name, value)

    @property
    def limit(self) -> float:
        """The limit, whichever side it is on."""
        return self.above if self.above is not None else self.below or 0.0

    @property
    def clears_at(self) -> float:
        return self.sign * self.inside


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold(Limited):
    """The value of `metric` is beyond a limit, as `Limited` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateOfChange(Limited):
    """The change of `metric` within `per` is beyond a limit, as `Limited` says.

    The change is taken against the newest kept value that is at least `per` old, and scaled to
    exactly `per`; before there is such a value, nothing is judged. `above` and `below` are in the
    metric's unit per `per`; a fall is negative.
    """

    per: timedelta
    per_us: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        Limited.__post_init__(self)
        _require(self.per > timedelta(0), self, "per is positive")
        object.__setattr__(self, "per_us", self.per // _US)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultCode(Rule):
    """A trouble code that fits one of `codes` is set; `P03*` fits all that begin so.

    Each code is a finding of its own (`about`), found at the first answer that names it. It clears
    when answers about codes have left it out for `clear_samples` in a row that span at least
    `clear_hold`, none further than `max_gap` from the one before.
    """

    most: ClassVar[int] = 32
    """Codes followed at a time for one machine; what a machine claims beyond them waits."""

    codes: tuple[str, ...]
    clear_samples: int = 3
    clear_hold: timedelta = timedelta(minutes=10)
    max_gap: timedelta = timedelta(hours=1)
    clear_hold_us: int = field(init=False, repr=False, compare=False)
    max_gap_us: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        Rule.__post_init__(self)
        _require(bool(self.codes), self, "name at least one code")
        _require(self.clear_samples > 0, self, "clear_samples is positive")
        _require(self.clear_hold >= timedelta(0), self, "clear_hold is not negative")
        _require(self.max_gap > timedelta(0), self, "max_gap is positive")
        object.__setattr__(self, "clear_hold_us", self.clear_hold // _US)
        object.__setattr__(self, "max_gap_us", self.max_gap // _US)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence(Rule):
    """A machine is not heard: `after` signals in a row that it should have sent did not come.

    It clears when the machine has been heard again, regularly, for `steady` expected intervals.
    """

    after: int = 3
    steady: float = 1.0

    def __post_init__(self) -> None:
        Rule.__post_init__(self)
        _require(self.after > 0, self, "after is positive")
        _require(self.steady >= 0, self, "steady is not negative")


_US = timedelta(microseconds=1)
_TIMES = (timedelta, timedelta | None)


def _require(right: bool, rule: Rule, reason: str) -> None:
    if not right:
        raise ValueError(f"rule {rule.name!r}: {reason}")
