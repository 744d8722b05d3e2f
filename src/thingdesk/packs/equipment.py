"""Industrial machines: a temperature that leaves its range is inspected, and proves the repair."""

from datetime import timedelta

from thingdesk.sdk import (
    Data,
    Field,
    Finding,
    Journey,
    Outcome,
    Promise,
    Threshold,
    hours,
    in_range,
    minutes,
    quoted,
    service,
)

COLD, WARM, HOT = 68.0, 75.0, 115.0
"""Below COLD for long a machine is failing, from WARM on it is well again, and above HOT it is too
hot; in the degrees that its sensor sends.
"""


class Temperature(Data):
    """A temperature that left its range."""

    metric: str = Field(default="temperature", max_length=64)
    value: float
    limit: float


class Inspected(Outcome):
    """What the inspection came to."""

    by: str
    found: str


@service(
    "equipment.inspect",
    title="Inspect a machine whose temperature left its range",
    promise=Promise(receipt="1s", decision="1m", resolution="2d"),
    identity=("metric",),
    effects=("dispatch",),
    relapse=hours(12),
    responsible="maintenance",
    machines_expect="An inspection without a call, and a case that ends by my own temperature.",
    owners_expect="To hear what was wrong once it is mended.",
)
async def inspect(journey: Journey, fault: Temperature) -> Inspected:
    """Send a technician, and end when the machine's own temperature has been in range again."""
    return await look_after(journey, fault, answer_within=minutes(2), hold=hours(1))


async def look_after(
    journey: Journey, fault: Temperature, *, answer_within: timedelta, hold: timedelta
) -> Inspected:
    """The same for a machine with other times; half a dozen signals within `hold` are the proof."""
    name = quoted(fault.metric)
    job = await journey.dispatch(
        "technician",
        task="inspect",
        skill="machinery",
        # no value: it may have been measured in the time of a former owner
        words=f"The {name} is beyond {fault.limit:.5g}. Find out why.",
        answer_within=answer_within,
    )
    evidence = await journey.done(job)
    await journey.verify(
        in_range(fault.metric, low=WARM, high=HOT, samples=6, gap=hold),
        hold=hold,
        within=hours(72),
    )
    found = str(evidence.get("words", ""))
    return Inspected(
        words=f"{job.provider.name} inspected {journey.subject}, and its {name} is back.",
        by=job.provider.name,
        found=found,
    )


def _asked(finding: Finding) -> Temperature:
    evidence = finding.evidence
    return Temperature(metric=evidence.measure, value=evidence.value, limit=evidence.limit)


TOO_COLD = Threshold(
    name="equipment.too_cold",
    model="press*",
    service="equipment.inspect",
    asks=_asked,
    metric="temperature",
    below=COLD,
    hold=hours(12),
    clear_at=WARM,
    clear_hold=hours(1),
    max_gap=hours(1),
)

SERVICES = (inspect,)
RULES = (TOO_COLD,)
