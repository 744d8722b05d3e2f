"""Proof of recovery from the subject's own later signals. Pure.

A criterion says what a good sample is, and how long, how many and how dense good samples must be.
Silence proves nothing: a gap starts the window anew. A sample without the metric, or without an
answer about trouble codes, is no sample. All times are the signals' own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any


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
    """How far the proof is: the window of good samples, and what it was seen to hold."""

    begun: datetime
    since: datetime | None = None
    last: datetime | None = None
    samples: int = 0
    resets: int = 0
    proven: bool = False

    def as_data(self) -> dict[str, Any]:
        return {
            "begun": self.begun.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "last": self.last.isoformat() if self.last else None,
            "samples": self.samples,
            "resets": self.resets,
            "proven": self.proven,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Progress":
        def moment(name: str) -> datetime | None:
            return datetime.fromisoformat(data[name]) if data[name] else None

        begun = moment("begun")
        if begun is None:
            raise ValueError("a proof without a beginning")
        return cls(
            begun, moment("since"), moment("last"), data["samples"], data["resets"], data["proven"]
        )


def observe(
    criterion: Criterion,
    progress: Progress,
    at: datetime,
    values: Mapping[str, float],
    codes: Sequence[str] | None,
) -> Progress:
    """The progress after one more observation of the subject."""
    good = _is_good(criterion, values, codes)
    if good is None or progress.proven or at <= progress.begun:
        return progress
    if not good:
        return _broken(progress, at)
    if progress.last is not None and at <= progress.last:
        return progress
    return _lengthened(criterion, progress, at)


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
    if codes is None:
        return None
    return not any(fnmatchcase(code, pattern) for code in codes for pattern in criterion.codes)


def _broken(progress: Progress, at: datetime) -> Progress:
    if progress.since is not None and at < progress.since:
        return progress  # late, and from before the window
    last = at if progress.last is None else max(at, progress.last)
    return Progress(progress.begun, None, last, 0, progress.resets + 1)


def _lengthened(criterion: Criterion, progress: Progress, at: datetime) -> Progress:
    since, samples, resets = progress.since, progress.samples, progress.resets
    if since is None or progress.last is None or at - progress.last > criterion.gap:
        resets += since is not None
        since, samples = at, 0
    samples += 1
    proven = at - since >= criterion.hold and samples >= criterion.samples
    return Progress(progress.begun, since, at, samples, resets, proven)
