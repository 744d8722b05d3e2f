"""How a process of the desk is, for those who run it: ready or why not, and its metrics.

What a stage counts, it counts itself; what only the database knows (how many cases are open, how
old the oldest outbox row is), each stage's `measure` looks up, when somebody asks and at most every
few seconds. These figures are the desk's, not the process's: every process tells the same.
"""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.routing import Router

from thingdesk import cases, contact, diagnosis, fulfilment, hooks, journeys, notices, upkeep
from thingdesk.channels import operations
from thingdesk.channels.operations import Check, Readiness, Unready
from thingdesk.platform import durable, migrate
from thingdesk.platform.database import Database
from thingdesk.platform.embedded import ROOM
from thingdesk.platform.export import CONTENT_TYPE, Export
from thingdesk.platform.loops import each, first_of, watch_lag
from thingdesk.platform.metrics import Gauge
from thingdesk.platform.migrate import Phase
from thingdesk.platform.serve import Door, listen, serve
from thingdesk.platform.settings import Settings

MEASURES = (
    diagnosis.measure,
    cases.measure,
    durable.measure,
    notices.measure,
    hooks.measure,
    fulfilment.measure,
    contact.measure,
)
"""What looks up how the desk is, each in a transaction of its own."""

_FRESH = 5.0
_WITHIN = 5.0
_PUSH_EVERY = 15.0
_LATE_EVERY = 15.0
_AGE = Gauge(
    "thingdesk.measured.age",
    "Since when what the database knows was looked up; it grows while the database is away.",
    unit="s",
)
_log = logging.getLogger(__name__)


class Operations:
    """Enter it before the roles begin. `checks` grows as they do."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        packages: Sequence[str],
        stop: asyncio.Event,
    ) -> None:
        self._settings = settings
        self._packages = packages
        self._fits = False
        self._database = database
        self._stop = stop
        self._measuring = asyncio.Lock()
        self._measured_at = float("-inf")
        self._export = Export()
        self.checks: dict[str, Check] = {"database": self._database_fits}
        self.readiness = Readiness(self.checks, stop)

    def connected(self, name: str, is_connected: Callable[[], bool]) -> None:
        """The process is not ready while this part of it has no broker."""

        async def check() -> None:
            if not is_connected():
                raise Unready("not connected to the broker")

        self.checks[name] = check

    def stores_in(self, folder: Path) -> None:
        """The process is not ready while the disk of what is embedded is full."""

        async def check() -> None:
            if shutil.disk_usage(folder).free < ROOM:
                raise Unready("the disk of the data folder is full")

        self.checks["disk"] = check

    async def run(self) -> None:
        """Watch the loop and the journeys that nobody takes up, and keep fresh what a collector is
        sent, until the desk stops.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(watch_lag(self._stop))
            group.create_task(self._watch_late())
            if self._export.pushes:
                group.create_task(self._keep_fresh())

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Door | None]:
        """A door of its own, when the settings give it a port."""
        with self._export:
            if self._settings.operations_port is None:
                yield None
                return
            app = Router()
            operations.install(app, self.readiness)
            operations.install_metrics(app, self.scrape, CONTENT_TYPE)
            host, port = self._settings.operations_host, self._settings.operations_port
            async with serve(app, listen(host, port, "THINGDESK_OPERATIONS_PORT")) as door:
                yield door

    async def scrape(self) -> bytes:
        await self._measure()
        return self._export.scrape()

    async def _measure(self) -> None:
        now = asyncio.get_running_loop().time
        async with self._measuring:
            if now() - self._measured_at >= _FRESH:
                try:
                    async with asyncio.timeout(_WITHIN):
                        kept = partial(upkeep.measure, signals_kept=self._settings.signals_kept)
                        for measure in (*MEASURES, kept):
                            async with self._database.transaction() as tx:
                                await measure(tx)
                except Exception as error:  # noqa: BLE001 - the age says that it failed
                    _log.warning("the database could not be measured: %s", type(error).__name__)
                else:
                    self._measured_at = now()
            _AGE.set(now() - self._measured_at)

    async def _keep_fresh(self) -> None:
        while not self._stop.is_set():
            await self._measure()
            await first_of(self._stop, seconds=_PUSH_EVERY)

    async def _watch_late(self) -> None:
        """In every process: where no worker runs, none could say so. Not at once, as whoever has
        just started takes up first what was left lying.
        """
        while not self._stop.is_set():
            await first_of(self._stop, seconds=_LATE_EVERY)
            if not self._stop.is_set():
                await each(self._database, [journeys.tell_late], _WITHIN)

    async def _database_fits(self) -> None:
        if self._fits:  # a schema that was that of this release stays so, or is a newer one
            async with self._database.transaction() as tx:
                await tx.fetchval("select 1")
            return
        if missing := await migrate.pending(self._database, self._packages, Phase.PRE):
            raise Unready(f"{len(missing)} migrations are missing: run `thingdesk migrate`")
        self._fits = True
