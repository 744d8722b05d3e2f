"""What is stopped while it starts ends, too."""

import asyncio
import os
import signal
import threading
from pathlib import Path

import pytest
from tests.waiting import until

from thingdesk.platform.embedded.errors import EmbeddedError
from thingdesk.platform.embedded.supervise import Program, Supervised

NAME = "A program"


async def is_about_to_start() -> bool:
    return any(one.name == f"keeps {NAME}" for one in threading.enumerate())


def supervised(folder: Path) -> Supervised:
    async def serves() -> bool:
        return False

    program = Program(
        name=NAME,
        command=("/bin/sleep", "1000"),
        folder=folder,
        output=folder / "output",
        stop=((signal.SIGTERM, 5.0),),
    )
    return Supervised(
        program,
        probe=serves,
        prepare=lambda: None,
        explain=lambda: EmbeddedError("it ended", ""),
        start_within=60,
    )


async def test_what_is_stopped_while_it_starts_is_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    os.mkfifo(tmp_path / "output")  # it starts once somebody reads what it writes
    starting = asyncio.create_task(supervised(tmp_path).start())
    await until(is_about_to_start)
    starting.cancel()
    with await asyncio.to_thread(open, tmp_path / "output", "rb", buffering=0) as output:
        os.set_blocking(output.fileno(), False)

        async def nobody_writes() -> bool:
            return bool(output.read() == b"")

        with pytest.raises(asyncio.CancelledError):
            await starting
        await until(nobody_writes)
    assert not caplog.text
