"""Cars: a repair for which the owner only picks the date, and help on the road."""

from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase

from thingdesk.sdk import (
    Criterion,
    Data,
    FaultCode,
    Field,
    Finding,
    Journey,
    Money,
    Outcome,
    OwnerPicks,
    Promise,
    Severity,
    Threshold,
    codes_absent,
    days,
    hours,
    in_range,
    minutes,
    service,
)

_KINDS = ("car", "van", "truck", "bus", "motorcycle")
SMALL = "small_parts"
OVERHEATED = 115.0
"""Coolant above this, in degrees Celsius, means stop at once."""


@dataclass(frozen=True, slots=True)
class System:
    """What a family of trouble codes (SAE J2012) points to: who can mend it, and with what."""

    codes: str
    skill: str
    part: str
    words: str
    price: Money

    @property
    def task(self) -> str:
        if self.part == SMALL:
            return "Find the cause and mend it; small parts are set aside."
        return f"Fit {self.part.replace('_', ' ')}."

    @property
    def done(self) -> str:
        """What is said of it when it is done."""
        return "mended it" if self.part == SMALL else f"fitted {self.part.replace('_', ' ')}"


SYSTEMS = (
    System("P03*", "engine", "ignition_coil", "the engine misfires", Money(18900, "EUR")),
    System("P0[AB]*", "high_voltage", "battery_module", "the drive battery", Money(89000, "EUR")),
    System("P056*", "electrical", "alternator", "the electrical supply", Money(34900, "EUR")),
    System("P0217", "cooling", "water_pump", "the engine is too hot", Money(42000, "EUR")),
    System("P01*", "engine", "air_flow_sensor", "the air supply", Money(14900, "EUR")),
    System("C*", "brakes", "wheel_speed_sensor", "the brakes or the chassis", Money(26000, "EUR")),
    *(
        System(codes, "diagnostics", SMALL, words, Money(9900, "EUR"))
        for codes, words in (
            ("P02*", "the fuel supply"),
            ("P04*", "the cleaning of the exhaust"),
            ("P05*", "idling, or the control of speed"),
            ("P06*", "a control unit"),
            ("P0[789]*", "the gearbox"),
            ("B*", "the body of the car"),
            ("U*", "the network between its control units"),
            ("*", "a fault that it names itself"),
        )
    ),
)


def system_of(code: str) -> System:
    """The first system whose codes fit."""
    return next(one for one in SYSTEMS if fnmatchcase(code, one.codes))


class VehicleFault(Data):
    """A trouble code that a car reads from itself."""

    code: str = Field(pattern=r"^[PCBU][0-9A-F]{4}$", description="Trouble code, as in SAE J2012.")


class Repaired(Outcome):
    """A repair that the car has proven."""

    centre: str
    part: str
    at: str


class Helped(Repaired):
    """A breakdown: who came, and when they first said that they would be there."""

    towed_by: str
    expected: str | None


@service(
    "vehicle.repair",
    title="Repair a fault",
    promise=Promise(receipt="1s", decision="1m", resolution="5d"),
    identity=("code",),
    kinds=_KINDS,
    effects=("reserve_part", "book"),
    relapse=days(30),
    responsible="repair centres",
    machines_expect="A repair at a time that suits my owner, with the part there when I come.",
    owners_expect="To pick a date and nothing else.",
)
async def repair(journey: Journey, fault: VehicleFault) -> Repaired:
    """Reserve the part at the nearest centre that can do it; the owner only picks the date."""
    return await mend(journey, fault, samples=10, hold=minutes(10))


@service(
    "vehicle.breakdown",
    title="Help on the road",
    promise=Promise(receipt="1s", decision="10s", resolution="3d"),
    identity=("code",),
    kinds=_KINDS,
    effects=("dispatch", "reserve_part", "book"),
    safety=True,
    relapse=days(7),
    responsible="road assistance",
    machines_expect="A tow truck that knows who I am, where I stand and what broke.",
    owners_expect="To know at once what broke, whether to stop, and when help is there.",
)
async def breakdown(journey: Journey, fault: VehicleFault) -> Helped:
    """Send a tow truck now, tell the owner what to do, and repair what broke."""
    return await rescue(journey, fault, answer_within=minutes(1), samples=10, hold=minutes(10))


