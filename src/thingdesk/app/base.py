"""The desk's database: for itself, and for commands."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from thingdesk import diagnosis, signals
from thingdesk.app.desk import PACKAGES
from thingdesk.platform import migrate, present
from thingdesk.platform.database import Database
from thingdesk.platform.embedded import EmbeddedPostgres
from thingdesk.platform.migrate import Migration, Phase
from thingdesk.platform.settings import Settings

NO_DESK = "There is no desk in {}."
SEEK = "Run this in the folder of your desk, or set THINGDESK_DATA_DIR; `thingdesk up` makes one."
_log = logging.getLogger(__name__)


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Database]:
    """For a command: the database that is set, or that of the desk which runs in this data folder,
    or the embedded one, started for as long as the block lasts.
    """
    url = settings.database_url or present.read(settings.data_dir).get("database")
    if url is not None:
        try:
            found = await Database.connect(url)
        except OSError:
            if settings.database_url:
                raise
            # left behind by a desk that was killed
        else:
            try:
                yield found
            finally:
                await found.close()
            return
    async with own_database(settings) as own:
        yield own


@asynccontextmanager
async def own_database(settings: Settings) -> AsyncIterator[Database]:
    """The desk's own: what is embedded is started, and a second desk is told that one runs."""
    async with AsyncExitStack() as stack:
        url = settings.database_url
        if url is None:
            url = (await stack.enter_async_context(EmbeddedPostgres(settings.data_dir))).url
            present.write(settings.data_dir, {"database": url})
            stack.callback(present.forget, settings.data_dir)
        found = await Database.connect(url, most=20)
        stack.push_async_callback(found.close)
        yield found


async def migrate_all(found: Database, phase: Phase | None = Phase.PRE) -> list[Migration]:
    """Bring the schema to this release, and what was restored in order; what was applied."""
    applied = await migrate.apply(found, PACKAGES, phase)
    async with found.transaction() as tx:
        await signals.make_room(tx)
        if await diagnosis.settle_in(tx):
            _log.warning("this database comes from another server: signals are put in order again")
    return applied
