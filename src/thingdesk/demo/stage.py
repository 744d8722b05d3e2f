"""The processes of the demo: they begin together, and none of them outlives it.

Each is tied to this process by the kernel where it can do that (Linux), and hears of its end by
the end of its standard input everywhere. Ctrl-C in the terminal is for this process alone.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from thingdesk.demo.orders import GO_ON, QUIET
from thingdesk.platform.embedded.supervise import launcher

_ENDS_WITHIN = 5.0
_DESK_ENDS_WITHIN = 20.0
_TAIL = 12


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


class Player:
    """One process, and what it is told."""

    def __init__(self, name: str, log: Path, running: asyncio.subprocess.Process) -> None:
        self.name = name
        self._log = log
        self._running = running

    @classmethod
    async def start(
        cls, name: str, log: Path, arguments: tuple[str, ...], settings: dict[str, str]
    ) -> "Player":
        """Run `python -m ...`; it lives no longer than this process."""
        own = {key: value for key, value in os.environ.items() if not key.startswith("THINGDESK_")}
        command = launcher(
            [sys.executable, "-m", *arguments], Path.cwd(), None, death_signal=signal.SIGTERM
        )
        with log.open("wb") as output:
            running = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=output,
                env=own | settings,
                start_new_session=True,
            )
        return cls(name, log, running)

    @property
    def has_ended(self) -> bool:
        return self._running.returncode is not None

    def complain(self) -> DemoError:
        """Why it ended, as far as it said so."""
        lines = self._log.read_text(errors="replace").splitlines()[-_TAIL:]
        return DemoError("\n".join([f"{self.name} ended by itself.", *lines]))

    def tell(self, order: str) -> None:
        """An order, as a line."""
        if self._running.stdin is not None and not self.has_ended:
            self._running.stdin.write(f"{order}\n".encode())

    def begin(self, part: Mapping[str, Any]) -> None:
        """Give it its part."""
        self.tell(json.dumps(part))

    async def quiet(self) -> None:
        """Return when it has nothing under way any more."""
        self.tell(QUIET)
        assert self._running.stdout is not None  # noqa: S101 - it was started with one
        if not await self._running.stdout.readline():
            raise self.complain()

    def go_on(self) -> None:
        """It may begin new things again."""
        self.tell(GO_ON)

    async def end(self) -> None:
        """By the end of its input; at last by force."""
        if self._running.stdin is not None:
            self._running.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._running.wait(), _ENDS_WITHIN)
        await self._end_by(signal.SIGKILL, _ENDS_WITHIN)

    async def end_desk(self) -> None:
        """A desk ends in order when it is asked to."""
        await self._end_by(signal.SIGTERM, _DESK_ENDS_WITHIN)
        await self._end_by(signal.SIGKILL, _ENDS_WITHIN)

    async def _end_by(self, number: signal.Signals, within: float) -> None:
        if self.has_ended:
            return
        with suppress(ProcessLookupError):
            self._running.send_signal(number)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._running.wait(), within)