async def rescue(
    journey: Journey,
    fault: VehicleFault,
    *,
    answer_within: timedelta,
    samples: int,
    hold: timedelta,
) -> Helped:
    """Help on the road, with other times."""
    broken = await _words(journey, fault)
    await journey.tell_machine(
        "safety.advice", "Stop at the next safe place and switch the engine off.", stop=True
    )
    await journey.tell_owner(
        f"Your car {journey.subject} reports {fault.code}: {broken}. Please stop at the next"
        " safe place and switch the engine off. A tow truck is being sent."
    )
    truck = await journey.dispatch(
        "tow_truck",
        task="tow",
        words=f"Tow {journey.subject} to a centre that can mend it. {fault.code}: {broken}.",
        answer_within=answer_within,
    )
    arrival = await journey.arrival(truck, within=minutes(10))
    time = await journey.owner_time(arrival) if arrival else None
    when = f"is expected on {time}" if time else "comes to you, and has not said when"
    await journey.tell_owner(f"{truck.provider.name} {when}.")
    await journey.done(truck, within=hours(6))
    repaired = await mend(journey, fault, samples=samples, hold=hold)
    return Helped(
        **repaired.model_dump(exclude={"words"}),
        words=f"{truck.provider.name} towed {journey.subject}. {repaired.words}",
        towed_by=truck.provider.name,
        expected=arrival.isoformat() if arrival else None,
    )


async def mend(journey: Journey, fault: VehicleFault, *, samples: int, hold: timedelta) -> Repaired:
    """The repair: `samples` signals over `hold` without the fault are the proof."""
    system, words = system_of(fault.code), await _words(journey, fault)
    reserved = await journey.reserve_part(
        "repair_centre", system.part, skill=system.skill, price=system.price
    )
    centre = reserved.provider
    job = await journey.book(
        centre,
        OwnerPicks(within=hours(24)),
        task="repair",
        words=f"{fault.code}: {words}. {system.task}",
    )
    await journey.done(job, within=days(14))
    await journey.verify(_recovered(fault, samples), hold=hold, within=days(5))
    return Repaired(
        words=f"{job.provider.name} {system.done}; the car is well again.",
        centre=job.provider.name,
        part=system.part,
        at=job.start.isoformat() if job.start else "",
    )


async def _words(journey: Journey, fault: VehicleFault) -> str:
    """What broke: in the words of the operator's file, or else of the code's family."""
    return await journey.meaning(fault.code) or system_of(fault.code).words


def _recovered(fault: VehicleFault, samples: int) -> Criterion:
    if fault.code == "P0217":
        return in_range("engine_coolant_temperature", high=OVERHEATED - 10, samples=samples)
    return codes_absent(fault.code, samples=samples)


def _coded(finding: Finding) -> VehicleFault:
    return VehicleFault(code=finding.about)


def _overheated(_: Finding) -> VehicleFault:
    return VehicleFault(code="P0217")


RULES = (
    FaultCode(
        name="vehicle.breakdown_code",
        model="car*",
        service="vehicle.breakdown",
        asks=_coded,
        codes=("P0A*", "P0217", "C*"),
        severity=Severity.CRITICAL,
    ),
    FaultCode(
        name="vehicle.fault_code",
        model="car*",
        service="vehicle.repair",
        asks=_coded,
        codes=("P01*", "P03*", "P04*", "P05*"),
        severity=Severity.MAJOR,
    ),
    Threshold(
        name="vehicle.overheated",
        model="car*",
        service="vehicle.breakdown",
        asks=_overheated,
        metric="engine_coolant_temperature",
        above=OVERHEATED,
        hold=timedelta(seconds=20),
        clear_at=OVERHEATED - 10,
        max_gap=minutes(5),
        severity=Severity.CRITICAL,
    ),
)
SERVICES = (repair, breakdown)
