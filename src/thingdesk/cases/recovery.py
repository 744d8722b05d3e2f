"""Proof of recovery from the subject's own later signals. Pure.

A criterion says what a good sample is, and how long, how many and how dense good samples must be.
Silence proves nothing: a gap starts the window anew. A sample without the metric, or without an
answer about trouble codes that can be read, is no sample.

A sample's time is its own, but never later than its receipt: a clock that is ahead hurries nothing.
Where a signal's time is not trusted, it is the receipt's. Only samples whose time is after `begun`,
when the work was said to be done, count. So whatever a machine's clock says:

- what it observed before the work was done proves nothing, in a queue that arrives late as little
  as when it is sent again. (A clock that is ahead by less than is trusted may bring in what was
  observed by as much earlier; one that is not trusted, what arrives late.)
- by the desk's clock at least `hold` passes between the beginning and the proof.
- the span between good samples is at least `hold`, and no gap in it is longer than `gap`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from typing import Any, NamedTuple

from thingdesk.platform import durations
from thingdesk.signals import is_absent


@dataclass(frozen=True, slots=True)
class Criterion:
    """What recovery means: a metric within its limits (inclusive, in the metric's unit), or trouble
    codes that are read and absent; `P03*` stands for all that begin so.

    Proven by samples over at least `hold`, at least `samples` of them, none more than `gap` apart.
    """

    metric: str | None = None
    low: float | None = None
    high: float | None = None
    codes: tuple[str, ...] = ()
    hold: timedelta = timedelta(minutes=10)
    samples: int = 3
    gap: timedelta = timedelta(minutes=15)

    def __post_init__(self) -> None:
        """Raises ValueError for what anything, or nothing, would prove."""
        low, high = self.low, self.high
        if (self.metric is None) is not bool(self.codes):
            raise ValueError("a criterion has a metric or codes, and not both")
        if self.metric is not None and low is None and high is None:
            raise ValueError(f"any value of {self.metric!r} would do: give low, high or both")
        limits = (-inf if low is None else low, inf if high is None else high)
        if not limits[0] <= limits[1]:
            raise ValueError(f"no value of {self.metric!r} is from {low} to {high}")
        if wrong := durations.problem(gap=self.gap, hold=self.hold):
            raise TypeError(wrong)
        zero = timedelta(0)
        if self.samples < 1 or self.gap <= zero or self.hold < zero:
            raise ValueError("samples is 1 or more, gap more than 0, and hold not less than 0")

    def as_data(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "low": self.low,
            "high": self.high,
            "codes": list(self.codes),
            "hold": self.hold.total_seconds(),
            "samples": self.samples,
            "gap": self.gap.total_seconds(),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Criterion":
        return cls(
            metric=data["metric"],
            low=data["low"],
            high=data["high"],
            codes=tuple(data["codes"]),
            hold=timedelta(seconds=data["hold"]),
            samples=data["samples"],
            gap=timedelta(seconds=data["gap"]),
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the proof is: the window of good samples, and what it was seen to hold.

    `received_since` and `received_last` are when its first and its last sample arrived, and
    `untrusted` is how many of its samples have no other time than that.
    """

    begun: datetime
    since: datetime | None = None
    last: datetime | None = None
    samples: int = 0
    resets: int = 0
    proven: bool = False
    received_since: datetime | None = None
    received_last: datetime | None = None
    untrusted: int = 0

    def as_data(self) -> dict[str, Any]:
        return {
            "begun": self.begun.isoformat(),
            "since": _text(self.since),
            "last": _text(self.last),
            "samples": self.samples,
            "resets": self.resets,
            "proven": self.proven,
            "received_since": _text(self.received_since),
            "received_last": _text(self.received_last),
            "untrusted": self.untrusted,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Progress":
        def moment(name: str) -> datetime | None:
            return datetime.fromisoformat(data[name]) if data[name] else None

        begun = moment("begun")
        if begun is None:
            raise ValueError("a proof without a beginning")
        return cls(
            begun,
            moment("since"),
            moment("last"),
            data["samples"],
            data["resets"],
            data["proven"],
            moment("received_since"),
            moment("received_last"),
            data["untrusted"],
        )


class Sample(NamedTuple):
    """One observation of a subject, as a proof needs it; `codes` is None when none were read, and
    `at` is `received_at` where the subject's own time is not trusted.
    """

    subject: str
    at: datetime
    received_at: datetime
    trusted: bool
    values: Mapping[str, float]
    codes: Sequence[str] | None

    @property
    def time(self) -> datetime:
        """What counts as its time: nothing is observed after it arrived."""
        return min(self.at, self.received_at)


def observe(criterion: Criterion, progress: Progress, sample: Sample) -> Progress:
    """The progress after one more observation of the subject."""
    good = _is_good(criterion, sample.values, sample.codes)
    if good is None or progress.proven or sample.time <= progress.begun:
        return progress
    if not good:
        return _broken(progress, sample.time)
    if progress.last is not None and sample.time <= progress.last:
        return progress
    return _lengthened(criterion, progress, sample)


def _is_good(
    criterion: Criterion, values: Mapping[str, float], codes: Sequence[str] | None
) -> bool | None:
    """Whether the sample is good; None when it says nothing about the criterion."""
    if criterion.metric is not None:
        value = values.get(criterion.metric)
        if value is None:
            return None
        return not (
            (criterion.low is not None and value < criterion.low)
            or (criterion.high is not None and value > criterion.high)
        )
    return None if codes is None else is_absent(codes, criterion.codes)


def _broken(progress: Progress, at: datetime) -> Progress:
    if progress.since is not None and at < progress.since:
        return progress  # late, and from before the window
    last = at if progress.last is None else max(at, progress.last)
    return Progress(progress.begun, last=last, resets=progress.resets + 1)


def _lengthened(criterion: Criterion, progress: Progress, sample: Sample) -> Progress:
    at, window = sample.time, progress
    if window.since is None or window.last is None or at - window.last > criterion.gap:
        resets = window.resets + (window.since is not None)
        window = Progress(window.begun, since=at, resets=resets, received_since=sample.received_at)
    since, samples = window.since or at, window.samples + 1
    return replace(
        window,
        last=at,
        samples=samples,
        proven=at - since >= criterion.hold and samples >= criterion.samples,
        received_last=sample.received_at,
        untrusted=window.untrusted + (not sample.trusted),
    )


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
