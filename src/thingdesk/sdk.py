"""The public API for authors of services and rules: everything a pack imports.

@service("oven.descale", title="Descale an oven", promise=Promise(resolution="3d"),
         identity=("part",), effects=("dispatch",))
async def descale(journey: Journey, fault: Scale) -> Descaled: ...
"""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from thingdesk.cases import Criterion
from thingdesk.catalog import Promise, Service, Stage, service
from thingdesk.contact import Place
from thingdesk.diagnosis import FaultCode, Finding, RateOfChange, Rule, Severity, Silence, Threshold
from thingdesk.journeys import (
    Alternative,
    Choice,
    Denied,
    Dispatched,
    Failed,
    Found,
    Instant,
    Journey,
    NotProven,
    OwnerPicks,
    Slot,
    Stopped,
    Withdrawn,
    choose,
    free_slots,
)
from thingdesk.parties import Position
from thingdesk.platform import formats
from thingdesk.platform.errors import FieldError, Recovery, Refused, refuse
from thingdesk.platform.money import Money


class Data(BaseModel):
    """The input of a service. Fields that are not declared, and NaN, are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Outcome(Data):
    """What a service came to: `words` for the owner (1 to 2,000 characters), further fields of a
    subclass for the machine.
    """

    words: str = Field(min_length=1, max_length=2000)


def minutes(number: float) -> timedelta:
    """A duration in minutes."""
    return timedelta(minutes=number)


def hours(number: float) -> timedelta:
    """A duration in hours."""
    return timedelta(hours=number)


def days(number: float) -> timedelta:
    """A duration in days."""
    return timedelta(days=number)


def quoted(text: str) -> str:
    """What a machine wrote, for the middle of words that owners, providers or agents read as the
    desk's: one line in quotation marks, which it cannot end.
    """
    return formats.quoted(text)


def in_range(
    metric: str,
    *,
    low: float | None = None,
    high: float | None = None,
    samples: int = 3,
    gap: timedelta = timedelta(minutes=15),
) -> Criterion:
    """Recovery: the metric stays from `low` to `high` (inclusive, in its own unit; None: no limit),
    by at least `samples` signals no more than `gap` apart. For how long, `Journey.verify` says.
    Raises ValueError without a limit, which any value would keep.
    """
    return Criterion(metric=metric, low=low, high=high, samples=samples, gap=gap)


def codes_absent(
    *codes: str, samples: int = 3, gap: timedelta = timedelta(minutes=15)
) -> Criterion:
    """Recovery: trouble codes are read, by at least `samples` signals no more than `gap` apart, and
    these are not among them. `P03*` stands for all that begin so; a signal without `codes` is no
    reading, nor is one with a code that cannot be read where these are codes of SAE J2012.
    """
    return Criterion(codes=codes, samples=samples, gap=gap)


__all__ = [
    "Alternative",
    "Choice",
    "Criterion",
    "Data",
    "Denied",
    "Dispatched",
    "Failed",
    "FaultCode",
    "Field",
    "FieldError",
    "Finding",
    "Found",
    "Instant",
    "Journey",
    "Money",
    "NotProven",
    "Outcome",
    "OwnerPicks",
    "Place",
    "Position",
    "Promise",
    "RateOfChange",
    "Recovery",
    "Refused",
    "Rule",
    "Service",
    "Severity",
    "Silence",
    "Slot",
    "Stage",
    "Stopped",
    "Threshold",
    "Withdrawn",
    "choose",
    "codes_absent",
    "days",
    "free_slots",
    "hours",
    "in_range",
    "minutes",
    "quoted",
    "refuse",
    "service",
]
