"""Utility meters: a reading is validated and kept within the transaction that takes it in."""

from datetime import UTC, datetime

from thingdesk.sdk import (
    Data,
    Field,
    FieldError,
    Instant,
    Outcome,
    Promise,
    days,
    minutes,
    refuse,
    service,
)

_MOST_PER_HOUR = 100.0
"""kWh; more than a domestic connection of 3 x 63 A at 230 V can carry is no reading."""
_AHEAD = minutes(5)
_KEPT = days(1461)
"""Four years: a bill can be disputed for three, from the end of its year."""
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class MeterReading(Data):
    """What a register of a meter shows at a time."""

    register_name: str = Field(alias="register", max_length=32, pattern=r"^[A-Za-z0-9_.-]+$")
    kwh: float = Field(ge=0, le=1e9, description="The register's total, in kWh.")
    at: datetime = Field(description="When it was read, with a zone.")


class ReadingKept(Outcome):
    """A reading that was kept; `used` is what was used since the one before, in kWh, in `hours`.
    `late`: later ones were here before it.
    """

    used: float | None
    hours: float | None
    late: bool


@service(
    "meter.reading",
    title="Take in a meter reading",
    promise=Promise(receipt="1s", decision="1s", resolution="1s"),
    instant=True,
    responsible="metering",
    machines_expect="A receipt, or what is wrong with the reading, at once.",
    owners_expect="Never to read a meter.",
)
async def reading(instant: Instant, given: MeterReading) -> ReadingKept:
    """Keep a reading that fits between those before and after it, in whatever order they come."""
    if given.at.tzinfo is None:
        raise _wrong("at", "has no zone", "send a time with a zone")
    if not _EARLIEST <= given.at <= instant.now + _AHEAD:
        raise _wrong("at", "cannot be when it was read", "set the meter's clock")
    register = f"reading:{given.register_name}:"
    # in UTC and of one form, so that the order of the keys is that of the times
    key = register + given.at.astimezone(UTC).isoformat()
    before, after = await instant.neighbours(register, key)
    if before and before[0] == key and before[1]["kwh"] != given.kwh:
        raise _wrong("kwh", "is not what was sent for this time before", "send each reading once")
    if after:
        _check("after", -_hours(given, after[0]), after[1]["kwh"] - given.kwh)
    used, elapsed = None, None
    if before and before[0] != key:
        used, elapsed = given.kwh - before[1]["kwh"], _hours(given, before[0])
        _check("before", elapsed, used)
    await instant.keep(key, {"kwh": given.kwh}, lasts=_KEPT)
    words = "The first reading." if used is None else f"{used:.3f} kWh since the reading before."
    return ReadingKept(words=words, used=used, hours=elapsed, late=after is not None)


def _hours(given: MeterReading, key: str) -> float:
    other = datetime.fromisoformat(key.split(":", 2)[2])
    return (given.at - other).total_seconds() / 3600


def _check(which: str, hours: float, used: float) -> None:
    """Whether so much can have been used from the reading before, or until the one after."""
    if used < 0:
        than = {"before": "lower", "after": "higher"}[which]
        mend = "check the register; it only counts up"
        raise _wrong("kwh", f"is {than} than the reading {which} it", mend)
    if used / hours > _MOST_PER_HOUR:
        raise _wrong("kwh", "is more than the connection can carry", "check the unit: kWh")


def _wrong(name: str, problem: str, mend: str) -> Exception:
    field = FieldError(f"data.input.{name}", problem, mend)
    return refuse("implausible_reading", f"{name} {problem}", fields=(field,))


SERVICES = (reading,)
RULES = ()
