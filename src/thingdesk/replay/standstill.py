"""The time of a recording stands still while the desk is at work for its machines.

A provider who needs an hour would need a month of a recording that goes by a thousand times faster.
So the recording waits until the rules have seen what was sent and no case of its machines has
anything left to do but to see later signals. What comes of a recording is then the same at every
speed.
"""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

from thingdesk import cases, diagnosis, notices
from thingdesk.platform.database import Database
from thingdesk.platform.loops import first_of

_LOOK_EVERY = 0.1


class Standstill:
    """Waits for the desk, `patience` seconds at most for one case; with none, not at all."""

    def __init__(
        self,
        database: Database,
        machines: Sequence[str],
        patience: float,
        warn: Callable[[str], None],
    ) -> None:
        self._database = database
        self._machines = machines
        self._patience = patience
        self._warn = warn
        self._passed_over: set[UUID] = set()

    async def wait(self) -> float:
        """Until the desk has done what it can; for how many seconds a case was waited for."""
        if not self._patience:
            return 0.0
        moved = asyncio.Event()
        async with self._database.listening("timeline", moved.set):
            await self._until_seen(moved)
            return await self._until_done(moved)

    async def told(self, within: float) -> bool:
        """Until the rules have seen all that was sent, and the machines have heard what there is to
        hear so far; False when that took more than so many seconds.
        """
        loop = asyncio.get_running_loop()
        end, moved = loop.time() + within, asyncio.Event()
        async with self._database.listening("timeline", moved.set):
            while await self._is_behind() or await self._is_untold():
                if loop.time() > end:
                    return False
                moved.clear()
                await first_of(moved, seconds=_LOOK_EVERY)
        return True

    async def _is_untold(self) -> bool:
        async with self._database.transaction() as tx:
            for machine in self._machines:
                if await notices.pending(tx, machine, 1):
                    return True
        return False

    async def _until_seen(self, moved: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience
        while await self._is_behind():
            if loop.time() > end:
                self._warn("The desk does not look at signals: does a process with role work run?")
                self._patience = 0.0
                return
            moved.clear()
            await first_of(moved, seconds=_LOOK_EVERY)

    async def _until_done(self, moved: asyncio.Event) -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while left := await self._unfinished():
            if loop.time() > began + self._patience:
                self._warn(f"Going on without waiting for {', '.join(map(str, sorted(left)))}.")
                self._passed_over |= left
            moved.clear()
            await first_of(moved, seconds=_LOOK_EVERY)
        return loop.time() - began

    async def _is_behind(self) -> bool:
        async with self._database.transaction() as tx:
            return await diagnosis.is_behind(tx, self._machines)

    async def _unfinished(self) -> set[UUID]:
        async with self._database.transaction() as tx:
            return await cases.unfinished(tx, self._machines) - self._passed_over
