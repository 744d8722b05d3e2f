"""What runs look up elsewhere: after their batch has committed, side by side, none for ever."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from uuid import UUID

from thingdesk.platform.database import Database, json
from thingdesk.platform.durable import store
from thingdesk.platform.durable.held import watched
from thingdesk.platform.durable.model import Look, Row
from thingdesk.platform.durable.run import Function

CHANNEL = "durable_run"
_MOST = 50
_Place = tuple[UUID, str]
_log = logging.getLogger(__name__)


class Looks:
    """The looks of one engine's runs. What fails is handed to `note`."""

    def __init__(
        self,
        database: Database,
        functions: Mapping[str, Function],
        note: Callable[[Row, Exception], Awaitable[None]],
    ) -> None:
        self._database = database
        self._functions = functions
        self._note = note
        self._places = asyncio.Semaphore(_MOST)
        self._under_way: dict[_Place, asyncio.Task[None]] = {}

    def begin(self, rows: Iterable[Row]) -> None:
        """Begin what these rows, which were just committed, want; not what is under way already."""
        for row in rows:
            if row.look is None or (row.id, row.look.key) in self._under_way:
                continue
            row.epoch += 1  # as it was stored
            place = (row.id, row.look.key)
            task = asyncio.create_task(self._look(row, row.look))
            self._under_way[place] = task
            task.add_done_callback(partial(self._done, place))

    def _done(self, place: _Place, _: asyncio.Task[None]) -> None:
        del self._under_way[place]

    async def settled(self) -> int:
        """Wait until nothing is under way; how much it was."""
        tasks = list(self._under_way.values())
        await asyncio.gather(*tasks, return_exceptions=True)
        return len(tasks)

    async def end(self) -> None:
        """Leave what is under way: it begins again when its time is over, in whatever process."""
        for task in self._under_way.values():
            task.cancel()
        await self.settled()

    async def _look(self, row: Row, look: Look) -> None:
        try:
            async with self._places:
                found = await _within(look, row.code, self._functions[row.code])
                text = json(found)
        except Exception as error:  # noqa: BLE001 - whatever it was is what the run failed with
            await self._failed(row, error)
            return
        try:
            async with self._database.transaction() as tx:
                store.send_text(tx, row.id, look.key, text)
                tx.notify(CHANNEL)
        except Exception:  # noqa: BLE001 - it begins again when its time is over
            _log.exception("what run %s found was lost: it looks again", row.id)

    async def _failed(self, row: Row, error: Exception) -> None:
        try:
            await self._note(row, error)
        except Exception:  # noqa: BLE001 - the same
            _log.exception("run %s looks again; what its look failed with was lost", row.id)


async def _within(look: Look, code: str, function: Function) -> object:
    seconds = look.within.total_seconds()
    waited = asyncio.timeout(seconds)
    try:
        async with waited:
            return await watched(look.act(), code, function)
    except TimeoutError as error:
        if not waited.expired():
            raise
        raise TimeoutError(f"a look took longer than the {seconds:g} s that it had") from error
