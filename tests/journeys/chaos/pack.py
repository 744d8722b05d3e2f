"""Two services that come to their end within seconds, by everything that journeys can do."""

from datetime import timedelta

from tests.journeys.chaos import clocks

from thingdesk.sdk import (
    Data,
    Finding,
    Journey,
    Money,
    Outcome,
    OwnerPicks,
    Promise,
    Threshold,
    in_range,
    minutes,
    service,
)

PART, PART_PRICE = "pump", Money(1000, "EUR")
WORK_PRICE = Money(2000, "EUR")
WELL, HOT = 50.0, 100.0
"""Below WELL a machine is well again, in heat and noise; above HOT it is too hot."""
SAMPLES, HOLD, GAP = 3, timedelta(seconds=2), timedelta(seconds=2)
"""So many of them prove it, over so long and so near to each other."""
_ANSWER_WITHIN = timedelta(seconds=6)
_DONE_WITHIN = timedelta(seconds=25)
_SECOND = timedelta(seconds=1)

clocks.follow()


class Fault(Data):
    """`what` is the problem: `heat`, or `noise-7`."""

    what: str


class Mended(Outcome):
    """Who did it."""

    by: str


@service(
    "chaos.quiet",
    title="Silence a noise",
    promise=Promise(),
    identity=("what",),
    effects=("command", "dispatch"),
)
async def quiet(journey: Journey, fault: Fault) -> Mended:
    """Have the machine stop, and send somebody at once."""
    await journey.tell_machine("chaos.begun", "We are at it.")
    await journey.command("stop", expires=minutes(5), answer_within=minutes(1))
    job = await journey.dispatch(
        "technician",
        task="silence",
        words=f"Silence {fault.what}.",
        price=WORK_PRICE,
        answer_within=_ANSWER_WITHIN,
    )
    await journey.done(job, within=_DONE_WITHIN)
    await _prove(journey, "noise")
    return Mended(words="It is quiet again.", by=job.provider.name)


@service(
    "chaos.cool",
    title="Cool a machine",
    promise=Promise(),
    identity=("what",),
    effects=("reserve_part", "book"),
)
async def cool(journey: Journey, fault: Fault) -> Mended:
    """A part, a date that the owner chooses, and somebody who comes then."""
    await journey.tell_machine("chaos.begun", "We are at it.")
    part = await journey.reserve_part("workshop", PART, price=PART_PRICE)
    job = await journey.book(
        part.provider,
        OwnerPicks(within=timedelta(seconds=8)),
        task="cool",
        words=f"Cool its {fault.what}.",
        price=WORK_PRICE,
        answer_within=_ANSWER_WITHIN,
    )
    await journey.done(job, within=_DONE_WITHIN)
    await _prove(journey, "heat")
    await journey.tell_owner("It is cool again.")
    return Mended(words="It is cool again.", by=job.provider.name)


async def _prove(journey: Journey, metric: str) -> None:
    await journey.verify(
        in_range(metric, high=WELL, samples=SAMPLES, gap=GAP), hold=HOLD, within=20 * _SECOND
    )


def _asked(_: Finding) -> Fault:
    return Fault(what="heat")


TOO_HOT = Threshold(
    name="chaos.too_hot",
    model="chaos",
    service="chaos.cool",
    asks=_asked,
    metric="heat",
    above=HOT,
    hold=_SECOND,
    clear_at=WELL,
    clear_hold=_SECOND,
    max_gap=minutes(1),
)

SERVICES = (quiet, cool)
RULES = (TOO_HOT,)
