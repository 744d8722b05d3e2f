"""A machine as a process of its own, to be killed: says each event once its queueing returned."""

import asyncio
import json
import sys
from pathlib import Path

from tests.machine.conftest import QUICK

from thingdesk_machine import Identity, Machine


async def main(folder: Path, desk: str, first: int, count: int) -> None:
    machine = Machine(
        identity=Identity.load(folder / "car-1.json"),
        desk=desk,
        queue=folder / "car-1.queue",
        desk_keys=json.loads((folder / "desk.json").read_text()),
        options=QUICK,
    )

    @machine.on_command("restart")
    async def restart(_command: object) -> None:
        print("restarting", flush=True)  # noqa: T201 - the test reads it
        await asyncio.Event().wait()

    async with machine:
        if not count:
            await machine.connected()
            print("connected", flush=True)  # noqa: T201 - the test reads it
        for number in range(first, first + count):
            await machine.signal({"temperature": number + 0.5}, event_id=f"s{number}")
            print(f"s{number}", flush=True)  # noqa: T201 - the test reads it
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
