"""Utility meters: a reading is validated and kept within the transaction that takes it in."""

from datetime import UTC, datetime

from thingdesk.sdk import (
    Data,
    Field,
    FieldError,
    Instant,
    Outcome,
    Promise,
    minutes,
    refuse,
    service,
)

_MOST_PER_HOUR = 100.0
"""kWh; more than a domestic connection of 3 x 63 A at 230 V can carry is no reading."""
_AHEAD = minutes(5)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class MeterReading(Data):
    """What a register of a meter shows at a time."""

    register_name: str = Field(alias="register", max_length=32, pattern=r"^[A-Za-z0-9_.-]+$")
    kwh: float = Field(ge=0, le=1e9, description="The register's total, in kWh.")
    at: datetime = Field(description="When it was read, with a zone.")


class ReadingKept(Outcome):
    """A reading that was kept; `used` is what was used since the one before, in kWh."""

    used: float | None
    hours: float | None


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
    """Keep a reading that can follow on the one before."""
    if given.at.tzinfo is None:
        raise _wrong("at", "has no zone", "send a time with a zone")
    if not _EARLIEST <= given.at <= instant.now + _AHEAD:
        raise _wrong("at", "cannot be when it was read", "set the meter's clock")
    key = f"last:{given.register_name}"
    last = await instant.recall(key)
    used, elapsed = _since(last, given)
    at = given.at.astimezone(UTC).isoformat()
    await instant.keep(key, {"kwh": given.kwh, "at": at})
    await instant.keep(f"reading:{given.register_name}:{at}", {"kwh": given.kwh, "used": used})
    words = "The first reading." if used is None else f"{used:.3f} kWh since the last reading."
    return ReadingKept(words=words, used=used, hours=elapsed)


def _since(
    last: dict[str, object] | None, given: MeterReading
) -> tuple[float | None, float | None]:
    if last is None:
        return None, None
    before, total = datetime.fromisoformat(str(last["at"])), float(str(last["kwh"]))
    elapsed = (given.at - before).total_seconds() / 3600
    if elapsed <= 0:
        raise _wrong("at", "is not after the reading before", "send each reading once, in order")
    used = given.kwh - total
    if used < 0:
        raise _wrong(
            "kwh", "is lower than the reading before", "check the register; it only counts up"
        )
    if used / elapsed > _MOST_PER_HOUR:
        raise _wrong("kwh", "is more than the connection can carry", "check the unit: kWh")
    return used, elapsed


def _wrong(name: str, problem: str, mend: str) -> Exception:
    field = FieldError(f"data.input.{name}", problem, mend)
    return refuse("implausible_reading", f"{name} {problem}", fields=(field,))


SERVICES = (reading,)
RULES = ()
