"""A service that stops in the middle of a step until a file lets it go on, to be killed there.

`THINGDESK_TEST_GATE` is a folder: whoever comes to the gate writes their process id to the file
`came`, and goes on once there is a file `open`.
"""

import os
from datetime import timedelta
from pathlib import Path

from tests.waiting import until

from thingdesk.sdk import (
    Data,
    Journey,
    Outcome,
    Promise,
    in_range,
    minutes,
    service,
)


class Fault(Data):
    """`gated`: whether the journey stops at the gate."""

    gated: bool = False


class Mended(Outcome):
    """Who did it."""

    by: str


async def _pass(_: object, waiting: list[None]) -> list[None]:
    folder = Path(os.environ["THINGDESK_TEST_GATE"])
    with (folder / "came").open("a") as came:
        came.write(f"{os.getpid()}\n")

    async def opened() -> bool:
        return (folder / "open").exists()

    await until(opened, within=100)
    return waiting


@service(
    "gated.mend",
    title="Mend",
    promise=Promise(),
    identity=("gated",),
    effects=("command", "dispatch"),
)
async def mend(journey: Journey, fault: Fault) -> Mended:
    """Have the machine stop, send somebody, and see that it runs again."""
    await journey.tell_machine("gated.begun", "We are at it.")
    await journey.command("stop")
    await journey.tell_machine("gated.stopped", "Thank you.")
    if fault.gated:
        # in the middle of the batch: all who come together are answered by this one call
        await journey.run.step("gate", lambda: journey.run.tx.share(_pass, None))
    job = await journey.dispatch(
        "technician", task="mend", words="Mend it.", answer_within=minutes(30)
    )
    await journey.done(job)
    await journey.verify(
        in_range("temperature", high=50, samples=3), hold=timedelta(seconds=2), within=minutes(30)
    )
    return Mended(words="It runs again.", by=job.provider.name)


SERVICES = (mend,)
RULES = ()
