"""Industrial machines: a temperature that leaves its range is inspected, and proves the repair."""

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
    service,
)

LOW, HIGH = 45.0, 105.0
"""The range of a healthy machine, in degrees Fahrenheit as the recording has them."""


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
    job = await journey.dispatch(
        "technician",
        task="inspect",
        skill="machinery",
        words=f"The {fault.metric} is {fault.value:.1f}, beyond {fault.limit:.1f}. Find out why.",
        answer_within=minutes(2),
    )
    evidence = await journey.done(job)
    await journey.verify(
        in_range(fault.metric, low=LOW, high=HIGH, samples=6, gap=hours(1)),
        hold=minutes(60),
        within=hours(72),
    )
    found = str(evidence.get("words", ""))
    return Inspected(
        words=f"{job.provider.name} inspected {journey.subject}, and its {fault.metric} is back.",
        by=job.provider.name,
        found=found,
    )


def _asked(finding: Finding) -> Temperature:
    evidence = finding.evidence
    return Temperature(metric=evidence.measure, value=evidence.value, limit=evidence.limit)


OVERCOOLED = Threshold(
    name="equipment.temperature_low",
    model="press*",
    service="equipment.inspect",
    asks=_asked,
    metric="temperature",
    below=LOW,
    hold=minutes(30),
)

SERVICES = (inspect,)
RULES = (OVERCOOLED,)
