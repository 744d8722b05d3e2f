"""A car as a process of its own, its clock off by so many seconds: it reports that it broke down,
signals, and ends when it was told what to do. What it heard is said line by line, as JSON.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.machine.conftest import QUICK

from thingdesk_machine import Identity, Machine


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - the test reads it


async def main(folder: Path, desk: str, off: timedelta) -> None:
    machine = Machine(
        identity=Identity.load(folder / "car.json"),
        desk=desk,
        queue=folder / "car.queue",
        desk_keys=json.loads((folder / "desk.json").read_text()),
        options=QUICK,
        clock=lambda: datetime.now(UTC) + off,
    )
    async with machine:
        await machine.signal({"speed": 0}, event_id="before")
        receipt = await machine.report("vehicle.breakdown", {"code": "P0301"})
        say(case=receipt.case)
        await machine.signal({"speed": 0}, event_id="after", wait=True)
        await machine.signal({"speed": 0}, event_id="told", at=machine.desk_time, wait=True)
        async for notice in machine.notices():
            say(notice=notice.kind)
            if notice.kind == "safety.advice":
                await notice.acknowledge()
                break
        await machine.drained()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], timedelta(seconds=float(sys.argv[3]))))
