"""A machine as a process of its own: it tells what it saw in a day, and reports once an hour.

It says `drained` when all is at the desk. Started again it goes on with the same events.
"""

import asyncio
import json
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from tests.machine.conftest import QUICK

from thingdesk_machine import Identity, Machine

MINUTES = range(0, 24 * 60, 5)
"""When it observes something."""
HOT_AT = ((2 * 60, 3 * 60), (10 * 60, 11 * 60), (20 * 60, 20 * 60 + 5))
"""From which minute of the day to which it was too hot; the last time not for long enough."""
PARTS = ("belt", "drum")
IN_SMALL_PIECES = replace(QUICK, batch=5)


def temperature(minute: int) -> float:
    return 105.0 if any(start <= minute < end for start, end in HOT_AT) else 60.0


async def main(folder: Path, desk: str, began: datetime) -> None:
    machine = Machine(
        identity=Identity.load(folder / "machine.json"),
        desk=desk,
        queue=folder / "machine.queue",
        desk_keys=json.loads((folder / "desk.json").read_text()),
        options=IN_SMALL_PIECES,
    )
    async with machine, asyncio.TaskGroup() as group:
        for minute in MINUTES:
            at = began + timedelta(minutes=minute)
            heat = {"temperature": temperature(minute)}
            await machine.signal(heat, at=at, event_id=f"s{minute}")
            if minute % 60 == 0:
                hour = minute // 60
                asked = {"part": PARTS[hour % len(PARTS)]}
                group.create_task(machine.report("offline.cool", asked, at=at, event_id=f"r{hour}"))
        await machine.drained()
        print("drained", flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], datetime.fromisoformat(sys.argv[3])))
