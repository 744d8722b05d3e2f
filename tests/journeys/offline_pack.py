"""For machines that were offline: a fault that their queue tells of, or that they report."""

from datetime import timedelta

from thingdesk.sdk import (
    Data,
    Finding,
    Journey,
    Outcome,
    Promise,
    Threshold,
    hours,
    in_range,
    minutes,
    service,
)

HOT, WELL = 100.0, 90.0


class Heat(Data):
    """`part`: what is hot."""

    part: str


class Cooled(Outcome):
    """Who did it."""

    by: str


@service(
    "offline.cool",
    title="Cool it",
    promise=Promise(resolution="8h"),
    identity=("part",),
    effects=("dispatch",),
)
async def cool(journey: Journey, fault: Heat) -> Cooled:
    """Send somebody, and see that it is well."""
    job = await journey.dispatch(
        "technician", task="cool", words=f"Cool the {fault.part}.", answer_within=minutes(30)
    )
    await journey.done(job)
    proof = in_range("temperature", high=WELL, samples=3)
    await journey.verify(proof, hold=timedelta(seconds=2), within=minutes(30))
    return Cooled(words="It is well again.", by=job.provider.name)


def _asked(finding: Finding) -> Heat:
    return Heat(part=finding.evidence.measure)


TOO_HOT = Threshold(
    name="offline.too_hot",
    model="offline*",
    service="offline.cool",
    asks=_asked,
    metric="temperature",
    above=HOT,
    hold=minutes(10),
    clear_at=WELL,
    clear_hold=minutes(10),
    max_gap=hours(1),
)
SERVICES = (cool,)
RULES = (TOO_HOT,)
