"""What makes room for the coming days, lets go of what nobody needs any more, in steps, and signs
what has happened.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from thingdesk import cases, journeys, parties, signals, timeline
from thingdesk.platform import durable
from thingdesk.platform.database import Database, Transaction

SIGNALS_KEPT = timedelta(days=400)
CHECKPOINT_EVERY = timedelta(minutes=1)
_SEAL_WITHIN = 3.0
_log = logging.getLogger(__name__)


async def keep_signals(tx: Transaction) -> int:
    """Have partitions for the signals of the coming days, and none for those of long ago."""
    await signals.keep(tx, SIGNALS_KEPT)
    return 0


ACTS: tuple[Callable[[Transaction], Awaitable[int]], ...] = (
    keep_signals,
    signals.forget,
    cases.forget_reports,
    journeys.forget_told,
    durable.forget,
)
"""Each is for a transaction of its own, takes so many rows at most, and says how many it took."""


async def make_checkpoint(tx: Transaction, every: timedelta = CHECKPOINT_EVERY) -> int:
    """Sign how far the timeline is, if it has changed and the newest checkpoint is old enough; one
    takes so many streams at most, and it says how many it took.
    """
    key = await parties.desk_key(tx)
    return await timeline.checkpoint(tx, key.sign, every)


async def make_checkpoints(database: Database) -> None:
    """Sign all that has changed until now."""
    taken = timeline.MOST
    while taken == timeline.MOST:
        async with database.transaction() as tx:
            taken = await make_checkpoint(tx, timedelta())


async def seal(database: Database) -> None:
    """The same when a process stops, which nothing must hold up."""
    try:
        async with asyncio.timeout(_SEAL_WITHIN):
            await make_checkpoints(database)
    except Exception as error:  # noqa: BLE001 - the next start makes it
        _log.warning("what happened last is not signed yet: %s", type(error).__name__)
