"""The public API for authors of services and rules: everything a pack imports.

@service("oven.descale", title="Descale an oven", promise=Promise(resolution="3d"),
         identity=("part",), effects=("dispatch",))
async def descale(journey: Journey, fault: Scale) -> Descaled: ...
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby

from pydantic import BaseModel, ConfigDict, Field

from thingdesk.cases import Criterion
from thingdesk.catalog import Promise, Service, Stage, service
from thingdesk.diagnosis import FaultCode, Finding, RateOfChange, Rule, Severity, Silence, Threshold
from thingdesk.journeys import (
    FIRST,
    Alternative,
    Choice,
    Context,
    Denied,
    Dispatched,
    Failed,
    Found,
    Instant,
    Journey,
    NotProven,
    Slot,
    Stopped,
    Withdrawn,
    choose,
    free_slots,
)
from thingdesk.parties import Position
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
    reading.
    """
    return Criterion(codes=codes, samples=samples, gap=gap)


def choose_slot(provider: Found, words: str = "When would you like it done?") -> Choice:
    """The question for a date at `provider`: a few free times on each of the next 14 days, for the
    owner's zone to show. What the journey gets is a Slot.
    """

    async def find(journey: Context) -> Iterator[Alternative]:
        slots = await free_slots(journey, provider)
        chosen = enumerate(_spread(slots))
        return (_offered(n, slot.start, slot.end, provider.name) for n, slot in chosen)

    def read(value: dict[str, str]) -> Slot:
        return Slot(datetime.fromisoformat(value["start"]), datetime.fromisoformat(value["end"]))

    return Choice(words, find, read)


# many owners are offered the same hours, and to write them down takes longer than to find them
@lru_cache(maxsize=10_000)
def _offered(n: int, start: datetime, end: datetime, place: str) -> Alternative:
    return Alternative(
        f"slot{n}",
        f"{start:%A %d %B, %H:%M} UTC at {place}",
        {"start": start.isoformat(), "end": end.isoformat(), "at": place},
    )


def _spread(slots: list[Slot]) -> Iterator[Slot]:
    """Not twelve hours of tomorrow: a few times on each of the next days."""
    for _, day in groupby(slots, lambda slot: slot.start.toordinal()):
        times = list(day)
        yield from times[:: max(1, len(times) // 2)][:2]


EARLIEST = FIRST
"""The default of a question for a date: the earliest time."""

__all__ = [
    "EARLIEST",
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
    "choose_slot",
    "codes_absent",
    "days",
    "free_slots",
    "hours",
    "in_range",
    "minutes",
    "refuse",
    "service",
]
