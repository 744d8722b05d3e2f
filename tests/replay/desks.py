"""A desk as an operator runs it: `thingdesk up` in a folder, with its own PostgreSQL and broker."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import until

from thingdesk import app
from thingdesk.platform import present
from thingdesk.platform.database import Database
from thingdesk.platform.settings import Settings


@dataclass
class RunningDesk:
    """A desk in a process of its own; `database` is a pool of the test's own."""

    folder: Path
    database: Database

    async def run(self, *arguments: str) -> tuple[int, str]:
        """A command of an operator: its exit code and all that it says."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "thingdesk", *arguments),
            env=environment(self.folder),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()


def environment(folder: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("THINGDESK_")}
    return own | {
        "PYTHONPATH": "src",
        "THINGDESK_DATA_DIR": str(folder),
        "THINGDESK_HTTP_PORT": "0",
        "THINGDESK_MQTT_PORT": "0",
        "THINGDESK_WEBHOOK_NETWORKS": "127.0.0.0/8",
    }


@asynccontextmanager
async def running_desk(folder: Path) -> AsyncIterator[RunningDesk]:
    log = folder / "desk.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "thingdesk", "up"),
            env=environment(folder),
            stdout=output,
            stderr=output,
        )

    async def is_up() -> bool:
        assert process.returncode is None, log.read_text()
        return "http" in present.read(folder)

    try:
        await until(is_up, within=90)
        async with app.database(Settings(data_dir=folder)) as database:
            yield RunningDesk(folder, database)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
